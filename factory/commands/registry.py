"""The commands `merge` and `models`."""

from pathlib import Path

from pydantic import ValidationError

from factory.commands import open_run, say
from factory.commands.student import trainer_stage
from factory.core.errors import UserMistake
from factory.core.run_folder import Run
from factory.core.training_settings import MergeSettings
from factory.models.students import list_students
from factory.students.merge import (
    MERGEKIT,
    begin_merge,
    gather_questions,
    mergekit_config,
    must_share_a_student,
)
from factory.students.registry import promote, roll_back


def merging(method: str, weights: str, rank: int | None, density: float) -> MergeSettings:
    """Validate the options of merge. Raises UserMistake."""
    try:
        shares = tuple(float(weight) for weight in weights.split(",")) if weights else ()
        return MergeSettings.model_validate(
            {"method": method, "weights": shares, "rank": rank, "density": density}
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise UserMistake(
            f"--{first['loc'][0]} {first['input']}: {first['msg'].removeprefix('Value error, ')}"
        ) from error
    except ValueError as error:
        raise UserMistake(
            f"--weights {weights}: must be one number per run, such as 0.7,0.3"
        ) from error


def run_merge(folders: list[Path], folder: Path, settings: MergeSettings) -> None:
    """Merge the adapters of several runs, and gather the questions to evaluate the result."""
    if len(folders) < 2 or len({folder.resolve() for folder in folders}) < len(folders):
        raise UserMistake("docstill merge: name at least two different runs")
    if settings.weights and len(settings.weights) != len(folders):
        raise UserMistake(
            f"--weights: {len(settings.weights)} weights for {len(folders)} runs; give one per run"
        )
    runs, recipes = zip(*map(open_run, folders), strict=True)
    must_share_a_student(runs, recipes)
    merged = Run(folder)
    begin_merge(merged, runs[0])
    with merged.locked():
        with trainer_stage(merged, "merge"):
            from trainer.merge import into_run

            report = into_run(
                folder, [run.folder / "adapter" for run in runs], settings, recipes[0].seed
            )
        found = gather_questions(runs, merged)
        merged.write(MERGEKIT, mergekit_config(runs, settings, recipes[0].student.base))
    lost = (
        f", {100 * report.lost:.1f} % of the deltas' squared norm lost by the cut"
        if report.lost
        else ""
    )
    say(
        f"merged {len(runs)} adapters ({report.method}, rank {report.rank}{lost}); {folder}/adapter"
    )
    left = (
        f"; {len(found.leaks)} left out because another run was trained on them"
        if found.leaks
        else ""
    )
    say(
        f"{found.questions} held-out questions{left}; next:  docstill answer {folder} --model "
        "student"
    )


def list_models(models: Path) -> None:
    known = [*list_students(models)]
    for card, promoted in known:
        score = (
            f"{card.metric} {card.score:.3f} on {card.decided_by} (n = {len(card.answers)}), "
            f"{card.against_base}"
        )
        data = f"{card.rows:,} rows of data {card.data}, {card.base}, run {card.run}"
        say(f"{card.label}{' (promoted)' if promoted else ''}: {score}; {data}")
    if not known:
        say(
            f"{models}: no student is registered yet; register one with  docstill models promote "
            "RUN --name NAME"
        )


def promote_student(folder: Path, models: Path, name: str, force: bool) -> None:
    run, recipe = open_run(folder)
    found = promote(run, recipe, models, name, force)
    against = ""
    if found.instead_of and found.difference:
        seen = found.difference
        figures = (
            f"{seen.mean:+.3f} (95 % interval {seen.low:+.3f} to {seen.high:+.3f}, n = {found.n})"
        )
        against = f", instead of {found.instead_of.label}: {found.card.metric} {figures}"
    say(
        f"{found.card.label} is promoted{against}; its folder is {models / name / found.card.label}"
    )


def roll_back_student(models: Path, name: str) -> None:
    card = roll_back(models, name)
    say(f"{card.label} is promoted again; its folder is {models / name / card.label}")
