"""Whether a kill makes a batch be bought twice: `docstill make --wait` by batch is killed with SIGKILL at a random moment, then goes on.

    python benchmarks/batch_kills.py [--runs 50] [--seed 1]

Both providers in turn, `--runs` each, through their real SDKs against tests/batch_server.py and the mock teacher. In the first quarter of
the kills one reply to a create is lost, too. The moment lies within the time that an unkilled run takes. The judge is the batch server,
by key. Printed: lines billed again (must be 0), runs whose files are those of an unkilled run, and those that ended with 0.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
import factory.calls.batch_client  # noqa: E402
from tests.batch_server import BatchServer, serving_batches  # noqa: E402
from tests.factory.calls.test_batch_client import KEYS, order  # noqa: E402
from tests.factory.test_pipeline import FACTS, files, written  # noqa: E402
from tests.mock import Command, docstill, free_port, serving  # noqa: E402


def unkilled(arguments: tuple[str, ...], home: Path) -> float:
    """Seconds that it takes. Raises SystemExit where it does not end well."""
    started = time.monotonic()
    code, said = docstill(home / "log", *arguments)
    if code != 0:
        raise SystemExit(f"an unkilled run ended with {code}: {said}")
    return time.monotonic() - started


def measured(provider: str, server: BatchServer, told: argparse.Namespace, home: Path) -> None:
    """All kills of one provider, printed."""
    recipe, dice = written(home, server.url), random.Random(f"{told.seed} {provider}")

    def command(run: str) -> tuple[str, ...]:
        return ("make", str(recipe), "--out", str(home / run), "--wait", *order(provider, server))

    takes = unkilled(command("unkilled"), home)
    again = same = ended = 0
    for number in range(told.runs):
        server.reset()
        server.config(hold_s=dice.choice((0, 0.2)), lose_create=number < told.runs // 4)
        Command(command(f"run{number}"), home / "log").start().kill(dice.uniform(0.05, takes))
        code, _ = docstill(home / "log", *command(f"run{number}"))
        again += sum(times - 1 for times in server.stats()["keys"].values())
        ended += code == 0
        same += files(home / f"run{number}") == files(home / "unkilled")
    print(f"{provider:10} n = {told.runs}, unkilled {takes:.1f} s: billed again {again}, same bytes {same}, ended with 0 {ended}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    factory.post.LOOKS = (0.1,)  # the local server needs no minutes
    os.environ.update(dict.fromkeys(KEYS.values(), "sk-of-the-benchmark"))
    with serving(*FACTS) as mock, serving_batches(free_port(), mock.url) as server, tempfile.TemporaryDirectory() as home:
        for provider in KEYS:
            measured(provider, server, told, Path(home) / provider)


if __name__ == "__main__":
    main()
