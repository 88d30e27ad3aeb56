"""What replay does against forgetting: students trained with no replay and with a share of it, beside their base.

Run it with:  python benchmarks/forgetting.py RUN --base MODEL --out OUT [--shares 0,0.15] [--seeds 3] [--limit N]

RUN holds train.jsonl, val.jsonl and gold.jsonl, such as `docstill make` writes; what of its train.jsonl is replay is left out and mixed
anew from data/replay, by share and seed. MODEL is a folder or a .gguf file. Each student is trained by the settings of the demo's recipe,
and asked data/general and RUN's gold. Prints bits a token and right answers of general questions and token F1 on gold, means over the
seeds; then, paired by question, each share less base and less the first share. Writes OUT/forgetting.json.

Training needs the trainer's packages alone; where the factory's are missing, the same command somewhere else counts the scores of what
stands in OUT, and trains nothing again. --limit takes so many rows of each file, to see that it runs.
"""

import argparse
import json
import platform
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # before this folder, whose filters.py is another one

DATA = ROOT / "data"
KINDS = ("knowledge", "arithmetic", "code")
ROOM = 96  # tokens of an answer to gold
# The demo's, but for the four bits.
SETTINGS = {"learning_rate": 2e-4, "batch": 8, "dropout": 0.0, "quantize": False, "min_examples": 1, "backend": "trl"}
LENGTH = 768

Row = dict[str, Any]


def read(path: Path, limit: int | None = None) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line][:limit]


