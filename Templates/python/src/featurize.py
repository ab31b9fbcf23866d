"""Turns descriptions into weighted counts of words and word pairs."""

import argparse
import os
import pickle

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer


def read(path):
    with open(path, encoding="utf-8") as file:
        pairs = [line.rstrip("\n").split("\t", 1) for line in file]
    return np.array([section for section, _ in pairs]), [text for _, text in pairs]


def save(value, folder, name):
    with open(os.path.join(folder, name + ".pkl"), "wb") as file:
        pickle.dump(value, file)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prepared")
    parser.add_argument("features")
    parser.add_argument("--max-features", type=int, default=20000)
    parser.add_argument("--ngrams", type=int, default=2)
    args = parser.parse_args()
    os.makedirs(args.features, exist_ok=True)

    sections, texts = read(os.path.join(args.prepared, "train.tsv"))
    vectorizer = CountVectorizer(
        ngram_range=(1, args.ngrams), max_features=args.max_features, stop_words="english"
    )
    tfidf = TfidfTransformer(sublinear_tf=True)
    matrix = tfidf.fit_transform(vectorizer.fit_transform(texts))
    save((matrix, sections), args.features, "train")
    print(f"train: {matrix.shape[0]} rows, {matrix.shape[1]} features")

    sections, texts = read(os.path.join(args.prepared, "test.tsv"))
    matrix = tfidf.transform(vectorizer.transform(texts))
    save((matrix, sections), args.features, "test")
    print(f"test: {matrix.shape[0]} rows")

    save((vectorizer, tfidf), args.features, "vectorizer")


if __name__ == "__main__":
    main()
