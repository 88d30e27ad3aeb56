"""The commands `train`, `answer`, `distill` and the export of a student.

The trainer is imported only where it is needed.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from factory.commands import open_run, say, timed, with_run_lock
from factory.commands.evaluating import evaluate_run, must_hold, question_files
from factory.commands.making import MakeOptions, run_make, show_report
from factory.core.errors import DocstillError, PromiseBroken, UserMistake
from factory.core.recipe import Recipe
from factory.core.records import digest
from factory.core.run_folder import Run
from factory.core.training_settings import TrainSettings
from factory.dataset.self_replay import PROMPTS, answers_wanted, join_answers, prompts_for
from factory.evaluation.evaluate import BASE
from factory.evaluation.forgetting import GENERAL_QUESTIONS as GENERAL
from factory.evaluation.forgetting import write_general_questions
from factory.evaluation.learning_curve import training_subset, write_training_subset
from factory.evaluation.set_scores import STUDENT
from factory.models.files import find_known_model, resolve_gguf
from factory.models.modelfile import modelfile_value


def show_plan(folder: Path) -> None:
    """Show the training plan; of the student only config and tokenizer are loaded."""
    run, recipe = open_run(folder)
    with _packages():
        from trainer.plan import plan
    for line in plan(run.folder, _base(recipe), recipe.student, recipe.train).lines():
        say(line)


@with_run_lock
def run_train(folder: Path, backend: str | None = None) -> None:
    run, recipe = open_run(folder)
    if backend:
        recipe = _by(recipe, backend)
    if run.has(PROMPTS) and run.lines(PROMPTS):
        _replay_self(run, recipe)
    with trainer_stage(run, "train"):
        from trainer.train import train

        report = train(run.folder, _base(recipe), recipe.student, recipe.train, recipe.seed)
        for share in curve_shares(recipe):
            _train_part(run, recipe, share)
    small = " (fewer than docstill advises; the recipe allows it)" if report.allowed_small else ""
    loss = f"loss {report.first_loss:.2f} -> {report.last_loss:.2f}"
    say(f"trained {report.steps} steps on {report.rows} rows{small}; {loss}; {folder}/adapter")


def _by(recipe: Recipe, backend: str) -> Recipe:
    try:
        train = TrainSettings.model_validate(
            {**recipe.train.model_dump(exclude_unset=True), "backend": backend}
        )
    except ValidationError as error:
        raise UserMistake(f"--backend {backend}: must be auto, unsloth or trl") from error
    return recipe.model_copy(update={"train": train})


def curve_shares(recipe: Recipe) -> list[float]:
    """Return the shares of the data for the learning curve, each with its own student."""
    return [share for share in recipe.train.curve if share < 1]


def _train_part(run: Run, recipe: Recipe, share: float) -> None:
    """Train a student on a share of the data, unless rows and settings are unchanged."""
    from trainer.train import train

    part = write_training_subset(run, share, recipe.seed)
    settings = recipe.train.model_copy(update={"min_examples": 1, "curve": (), "preference": False})
    of = digest(
        recipe.student.model_dump(),
        settings.model_dump(),
        recipe.seed,
        (part.folder / "train.jsonl").read_text(encoding="utf-8"),
    )
    mark = part.folder / "of"
    if (
        mark.is_file()
        and mark.read_text(encoding="utf-8") == of
        and (part.folder / "adapter").is_dir()
    ):
        return
    say(f"learning curve: training a student on {share:.0%} of the data")
    train(part.folder, _base(recipe), recipe.student, settings, recipe.seed)
    mark.write_text(of, encoding="utf-8")


def _replay_self(run: Run, recipe: Recipe) -> None:
    """Let the base answer general prompts before training.

    Ask for more as long as answers are unusable or overlap held-out sets.
    """
    with trainer_stage(run, "replay"):
        from trainer.chat import read
        from trainer.replay import answer_prompts

        prompts, missing, asked = read(run.folder / PROMPTS), answers_wanted(run, recipe.replay), 0
        while missing and asked < len(prompts):
            asked = min(len(prompts), asked + prompts_for(missing))
            answer_prompts(run.folder, prompts[:asked], _base(recipe), recipe.student.system)
            replay = join_answers(run, recipe.replay, recipe.seed)
            missing = replay.wanted - replay.used
    if asked:
        say(replay.words)


@with_run_lock
def run_answer(folder: Path, model: str) -> None:
    run, recipe = open_run(folder)
    deciding, extra = question_files(run)
    with trainer_stage(run, f"answer {Path(model).name}"):
        from trainer.answer import answer

        path = answer(run.folder, [*deciding, *extra], _base(recipe), model, recipe.student)
        for share in curve_shares(recipe) if model == STUDENT else ():
            answer(
                training_subset(run, share).folder,
                deciding[:1],
                _base(recipe),
                STUDENT,
                recipe.student,
            )
        if recipe.evaluate.forgetting is not None:
            _measure_forgetting(run, recipe, model)
    say(f"answered: {path}")


def _measure_forgetting(run: Run, recipe: Recipe, model: str) -> None:
    from trainer.forgetting import measure

    write_general_questions(run, recipe.evaluate)
    measure(run.folder, run.folder / GENERAL, _base(recipe), model, recipe.student.system)


@with_run_lock
def run_ship(folder: Path, forms: Sequence[str]) -> None:
    """Export the student in some forms and compare each with the adapter on its base.

    Raises PromiseBroken if a form answers differently.
    """
    # imported here because the package imports pyarrow, which takes a while
    from factory.export.base import public_base
    from factory.export.forms import (
        PARITY_QUESTIONS,
        check_parity,
        needs_export,
        parities,
        source_form,
        write_form_files,
        write_parity_questions,
    )

    run, recipe = open_run(folder)
    if "ollama" in forms and recipe.student.system:
        modelfile_value(recipe.student.system, "[student] system")  # fail before hours of work
    with trainer_stage(run, "export"):
        from trainer.export.forms import Order, ship, ship_adapter

        place = _base(recipe)
        base = public_base(recipe.student.base, place)
        sources = [*dict.fromkeys(source_form(form, base) for form in forms)]
        order = Order(
            run=run.folder,
            base=place,
            name=base.name,
            student=recipe.student,
            questions=run.folder / PARITY_QUESTIONS,
        )
        if "adapter" in sources:
            ship_adapter(order)
        if made := [
            one for one in sources if one != "adapter" and (one in forms or needs_export(run, one))
        ]:
            asked = write_parity_questions(run)
            for form, shipped in ship(order, made).items():
                parity = check_parity(run, recipe, form, shipped, asked)
                for line in parity.lines:
                    say(line)
    for form in (*(one for one in sources if one not in forms), *forms):
        written, then = write_form_files(run, recipe, base, form)
        say(f"{written}; use it with  {then.replace('FOLDER', str(written))}")
    for parity in parities(run, sources):
        parity.must_hold()


def distill(wanted: MakeOptions) -> None:
    """Run all steps from make to export.

    A broken promise (exit code 1) does not stop the next steps and is raised at the end.
    """
    steps: tuple[Callable[[], None], ...] = (
        lambda: run_make(replace(wanted, trains=True)),
        lambda: run_train(wanted.folder),
        lambda: run_answer(wanted.folder, BASE),
        lambda: run_answer(wanted.folder, STUDENT),
        lambda: _conclude(wanted.folder),
        lambda: run_ship(wanted.folder, open_run(wanted.folder)[1].export.to),
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
    """Evaluate and report, showing every score once."""
    found = evaluate_run(folder, [], BASE)
    show_report(folder)
    must_hold(found, folder)


def _base(recipe: Recipe) -> str:
    """Return the base: a path for a known name or a GGUF, else the folder or hub name as given."""
    base = recipe.student.base
    return (
        str(resolve_gguf(base, Path(), say))
        if find_known_model(base) or base.endswith(".gguf")
        else base
    )


@contextmanager
def trainer_stage(run: Run, stage: str) -> Iterator[None]:
    """Show the trainer's progress and record the stage's seconds."""
    with _packages():
        from trainer.progress import heard_by
    with timed(run, stage), heard_by(say):
        yield


@contextmanager
def _packages() -> Iterator[None]:
    """Raise UserMistake if the extra `train` is not installed."""
    try:
        yield
    except ImportError as error:
        raise UserMistake(
            f"training and answering need a package that is not installed ({error.name}); run  pip "
            'install "docstill[train]"'
        ) from error
