"""How the time of each filter of `docstill judge` grows with one very long row: about 2 where the input doubles, if it is linear.

    python benchmarks/longest.py [CHARACTERS] [FILTER ...]
"""

import json
import random
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from factory.standalone.judge_rows import judged_rows  # noqa: E402

FILTERS = ("schema", "grounding", "relevance", "wording")
ROW = {"id": "1", "chunk": "The tram leaves at 8:15. It costs 5 euros.", "instruction": "When does the tram leave?", "response": "At 8:15."}
REPEATED = (
    "a", "7", "A", " ", "\n", "line of text\n", "a.a.", "(", "1,1,", "!?", "Ab ", "AB-", "1/", "-1 ", '"', "'", "_", "5 May ", "5 % ",
    "1 234 ", "1:", "| ", "[1]", "x;", "* ", "# ", "the ", "at least ", "not ", "one hundred ", "No. ", "一", "一,", "⁹", "{", "<a", "http://",
)  # fmt: skip


def prose(size: int) -> str:
    """Sentences of random words, names and numbers."""
    pick = random.Random(0)
    words = ["".join(pick.choices("abcdefghij", k=6)) for _ in range(3000)]
    parts: list[str] = []
    while len(parts) * 60 < size:
        parts.append(f"{' '.join(pick.sample(words, 5)).capitalize()} must {pick.randint(1, 99_999)} {pick.choice(words).title()} not. ")
    return "".join(parts)[:size]


def seconds(texts: dict[str, str], name: str, folder: Path) -> float:
    path = folder / "rows.jsonl"
    path.write_text(json.dumps(ROW | texts) + "\n", encoding="utf-8")
    began = time.process_time()
    for _ in judged_rows(path, [name]):
        pass
    return time.process_time() - began


def main(size: int, names: tuple[str, ...]) -> None:
    made = {unit: (lambda n, unit=unit: (unit * n)[:n]) for unit in REPEATED} | {"prose": prose}
    places = (("chunk",), ("response",), ("instruction",), ("chunk", "response"))
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            worst: list[tuple[float, float, str]] = []
            for unit, text in made.items():
                for where in places:
                    once, twice = (seconds(dict.fromkeys(where, text(n)), name, Path(folder)) for n in (size, 2 * size))
                    worst.append((twice / max(once, 0.01), twice, f"{unit!r} in {' and '.join(where)}"))
            for ratio, took, what in sorted(worst, reverse=True)[:5]:
                print(f"{name}: x{ratio:.1f} when {size:,} characters double ({took:.2f} s of CPU)  {what}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000, tuple(sys.argv[2:]) or FILTERS)
