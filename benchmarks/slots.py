"""How memory grows with the number of slots: `docstill make` whole, from documents to the report, on a stub teacher that answers at once.

    python benchmarks/slots.py [--slots 10000 100000] [--per-chunk 4] [--wrong 0.2] [--trace]

Each number of slots runs in a process of its own, smallest first: documents of 50 sections, a chunk of about 500 tokens each; schema,
grounding and 2-of-3 consistency on, one round of repair, a ledger on disk, duplicates, replay mix, every file and the report's page.
Only the teacher is a stub: wrong in a share of its answers, by the request alone. Printed for each number: slots and calls a second of
phase A; the peak memory (ru_maxrss, MB) so far at the start, with the plan made, after phase A, after phase B, with every file written,
and with the page written; the seconds that each of these took, on the clock and of the processor; and the page's size. At the end the
ratios of the last peaks to the first; after phase A it must be at most 1.3.

`--trace`  bytes and blocks a slot by file and by line at the end of phase A (tracemalloc: ten times slower, and the peaks mean nothing)
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from factory import pipeline  # noqa: E402
from factory.core.recipe import read_recipe  # noqa: E402
from factory.core.records import Example, Row  # noqa: E402
from factory.core.run_folder import Run  # noqa: E402
from factory.core.settings import ReplaySettings  # noqa: E402
from factory.dataset.mix import ReplayExample  # noqa: E402
from factory.reports.html import write_html  # noqa: E402
from factory.reports.report import Report  # noqa: E402
from factory.tasks.qa import Quoted, Several  # noqa: E402
from factory.teachers import Reply, Request  # noqa: E402
from factory.teachers.rate_limiter import RateLimiter  # noqa: E402

ALLOWED = 1.3  # the most that the peak of phase A may grow from the first number of slots to the last
STAGES = ("plan", "phase A", "phase B", "files", "page")
CHARACTERS = 1850  # of the sentences of a chunk, at least: below 512 tokens, as estimated
SECTIONS, WORDS = 50, 300  # of a document; words of its own
IN_FLIGHT = 256
PLACES = "Marrow Quay Hollow Bell Garrick Osier Tanner Juniper Larch Wexford Pell Dunmore Finch Ansgard Tolland Briar".split()
WHO = "crews drivers clerks guards porters cooks nurses pilots masons smiths tailors weavers".split()
VERBS = "wash grease count move store mend paint lend sort carry weigh test".split()
WHAT = "trams doors forms lamps ropes barrels sacks ladders charts bolts crates kettles".split()
WHEN = ("every night", "before the feast", "after each storm", "in a quiet week", "until noon", "at the gate", "under the bridge")
RECIPE = """seed = 7
[documents]
paths = ["documents"]
[[teachers]]
name = "stub"
model = "compatible/stub"
base_url = "http://127.0.0.1:1/v1"
price = {{ input = 1.0, output = 5.0 }}
[[tasks]]
per_chunk = {per_chunk}
[repair]
rounds = 1
[student]
base = "nowhere/student"
"""
SENTENCE = re.compile(r"^(\w+) of the ([A-Z]\w+ [A-Z]\w+ [A-Z]\w+) depot (\w+) (\d+) (\w+) ([^.]+)\.$", re.M)
QUESTION = re.compile(r"Question: How many \w+ do \w+ of the ([A-Z]\w+ [A-Z]\w+ [A-Z]\w+) depot ")


@dataclass(frozen=True)
class Fact:
    """One sentence that StubTeacher asks about."""

    sentence: str
    who: str
    depot: str
    verb: str
    count: int
    what: str
    when: str

    @property
    def question(self) -> str:
        return f"How many {self.what} do {self.who.lower()} of the {self.depot} depot {self.verb} {self.when}?"

    def answer(self, more: int) -> dict[str, object]:
        return {"answer": f"{self.count + more} {self.what}", "quotes": [self.sentence]}


def facts(text: str) -> list[Fact]:
    return [Fact(m[0], m[1], m[2], m[3], int(m[4]), m[5], m[6]) for m in SENTENCE.finditer(text)]


@dataclass
class StubTeacher:
    """Answers at once and in this process: true, or with a share of wrong numbers that the request alone decides."""

    wrong: float
    identity: str = "stub"
    sampling: dict[str, object] = field(default_factory=dict)
    rate: RateLimiter = field(default_factory=lambda: RateLimiter(IN_FLIGHT))
    sends: int = 0

    def size(self, request: Request) -> tuple[int, int]:
        return 1500, 300

    def cached(self, request: Request) -> str:
        return ""

    async def send(self, request: Request, key: str) -> Reply:
        self.sends += 1
        return Reply(request.shape.model_validate(self._said(request, Random(key))), 900, 80)

    def _said(self, request: Request, dice: Random) -> dict[str, object]:
        shown = facts(request.user)
        if issubclass(request.shape, Several):
            return {"examples": [self._written(fact, dice) for fact in shown]}
        if asked := QUESTION.search(request.user):  # a draw answers this question, a repair writes about its fact anew
            shown = [fact for fact in shown if fact.depot == asked[1]]
        return self._drawn(shown[0], dice) if request.shape is Quoted else self._written(shown[0], dice)

    def _written(self, fact: Fact, dice: Random) -> dict[str, object]:
        return {"question": fact.question, **self._drawn(fact, dice)}

    def _drawn(self, fact: Fact, dice: Random) -> dict[str, object]:
        return fact.answer(dice.randint(1, 9) if dice.random() < self.wrong else 0)

    async def close(self) -> None:
        pass


def write_documents(home: Path, sections: int, facts_each: int) -> int:
    """So many sections, each a chunk, in documents of other words each; how many characters they are."""
    (home / "documents").mkdir()
    total = 0
    for number, first in enumerate(range(0, sections, SECTIONS)):
        numbers = range(first, min(first + SECTIONS, sections))
        text = "".join(f"## Work of week {n}\n\n{section(n, facts_each, words(number))}\n\n" for n in numbers)
        (home / "documents" / f"manual-{number:05}.md").write_text(text, encoding="utf-8")
        total += len(text)
    return total


def words(document: int) -> list[str]:
    """A document's own vocabulary, so that no two documents are taken for versions of each other."""
    dice = Random(document)
    return ["".join(dice.choices("abcdefghijklmnoprstuvw", k=dice.randint(4, 9))) for _ in range(WORDS)]


