"""The same rows by every backend and layout there is here: one train.jsonl, adapters, answers, and how alike they are.

Run it with:  python benchmarks/backends.py RUN --base MODEL --out OUT [--limit N] [--steps N]

RUN holds train.jsonl and gold.jsonl, such as `docstill make` writes; MODEL is a folder or a .gguf file. Trained, each from the same base:
packed by TRL and PEFT, the same padded (packing = false), packed with another seed, and by Unsloth where CUDA and Unsloth are there. Prints
the mean absolute difference of the losses of a step between packed and padded, beside that between two seeds; and the token F1 of each
student on gold, with the paired difference to the base and to packed. Answers made elsewhere (OUT of a GPU) are scored beside these where
--beside names their folder. Training needs the trainer's packages alone; scores are counted where the factory's are, by the same command.
"""

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # before this folder, whose filters.py is another one

SETTINGS = {"learning_rate": 2e-4, "batch": 8, "dropout": 0.0, "min_examples": 1}  # the demo's
LENGTH, ROOM = 768, 96  # tokens of a row, and of an answer
Variant = dict[str, Any]
VARIANTS: dict[str, Variant] = {
    "packed": {"backend": "trl", "packing": True, "seed": 7},
    "padded": {"backend": "trl", "packing": False, "seed": 7},
    "seed": {"backend": "trl", "packing": True, "seed": 8},
    "unsloth": {"backend": "unsloth", "seed": 7},
}


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def train_one(folder: Path, base: str, variant: Variant, steps: int | None) -> None:
    from factory.core.training_settings import StudentSettings, TrainSettings
    from trainer.train import train

    wanted = {**SETTINGS, "max_steps": steps, **{key: value for key, value in variant.items() if key != "seed"}}
    student = StudentSettings(base=base, max_seq_length=LENGTH)
    report = train(folder, base, student, TrainSettings.model_validate(wanted), variant["seed"])
    speed = f", {report.tokens / report.seconds:,.0f} tokens/s" if report.seconds else ""
    told = f"{folder.name}: {report.backend}, {report.rows} rows, {report.steps} steps, {report.seconds:.0f} s"
    print(f"{told}{speed}, loss {report.last_loss:.3f}", flush=True)


def answer(folder: Path, base: str, model: str, gold: Path) -> None:
    from trainer import chat, greedy, student

    if (folder / "gold_answers.jsonl").is_file():
        return
    asked = student.load_for_answers(student.weights(base), folder / "adapter" if model == "student" else None)
    dialogues = chat.read(gold)
    prompts = [chat.asked_ids(one.prompt(None), asked.tokenizer) for one in dialogues]
    said: list[dict[str, Any]] = []
    for batch in greedy.batches([len(prompt) + ROOM for prompt in prompts]):
        for place, one in zip(batch, greedy.write(asked, [prompts[p] for p in batch], [ROOM] * len(batch)), strict=True):
            said.append({"id": dialogues[place].id, "response": one.text})
    write(folder / "gold_answers.jsonl", said)


def losses(folder: Path) -> list[float]:
    found: dict[str, list[tuple[int, float]]] = json.loads((folder / "adapter" / "curves.json").read_text(encoding="utf-8"))
    return [loss for _, loss in found["train"]]


def apart(one: Sequence[float], other: Sequence[float]) -> float:
    return fmean(abs(a - b) for a, b in zip(one, other, strict=True))


def score(out: Path, gold: Path, beside: Path | None) -> None:
    from factory.core.stats import paired_interval
    from factory.evaluation.metrics import token_f1

    right = {row["meta"]["id"]: row["messages"][-1]["content"] for row in read(gold)}
    folders = [folder for home in (out, beside) if home for folder in sorted(home.iterdir()) if (folder / "gold_answers.jsonl").is_file()]
    f1 = {}
    for folder in folders:
        said = {row["id"]: row["response"] for row in read(folder / "gold_answers.jsonl")}
        name = folder.name if folder.parent == out else f"{folder.parent.name}/{folder.name}"
        f1[name] = [token_f1(said[id], right[id]) for id in right]
    for name, mine in f1.items():
        told = [
            f"{other} {_difference(paired_interval([a - b for a, b in zip(mine, f1[other], strict=True)], list(right), 0))}"
            for other in ("base", "packed")
            if other in f1 and other != name
        ]
        print(f"{name}: token F1 {fmean(mine):.3f} (n = {len(mine)}); less {'; less '.join(told)}")


def _difference(one: Any) -> str:  # noqa: ANN401 - an Interval, of a package that may be missing
    return f"{one.mean:+.3f} ({one.low:+.3f} to {one.high:+.3f})"


def possible(name: str) -> bool:
    import torch

    if VARIANTS[name]["backend"] != "unsloth":
        return True
    from importlib.util import find_spec

    return torch.cuda.is_available() and find_spec("unsloth") is not None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("--base", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(VARIANTS))
    parser.add_argument("--beside", type=Path)
    asked = parser.parse_args()
    gold = write(asked.out / "gold.jsonl", read(asked.run / "gold.jsonl")[: asked.limit])
    (asked.out / "base").mkdir(exist_ok=True)
    answer(asked.out / "base", asked.base, "base", gold)
    for name in asked.only:
        folder = asked.out / name
        if not (folder / "adapter").is_dir() and possible(name):
            write(folder / "train.jsonl", read(asked.run / "train.jsonl"))
            train_one(folder, asked.base, VARIANTS[name], asked.steps)
        if (folder / "adapter").is_dir():
            answer(folder, asked.base, "student", gold)
    import torch

    print(torch.cuda.get_device_name() if torch.cuda.is_available() else platform.processor() or platform.machine())
    if all((asked.out / name / "adapter" / "curves.json").is_file() for name in ("packed", "padded", "seed")):
        packed, padded, seed = (losses(asked.out / name) for name in ("packed", "padded", "seed"))
        print(f"mean absolute difference of a step's loss over {len(packed)} steps:")
        print(f"  packed to padded {apart(packed, padded):.4f}, to another seed {apart(packed, seed):.4f}")
    try:
        score(asked.out, gold, asked.beside)
    except ModuleNotFoundError as error:
        print(f"trained and answered; {error.name} is not installed here: run the same command where docstill is, with {asked.out}")


if __name__ == "__main__":
    main()
