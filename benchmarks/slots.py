"""How memory grows with the number of slots: the whole factory, its ledger and its filters, on a stub teacher that answers at once.

    python benchmarks/slots.py [--slots 10000 100000] [--per-chunk 4] [--wrong 0.2] [--lazy] [--trace]

Each number of slots runs in a process of its own, smallest first: chunks of about 512 tokens, schema, grounding and 2-of-3 consistency on,
one round of repair, a ledger on disk. StubTeacher is wrong in a share of its answers, by the request alone. Printed for each number: slots
and calls a second of phase A, and the peak memory (ru_maxrss, MB) at the start, with the slots made, after phase A, after phase B, and once
asyncio.run has handed the outcome over; at the end the ratio of the last to the first, which must be at most 1.3 after phase A.

`--lazy`   slots are made anew whenever they are looked at, as if read from disk; else all of them are held, as a plan holds them
`--trace`  bytes and blocks a slot by file and by line at the end of phase A (tracemalloc: ten times slower, and the peaks mean nothing)
"""

import argparse
import asyncio
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import overload

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from factory.ask import Asker  # noqa: E402
from factory.books import Books  # noqa: E402
from factory.ledger import open_ledger  # noqa: E402
from factory.pipeline import Factory, Outcome  # noqa: E402
from factory.prices import Price  # noqa: E402
from factory.rate import Rate  # noqa: E402
from factory.recipe import FilterSettings, TaskSettings  # noqa: E402
from factory.records import Chunk, DocumentRef, Example, Slot, Split, digest  # noqa: E402
from factory.tasks.qa import QA, Quoted, Several  # noqa: E402
from factory.teachers import Reply, Request  # noqa: E402

ALLOWED = 1.3  # the most that the peak of phase A may grow from the first number of slots to the last
STAGES = ("slots", "phase A", "phase B", "handed over")
CHARACTERS = 2000  # of a chunk: 500 tokens, as estimated
IN_FLIGHT = 256
REPAIRS = 1
PLACES = "Marrow Quay Hollow Bell Garrick Osier Tanner Juniper Larch Wexford Pell Dunmore Finch Ansgard Tolland Briar".split()
WHO = "crews drivers clerks guards porters cooks nurses pilots masons smiths tailors weavers".split()
VERBS = "wash grease count move store mend paint lend sort carry weigh test".split()
WHAT = "trams doors forms lamps ropes barrels sacks ladders charts bolts crates kettles".split()
WHEN = ("every night", "before the feast", "after each storm", "in a quiet week", "until noon", "at the gate", "under the bridge")
FILLER = "stone river paper garden winter candle meadow letter window copper silver timber harbour orchard engine basket".split()
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
    rate: Rate = field(default_factory=lambda: Rate(IN_FLIGHT))
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


@dataclass(frozen=True)
class Slots(Sequence[Slot]):
    """So many slots, which are made when they are looked at and not kept."""

    task: QA
    wanted: int

    def _of_chunk(self, number: int) -> list[Slot]:
        side: Split = "test" if number % 10 == 0 else "val" if number % 10 == 1 else "train"
        return self.task.slots(chunk_of(number, self.task.examples_per_call), side)

    def __iter__(self) -> Iterator[Slot]:
        for number in range(self.wanted // self.task.examples_per_call):
            yield from self._of_chunk(number)

    def __len__(self) -> int:
        return self.wanted // self.task.examples_per_call * self.task.examples_per_call

    @overload
    def __getitem__(self, index: int) -> Slot: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Slot]: ...
    def __getitem__(self, index: int | slice) -> Slot | Sequence[Slot]:
        if isinstance(index, slice):
            return list(self)[index]
        number, turn = divmod(range(len(self))[index], self.task.examples_per_call)
        return self._of_chunk(number)[turn]


