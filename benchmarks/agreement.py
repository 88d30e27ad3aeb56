"""How often the comparers agree with a person: a confusion table over the labelled pairs, by part and by kind.

    python benchmarks/agreement.py [--misses] [--held-misses]

The pairs were labelled before the comparers were fitted. Those marked `held` (all pairs of a question together) were
not looked at in fitting; they are of the same hand as the others. The last 63 were
scored once before they were looked at (59 right), and fitted on since.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # before this folder, whose filters.py is another one

from filters.consistency.agreement import agree  # noqa: E402
from filters.consistency.fields import same_fields  # noqa: E402
from filters.consistency.labels import same_label  # noqa: E402
from filters.consistency.vote import Compare  # noqa: E402

PAIRS = ROOT / "tests" / "filters" / "pairs.jsonl"
COMPARERS: dict[str, Compare] = {"agree": agree, "same_label": same_label, "same_fields": same_fields}


class Pair(NamedTuple):
    """Two answers to one question, and whether a person takes them for the same."""

    question: str
    one: str
    other: str
    agree: bool
    kind: str
    compare: str
    held: bool

    @property
    def found(self) -> bool:
        return COMPARERS[self.compare](self.one, self.other, self.question)


def pairs(path: Path = PAIRS) -> list[Pair]:
    return [Pair(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def confusion(chosen: list[Pair]) -> tuple[int, int, int, int]:
    """Rightly joined, wrongly joined, wrongly parted, rightly parted."""
    counts = Counter((p.agree, p.found) for p in chosen)
    return counts[True, True], counts[False, True], counts[True, False], counts[False, False]


def _table(name: str, chosen: list[Pair]) -> None:
    joined, wrongly, parted, rightly = confusion(chosen)
    print(f"{name}, n = {len(chosen)}            found the same   found different")
    print(f"  the same (n = {joined + parted})      {joined:14d} {parted:17d}")
    print(f"  different (n = {wrongly + rightly})     {wrongly:14d} {rightly:17d}")
    print(f"  right {(joined + rightly) / len(chosen):.3f}, of those found the same {joined / max(1, joined + wrongly):.3f} are\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--misses", action="store_true", help="list the misses of the part that was fitted on")
    parser.add_argument("--held-misses", action="store_true", help="list those of the held-out part, too")
    wanted = parser.parse_args()
    every = pairs()
    for held in (False, True):
        part = [p for p in every if p.held == held]
        _table("held out" if held else "fitted on", part)
        for compare in COMPARERS:
            _table(f"  {compare}", [p for p in part if p.compare == compare])
        if wanted.held_misses if held else wanted.misses:
            for p in part:
                if p.found != p.agree:
                    print(f"  {'parted' if p.agree else 'joined'} [{p.kind}] {p.question} | {p.one} | {p.other}")


if __name__ == "__main__":
    main()
