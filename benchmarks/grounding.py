"""Grounding by code on public sets of attributed answers, beside plain rules of word overlap with the best threshold for each set.

    python benchmarks/grounding.py FOLDER        the folder of JSONL sets whose rows have "supported"

Balanced accuracy of `passed` against `supported`, with a 95 % interval (normal, from both rates). The thresholds of docstill are its
own; those of the overlap rules are chosen on the set itself, so that they are flattered.
"""

import math
import re
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from factory.standalone.judge_rows import judged_rows  # noqa: E402
from filters.text.segment import STOP_WORDS, sentences  # noqa: E402

_WORD = re.compile(r"\w+")
WINDOW = 3  # neighbouring sentences of the second overlap rule


class Rates(NamedTuple):
    """Of the supported rows the share that passed, of the others the share that was rejected, and how many there were of each."""

    passed: float
    rejected: float
    supported: int
    others: int

    @property
    def balanced(self) -> float:
        return (self.passed + self.rejected) / 2

    @property
    def margin(self) -> float:
        spread = self.passed * (1 - self.passed) / self.supported + self.rejected * (1 - self.rejected) / self.others
        return 1.96 * math.sqrt(spread) / 2

    def __str__(self) -> str:
        low, high = self.balanced - self.margin, self.balanced + self.margin
        return f"{self.balanced:.3f} ({low:.3f}-{high:.3f})  passed {self.passed:.3f} of supported, rejected {self.rejected:.3f} of others"


def rates(passed: list[bool], supported: list[bool]) -> Rates:
    yes = [p for p, s in zip(passed, supported, strict=True) if s]
    no = [not p for p, s in zip(passed, supported, strict=True) if not s]
    return Rates(sum(yes) / len(yes), sum(no) / len(no), len(yes), len(no))


def overlap(response: str, text: str) -> float:
    """The share of the answer's words, stop words left out, that stand in the text."""
    wanted = {w for w in _WORD.findall(response.casefold()) if w not in STOP_WORDS}
    return len(wanted & set(_WORD.findall(text.casefold()))) / len(wanted) if wanted else 1.0


def beside(response: str, text: str) -> float:
    """The same against the neighbouring sentences that have most of them."""
    found = [s.text for s in sentences(text)]
    return max((overlap(response, " ".join(found[i : i + WINDOW])) for i in range(len(found))), default=0.0)


def best(scores: list[float], supported: list[bool]) -> Rates:
    return max((rates([s >= t for s in scores], supported) for t in sorted(set(scores))), key=lambda r: r.balanced)


def measure(path: Path) -> None:
    began = time.process_time()
    judged = list(judged_rows(path, ["grounding"]))
    seconds = time.process_time() - began
    supported = [bool(row["supported"]) for row, _ in judged]
    texts = [(e.response, e.chunk.text) for _, e in judged]
    print(f"{path.stem}: {len(judged)} rows, {sum(supported)} supported, {1000 * seconds / len(judged):.1f} ms of CPU a row")
    print(f"  docstill                    {rates([not e.rejection for _, e in judged], supported)}")
    print(f"  overlap with the chunk      {best([overlap(*t) for t in texts], supported)}")
    print(f"  overlap with {WINDOW} sentences    {best([beside(*t) for t in texts], supported)}")


if __name__ == "__main__":
    for file in sorted(Path(sys.argv[1]).glob("*.jsonl")):
        measure(file)
