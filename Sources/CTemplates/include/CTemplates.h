#ifndef MLBUILD_CTEMPLATES_H
#define MLBUILD_CTEMPLATES_H

#include <stddef.h>

/// One file of a template, embedded when the package is compiled.
typedef struct {
    /// The name of the template, which is its folder's in Templates/.
    const char *template_name;
    /// The path inside the template, separated by '/'.
    const char *path;
    const unsigned char *bytes;
    size_t size;
} mlbuild_template_file;

/// All files of all templates, sorted by template and path.
const mlbuild_template_file *mlbuild_template_files(size_t *count);

#endif
