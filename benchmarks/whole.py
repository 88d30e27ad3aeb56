"""How near the whole of docstill comes to a provider's limit: `docstill make` over a large corpus against the mock, until the time is over.

    python benchmarks/whole.py [--mock PATH/mock_teacher.py] [--limits 300 100] [--latency-ms 200] [--seconds 120] [--learning 60]

The command as a user starts it, in a process of its own (forked), on synthetic Markdown of one fact a sentence: chunks of about 500 tokens,
4 examples a call, 2-of-3 vote and one round of repair. What counts is what comes after `--learning`, from the mock's first request on.
Printed for each limit: answers a second, their share of the limit, the share of requests answered 429, CPU of docstill (100 % is one core)
and ms of it a request, peak memory, and seconds from the start of the command to its first request; below that answers and 429s of each 5
seconds. The run is killed at the end: this measures the rate, not the outcome. docstill and the mock want a core each.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import factory.teachers.openai_chat  # noqa: E402, F401
from tests import mock  # noqa: E402
from tests.mock import Command, MockServer, serving  # noqa: E402

EVERY = 5.0  # seconds between looks
DOCUMENTS = 50
SENTENCES = 19  # of a section: just below 512 tokens, as estimated
NAMES = "Marrow Quay Hollow Bell Garrick Osier Tanner Juniper Larch Wexford Pell Dunmore Finch Ansgard Tolland Briar".split()
WHO = "Crews Drivers Clerks Guards Porters Cooks Nurses Pilots Masons Smiths Tailors Weavers".split()
VERBS = "wash grease count move store mend paint lend sort carry weigh test".split()
WHAT = "trams doors forms lamps ropes barrels sacks ladders charts bolts crates kettles".split()
WHEN = ("every night", "before the feast", "after each storm", "in a quiet week", "until noon", "at the gate", "under the bridge")
RECIPE = """seed = 7
[documents]
paths = ["documents"]
[[teachers]]
name = "mock"
model = "compatible/mock"
base_url = "{url}"
[[tasks]]
per_chunk = 4
[student]
base = "nowhere/student"
"""


@dataclass(frozen=True)
class Look:
    """The mock's counts and docstill's CPU at one moment."""

    at: float
    answered: int
    limited: int
    requests: int
    cpu: float

    def since(self, before: "Look") -> "Look":
        pairs = ((self.at, before.at), (self.cpu, before.cpu))
        at, cpu = (now - then for now, then in pairs)
        return Look(at, self.answered - before.answered, self.limited - before.limited, self.requests - before.requests, cpu)


def sentence(number: int) -> str:
    """No two alike: the name is the number in base 16."""
    dice = Random(number)
    digits = [NAMES[(number // len(NAMES) ** i) % len(NAMES)] for i in range(5)]
    depot = f"{digits[0]} {digits[1]}{digits[2].lower()} {digits[3]}{digits[4].lower()}"
    who, verb, what, when = (dice.choice(words) for words in (WHO, VERBS, WHAT, WHEN))
    return f"{who} of the {depot} depot {verb} {dice.randint(11, 99)} {what} {when}."


def write_corpus(home: Path, url: str, sections: int) -> Path:
    """A recipe and documents of so many sections in all; each section is a chunk."""
    (home / "documents").mkdir()
    for number in range(DOCUMENTS):
        parts = [f"# Depots of district {number}"]
        for section in range(number, sections, DOCUMENTS):
            lines = "\n".join(sentence(section * SENTENCES + i) for i in range(SENTENCES))
            parts.append(f"## Work of week {section}\n\n{lines}")
        (home / "documents" / f"district-{number:02}.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    (home / "recipe.toml").write_text(RECIPE.format(url=url), encoding="utf-8")
    return home / "recipe.toml"


def look(server: MockServer, pid: int) -> Look:
    stats = server.stats()
    words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
    cpu = (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    statuses: object = stats["status"]
    limited = int(statuses.get("429", 0)) if isinstance(statuses, dict) else 0
    return Look(time.monotonic(), stats["ok"], limited, stats["requests"], cpu)


def peak_megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def looks(server: MockServer, pid: int, seconds: float) -> list[Look]:
    """One at the first request, then one every few seconds until the time is over or docstill is."""
    while not server.stats()["requests"]:
        time.sleep(0.05)
    found = [look(server, pid)]
    while found[-1].at - found[0].at < seconds:
        time.sleep(EVERY)
        found.append(look(server, pid))
    return found


def measured(told: argparse.Namespace, limit: float, home: Path) -> None:
    """One run, printed."""
    options = ["--facts", "--wrong", "0.1", "--latency-ms", str(told.latency_ms), "--rps", str(limit), "--retry-after", "1"]
    options += ["--no-ratelimit-headers"] * told.no_headers
    with serving(*options) as server:
        recipe, started = write_corpus(home, server.url, told.sections), time.monotonic()
        command = Command(("make", str(recipe), "--out", str(home / "run")), home / "log").start()
        (process,) = multiprocessing.active_children()
        pid = process.pid or 0
        try:
            found, peak = looks(server, pid, told.seconds), peak_megabytes(pid)
        finally:
            command.kill(after=0)
    learnt = next(one for one in found if one.at - found[0].at >= told.learning)
    late = found[-1].since(learnt)
    print(
        f"{limit:7g}  {late.answered / late.at:10.1f}  {late.answered / late.at / limit:8.1%}  {late.limited / max(1, late.requests):6.2%}"
        f"  {late.cpu / late.at:5.0%}  {1000 * late.cpu / max(1, late.requests):10.2f}  {peak:7.0f}  {found[0].at - started:10.1f}"
    )
    steps = [after.since(before) for before, after in zip(found, found[1:], strict=False)]
    print("         answered a second / 429s:", *(f"{s.answered / s.at:.0f}/{s.limited}" for s in steps), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mock", type=Path, default=mock.MOCK)
    parser.add_argument("--limits", type=float, nargs="+", default=[300, 100])
    parser.add_argument("--latency-ms", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--learning", type=float, default=60)
    parser.add_argument("--sections", type=int, default=10_000, help="chunks of the corpus; at 4 slots each, about 6 calls")
    parser.add_argument("--no-headers", action="store_true", help="the mock does not tell its limit: docstill must find it")
    told = parser.parse_args()
    mock.MOCK = told.mock
    print("  limit  answered/s  of limit    429s    CPU  ms a request  peak MB  s to first", flush=True)
    for limit in told.limits:
        with tempfile.TemporaryDirectory(prefix="docstill-whole-") as folder:
            measured(told, limit, Path(folder))


if __name__ == "__main__":
    main()
