"""docstill in Python: the commands as functions, for notebooks and scripts.

>>> import docstill
>>> report = docstill.make("mine/recipes/demo.toml", "runs/mine", limit=20)
>>> report.kept + report.rejected + report.unfinished == report.asked
True

Every function takes paths as text or `Path`, writes the same files as its command, and can be run
again to go on. Mistakes in the input raise `UserMistake`, whose text is one sentence: what, where,
and what would be right.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from factory.core.errors import DocstillError, PromiseBroken, StoppedEarly, UserMistake
from factory.core.recipe import Recipe, read_recipe
from factory.core.records import Example, Span, Verdict
from factory.tasks.custom import Own
from filters.chain import Filter

if TYPE_CHECKING:
    from factory.commands.making import MakeOptions
    from factory.evaluation.evaluate import Evaluation
    from factory.reports.report import Report
    from factory.standalone.dedup_rows import DedupCounts
    from factory.standalone.judge_rows import JudgeCounts
    from trainer.report import TrainReport

__all__ = [
    "DocstillError",
    "Example",
    "Filter",
    "Own",
    "PromiseBroken",
    "Recipe",
    "Span",
    "StoppedEarly",
    "UserMistake",
    "Verdict",
    "answer",
    "dedup",
    "distill",
    "evaluate",
    "judge",
    "make",
    "read",
    "train",
]

Place = str | PathLike[str]
Done = TypeVar("Done")


def read(recipe: Place, changes: Mapping[str, object] | None = None) -> Recipe:
    """Return the settings of a recipe file, with `changes` such as `{"train.epochs": 2}` applied.

    Raises UserMistake for a key that does not exist or a value that does not fit.
    """
    return read_recipe(Path(recipe), _settings(changes))[0]


def make(
    recipe: Place,
    out: Place,
    *,
    limit: int | None = None,
    budget: float | None = None,
    changes: Mapping[str, object] | None = None,
) -> "Report":
    """Write the dataset of a recipe into the folder `out`, and return its report.

    `limit`: number of slots; `budget`: a hard cap in US dollars over all runs on that folder.
    Slots that could not be finished are counted in `report.unfinished`; call it again to go on.
    Raises UserMistake.
    """
    from factory.commands.making import make_dataset

    options = _options(recipe, out, limit, _capped(changes, budget))
    return _outside_loop(lambda: make_dataset(options))


def train(run: Place) -> "TrainReport":
    """Train the student of a run, and return what it came to. Needs the extra `train`.

    Raises UserMistake for missing, broken or too few rows, a base that can't be loaded, and a
    device with too little memory.
    """
    from factory.commands.student import run_train
    from trainer.report import TrainReport

    _outside_loop(lambda: run_train(Path(run)))
    return TrainReport.model_validate_json((Path(run) / "adapter" / "training.json").read_bytes())


def answer(run: Place, model: str = "student", *, base_url: str | None = None) -> None:
    """Let a model answer the held-out questions of a run, into `answers/` of its folder.

    `model`: "base", "student", "teacher", a folder, or the name of a model behind the
    OpenAI-compatible server at `base_url`. Raises UserMistake, and StoppedEarly if the server stops
    answering.
    """
    from factory.commands.evaluating import Server, answering_teacher, run_served
    from factory.commands.student import run_answer

    folder, server = Path(run), Server(base_url)
    teacher = answering_teacher(folder, model, server)
    if teacher is None:
        _outside_loop(lambda: run_answer(folder, model))
    else:
        _outside_loop(lambda: run_served(folder, model, teacher, server))


def evaluate(run: Place, answers: Iterable[str] = (), against: str = "base") -> "Evaluation":
    """Score the answers of a run, and return the scores and the verdict on its student.

    `answers`: further files as "name=path"; `against`: the model that the student is compared with.
    `evaluation.verdict` is "better", "worse" or "undecided". Raises UserMistake.
    """
    from factory.commands.evaluating import evaluate_run

    return _outside_loop(lambda: evaluate_run(Path(run), list(answers), against))


def distill(
    recipe: Place,
    out: Place,
    *,
    limit: int | None = None,
    budget: float | None = None,
    changes: Mapping[str, object] | None = None,
) -> "Evaluation":
    """Make the dataset, train, answer, evaluate and export in one call; return the evaluation.

    Raises UserMistake, StoppedEarly (call it again to go on), and PromiseBroken if the student is
    not shown to be better; the figures are in `evaluation.json` of the folder then.
    """
    from factory.commands.student import distill as run_distill
    from factory.core.run_folder import Run
    from factory.evaluation.evaluate import Evaluation

    options = _options(recipe, out, limit, _capped(changes, budget))
    _outside_loop(lambda: run_distill(options))
    return Run(Path(out)).read("evaluation.json", Evaluation)


def judge(
    path: Place, out: Place, filters: Sequence[str] = ("schema", "grounding")
) -> "JudgeCounts":
    """Judge rows that docstill did not make, and return how many passed.

    `path`: JSONL with "id", "chunk", "instruction", "response"; `out`: the same rows with
    "verdicts" and "passed". Raises UserMistake with the line of a faulty row.
    """
    from factory.standalone.judge_rows import judge as judge_rows

    return judge_rows(Path(path), filters, Path(out))


def dedup(path: Place, out: Place, *, embeddings: str | None = None) -> "DedupCounts":
    """Find rows that repeat an earlier one, and return how many do.

    `path`: JSONL with "id", "instruction", "response"; `out`: the same rows with "duplicate_of".
    `embeddings`: "bundled", a folder or a hub name, to find paraphrases too. Raises UserMistake.
    """
    from factory.models.embeddings import load_embedder
    from factory.standalone.dedup_rows import dedup as dedup_rows

    embed = load_embedder(embeddings, Path(), lambda _: None) if embeddings else None
    return dedup_rows(Path(path), Path(out), embed)


def _options(
    recipe: Place, out: Place, limit: int | None, changes: tuple[str, ...]
) -> "MakeOptions":
    from factory.commands.making import MakeOptions

    return MakeOptions(Path(recipe), Path(out), limit, None, True, False, changes)


def _capped(changes: Mapping[str, object] | None, budget: float | None) -> tuple[str, ...]:
    cap = {} if budget is None else {"budget.usd": budget}
    return _settings({**(changes or {}), **cap})


def _settings(changes: Mapping[str, object] | None) -> tuple[str, ...]:
    return tuple(f"{key}={json.dumps(value)}" for key, value in (changes or {}).items())


def _outside_loop(step: Callable[[], Done]) -> Done:
    """Run the step in a thread if this one has an event loop already, as notebooks do."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return step()
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(step).result()
