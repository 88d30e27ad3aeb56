"""Prints how often the interval of a reviewed sample's precision holds the truth, over simulated reviews of documents that err unequally.

usage: python benchmarks/precision.py [--reviews 1000]
"""

import argparse
import random
import sys
from pathlib import Path
from statistics import fmean

sys.path[0] = str(Path(__file__).resolve().parents[1])  # instead of this folder, which holds a filters.py too

from factory.review.precision import ReadExample, estimate_precision  # noqa: E402
from factory.review.sampling import Candidate, systematic_sample  # noqa: E402

# documents, examples of each on average, how unequally they err (small: most all right or all wrong), mean error, sample
WORLDS = (
    (40, 50, 2.0, 0.10, 200),
    (300, 10, 1.0, 0.20, 200),
    (8, 200, 1.0, 0.20, 150),
    (60, 30, 3.0, 0.05, 120),
    (1000, 2, 1.0, 0.30, 300),
)


def population(chance: random.Random, documents: int, size: int, alike: float, error: float) -> tuple[list[Candidate], dict[str, bool]]:
    kept: list[Candidate] = []
    right: dict[str, bool] = {}
    for document in range(documents):
        own = chance.betavariate(error * alike, (1 - error) * alike)
        for _ in range(1 + int(chance.expovariate(1 / size))):
            repaired, near = chance.random() < 0.2, chance.random() < 0.1
            task = chance.choice(("qa", "qa", "extraction"))
            one = Candidate(len(kept), f"e{len(kept)}", task, "", "teacher", repaired, near, f"d{document}")
            kept.append(one)
            right[one.id] = chance.random() > own + 0.1 * repaired
    return kept, right


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--reviews", type=int, default=1000)
    reviews = given.parse_args().reviews
    for documents, size, alike, error, count in WORLDS:
        held, halves, off = [], [], []
        for seed in range(reviews):
            kept, right = population(random.Random(seed), documents, size, alike, error)
            found = estimate_precision([ReadExample(right[one.id], chance) for one, chance in systematic_sample(kept, count, seed)])
            assert found
            truth = sum(right.values()) / len(right)
            held.append(found.low <= truth <= found.high)
            halves.append(found.points)
            off.append(found.mean - truth)
        told = f"{documents} documents of {size}, error {error:.0%} (beta, sum {alike:g}), {count} read"
        print(
            f"{told}: {100 * fmean(held):.1f} % of {reviews} hold the truth, bound {fmean(halves):.1f} points, bias {100 * fmean(off):+.2f}"
        )


if __name__ == "__main__":
    main()
