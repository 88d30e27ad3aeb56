"""How far estimates hold: real documents, differing recipes, and a mock teacher that errs at a rate the estimate does not know.

    python benchmarks/estimates.py --data FOLDER --mock PATH/mock_teacher.py

Each case estimates a recipe, makes it against the mock, and compares what the mock billed, at the recipe's price, with the range.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # before this folder, whose filters.py is another one

from factory.calls.prices import price_of  # noqa: E402
from factory.core.recipe import read_recipe  # noqa: E402
from factory.costs.estimate import Estimate, estimate  # noqa: E402
from factory.planning.plan import make_plan  # noqa: E402
from factory.tasks.build import build_tasks  # noqa: E402

INPUT, OUTPUT = 3.0, 15.0  # dollars per million tokens, of a large model in 2026
ALLOWED = 2.5  # the most that high may be of low


@dataclass(frozen=True)
class Shape:
    """What differs between recipes."""

    tokens: int
    per_chunk: int
    per_call: int
    rounds: int


SHAPES = (
    Shape(200, 1, 1, 0),
    Shape(300, 2, 2, 1),
    Shape(400, 4, 2, 1),
    Shape(512, 3, 3, 1),
    Shape(512, 6, 6, 2),
    Shape(800, 5, 5, 2),
    Shape(800, 6, 3, 0),
)
WRONG = (0.1, 0.2, 0.3, 0.4, 0.5)


@dataclass(frozen=True)
class Case:
    corpus: str
    files: list[Path]
    shape: Shape
    wrong: float

    @property
    def words(self) -> str:
        s = self.shape
        return f"{self.corpus[:20]:20} {len(self.files):>3} {s.tokens:>4} {s.per_chunk:>2} {s.per_call:>2} {s.rounds:>2}  {self.wrong:.1f}"


def documents(corpus: Path) -> list[Path]:
    apart = ("source", "license", "readme")
    return [p for p in sorted(corpus.rglob("*")) if p.suffix in (".md", ".txt") and not p.name.lower().startswith(apart)]


def cases(data: Path, count: int, shift: int = 0) -> list[Case]:
    """So many: every corpus with differing recipes and shares of wrong answers, in turn as a whole and as six of its documents.

    Where the documents are few, a limit takes all slots of a chunk, so that one call writes several.
    """
    corpora = [c for c in sorted((data / "documents").iterdir()) if c.is_dir() and documents(c)]
    found = []
    for n in range(count):
        turn, i = divmod(n, len(corpora))
        files = documents(corpora[i])
        few = files[:: max(1, len(files) // 6)][:6]
        found.append(
            Case(
                corpora[i].name,
                few if turn % 2 else files,
                SHAPES[(i + 3 * turn + shift) % len(SHAPES)],
                WRONG[(n + 2 * shift) % len(WRONG)],
            )
        )
    return found


def recipe_text(case: Case, port: int) -> str:
    return f"""
