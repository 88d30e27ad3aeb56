"""Registry: students by name and version, which of them is promoted, and which was before it."""

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
from factory.evaluation.evaluate import Evaluation, answered, by_question
from factory.evaluation.scoring import terms_of
from factory.evaluation.set_scores import STUDENT
from factory.models.students import CARD, PROMOTED, TRAINED, Card, Scored, Shelf, _shelf, _versions, _write

FEWEST = 6  # common questions: with fewer even a win on every one may be chance
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")








class Promotion(BaseModel, frozen=True):
    """What a promotion came to: the new student, the one in its place before, and the paired difference on the questions of both."""

    card: Card
    instead_of: Card | None
    difference: Interval | None
    n: int






def promote(run: Run, recipe: Recipe, models: Path, name: str, force: bool) -> Promotion:
    """Takes the run's student into the registry, and makes it the promoted one of that name.

    Raises UserMistake where the run has no scored student, and PromiseBroken, the student registered but not promoted, where it scores
    lower than the promoted one or can't be compared with it; `force` promotes it all the same.
    """
    if not NAME.fullmatch(name):
        raise UserMistake(f"--name {name}: must be letters, digits, dots, dashes and underscores, beginning with a letter or digit")
    card = _registered(run, recipe, models / name, name)
    shelf = _shelf(models / name)
    held = next((one for one in _versions(models / name) if one.version == shelf.promoted), None)
    if held is None or held.version == card.version:
        _promote(models / name, shelf, card.version)
        return Promotion(card=card, instead_of=None, difference=None, n=len(card.answers))
    found = compared(card, held, recipe.seed)
    if not force:
        _must_not_be_lower(found, run.folder, models)
    _promote(models / name, shelf, card.version)
    return found




def roll_back(models: Path, name: str) -> Card:
    """The version before the promoted one takes its place again. Raises UserMistake where there is none."""
    folder = models / name
    if not folder.is_dir():
        raise UserMistake(f"{models}: knows no student named {name}; `docstill models list` shows them")
    shelf = _shelf(folder)
    if not shelf.before:
        raise UserMistake(f"{folder}: no version of {name} was promoted before the one that is, nothing to go back to")
    *before, version = shelf.before
    _write(folder / PROMOTED, Shelf(promoted=version, before=tuple(before)))
    return next(card for card in _versions(folder) if card.version == version)


def compared(card: Card, held: Card, seed: int) -> Promotion:
    """On the questions that both have answered, by the first metric of both."""
    theirs = {one.question: one.value for one in held.answers}
    common = [one for one in card.answers if one.question in theirs] if card.metric == held.metric else []
    documents = [one.document for one in common]
    units = documents if common and resampled_by(documents) == "document" else [one.question for one in common]
    differences = [one.value - theirs[one.question] for one in common]
    seen = paired_interval(differences, units, seed) if len(common) >= FEWEST else None
    return Promotion(card=card, instead_of=held, difference=seen, n=len(common))


def _must_not_be_lower(found: Promotion, run: Path, models: Path) -> None:
    card, held = found.card, found.instead_of
    assert held is not None
    if found.difference is None:
        path = models / held.name / held.label
        told = f"{held.label} has answered {found.n} of its questions by {card.metric}, at least {FEWEST} are needed to compare them"
        raise PromiseBroken(
            f"{card.label} is registered, not promoted: {told}; run  docstill answer {run} --model {path} ; "
            f"docstill evaluate {run} --against {held.label}  and judge by that, then promote it with --force"
        )
    if found.difference.mean < 0:
        seen = found.difference
        told = f"{card.metric} {seen.mean:+.3f} (95 % interval {seen.low:+.3f} to {seen.high:+.3f}, n = {found.n}) against {held.label}"
        raise PromiseBroken(f"{card.label} is registered, not promoted, it scores lower: {told}; --force promotes it all the same")


def _registered(run: Run, recipe: Recipe, folder: Path, name: str) -> Card:
    """The card of the run's student, taken in as the next version where its weights are not there yet."""
    weights = run.folder / "adapter" / "adapter_model.safetensors"
    if not weights.is_file() or not run.has("evaluation.json"):
        raise UserMistake(f"{run.folder}: has no scored student; run `docstill train`, `answer` and `evaluate` first")
    with weights.open("rb") as file:
        adapter = file_digest(file, "sha256").hexdigest()
    versions = [*_versions(folder)]
    number = next((card.version for card in versions if card.adapter == adapter), len(versions) + 1)
    card = _card(run, recipe, name, number, adapter)
    if number > len(versions):
        _take_in(run, folder / card.label, card)
    else:
        _write(folder / card.label / CARD, card)  # it may have been scored anew
    return card


def _card(run: Run, recipe: Recipe, name: str, version: int, adapter: str) -> Card:
    found = run.read("evaluation.json", Evaluation)
    text = read_text(run.folder / TRAINED, run.mend(TRAINED)) if run.has(TRAINED) else ""
    return Card(
        name=name,
        version=version,
        base=recipe.student.base,
        run=run.folder.resolve().name,
        adapter=adapter,
        data=digest(text),
        recipe=digest(read_text(run.folder / "recipe.toml", run.mend("recipe.toml"))),
        rows=text.count("\n"),
        metric=by_question(found.metric),
        decided_by=found.decided_by,
        verdict=found.verdict,
        scores={set_: scores.models[STUDENT] for set_, scores in found.sets.items()},
        answers=tuple(_scored(run, found, recipe)),
    )


def _scored(run: Run, found: Evaluation, recipe: Recipe) -> Iterator[Scored]:
    terms = replace(terms_of(recipe), metrics=(found.metric,))
    for question, value in answered(run, found.decided_by, STUDENT, terms):
        said = json.dumps([message.content for message in question.messages], ensure_ascii=False)
        yield Scored(question=digest(said), document=question.meta.document.digest, value=rounded(value))


def _take_in(run: Run, folder: Path, card: Card) -> None:
    """A kill leaves no half version: it is copied beside its place first."""
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(run.folder / "adapter", part, ignore=shutil.ignore_patterns("checkpoints"))
    if run.has(TRAINED):
        shutil.copyfile(run.folder / TRAINED, part / TRAINED)
    _write(part / CARD, card)
    part.rename(folder)






def _promote(folder: Path, shelf: Shelf, version: int) -> None:
    if version != shelf.promoted:
        before = shelf.before if shelf.promoted is None else (*shelf.before, shelf.promoted)
        _write(folder / PROMOTED, Shelf(promoted=version, before=before))