def chunk_of(number: int, size: int) -> Chunk:
    """A chunk of so many facts, none of which stands in another one, between sentences that say nothing."""
    dice = Random(number)
    lines = [sentence(number * size + i, dice) for i in range(size)]
    while sum(map(len, lines)) < CHARACTERS:
        lines.append(f"A {' '.join(dice.choices(FILLER, k=12))} is near.")
    dice.shuffle(lines)
    text = "\n\n".join(lines)
    ref = DocumentRef(digest=digest("document", number // 50), name=f"manual-{number // 50}.md")
    return Chunk(digest=digest(text), document=ref, start=0, end=len(text), text=text, headings=("Depots", "Work"))


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
    seconds: float = 0.0  # of phase A
    peaks: dict[str, float] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)
    trace: list[tuple[int, int, str]] = field(default_factory=list)

    def mark(self, stage: str) -> None:
        self.peaks[stage] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def show(self) -> None:
        speed = f"{self.slots / self.seconds:.0f} slots and {self.calls / self.seconds:.0f} calls a second"
        peaks = ", ".join(f"{stage} {peak:.1f}" for stage, peak in self.peaks.items())
        print(f"{self.slots:7d} slots, {self.calls} calls: {speed}; {self.ended}; peak MB: {peaks}", flush=True)
        for size, count, where in self.trace:
            print(f"        {size / self.slots:8.0f} bytes and {count / self.slots:7.2f} blocks a slot  {where.removeprefix(f'{ROOT}/')}")


def traced() -> list[tuple[int, int, str]]:
    """The files and the lines that hold most."""
    snapshot = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(False, tracemalloc.__file__)])
    kinds = (("filename", 12), ("lineno", 25))
    return [(s.size, s.count, str(s.traceback)) for kind, most in kinds for s in snapshot.statistics(kind)[:most]]


async def made(task: QA, slots: Sequence[Slot], teacher: StubTeacher, found: Found) -> Outcome:
    """The outcome; the pipeline's first call for an expert's verdict says that phase A has ended."""
    started = time.monotonic()

    def review(example: Example) -> Example:
        if not found.seconds:
            found.seconds = time.monotonic() - started
            found.mark("phase A")
            found.trace = traced() if tracemalloc.is_tracing() else []
        return example

    with tempfile.TemporaryDirectory(prefix="docstill-slots-") as folder, open_ledger(Path(folder) / "ledger.db") as ledger:
        asker = Asker(Books(teacher, ledger, Price(1.0, 5.0, 1.0, 1.0)))
        outcome = await Factory(asker, task, FilterSettings(), "stub").make(slots, REPAIRS, review)
    found.mark("phase B")
    return outcome


def one(told: argparse.Namespace) -> Found:
    """One run in this process."""
    if told.trace:
        tracemalloc.start()
    task = QA(TaskSettings(per_chunk=told.per_chunk), False, told.per_chunk)
    lazy, teacher = Slots(task, told.one), StubTeacher(told.wrong)
    found = Found(len(lazy))
    found.mark("start")
    slots = lazy if told.lazy else list(lazy)
    found.mark("slots")
    outcome = asyncio.run(made(task, slots, teacher, found))
    found.mark("handed over")
    found.calls = teacher.sends
    found.ended = {"kept": len(outcome.kept), "rejected": len(outcome.rejected), "unfinished": len(outcome.unfinished)}
    return found


def apart(count: int) -> Found:
    """The same in a process of its own, started as this one was."""
    command = [sys.executable, __file__, *sys.argv[1:], "--one", str(count)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return Found(**json.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slots", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--per-chunk", type=int, default=4)
    parser.add_argument("--wrong", type=float, default=0.2)
    parser.add_argument("--lazy", action="store_true")
    parser.add_argument("--trace", action="store_true")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.one:
        print(json.dumps(asdict(one(told))))
        return
    runs = []
    for count in sorted(told.slots):
        runs.append(apart(count))
        runs[-1].show()
    grown = {stage: runs[-1].peaks[stage] / runs[0].peaks[stage] for stage in STAGES}
    print("the last peak is so many times the first:", ", ".join(f"{stage} {times:.3f}" for stage, times in grown.items()))
    print(f"demanded after phase A: at most {ALLOWED}, {'held' if grown['phase A'] <= ALLOWED else 'NOT held'}")


if __name__ == "__main__":
    main()
