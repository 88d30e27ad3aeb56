"""How often a student should see few rows: trained for other numbers of epochs, and asked gold questions that the run itself does not ask.

    docstill make data/recipes/demo.toml --out runs/whole --limit 85 --set evaluate.limit=150
    python benchmarks/epochs.py runs/demo runs/whole --epochs 3 6 10

WHOLE is made like RUN, with more gold: what RUN asks too is left out, so that what is chosen here is measured there. Trains on RUN's rows
by its recipe, in folders under --out, and prints token F1 and correct answers of base and students with the paired difference to base.
"""

import argparse
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # before this folder, whose filters.py is another one

from benchmarks.backends import read, write  # noqa: E402
from factory.core.recipe import Recipe, read_recipe  # noqa: E402
from factory.evaluation.answers import HeldOutQuestion, ModelAnswer, read_lines  # noqa: E402
from factory.evaluation.metric_column import MetricColumn, ScoringTerms  # noqa: E402
from factory.models.files import find_known_model, resolve_gguf  # noqa: E402
from trainer.answer import answer  # noqa: E402
from trainer.train import train  # noqa: E402

METRICS = ("token_f1", "correct")


def taught(run: Path, folder: Path, recipe: Recipe, base: str, epochs: int) -> Path:
    """The answers of a student that saw the rows so often."""
    for name in ("train.jsonl", "val.jsonl"):
        shutil.copy(run / name, folder / name)
    settings = recipe.train.model_copy(update={"epochs": float(epochs)})
    report = train(folder, base, recipe.student, settings, recipe.seed)
    print(f"{epochs} epochs: {report.steps} steps, {report.seconds:.0f} s, loss {report.last_loss:.3f}", flush=True)
    return answer(folder, [folder.parent / "gold.jsonl"], base, "student", recipe.student)


def tell(out: Path, said: dict[str, Path], seed: int) -> None:
    questions = read_lines(out / "gold.jsonl", HeldOutQuestion)
    for metric in METRICS:
        column, values = MetricColumn(metric, questions, ScoringTerms((metric,), seed)), {}
        for name, path in said.items():
            given = {one.id: one for one in read_lines(path, ModelAnswer)}
            values[name] = column.of([given[one.meta.id] for one in questions])
            apart = column.interval(values[name], values["base"], [one.meta.id for one in questions])
            less = "" if name == "base" else f", less base {apart.mean:+.3f} ({apart.low:+.3f} to {apart.high:+.3f})"
            print(f"{metric:9} {name:10} {column.mean(values[name]):.3f} (n = {len(column.places)}){less}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("whole", type=Path, metavar="WHOLE")
    parser.add_argument("--epochs", type=int, nargs="+", required=True)
    parser.add_argument("--out", type=Path, default=Path("runs/epochs"))
    given = parser.parse_args()
    recipe, _ = read_recipe(given.run / "recipe.toml")
    base = str(resolve_gguf(recipe.student.base, Path(), print)) if find_known_model(recipe.student.base) else recipe.student.base
    asked = {row["meta"]["id"] for row in read(given.run / "gold.jsonl")}
    gold = write(given.out / "gold.jsonl", [row for row in read(given.whole / "gold.jsonl") if row["meta"]["id"] not in asked])
    folders = {f"{n} epochs": given.out / f"e{n}" for n in given.epochs}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    said = {"base": answer(given.out, [gold], base, "base", recipe.student)}
    said |= {name: taught(given.run, folder, recipe, base, n) for (name, folder), n in zip(folders.items(), given.epochs, strict=True)}
    tell(given.out, said, recipe.seed)


if __name__ == "__main__":
    main()
