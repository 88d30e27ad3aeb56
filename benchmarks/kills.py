"""Whether a kill costs money or bytes: `docstill make` is killed with SIGKILL at a random moment, and run again until it ends with 0.

    python benchmarks/kills.py [--mock PATH/mock_teacher.py] [--runs 100] [--seed 1] [--limit 60] [--verbose]

Each run is the real command in a process of its own (forked, as a fresh interpreter takes seconds to import it), against the mock with
latency and with faults of its own seed. The moment lies between the mock's first request and the time that the shortest of three unkilled
runs took from its first to its last; a run that had ended by then is judged too, but is none of the `--runs`. The judge is the mock,
by Idempotency-Key, and the ledger as the kill left it. Printed for all runs together:

again       answers that stood in the ledger at the kill and whose key the mock saw afterwards, whatever it then answered; must be 0
repeats     billed calls beyond one per key that no billed fault of the mock explains, for each kill; at most what was in flight at the
            kill (counted by the mock right after it) and one commit group
same        runs whose kept, rejected, train, val and test files are, byte for byte, those of an unkilled run with a ledger of its own

The mock's `badjson` is left out: a reply that is cut off is asked again with more room, which may change the mock's token count by one, and
with it the recorded cost. Later modes of travel differ in `Mode` alone.
"""

import argparse
import json
import random
import sqlite3
import sys
import tempfile
import time
import urllib.request
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import factory.teachers.openai_chat  # noqa: E402, F401
from factory.calls.sqlite_writer import MAX_WRITES  # noqa: E402
from tests import mock  # noqa: E402
from tests.mock import Command, MockServer, docstill, serving  # noqa: E402

SAME = ("kept.jsonl", "rejected.jsonl", "train.jsonl", "val.jsonl", "test.jsonl")
BILLED_FAULTS = ("badbody", "badjson", "badschema", "disconnect", "hang")
UNKILLED = 3  # runs that the time of asking is taken from, each with other faults
AGAIN = 6  # times that a run is gone on with, at most


@dataclass(frozen=True)
class Mode:
    """How requests travel: what the mock and the command are told. A batch mode adds its own server, sets and `seen`."""

    told: argparse.Namespace
    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / "mock.log"

    @property
    def options(self) -> tuple[str, ...]:
        """Of the mock."""
        faults = "500,429,badbody,badschema,disconnect,hang"
        given = {"latency-ms": self.told.latency_ms, "jitter": 0.5, "fault-rate": self.told.fault_rate, "faults": faults, "hang-s": 1}
        more = {"retry-after": 0.2, "wrong": 0.2, "log": self.log}
        return ("--facts", *(word for name, value in (given | more).items() for word in (f"--{name}", str(value))))

    def command(self, server: MockServer, run: Path) -> tuple[str, ...]:
        recipe = ROOT / "data" / "recipes" / "vllm.toml"
        return ("make", str(recipe), "--out", str(run), "--limit", str(self.told.limit), "--set", f"teachers.0.base_url={server.url}")

    def anew(self, server: MockServer, seed: int) -> None:
        """No counts, other faults, and a log of this run alone; the mock writes its log out when it is told so."""
        configure(server, {"seed": seed})
        self.log.write_bytes(b"")

    def seen(self, server: MockServer) -> list[tuple[float, str]]:
        """Every request that the mock has read: when, by the clock that all processes of a machine share, and of which key."""
        configure(server, {})
        lines = (line.split() for line in self.log.read_text(encoding="utf-8").splitlines())
        return [(float(at), key) for at, key, _ in lines]


@dataclass(frozen=True)
class Kill:
    """What one killed run came to."""

    at: float  # seconds after the first request
    hit: bool  # it was still running
    committed: int
    in_flight: int
    again: int
    repeats: int
    codes: tuple[int | None, ...]  # of the runs after the kill
    differing: tuple[str, ...]  # files that are not those of the unkilled run

    @property
    def bound(self) -> int:
        return self.in_flight + MAX_WRITES

    @property
    def broken(self) -> bool:
        return bool(self.again or self.differing or self.repeats > self.bound or 0 not in self.codes)

    @property
    def line(self) -> str:
        killed = f"killed at {self.at:5.2f} s" if self.hit else f"had ended by {self.at:5.2f} s"
        counts = f"committed {self.committed:4d}, in flight {self.in_flight:3d}, again {self.again}, repeats {self.repeats:3d}"
        return f"{killed}: {counts}, exit codes then {list(self.codes)}, other bytes {list(self.differing)}"


