"""The student's commands: train, answer, ship, and distill, which is the whole way; the trainer is imported only where it is needed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from factory.commands import alone, opened, say, timed
from factory.commands.evaluating import evaluated, must_hold, questions_of
from factory.commands.making import Wanted, run_make, show_report
from factory.core.errors import DocstillError, PromiseBroken, UserMistake
from factory.core.recipe import Recipe
from factory.core.records import digest
from factory.core.run_folder import Run
from factory.core.training_settings import TrainSettings
from factory.dataset.self_replay import PROMPTS, join, prompts_for, wanted
from factory.evaluation.evaluate import BASE
from factory.evaluation.forgetting import QUESTIONS as GENERAL
from factory.evaluation.forgetting import write_questions
from factory.evaluation.learning_curve import part_of, write_part
from factory.evaluation.set_scores import STUDENT
from factory.models.files import gguf, known
from factory.models.modelfile import quoted


def show_plan(folder: Path) -> None:
    """What a training would come to, before anything of the student is loaded but its config and tokenizer."""
    run, recipe = opened(folder)
    with _packages():
        from trainer.plan import plan
    for line in plan(run.folder, _base(recipe), recipe.student, recipe.train).lines():
        say(line)


@alone
def run_train(folder: Path, backend: str | None = None) -> None:
    run, recipe = opened(folder)
    if backend:
        recipe = _by(recipe, backend)
    if run.has(PROMPTS) and run.lines(PROMPTS):
        _replay_self(run, recipe)
    with trainer_of(run, "train"):
        from trainer.train import train

        report = train(run.folder, _base(recipe), recipe.student, recipe.train, recipe.seed)
        for share in parts(recipe):
            _train_part(run, recipe, share)
    small = ", fewer than usual: the recipe allows it" if report.allowed_small else ""
    loss = f"loss {report.first_loss:.2f} -> {report.last_loss:.2f}"
    say(f"trained {report.steps} steps on {report.rows} rows{small}; {loss}; {folder}/adapter")


def _by(recipe: Recipe, backend: str) -> Recipe:
    try:
        train = TrainSettings.model_validate({**recipe.train.model_dump(exclude_unset=True), "backend": backend})
    except ValidationError as error:
        raise UserMistake(f"--backend {backend}: must be auto, unsloth or trl") from error
    return recipe.model_copy(update={"train": train})


def parts(recipe: Recipe) -> list[float]:
    """Shares of the data that a student of their own learns from, for the learning curve."""
    return [share for share in recipe.train.curve if share < 1]


def _train_part(run: Run, recipe: Recipe, share: float) -> None:
    """One that was trained on the same rows by the same settings stands."""
    from trainer.train import train

    part = write_part(run, share, recipe.seed)
    settings = recipe.train.model_copy(update={"min_examples": 1, "curve": (), "preference": False})
    of = digest(recipe.student.model_dump(), settings.model_dump(), recipe.seed, (part.folder / "train.jsonl").read_text(encoding="utf-8"))
    mark = part.folder / "of"
    if mark.is_file() and mark.read_text(encoding="utf-8") == of and (part.folder / "adapter").is_dir():
        return
    say(f"learning curve: a student of {share:.0%} of the data")
    train(part.folder, _base(recipe), recipe.student, settings, recipe.seed)
    mark.write_text(of, encoding="utf-8")


def _replay_self(run: Run, recipe: Recipe) -> None:
    """The base answers general prompts as it is, before it learns anything; more of them while answers are torn or held out."""
    with trainer_of(run, "replay"):
        from trainer.chat import read
        from trainer.replay import answer_prompts

        prompts, missing, asked = read(run.folder / PROMPTS), wanted(run, recipe.replay), 0
        while missing and asked < len(prompts):
            asked = min(len(prompts), asked + prompts_for(missing))
            answer_prompts(run.folder, prompts[:asked], _base(recipe), recipe.student.system)
            told = join(run, recipe.replay, recipe.seed)
            missing = told.wanted - told.used
    if asked:
        say(told.words)


@alone
def run_answer(folder: Path, model: str) -> None:
    run, recipe = opened(folder)
    deciding, beside = questions_of(run)
    with trainer_of(run, f"answer {Path(model).name}"):
        from trainer.answer import answer

        path = answer(run.folder, [*deciding, *beside], _base(recipe), model, recipe.student)
        for share in parts(recipe) if model == STUDENT else ():
            answer(part_of(run, share).folder, deciding[:1], _base(recipe), STUDENT, recipe.student)
        if recipe.evaluate.forgetting is not None:
            _measure_forgetting(run, recipe, model)
    say(f"answered: {path}")


def _measure_forgetting(run: Run, recipe: Recipe, model: str) -> None:
    from trainer.forgetting import measure

    write_questions(run, recipe.evaluate)
    measure(run.folder, run.folder / GENERAL, _base(recipe), model, recipe.student.system)


@alone
def run_ship(folder: Path, forms: Sequence[str]) -> None:
    """The student in the forms that are wanted, each held against the adapter on its base; raises PromiseBroken where one is unlike it."""
    from factory.export.base import base_of  # the package brings pyarrow, which takes a while to import
    from factory.export.forms import QUESTIONS, finish, hold, made_of, missing, parities, questions

    run, recipe = opened(folder)
    if "ollama" in forms and recipe.student.system:
        quoted(recipe.student.system, "[student] system")  # before the work of hours
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
        lambda: run_make(replace(wanted, trains=True)),
        lambda: run_train(wanted.folder),
        lambda: run_answer(wanted.folder, BASE),
        lambda: run_answer(wanted.folder, STUDENT),
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
    found = evaluated(folder, [], BASE)
    show_report(folder)
    must_hold(found, folder)


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
