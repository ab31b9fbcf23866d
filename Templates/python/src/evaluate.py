"""Judges the model on descriptions that it has not seen: metrics, and data for plots."""

import argparse
import csv
import json
import os
import pickle

import numpy as np
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss, precision_recall_curve


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("features")
    parser.add_argument("metrics")
    parser.add_argument("plots")
    args = parser.parse_args()

    with open(os.path.join(args.model, "pipeline.pkl"), "rb") as file:
        classifier = pickle.load(file).steps[-1][1]
    with open(os.path.join(args.features, "test.pkl"), "rb") as file:
        matrix, sections = pickle.load(file)

    probabilities = classifier.predict_proba(matrix)
    predicted = classifier.classes_[np.argmax(probabilities, axis=1)]
    metrics = {
        "accuracy": accuracy_score(sections, predicted),
        "macro_f1": f1_score(sections, predicted, average="macro"),
        "log_loss": log_loss(sections, probabilities),
    }
    with open(args.metrics, "w", encoding="utf-8") as file:
        json.dump(metrics, file, indent=2)
        file.write("\n")
    print(" ".join(f"{name} {value:.4f}" for name, value in metrics.items()))

    os.makedirs(args.plots, exist_ok=True)
    table = confusion_matrix(sections, predicted, labels=classifier.classes_)
    with open(os.path.join(args.plots, "confusion.csv"), "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["actual", *classifier.classes_])
        writer.writerows([name, *row] for name, row in zip(classifier.classes_, table.tolist()))

    curves = {}
    for index, name in enumerate(classifier.classes_):
        precision, recall, _ = precision_recall_curve(sections == name, probabilities[:, index])
        keep = np.linspace(0, len(precision) - 1, 50).astype(int)
        curves[str(name)] = {"precision": precision[keep].tolist(), "recall": recall[keep].tolist()}
    with open(os.path.join(args.plots, "precision-recall.json"), "w", encoding="utf-8") as file:
        json.dump(curves, file)


if __name__ == "__main__":
    main()
