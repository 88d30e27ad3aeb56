"""Whether a training on 40 examples stops by itself: SmolLM2-135M on questions of the sample client without their excerpts, 30 to validate.

    python benchmarks/stopping.py [--base SmolLM2-135M-Instruct] [--epochs 30] [--rate 1e-3]

The questions are gold rows, spread over the file: 40 are learnt, 30 others judge. Epochs and rate are set too high on
purpose, as somebody does whose first student had not learnt enough. Printed: the losses at each evaluation, where it stopped of how many
steps, and the step kept.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from factory.core.training_settings import StudentSettings, TrainSettings  # noqa: E402
from factory.models.files import resolve_gguf  # noqa: E402
from trainer import guards, progress, train  # noqa: E402

LEARNT, JUDGING = 40, 30


def write(path: Path, rows: list[dict[str, str]]) -> None:
    lines = []
    for row in rows:
        messages = [{"role": "user", "content": row["instruction"]}, {"role": "assistant", "content": row["response"]}]
        lines.append(json.dumps({"messages": messages, "meta": {"id": row["id"]}}) + "\n")
    path.write_text("".join(lines), encoding="utf-8")


def main() -> None:
    told = argparse.ArgumentParser()
    told.add_argument("--base", default="SmolLM2-135M-Instruct")
    told.add_argument("--epochs", type=float, default=30)
    told.add_argument("--rate", type=float, default=1e-3)
    given = told.parse_args()
    rows = [json.loads(line) for line in (ROOT / "data" / "gold" / "demo.jsonl").read_text(encoding="utf-8").splitlines()]
    base = str(resolve_gguf(given.base, Path(), print))
    with tempfile.TemporaryDirectory() as folder, progress.heard_by(print):
        run = Path(folder)
        write(run / "train.jsonl", rows[::2][:LEARNT])
        write(run / "val.jsonl", rows[1::2][:JUDGING])
        settings = TrainSettings(min_examples=10, epochs=given.epochs, learning_rate=given.rate, batch=8, dropout=0.0, quantize=False)
        report = train.train(run, base, StudentSettings(base=base), settings, seed=7)
        curves = guards.Curves.model_validate_json((run / "adapter" / guards.CURVES).read_bytes())
    foreseen = LEARNT * int(given.epochs) // 8
    for step, loss in curves.val:
        print(f"step {step:>4}  training {dict(curves.train)[step]:.3f}  validation {loss:.3f}")
    best = min(curves.val, key=lambda one: one[1])
    print(f"stopped at step {report.steps} of {foreseen} after {report.seconds:.0f} s; kept: step {best[0]}, validation loss {best[1]:.3f}")


if __name__ == "__main__":
    main()
