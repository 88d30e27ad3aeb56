"""Whether faults lose a slot, hang the run or cost money: `docstill make` against the mock with faults of all kinds and poisoned requests.

    python benchmarks/faults.py [--mock PATH/mock_teacher.py] [--slots 2000] [--fault-rate 0.05] [--poison 97] [--wrong 0.2] [--seed 1]

The real command in a process of its own (forked), on synthetic Markdown of one fact a sentence, 4 slots a chunk, one round of repair.
First without faults, then with them: a share of the requests fails (500, 429, a body that is not JSON, JSON cut off, another schema,
disconnect, hang), and every request whose key falls on `--poison` fails at each attempt. The same command is run again until it ends
with 0: in the fourth run nothing that failed by itself in three is asked again.
Printed for every run: exit code, seconds, what the slots came to and why they are unfinished, sends by outcome; billed calls beyond one
a request, beside the billed faults of the mock (those of poisoned requests among them), and the share by which they are more. At the end:

lost        slots of the unfaulted run that stand in none of the three files, or in more than one, over all runs; must be 0
untold      unfinished or given up slots whose reason is not that of a poisoned request; must be 0
other       slots that were never unfinished, and yet have another answer, verdict or repair than without faults; must be 0. The verdict
            on duplicates is left out, as the first of two equal examples may be a poisoned one, and so is the price: a reply that
            was cut off is asked again with more room
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import factory.teachers.openai_chat  # noqa: E402, F401
from benchmarks.kills import BILLED_FAULTS, configure  # noqa: E402
from benchmarks.whole import write_corpus  # noqa: E402
from factory.core.records import NEVER_ANSWERED  # noqa: E402
from factory.core.run_folder import Run  # noqa: E402
from tests import mock  # noqa: E402
from tests.mock import Command, MockServer, serving  # noqa: E402

Line = dict[str, object]

ENDS = ("kept", "rejected", "unfinished")
PER_CHUNK = 4  # as write_corpus asks for
AGAIN = 6  # runs at most; the fourth is the one that gives a poisoned request up
POISONED = "cut off at its token limit"  # what the mock does to a poisoned request
LONGEST = 900  # seconds of a run, before it counts as hung


def ran(arguments: tuple[str, ...], log: Path) -> tuple[int | None, float]:
    """Exit code, -9 where it hung, and seconds."""
    started, command = time.monotonic(), Command(arguments, log).start()
    command.kill(after=LONGEST)
    return command.ended()[0], time.monotonic() - started


def lines(run: Path) -> dict[str, list[Line]]:
    return {end: Run(run).lines(f"{end}.jsonl") for end in ENDS}


def told(found: dict[str, list[Line]]) -> str:
    return ", ".join(f"{end} {len(some)}" for end, some in found.items())


def reason(line: Line) -> str:
    """Why a slot is unfinished, or was given up; empty where the teacher answered."""
    verdicts = line.get("verdicts", [])
    given_up = [v["reason"] for v in verdicts if v["filter"] == NEVER_ANSWERED] if isinstance(verdicts, list) else []
    return str(line.get("reason") or next(iter(given_up), ""))


def answer(line: Line) -> str:
    """What became of a slot, but for its price and its duplicates."""

    def bare(one: object) -> object:
        if isinstance(one, dict):
            return {name: bare(value) for name, value in one.items() if name != "cost"}
        if isinstance(one, list):
            return [bare(value) for value in one if not (isinstance(value, dict) and value.get("filter") == "duplicates")]
        return one

    return json.dumps(bare(line))


def spoiled(stats: dict[str, int]) -> int:
    faults: object = stats["faults"]
    return sum(faults.get(kind, 0) for kind in BILLED_FAULTS) if isinstance(faults, dict) else 0


def show(code: int | None, took: float, found: dict[str, list[Line]], server: MockServer, run: Path) -> None:
    report, stats = json.loads((run / "report.json").read_bytes()), server.stats()
    whys = dict(Counter(reason(line) for line in found["unfinished"]))
    print(f"ended with {code} after {took:.0f} s: asked {report['asked']} = {told(found)} {whys or ''}")
    print(f"    sends {report['outcomes']}, from the ledger {report['cost']['cached_calls']}")
    again, faults = stats["billed_again"], spoiled(stats)
    more = f"{again / faults - 1:+.1%}" if faults else "-"
    print(f"    the mock: {stats['requests']} requests, faults {stats['faults']}; billed again {again}", end="")
    print(f", billed faults {faults} ({more})", flush=True)


def compared(clean: dict[str, list[Line]], runs: list[dict[str, list[Line]]]) -> str:
    """The three counts, over all runs with faults."""
    whole = {str(line["id"]): answer(line) for some in clean.values() for line in some}
    poisoned = {str(line["id"]) for found in runs for line in found["unfinished"]}
    lost = untold = other = 0
    for found in runs:
        ended = [line for some in found.values() for line in some]
        ids = Counter(str(line["id"]) for line in ended)
        lost += sum(ids[id] != 1 for id in whole) + len(ids.keys() - whole.keys())
        untold += sum(POISONED not in why for line in ended if (why := reason(line)))
        other += sum(answer(line) != whole.get(str(line["id"])) for line in ended if str(line["id"]) not in poisoned)
    return f"{len(whole)} slots, {len(poisoned)} of them poisoned: lost {lost}, untold {untold}, other {other}"


def bench(told: argparse.Namespace, home: Path) -> None:
    options = ("--facts", "--wrong", str(told.wrong), "--latency-ms", str(told.latency_ms), "--hang-s", "2", "--retry-after", "0.2")
    clean, faulty = home / "clean", home / "faulty"
    with serving(*options, "--seed", str(told.seed)) as server:
        recipe = write_corpus(home, server.url, told.slots // PER_CHUNK)
        code, took = ran(("make", str(recipe), "--out", str(clean)), home / "log")
        show(code, took, lines(clean), server, clean)
        configure(server, {"fault_rate": told.fault_rate, "poison": told.poison})
        runs: list[dict[str, list[Line]]] = []
        while len(runs) < AGAIN and (code or not runs):
            code, took = ran(("make", str(recipe), "--out", str(faulty)), home / "log")
            runs.append(lines(faulty))
            show(code, took, runs[-1], server, faulty)
    print(compared(lines(clean), runs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mock", type=Path, default=mock.MOCK)
    parser.add_argument("--slots", type=int, default=2000)
    parser.add_argument("--fault-rate", type=float, default=0.05)
    parser.add_argument("--poison", type=int, default=97)
    parser.add_argument("--wrong", type=float, default=0.2)
    parser.add_argument("--latency-ms", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    mock.MOCK = told.mock
    with tempfile.TemporaryDirectory(prefix="docstill-faults-") as folder:
        bench(told, Path(folder))


if __name__ == "__main__":
    main()
