"""Register students by name and version, promote them and roll back."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path

from pydantic import BaseModel

from factory.core.errors import PromiseBroken, UserMistake
from factory.core.jsonl import read_text
from factory.core.recipe import Recipe
from factory.core.records import digest
from factory.core.run_folder import Run
from factory.core.stats import Interval, paired_interval, resampled_by, rounded
from factory.evaluation.evaluate import Evaluation, per_question_metric, score_each_question
from factory.evaluation.scoring import scoring_terms
from factory.evaluation.set_scores import STUDENT
from factory.models.students import (
    CARD_FILE,
    PROMOTIONS_FILE,
    TRAINING_FILE,
    Promotions,
    ScoredAnswer,
    StudentCard,
    read_promotions,
    read_versions,
    write_record,
)

MIN_COMMON_QUESTIONS = 6  # with fewer, even a win on every question may be chance
NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Promotion(BaseModel, frozen=True):
    """The promoted student, its predecessor, and their paired difference on common questions."""

    card: StudentCard
    instead_of: StudentCard | None
    difference: Interval | None
    n: int


def promote(run: Run, recipe: Recipe, models: Path, name: str, force: bool) -> Promotion:
    """Register the run's student and promote it under that name.

    Raises UserMistake if the run has no scored student. Raises PromiseBroken, with the student
    registered but not promoted, if it scores lower than the promoted one or can't be compared with
    it; `force` promotes it anyway.
    """
    if not NAME_PATTERN.fullmatch(name):
        raise UserMistake(
            f"--name {name}: may only contain letters, digits, dots, dashes and underscores, and "
            "must begin "
            "with a letter or digit"
        )
    card = _registered(run, recipe, models / name, name)
    shelf = read_promotions(models / name)
    current = next(
        (one for one in read_versions(models / name) if one.version == shelf.promoted), None
    )
    if current is None or current.version == card.version:
        _promote(models / name, shelf, card.version)
        return Promotion(card=card, instead_of=None, difference=None, n=len(card.answers))
    found = compare_versions(card, current, recipe.seed)
    if not force:
        _must_not_be_lower(found, run.folder, models)
    _promote(models / name, shelf, card.version)
    return found


def roll_back(models: Path, name: str) -> StudentCard:
    """Promote the previous version again. Raises UserMistake if there is none."""
    folder = models / name
    if not folder.is_dir():
        raise UserMistake(
            f"{models}: no student is named {name}; `docstill models list` shows all names"
        )
    shelf = read_promotions(folder)
    if not shelf.before:
        raise UserMistake(
            f"{folder}: no version of {name} was promoted before the current one, so there is none "
            "to go back to"
        )
    *before, version = shelf.before
    write_record(folder / PROMOTIONS_FILE, Promotions(promoted=version, before=tuple(before)))
    return next(card for card in read_versions(folder) if card.version == version)


def compare_versions(card: StudentCard, current: StudentCard, seed: int) -> Promotion:
    """Compare two versions on the questions that both answered, if they use the same metric."""
    theirs = {one.question: one.value for one in current.answers}
    common = (
        [one for one in card.answers if one.question in theirs]
        if card.metric == current.metric
        else []
    )
    documents = [one.document for one in common]
    units = (
        documents
        if common and resampled_by(documents) == "document"
        else [one.question for one in common]
    )
    differences = [one.value - theirs[one.question] for one in common]
    seen = (
        paired_interval(differences, units, seed) if len(common) >= MIN_COMMON_QUESTIONS else None
    )
    return Promotion(card=card, instead_of=current, difference=seen, n=len(common))


def _must_not_be_lower(found: Promotion, run: Path, models: Path) -> None:
    card, current = found.card, found.instead_of
    assert current is not None
    if found.difference is None:
        path = models / current.name / current.label
        why = (
            f"only {found.n} of its questions were also answered by {current.label} and scored by "
            f"{card.metric}, and a comparison needs at least {MIN_COMMON_QUESTIONS}"
        )
        raise PromiseBroken(
            f"{card.label} is registered but not promoted: {why}. Run  docstill answer {run} "
            f"--model {path} ; "
            f"docstill evaluate {run} --against {current.label}  and, if the scores convince you, "
            "promote it with --force"
        )
    if found.difference.mean < 0:
        seen = found.difference
        figures = (
            f"{card.metric} {seen.mean:+.3f} (95 % interval {seen.low:+.3f} to {seen.high:+.3f}, n "
            f"= {found.n}) against {current.label}"
        )
        raise PromiseBroken(
            f"{card.label} is registered but not promoted, because it scores lower: {figures}; "
            "--force promotes it anyway"
        )


def _registered(run: Run, recipe: Recipe, folder: Path, name: str) -> StudentCard:
    """Return the card of the run's student; weights not seen before become the next version."""
    weights = run.folder / "adapter" / "adapter_model.safetensors"
    if not weights.is_file() or not run.has("evaluation.json"):
        raise UserMistake(
            f"{run.folder}: has no scored student; run `docstill train`, `docstill answer` and "
            "`docstill evaluate` first"
        )
    with weights.open("rb") as file:
        adapter = file_digest(file, "sha256").hexdigest()
    versions = [*read_versions(folder)]
    number = next((card.version for card in versions if card.adapter == adapter), len(versions) + 1)
    card = _card(run, recipe, name, number, adapter)
    if number > len(versions):
        _take_in(run, folder / card.label, card)
    else:
        write_record(folder / card.label / CARD_FILE, card)  # it may have new scores
    return card


def _card(run: Run, recipe: Recipe, name: str, version: int, adapter: str) -> StudentCard:
    found = run.read("evaluation.json", Evaluation)
    text = (
        read_text(run.folder / TRAINING_FILE, run.mend(TRAINING_FILE))
        if run.has(TRAINING_FILE)
        else ""
    )
    return StudentCard(
        name=name,
        version=version,
        base=recipe.student.base,
        run=run.folder.resolve().name,
        adapter=adapter,
        data=digest(text),
        recipe=digest(read_text(run.folder / "recipe.toml", run.mend("recipe.toml"))),
        rows=text.count("\n"),
        metric=per_question_metric(found.metric),
        decided_by=found.decided_by,
        verdict=found.verdict,
        scores={set_: scores.models[STUDENT] for set_, scores in found.sets.items()},
        answers=tuple(_scored(run, found, recipe)),
    )


def _scored(run: Run, found: Evaluation, recipe: Recipe) -> Iterator[ScoredAnswer]:
    terms = replace(scoring_terms(recipe), metrics=(found.metric,))
    for question, value in score_each_question(run, found.decided_by, STUDENT, terms):
        messages = json.dumps(
            [message.content for message in question.messages], ensure_ascii=False
        )
        yield ScoredAnswer(
            question=digest(messages), document=question.meta.document.digest, value=rounded(value)
        )


def _take_in(run: Run, folder: Path, card: StudentCard) -> None:
    """Copy the adapter to a temporary folder first, so that a kill leaves no half version."""
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(run.folder / "adapter", part, ignore=shutil.ignore_patterns("checkpoints"))
    if run.has(TRAINING_FILE):
        shutil.copyfile(run.folder / TRAINING_FILE, part / TRAINING_FILE)
    write_record(part / CARD_FILE, card)
    part.rename(folder)


def _promote(folder: Path, shelf: Promotions, version: int) -> None:
    if version != shelf.promoted:
        before = shelf.before if shelf.promoted is None else (*shelf.before, shelf.promoted)
        write_record(folder / PROMOTIONS_FILE, Promotions(promoted=version, before=before))
