#include "CTemplates.h"

// #embed is C23, and older language modes of clang have it as an extension.
#pragma clang diagnostic ignored "-Wc23-extensions"

// A test compares this list with the folder Templates/, both ways and byte for byte.

static const unsigned char image_readme[] = {
#embed "../../Templates/image/README.md"
};
static const unsigned char image_images[] = {
#embed "../../Templates/image/data/digits/image.idx"
};
static const unsigned char image_labels[] = {
#embed "../../Templates/image/data/digits/label.idx"
};
static const unsigned char image_manifest[] = {
#embed "../../Templates/image/mlops.json"
};
static const unsigned char minimal_readme[] = {
#embed "../../Templates/minimal/README.md"
};
static const unsigned char minimal_data[] = {
#embed "../../Templates/minimal/data/iris.csv"
};
static const unsigned char minimal_manifest[] = {
#embed "../../Templates/minimal/mlops.json"
};
static const unsigned char python_readme[] = {
#embed "../../Templates/python/README.md"
};
static const unsigned char python_data[] = {
#embed "../../Templates/python/data/descriptions.tsv"
};
static const unsigned char python_manifest[] = {
#embed "../../Templates/python/mlops.json"
};
static const unsigned char python_evaluate[] = {
#embed "../../Templates/python/src/evaluate.py"
};
static const unsigned char python_featurize[] = {
#embed "../../Templates/python/src/featurize.py"
};
static const unsigned char python_prepare[] = {
#embed "../../Templates/python/src/prepare.py"
};
static const unsigned char python_train[] = {
#embed "../../Templates/python/src/train.py"
};
static const unsigned char tabular_readme[] = {
#embed "../../Templates/tabular/README.md"
};
static const unsigned char tabular_data[] = {
#embed "../../Templates/tabular/data/breast-cancer.csv"
};
static const unsigned char tabular_manifest[] = {
#embed "../../Templates/tabular/mlops.json"
};
static const unsigned char text_readme[] = {
#embed "../../Templates/text/README.md"
};
static const unsigned char text_manifest[] = {
#embed "../../Templates/text/mlops.json"
};

#define FILE_OF(name, path, bytes) { name, path, bytes, sizeof bytes }

static const mlbuild_template_file files[] = {
    FILE_OF("image", "README.md", image_readme),
    FILE_OF("image", "data/digits/image.idx", image_images),
    FILE_OF("image", "data/digits/label.idx", image_labels),
    FILE_OF("image", "mlops.json", image_manifest),
    FILE_OF("minimal", "README.md", minimal_readme),
    FILE_OF("minimal", "data/iris.csv", minimal_data),
    FILE_OF("minimal", "mlops.json", minimal_manifest),
    FILE_OF("python", "README.md", python_readme),
    FILE_OF("python", "data/descriptions.tsv", python_data),
    FILE_OF("python", "mlops.json", python_manifest),
    FILE_OF("python", "src/evaluate.py", python_evaluate),
    FILE_OF("python", "src/featurize.py", python_featurize),
    FILE_OF("python", "src/prepare.py", python_prepare),
    FILE_OF("python", "src/train.py", python_train),
    FILE_OF("tabular", "README.md", tabular_readme),
    FILE_OF("tabular", "data/breast-cancer.csv", tabular_data),
    FILE_OF("tabular", "mlops.json", tabular_manifest),
    FILE_OF("text", "README.md", text_readme),
    // The same descriptions as those of `python`, once in the program.
    FILE_OF("text", "data/descriptions.tsv", python_data),
    FILE_OF("text", "mlops.json", text_manifest),
};

const mlbuild_template_file *mlbuild_template_files(size_t *count) {
    *count = sizeof files / sizeof files[0];
    return files;
}
