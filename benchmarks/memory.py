"""Whether the memory that `docstill train --plan` foretells is the memory that training takes.

    python benchmarks/memory.py [--base NAME] [--tokens 1024 4096] [--rank 16] [--dropout 0.05] [--four-bits] [--checkpointing]

For each number of tokens at once, a real training of two steps of one pack in a process of its own, on rows of 256 tokens of which a
quarter is learnt. Printed: bytes foretold by trainer/memory.py, bytes measured, and their ratio. On a GPU the measure is torch's peak of
allocated memory; on a CPU it is the growth of the process's peak over what it held before the student was loaded.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402

from factory.core.training_settings import StudentSettings, TrainSettings  # noqa: E402
from factory.models.files import find_known_model, resolve_gguf  # noqa: E402
from trainer import layers, student, train  # noqa: E402
from trainer.chat import Lesson  # noqa: E402
from trainer.fill import Fill, numbers_here  # noqa: E402
from trainer.lessons import Lessons  # noqa: E402
from trainer.memory import Store, memory_of  # noqa: E402
from trainer.report import peak_memory  # noqa: E402

LENGTH, LEARNT = 256, 64
GB = 1e9


def lessons(tokens: int) -> Lessons:
    rows = [
        Lesson(id=str(number), input_ids=[(7 * number + place) % 1000 + 100 for place in range(LENGTH)], completion_mask=_mask())
        for number in range(tokens // LENGTH)
    ]
    return Lessons(train=rows, val=[], left_out=())


def _mask() -> list[int]:
    return [0] * (LENGTH - LEARNT) + [1] * LEARNT


def measured(given: argparse.Namespace, tokens: int) -> None:
    """In this process: what it foretold and what it took, as JSON."""
    learnt = lessons(tokens)
    rows = len(learnt.train)
    settings = TrainSettings(
        min_examples=1, max_steps=2, epochs=2, batch=rows, rank=given.rank, dropout=given.dropout, quantize=given.four_bits
    )
    fitted = layers.fitted(student.weights(given.base), settings)
    memory = memory_of(fitted.outline, fitted.settings, Store(given.four_bits, numbers_here()))
    foretold = memory.needed(tokens, rows * LEARNT, LENGTH, given.checkpointing)
    full = Fill(tokens=tokens, checkpointing=given.checkpointing, unpacked=not given.four_bits)
    before = 0 if torch.cuda.is_available() else peak_memory()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "train.jsonl").write_text("", encoding="utf-8")
        with (
            patch.object(train, "enough", lambda *_: []),
            patch.object(train, "gather", lambda *_: learnt),
            patch.object(train, "fill", lambda *_: full),
        ):
            report = train.train(Path(folder), given.base, StudentSettings(base=given.base), settings, 0)
    print(json.dumps({"foretold": foretold, "measured": report.peak_memory - before}))


def main() -> None:
    told = argparse.ArgumentParser()
    told.add_argument("--base", default="SmolLM2-135M-Instruct")
    told.add_argument("--tokens", type=int, nargs="+", default=[1024, 4096])
    told.add_argument("--rank", type=int, default=16)
    told.add_argument("--dropout", type=float, default=0.05)
    told.add_argument("--four-bits", action="store_true")
    told.add_argument("--checkpointing", action="store_true")
    told.add_argument("--here", type=int, help=argparse.SUPPRESS)
    given = told.parse_args()
    if find_known_model(given.base):
        given.base = str(resolve_gguf(given.base, Path(), print))
    if given.here:
        measured(given, given.here)
        return
    for tokens in given.tokens:
        options = [name for name, on in (("--four-bits", given.four_bits), ("--checkpointing", given.checkpointing)) if on]
        numbers = ["--base", given.base, "--rank", str(given.rank), "--dropout", str(given.dropout), "--here", str(tokens)]
        done = subprocess.run([sys.executable, __file__, *numbers, *options], check=True, stdout=subprocess.PIPE, text=True)
        both = json.loads(done.stdout.splitlines()[-1])
        foretold, found = (both[name] / GB for name in ("foretold", "measured"))
        print(f"{tokens:>6} tokens at once: foretold {foretold:.2f} GB, measured {found:.2f} GB, ratio {foretold / found:.2f}", flush=True)


if __name__ == "__main__":
    main()