[documents]
paths = {json.dumps([str(f) for f in case.files])}
[chunks]
tokens = {case.shape.tokens}
[[teachers]]
name = "mock"
model = "compatible/mock"
base_url = "http://127.0.0.1:{port}/v1"
examples_per_call = {case.shape.per_call}
price = {{ input = {INPUT}, output = {OUTPUT} }}
[[tasks]]
kind = "qa"
per_chunk = {case.shape.per_chunk}
[repair]
rounds = {case.shape.rounds}
[student]
base = "none"
"""


@contextmanager
def mock(path: Path, port: int) -> Iterator[None]:
    server = subprocess.Popen([sys.executable, str(path), "--port", str(port), "--facts"], stdout=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                asked(port, "stats")
                break
            except OSError:
                time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait()


def asked(port: int, path: str, settings: dict[str, float] | None = None) -> dict[str, int]:
    body = None if settings is None else json.dumps(settings).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", body) as reply:
        found: dict[str, int] = json.load(reply)
    return found


def estimated(recipe_path: Path, limit: int) -> Estimate:
    recipe, _ = read_recipe(recipe_path)
    tasks = build_tasks(recipe)
    found = make_plan(recipe, recipe_path.parent, tasks, limit)
    return estimate(found.slots, tasks, recipe, price_of(recipe.teachers[0]))


def made(recipe_path: Path, run: Path, limit: int) -> int:
    """The exit code of `docstill make`."""
    command = [sys.executable, "-c", "from factory.cli import main; main()", "make", str(recipe_path), "--out", str(run)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([*command, "--limit", str(limit)], env=environment, cwd=ROOT, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        print(done.stdout[-500:], done.stderr[-500:], file=sys.stderr)
    return done.returncode


def compared(case: Case, folder: Path, port: int, limit: int) -> tuple[str, bool, float]:
    """The case's line of the table, whether its true dollars lie in the range, and the range's ratio."""
    recipe_path = folder / "recipe.toml"
    recipe_path.write_text(recipe_text(case, port), encoding="utf-8")
    range_ = estimated(recipe_path, limit)
    asked(port, "config", {"wrong": case.wrong})  # which also zeroes the counters
    code = made(recipe_path, folder / "run", limit)
    stats = asked(port, "stats")
    price = price_of(read_recipe(recipe_path)[0].teachers[0])
    if price is None or range_.usd is None or code not in (0, 1):
        return f"{case.words}  failed ({code})", False, 0.0
    true = price.nanousd(stats["billed_prompt_tokens"], stats["billed_completion_tokens"])
    (low, high), report = range_.usd, json.loads((folder / "run" / "report.json").read_text(encoding="utf-8"))
    inside = low <= true <= high
    shares = [true / low, high / low, *(stats[f"billed_{k}_tokens"] for k in ("prompt", "completion"))]
    line = f"{case.words} {range_.slots:>5} {report['kept']:>4} {range_.calls[0]:>5} {stats['billed']:>5} {range_.calls[1]:>5}"
    line += f" {low / 1e9:8.3f} {true / 1e9:7.3f} {high / 1e9:7.3f} {shares[1]:5.2f}"
    line += f"  {_place(shares[2], range_.tokens_in):>5.2f} {_place(shares[3], range_.tokens_out):>5.2f} {_place(true, range_.usd):>6.2f}"
    return line + ("" if inside else "  OUTSIDE"), inside, shares[1]


def _place(number: float, pair: tuple[int, int]) -> float:
    """Where it lies between low (0) and high (1)."""
    low, high = pair
    return (number - low) / max(1, high - low)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--mock", type=Path, required=True)
    arguments.add_argument("--cases", type=int, default=24)
    arguments.add_argument("--shift", type=int, default=0, help="pairs corpora with other recipes and shares; the range was set with 0")
    arguments.add_argument("--limit", type=int, default=120)
    arguments.add_argument("--port", type=int, default=8961)
    arguments.add_argument("--keep", type=Path, default=None, help="a folder for the runs")
    given = arguments.parse_args()
    print(f"{'slots kept':>53} {'calls':>12} {'dollars':>25} {'place in range, 0 low, 1 high':>36}")
    print("corpus              docs toks  n /c  r wrong" + " " * 12 + "low  true  high      low    true    high ratio    in   out    usd")
    found = []
    with tempfile.TemporaryDirectory() as scratch, mock(given.mock, given.port):
        for i, case in enumerate(cases(given.data, given.cases, given.shift)):
            folder = (given.keep or Path(scratch)) / f"{i:02}"
            folder.mkdir(parents=True, exist_ok=True)
            line, inside, ratio = compared(case, folder, given.port, given.limit)
            print(line, flush=True)
            found.append((inside, ratio))
    print(f"inside: {sum(i for i, _ in found)} of {len(found)}, largest ratio {max(r for _, r in found):.2f}")


if __name__ == "__main__":
    main()
