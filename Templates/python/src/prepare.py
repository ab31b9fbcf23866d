"""Splits the descriptions into a part to learn from and a part to judge by."""

import argparse
import csv
import os
import random


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table")
    parser.add_argument("folder")
    parser.add_argument("--test-share", type=float, default=0.25)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    with open(args.table, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))

    random.seed(args.seed)
    random.shuffle(rows)
    count = int(len(rows) * args.test_share)

    os.makedirs(args.folder, exist_ok=True)
    for name, part in ("test", rows[:count]), ("train", rows[count:]):
        with open(os.path.join(args.folder, name + ".tsv"), "w", encoding="utf-8", newline="") as file:
            for row in part:
                file.write(row["section"] + "\t" + row["description"] + "\n")
        print(f"{name}: {len(part)} descriptions")


if __name__ == "__main__":
    main()
