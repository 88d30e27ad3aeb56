"""Whether a kill changes the adapter: a training is killed with SIGKILL at random steps, gone on with, and compared with an unkilled one.

    python benchmarks/training_kills.py [--base SmolLM2-135M-Instruct] [--steps 20] [--kills 3] [--seed 1]

Each training is a process of its own (tests/trainer/dying.py), on rows of the replay set, with dropout and a validation set of 30 rows.
Every second kill falls while a checkpoint is written. Printed: the steps, and the largest absolute difference between the two adapters.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from safetensors.torch import load_file  # noqa: E402

from factory.core.training_settings import TrainSettings  # noqa: E402
from factory.models.files import resolve_gguf  # noqa: E402
from tests.trainer.dying import WAYS  # noqa: E402

LEARNT, JUDGING = 80, 30
NEVER = "0:on_step_end"


def write(folder: Path) -> None:
    read = (ROOT / "data" / "replay" / "knowledge.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in read][: LEARNT + JUDGING]
    for name, some in (("train", rows[:LEARNT]), ("val", rows[LEARNT:])):
        lines = []
        for row in some:
            messages = [{"role": "user", "content": row["instruction"]}, {"role": "assistant", "content": row["response"]}]
            lines.append(json.dumps({"messages": messages, "meta": {"id": row["id"]}}) + "\n")
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")


def trained(run: Path, base: str, settings: TrainSettings, *kills: str) -> list[str]:
    told = [str(run), base, settings.model_dump_json(exclude_unset=True), *kills]
    done = subprocess.run([sys.executable, "-m", "tests.trainer.dying", *told], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.split()


def main() -> None:
    told = argparse.ArgumentParser()
    told.add_argument("--base", default="SmolLM2-135M-Instruct")
    told.add_argument("--steps", type=int, default=20)
    told.add_argument("--kills", type=int, default=3)
    told.add_argument("--seed", type=int, default=1)
    given = told.parse_args()
    base = str(resolve_gguf(given.base, Path(), print))
    settings = TrainSettings(min_examples=1, max_steps=given.steps, batch=4, dropout=0.05, quantize=False)
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        whole, killed = Path(folder, "whole"), Path(folder, "killed")
        for run in (whole, killed):
            run.mkdir()
            write(run)
        start = time.monotonic()
        print(f"unkilled: ended with {trained(whole, base, settings, NEVER)[0]} after {time.monotonic() - start:.0f} s")
        steps = sorted(chance.sample(range(1, given.steps), given.kills))
        kills = [f"{step}:{WAYS[number % 2]}" for number, step in enumerate(steps)]
        ended = trained(killed, base, settings, *kills, NEVER)
        print("killed:", ", ".join(f"{kill} ended with {code}" for kill, code in zip([*kills, NEVER], ended, strict=True)))
        one, two = (load_file(run / "adapter" / "adapter_model.safetensors") for run in (whole, killed))
        print(f"largest absolute difference over {len(one)} matrices: {max(float((one[n] - two[n]).abs().max()) for n in one):g}")


if __name__ == "__main__":
    main()
