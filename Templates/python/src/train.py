"""Fits a linear classifier and saves it together with what turns a text into its features."""

import argparse
import os
import pickle

from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline


def load(folder, name):
    with open(os.path.join(folder, name + ".pkl"), "rb") as file:
        return pickle.load(file)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("features")
    parser.add_argument("model")
    parser.add_argument("--alpha", type=float, default=1e-5)
    parser.add_argument("--epochs", type=int, default=20)
    args = parser.parse_args()

    matrix, sections = load(args.features, "train")
    classifier = SGDClassifier(loss="log_loss", alpha=args.alpha, max_iter=args.epochs, tol=None)
    classifier.fit(matrix, sections)
    print(f"accuracy on what was learnt from: {classifier.score(matrix, sections):.4f}")

    vectorizer, tfidf = load(args.features, "vectorizer")
    os.makedirs(args.model, exist_ok=True)
    with open(os.path.join(args.model, "pipeline.pkl"), "wb") as file:
        pickle.dump(make_pipeline(vectorizer, tfidf, classifier), file)


if __name__ == "__main__":
    main()