def section(number: int, size: int, fillers: list[str]) -> str:
    """A text of so many facts, none of which stands in another one, between sentences that say nothing."""
    dice = Random(number)
    lines = [sentence(number * size + i, dice) for i in range(size)]
    while sum(map(len, lines)) < CHARACTERS:
        lines.append(f"A {' '.join(dice.choices(fillers, k=12))} is near.")
    dice.shuffle(lines)
    return "\n\n".join(lines)


def sentence(number: int, dice: Random) -> str:
    """No two alike: the name is the number in base 16."""
    digits = [PLACES[(number // len(PLACES) ** i) % len(PLACES)] for i in range(5)]
    depot = f"{digits[0]} {digits[1]}{digits[2].lower()} {digits[3]}{digits[4].lower()}"
    who, verb, what, when = (dice.choice(words) for words in (WHO, VERBS, WHAT, WHEN))
    return f"{who.capitalize()} of the {depot} depot {verb} {dice.randint(11, 99)} {what} {when}."


@dataclass
class Found:
    """What one process measured. `peaks` by stage in MB; `trace`: bytes and blocks in all, and where they were taken."""

    slots: int
    calls: int = 0
    peaks: dict[str, float] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)
    characters: int = 0  # of the documents
    page: int = 0  # bytes
    times: dict[str, tuple[float, float]] = field(default_factory=dict)  # at the end of each stage: clock and processor
    trace: list[tuple[int, int, str]] = field(default_factory=list)

    def mark(self, stage: str) -> None:
        self.peaks[stage] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self.times[stage] = time.monotonic(), time.process_time()

    def took(self, before: str, stage: str) -> tuple[float, float]:
        (began, used), (ended, spent) = self.times[before], self.times[stage]
        return ended - began, spent - used

    def show(self) -> None:
        clock, _ = self.took("plan", "phase A")
        stages = list(self.times)
        print(f"{self.slots:7d} slots, {self.calls} calls: {self.slots / clock:.0f} slots and {self.calls / clock:.0f} calls a second")
        print(f"        {self.ended}; documents of {self.characters / 2**20:.1f} M characters; a page of {self.page / 1000:.0f} kB")
        print("        peak MB:", ", ".join(f"{stage} {peak:.1f}" for stage, peak in self.peaks.items()))
        took = ((stage, *self.took(before, stage)) for before, stage in zip(stages, stages[1:], strict=False))
        print("        seconds:", ", ".join(f"{stage} {clock:.1f} ({used:.1f})" for stage, clock, used in took), flush=True)
        for size, count, where in self.trace:
            print(f"        {size / self.slots:8.0f} bytes and {count / self.slots:7.2f} blocks a slot  {where.removeprefix(f'{ROOT}/')}")


def traced() -> list[tuple[int, int, str]]:
    """The files and the lines that hold most."""
    snapshot = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(False, tracemalloc.__file__)])
    kinds = (("filename", 12), ("lineno", 25))
    return [(s.size, s.count, str(s.traceback)) for kind, most in kinds for s in snapshot.statistics(kind)[:most]]


