/* libarchive's own declarations. There is no link line: CArchive opens the library when it is first needed. */
#include <archive.h>
#include <archive_entry.h>
