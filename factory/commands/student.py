"""The student's commands: train, answer, evaluate, ship, and distill, the whole way; the trainer is imported only where it is needed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from factory.commands import opened, out, say, timed
from factory.commands.making import Wanted, run_make, show_report
from factory.errors import DocstillError, PromiseBroken, UserMistake
from factory.evaluate import Evaluation, evaluate, with_forgetting
from factory.forgetting import QUESTIONS as GENERAL
from factory.forgetting import write_questions
from factory.html import write_html
from factory.models import gguf, known
from factory.recipe import Recipe
from factory.records import FILES
from factory.run import Run
from factory.tables import score_tables

QUESTIONS = (("gold.jsonl", FILES["test"]), (FILES["shift"], FILES["unseen"]))  # one of the first must be there


def show_plan(folder: Path) -> None:
    """What a training would come to, before anything of the student is loaded but its config and tokenizer."""
    run, recipe = opened(folder)
    with _packages():
        from trainer.plan import plan
    for line in plan(run.folder, _base(recipe), recipe.student, recipe.train).lines():
        say(line)


def run_train(folder: Path) -> None:
    run, recipe = opened(folder)
    with trainer_of(run, "train"):
        from trainer.train import train

        report = train(run.folder, _base(recipe), recipe.student, recipe.train, recipe.seed)
    small = ", fewer than usual: the recipe allows it" if report.allowed_small else ""
    loss = f"loss {report.first_loss:.2f} -> {report.last_loss:.2f}"
    say(f"trained {report.steps} steps on {report.rows} rows{small}; {loss}; {folder}/adapter")


def run_answer(folder: Path, model: str) -> None:
    run, recipe = opened(folder)
    deciding, beside = ([run.folder / name for name in names if run.has(name) and run.lines(name)] for names in QUESTIONS)
    if not deciding:
        raise UserMistake(f"{folder}: there are no held-out questions; set evaluate.gold, or let documents be held out by split.test")
    with trainer_of(run, f"answer {Path(model).name}"):
        from trainer.answer import answer

        path = answer(run.folder, [*deciding, *beside], _base(recipe), model, recipe.student.system)
        if recipe.evaluate.forgetting is not None:
            _measure_forgetting(run, recipe, model)
    say(f"answered: {path}")


def _measure_forgetting(run: Run, recipe: Recipe, model: str) -> None:
    from trainer.forgetting import measure

    write_questions(run, recipe.evaluate)
    measure(run.folder, run.folder / GENERAL, _base(recipe), model, recipe.student.system)


def run_evaluate(folder: Path, answers: list[Path], against: str) -> None:
    found = _evaluated(folder, answers, against)
    for table in score_tables(found):
        out.print(table)
    _must_be_better(found)


def run_ship(folder: Path, forms: Sequence[str]) -> None:
    """The student in the forms that are wanted, each held against the adapter on its base; raises PromiseBroken where one is unlike it."""
    from factory.export.base import base_of  # the package brings pyarrow, which takes a while to import
    from factory.export.forms import QUESTIONS, finish, hold, made_of, missing, parities, questions

    run, recipe = opened(folder)
    with trainer_of(run, "export"):
        from trainer.export.forms import Order, ship, ship_adapter

        place = _base(recipe)
        base = base_of(recipe.student.base, place)
        sources = [*dict.fromkeys(made_of(form, base) for form in forms)]
        order = Order(run=run.folder, base=place, name=base.name, student=recipe.student, questions=run.folder / QUESTIONS)
        if "adapter" in sources:
            ship_adapter(order)
        if made := [one for one in sources if one != "adapter" and (one in forms or missing(run, one))]:
            asked = questions(run)
            for form, shipped in ship(order, made).items():
                parity = hold(run, recipe, form, shipped, asked)
                for line in parity.lines:
                    say(line)
    for form in (*(one for one in sources if one not in forms), *forms):
        written, then = finish(run, recipe, base, form)
        say(f"{written}; use it by  {then.replace('FOLDER', str(written))}")
    for parity in parities(run, sources):
        parity.must_hold()


def distill(wanted: Wanted) -> None:
    """Stops at exit code 2 or 3, goes on after 1; raises the worst that was seen."""
    steps: tuple[Callable[[], None], ...] = (
        lambda: run_make(wanted),
        lambda: run_train(wanted.folder),
        lambda: run_answer(wanted.folder, "base"),
        lambda: run_answer(wanted.folder, "student"),
        lambda: _conclude(wanted.folder),
        lambda: run_ship(wanted.folder, opened(wanted.folder)[1].export.to),
    )
    broken: DocstillError | None = None
    for step in steps:
        try:
            step()
        except PromiseBroken as error:
            say(str(error))
            broken = broken or error
    if broken:
        raise broken


def _conclude(folder: Path) -> None:
    """Evaluation and report as one: every score is shown once."""
    found = _evaluated(folder, [], "base")
    show_report(folder)
    _must_be_better(found)


def _evaluated(folder: Path, answers: list[Path], against: str) -> Evaluation:
    run, recipe = opened(folder)
    with timed(run, "evaluate"):
        found = evaluate(run, recipe.evaluate.metrics, recipe.seed, answers, against)
        if recipe.evaluate.forgetting is not None:
            found = with_forgetting(run, found, recipe.evaluate.forgetting, recipe.seed)
    if run.has("report.json"):  # a merged run was made by no teacher, and has nothing else to report
        write_html(run)
    return found


def _must_be_better(found: Evaluation) -> None:
    broken = [f"the student is not shown to be better than {found.against}"] if found.verdict != "better" else []
    broken += [found.forgetting.broken] if found.forgetting and found.forgetting.broken else []
    if broken:
        raise PromiseBroken(f"{', and '.join(broken)}; evaluation.json and report.html have the figures")


def _base(recipe: Recipe) -> str:
    """The student's base: a known name or a GGUF becomes a path, anything else is a folder or a hub name."""
    base = recipe.student.base
    return str(gguf(base, Path(), say)) if known(base) or base.endswith(".gguf") else base


@contextmanager
def trainer_of(run: Run, stage: str) -> Iterator[None]:
    """Progress and seconds of the stage."""
    with _packages():
        from trainer.progress import heard_by
    with timed(run, stage), heard_by(say):
        yield


@contextmanager
def _packages() -> Iterator[None]:
    """One sentence where the extra is not installed."""
    try:
        yield
    except ImportError as error:
        raise UserMistake(
            f'training and answering need packages that are not installed ({error.name}): pip install "docstill[train]"'
        ) from error