def made(home: Path, teacher: StubTeacher, found: Found) -> Report:
    """The report of the run; phase A has ended when an expert's verdicts are asked for, phase B when rows are mixed."""
    mixed = pipeline.mix

    def review(example: Example) -> Example:
        if "phase A" not in found.peaks:
            found.mark("phase A")
            found.trace = traced() if tracemalloc.is_tracing() else []
        return example

    def mix_then(rows: Sequence[Row], replay: Sequence[ReplayExample], settings: ReplaySettings, seed: int) -> Sequence[Row]:
        found.mark("phase B")
        return mixed(rows, replay, settings, seed)

    pipeline.teacher_of, pipeline.reviewed, pipeline.mix = lambda *_: teacher, lambda *_: review, mix_then
    recipe, text = read_recipe(home / "recipe.toml")
    order = pipeline.MakeJob(recipe, text, home, Run(home / "run"), home / "run" / "ledger.db")
    report = pipeline.make(order, pipeline.Events(lambda _: None, lambda _: found.mark("plan"), lambda _: None, lambda _: None))
    found.mark("files")
    found.page = write_html(order.run).stat().st_size
    found.mark("page")
    return report


def one(told: argparse.Namespace) -> Found:
    """One run in this process, on documents that another has written."""
    if told.trace:
        tracemalloc.start()
    found, teacher = Found(told.one), StubTeacher(told.wrong)
    found.mark("start")
    report = made(told.home, teacher, found)
    found.calls = teacher.sends
    found.ended = {"asked": report.asked, "kept": report.kept, "rejected": report.rejected, "unfinished": report.unfinished}
    return found


def apart(count: int, per_chunk: int) -> Found:
    """The same in a process of its own, started as this one was."""
    with tempfile.TemporaryDirectory(prefix="docstill-slots-") as folder:
        characters = write_documents(Path(folder), count // per_chunk, per_chunk)
        (Path(folder) / "recipe.toml").write_text(RECIPE.format(per_chunk=per_chunk), encoding="utf-8")
        command = [sys.executable, __file__, *sys.argv[1:], "--one", str(count), "--home", folder]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return replace(Found(**json.loads(done.stdout)), characters=characters)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slots", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--per-chunk", type=int, default=4)
    parser.add_argument("--wrong", type=float, default=0.2)
    parser.add_argument("--trace", action="store_true")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.one:
        print(json.dumps(asdict(one(told))))
        return
    runs = []
    for count in sorted(told.slots):
        runs.append(apart(count, told.per_chunk))
        runs[-1].show()
    first, last = runs[0], runs[-1]
    grown = {stage: last.peaks[stage] / first.peaks[stage] for stage in STAGES}
    print("the last peaks are so many times the first:", ", ".join(f"{stage} {times:.3f}" for stage, times in grown.items()))
    print(f"demanded after phase A: at most {ALLOWED}, {'held' if grown['phase A'] <= ALLOWED else 'NOT held'}")


if __name__ == "__main__":
    main()