@dataclass
class Bench:
    """One mock, and a run folder for each run."""

    mode: Mode
    server: MockServer
    unkilled: dict[str, bytes] = field(default_factory=dict)
    asking: float = 0.0  # seconds from the first request to the last

    def measure(self) -> None:
        """The bytes and the time of asking of unkilled runs. Raises SystemExit where they do not agree with each other."""
        took = []
        for seed in range(UNKILLED):
            self.mode.anew(self.server, seed)
            run = self.mode.folder / f"unkilled{seed}"
            code, said = docstill(run.with_suffix(".log"), *self.mode.command(self.server, run))
            stats = self.server.stats()
            if code or (self.unkilled and self.unkilled != files(run)) or repeats(stats):
                raise SystemExit(f"an unkilled run ended with {code}, repeats {repeats(stats)}, or differs from the first: {said}")
            self.unkilled = files(run)
            moments = [at for at, _ in self.mode.seen(self.server)]
            took.append(max(moments) - min(moments))
            asked = f"{stats['requests']} requests of {stats['billed_unique']} keys"
            print(f"unkilled, faults of seed {seed}: {asked} in {took[-1]:.2f} s", flush=True)
        self.asking = min(took)  # of the shortest, so that most of the others are hit

    def one(self, number: int, share: float) -> Kill:
        """`share`: of the time of asking at which the run is killed."""
        self.mode.anew(self.server, UNKILLED + number)
        run = self.mode.folder / f"run{number}"
        told, log = self.mode.command(self.server, run), run.with_suffix(".log")
        command = Command(told, log).start()
        wait_for_request(self.server)
        command.kill(after=share * self.asking)
        killed_at, in_flight = time.monotonic(), self.server.stats()["inflight"]
        hit, committed = command.ended()[0] == -9, answers(run)
        codes = self._to_the_end(told, log)
        stats, later = self.server.stats(), {key for at, key in self.mode.seen(self.server) if at > killed_at}
        differing = tuple(name for name, bytes_ in files(run).items() if bytes_ != self.unkilled[name])
        again = len(committed & later)
        return Kill(share * self.asking, hit, len(committed), in_flight, again, repeats(stats), codes, differing)

    def _to_the_end(self, told: tuple[str, ...], log: Path) -> tuple[int | None, ...]:
        codes: list[int | None] = []
        while len(codes) < AGAIN and 0 not in codes:
            codes.append(docstill(log, *told)[0])
        return tuple(codes)


def configure(server: MockServer, settings: dict[str, int]) -> None:
    """Changes options of the mock; zeroes its counts and writes out its log, too."""
    urllib.request.urlopen(f"http://127.0.0.1:{server.port}/config", json.dumps(settings).encode()).close()


def files(run: Path) -> dict[str, bytes]:
    return {name: (run / name).read_bytes() if (run / name).is_file() else b"" for name in SAME}


def answers(run: Path) -> set[str]:
    """Keys that stand in the ledger as committed."""
    if not (run / "ledger.db").is_file():
        return set()
    with closing(sqlite3.connect(run / "ledger.db")) as db:
        return {key for (key,) in db.execute("SELECT key FROM answers")}


def repeats(stats: dict[str, int]) -> int:
    """Billed calls beyond one per key, less those that the mock spoiled: they must be asked again, kill or no kill."""
    faults: object = stats["faults"]
    spoiled = sum(faults.get(kind, 0) for kind in BILLED_FAULTS) if isinstance(faults, dict) else 0
    return stats["billed_again"] - spoiled


def wait_for_request(server: MockServer) -> None:
    until = time.monotonic() + 30
    while not server.stats()["requests"] and time.monotonic() < until:
        time.sleep(0.005)


def summary(kills: list[Kill]) -> str:
    hit = [kill for kill in kills if kill.hit]
    first = sum(kill.codes[:1] == (0,) for kill in kills)
    return "\n".join(
        (
            f"n = {len(kills)}, {len(hit)} of them killed while they ran, {len(kills) - len(hit)} had ended before",
            f"committed at the kill {sum(k.committed for k in hit)} in all; again {sum(k.again for k in kills)} (must be 0)",
            f"in flight at the kill {sum(k.in_flight for k in hit)} in all, at most {max((k.in_flight for k in hit), default=0)}",
            f"repeats {sum(k.repeats for k in hit)} in all, at most {max((k.repeats for k in hit), default=0)} a kill",
            f"kills with more repeats than in flight + {MAX_WRITES}: {sum(k.repeats > k.bound for k in kills)} (must be 0); "
            f"than in flight alone: {sum(k.repeats > k.in_flight for k in hit)}",
            f"ended with 0 at the first going on {first} of {len(kills)}, in the end {sum(0 in k.codes for k in kills)}",
            f"same bytes as the unkilled run {sum(not k.differing for k in kills)} of {len(kills)}",
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mock", type=Path, default=mock.MOCK)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=60, help="slots of a run; a slot takes about three calls")
    parser.add_argument("--latency-ms", type=int, default=100)
    parser.add_argument("--fault-rate", type=float, default=0.03)
    parser.add_argument("--verbose", action="store_true", help="a line for each run, not only for those that broke a promise")
    told = parser.parse_args()
    mock.MOCK = told.mock
    dice, started = random.Random(told.seed), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="docstill-kills-") as folder:
        mode = Mode(told, Path(folder))
        with serving(*mode.options) as server:
            bench, kills = Bench(mode, server), []
            bench.measure()
            while sum(kill.hit for kill in kills) < told.runs and len(kills) < 2 * told.runs:
                kills.append(kill := bench.one(len(kills), dice.random()))
                if told.verbose or kill.broken:
                    print(f"{len(kills):4d} {kill.line}", flush=True)
    print(summary(kills))
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