def write(path: Path, rows: Sequence[Row]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def mixed(own: list[Row], share: float, seed: int) -> list[Row]:
    """As factory/dataset/mix.py does: so many replay rows that they are the share of all."""
    pool = [row for file in sorted((DATA / "replay").glob("*.jsonl")) for row in read(file)]
    order = random.Random(seed)
    chosen = order.sample(pool, min(len(pool), round(share / (1 - share) * len(own))))
    replay = [
        {
            "messages": [{"role": "user", "content": one["instruction"]}, {"role": "assistant", "content": one["response"]}],
            "meta": {"id": one["id"], "source": "replay"},
        }
        for one in chosen
    ]
    rows = [*own, *replay]
    order.shuffle(rows)
    return rows


def students(asked: argparse.Namespace) -> Iterator[tuple[float, int, Path]]:
    for share in asked.shares:
        for seed in range(asked.seeds):
            yield share, seed, asked.out / f"replay-{share:g}-seed-{seed}"


def train_all(asked: argparse.Namespace) -> None:
    """What is not there yet: base and students measured, each student trained before."""
    general = [row for kind in KINDS for row in read(DATA / "general" / f"{kind}.jsonl", asked.limit)]
    questions = write(asked.out / "general.jsonl", general)
    gold = write(asked.out / "gold.jsonl", read(asked.run / "gold.jsonl", asked.limit))
    own = [row for row in read(asked.run / "train.jsonl") if row["meta"].get("source") != "replay"][: asked.limit]
    measure(asked.out / "base", asked.base, "base", questions, gold)
    for share, seed, folder in students(asked):
        if not (folder / "adapter").is_dir():
            write(folder / "train.jsonl", mixed(own, share, seed))
            write(folder / "val.jsonl", read(asked.run / "val.jsonl", asked.limit))
            train_one(folder, asked.base, seed)
        measure(folder, asked.base, "student", questions, gold)


def train_one(folder: Path, base: str, seed: int) -> None:
    from factory.core.training_settings import StudentSettings, TrainSettings
    from trainer.train import train

    report = train(folder, base, StudentSettings(base=base, max_seq_length=LENGTH), TrainSettings.model_validate(SETTINGS), seed)
    print(f"{folder.name}: {report.rows} rows, {report.steps} steps, {report.seconds:.0f} s, loss {report.last_loss:.3f}", flush=True)


def measure(folder: Path, base: str, model: str, questions: Path, gold: Path) -> None:
    """General questions by the trainer's own measure, and short answers to gold."""
    from trainer.forgetting import measure as forgotten

    folder.mkdir(parents=True, exist_ok=True)
    forgotten(folder, questions, base, model)
    if not (folder / "gold_answers.jsonl").is_file():
        write(folder / "gold_answers.jsonl", list(answers(folder, base, model, gold)))


def answers(folder: Path, base: str, model: str, gold: Path) -> Iterator[Row]:
    from trainer import chat, greedy, student

    asked = student.load_for_answers(student.weights(base), folder / "adapter" if model == "student" else None)
    dialogues = chat.read(gold)
    prompts = [chat.asked_ids(one.prompt(None), asked.tokenizer) for one in dialogues]
    for batch in greedy.batches([len(prompt) + ROOM for prompt in prompts]):
        for place, said in zip(batch, greedy.write(asked, [prompts[p] for p in batch], [ROOM] * len(batch)), strict=True):
            yield {"id": dialogues[place].id, "response": said.text}


def device() -> str:
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else platform.processor() or platform.machine()


def score(asked: argparse.Namespace) -> Row:
    """What the files of OUT say, by the factory's own scores."""
    from factory.core.stats import paired_interval
    from factory.dataset.general_questions import GeneralQuestion
    from factory.evaluation.forgetting import GeneralAnswer, is_right
    from factory.evaluation.metrics import token_f1

    questions = [GeneralQuestion.model_validate(row) for row in read(asked.out / "general.jsonl")]
    gold = {row["meta"]["id"]: row["messages"][-1]["content"] for row in read(asked.out / "gold.jsonl")}

    def scored(folder: Path, model: str) -> Row:
        found = {row["id"]: GeneralAnswer.model_validate(row) for row in read(folder / "forgetting" / f"{model}.jsonl")}
        recalls = [found[q.meta.id] for q in questions]
        rights = [float(is_right(r.response, q.messages[-1].content, q.meta.kind == "code")) for q, r in zip(questions, recalls, strict=True)]
        f1 = {row["id"]: token_f1(row["response"], gold[row["id"]]) for row in read(folder / "gold_answers.jsonl")}
        kinds = {kind: bits([r for q, r in zip(questions, recalls, strict=True) if q.meta.kind == kind]) for kind in KINDS}
        return {"recalls": recalls, "right": rights, "f1": [f1[id] for id in gold], "bits": bits(recalls), "kinds": kinds}

    base = scored(asked.out / "base", "base")
    by_share = {share: [scored(folder, "student") for s, _, folder in students(asked) if s == share] for share in asked.shares}

    def paired(one: list[Row], other: list[Row]) -> Row:
        """Means over the seeds, paired by question; bits by token."""
        tokens = [r.tokens for r in base["recalls"]]
        ids = [q.meta.id for q in questions]

        def mean(runs: list[Row], place: int) -> float:
            return fmean(run["recalls"][place].bits for run in runs)

        rises = [(mean(one, n) - mean(other, n)) / tokens[n] for n in range(len(ids)) for _ in range(tokens[n])]
        rights, f1 = (
            [fmean(run[key][n] for run in one) - fmean(run[key][n] for run in other) for n in range(len(one[0][key]))]
            for key in ("right", "f1")
        )
        units = [id for id, times in zip(ids, tokens, strict=True) for _ in range(times)]
        return {
            "bits": paired_interval(rises, units, 0).model_dump(),
            "right": paired_interval(rights, ids, 0).model_dump(),
            "gold_f1": paired_interval(f1, list(gold), 0).model_dump(),
        }

    first = asked.shares[0]
    return {
        "n": len(questions),
        "gold_n": len(gold),
        "base": told([base]),
        "shares": {f"{share:g}": told(runs) for share, runs in by_share.items()},
        "less_base": {f"{share:g}": paired(runs, [base]) for share, runs in by_share.items()},
        f"less_{first:g}": {f"{share:g}": paired(runs, by_share[first]) for share, runs in by_share.items() if share != first},
    }


def bits(recalls: Sequence[Any]) -> float:
    tokens = sum(one.tokens for one in recalls)
    return sum(one.bits for one in recalls) / tokens if tokens else 0.0


def told(runs: list[Row]) -> Row:
    """Means over the seeds, and each seed's bits."""
    values: dict[str, Callable[[Row], float]] = {
        "bits": lambda run: run["bits"],
        "right": lambda run: fmean(run["right"]),
        "gold_f1": lambda run: fmean(run["f1"]),
        **{f"bits_{kind}": (lambda run, kind=kind: run["kinds"][kind]) for kind in KINDS},
    }
    found = {name: round(fmean(map(value, runs)), 4) for name, value in values.items()}
    spread = (
        {"sd": round(stdev([run["bits"] for run in runs]), 4), "seeds": [round(run["bits"], 4) for run in runs]} if len(runs) > 1 else {}
    )
    return {**found, **spread}


def show(found: Row) -> None:
    print(f"{'':12}{'bits':>8}{'sd':>8}" + "".join(f"{kind:>12}" for kind in KINDS) + f"{'right':>8}{'gold F1':>9}")
    for name, one in {"base": found["base"], **{f"replay {share}": told for share, told in found["shares"].items()}}.items():
        kinds = "".join(f"{one[f'bits_{kind}']:12.3f}" for kind in KINDS)
        print(f"{name:12}{one['bits']:8.3f}{one.get('sd', 0):8.3f}{kinds}{one['right']:8.3f}{one['gold_f1']:9.3f}")
    for group in (key for key in found if key.startswith("less_")):
        for share, metrics in found[group].items():
            for metric, one in metrics.items():
                less = group.removeprefix("less_")
                print(f"replay {share} less {less}, {metric}: {one['mean']:+.3f} ({one['low']:+.3f} to {one['high']:+.3f})")


def wanted() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("--base", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--shares", type=lambda text: [float(one) for one in text.split(",")], default=[0.0, 0.15])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--limit", type=int)
    return parser.parse_args()


def main() -> None:
    asked, start = wanted(), time.monotonic()
    asked.out.mkdir(parents=True, exist_ok=True)
    if not all((folder / "gold_answers.jsonl").is_file() for _, _, folder in students(asked)):
        train_all(asked)
        where = {"device": device(), "seconds": round(time.monotonic() - start, 1)}
        (asked.out / "device.json").write_text(json.dumps(where) + "\n", encoding="utf-8")
    try:
        found = score(asked)
    except ModuleNotFoundError as error:
        print(f"trained and answered; {error.name} is not installed here: run the same command where docstill is, with {asked.out}")
        return
    rows = {folder.name: len(read(folder / "train.jsonl")) for _, _, folder in students(asked)}
    trained = {"settings": {**SETTINGS, "max_seq_length": LENGTH}, "rows": rows}
    said = f"python benchmarks/forgetting.py {asked.run.name} --base {Path(asked.base).name} --out {asked.out.name} --seeds {asked.seeds}"
    found = {"command": said, **json.loads((asked.out / "device.json").read_text(encoding="utf-8")), **trained, **found}
    (asked.out / "forgetting.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    show(found)


if __name__ == "__main__":
    main()
