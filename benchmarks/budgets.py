"""Whether a budget holds: runs with random budgets, latencies, faults and limits, billed by the mock, each then continued with more money.

    python benchmarks/budgets.py --mock PATH/mock_teacher.py [--runs 100] [--seed 1]

Printed for each run: the budget, what the mock billed at the recipe's price, the share of the budget that was used, and whether going on
with more money gave the kept.jsonl of a run that nothing stopped.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
INTO, OUT = 1.0, 5.0  # dollars per million tokens
START = (sys.executable, "-c", "from factory.cli import main; main()", "make", str(ROOT / "data" / "recipes" / "vllm.toml"), "--yes")


@dataclass(frozen=True)
class Bench:
    """A mock and where runs go."""

    port: int
    folder: Path
    limit: int

    def get(self, path: str, body: dict[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{path}", json.dumps(body).encode() if body is not None else None)
        with urllib.request.urlopen(request) as reply:
            return json.loads(reply.read())

    def make(self, name: str, *more: str) -> int:
        price = f"teachers.0.price={{input={INTO},output={OUT}}}"
        sets = ("--set", f"teachers.0.base_url=http://127.0.0.1:{self.port}/v1", "--set", price, "--limit", str(self.limit))
        command = (*START, "--out", str(self.folder / name), *sets, *more)
        return subprocess.run(command, capture_output=True, cwd=ROOT, check=False).returncode

    def billed(self) -> float:
        stats = self.get("stats")
        return float(stats["billed_prompt_tokens"] * INTO + stats["billed_completion_tokens"] * OUT) / 1e6

    def kept(self, name: str) -> bytes:
        return (self.folder / name / "kept.jsonl").read_bytes()


def one(bench: Bench, number: int, dice: random.Random, whole: float) -> tuple[bool, float, bool]:
    """Whether the budget held, the share used where it stopped the run, and whether the continued run is the unstopped one."""
    budget = round(whole * dice.uniform(0.1, 0.95), 4)
    faults = dice.choice([0.0, 0.02, 0.05, 0.1])
    latency = dice.choice([0, 20, 100])
    limit = dice.choice([0, 60, 200])  # a second, 0: none; calls in flight follow it
    bench.get("config", {"fault_rate": faults, "seed": dice.randint(1, 10**6), "latency_ms": latency, "hang_s": 1, "rps": limit})
    name = f"run{number}"
    code = bench.make(name, "--budget", str(budget))
    billed = bench.billed()
    held = billed <= budget
    report = json.loads((bench.folder / name / "report.json").read_text(encoding="utf-8"))
    counted = report["cost"]["usd_total"]
    bench.get("config", {"fault_rate": 0.0, "rps": 0})
    bench.make(name, "--budget", "1000")
    same = bench.kept(name) == bench.kept("whole")
    print(
        f"{number:4d} budget {budget:.4f} billed {billed:.4f} counted {counted:.4f} ({counted / budget:4.0%}) exit {code} "
        f"faults {faults} latency {latency} limit {limit} held {held} same {same}",
        flush=True,
    )
    return held, counted / budget if code == 3 else 1.0, same


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mock", default=os.environ.get("MOCK_TEACHER", ""))
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=200)
    parser.add_argument("--port", type=int, default=8973)
    told = parser.parse_args()
    command = [sys.executable, told.mock, "--port", str(told.port), "--facts", "--wrong", "0.2"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE)
    if server.stdout:
        server.stdout.readline()
    bench, dice = Bench(told.port, Path(tempfile.mkdtemp(prefix="docstill-budgets-")), told.limit), random.Random(told.seed)
    bench.make("whole")
    whole = bench.billed()
    found = [one(bench, n, dice, whole) for n in range(told.runs)]
    server.kill()
    used = [share for _, share, _ in found]
    print(
        f"{told.runs} runs, whole {whole:.4f}: held {sum(h for h, _, _ in found)}, same {sum(s for _, _, s in found)}, "
        f"used at least 90 % {sum(u >= 0.9 for u in used)}, least {min(used):.0%}"
    )


if __name__ == "__main__":
    main()
