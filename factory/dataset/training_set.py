"""Mix the training rows: kept examples, an earlier student's rows, and general replay."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from factory.core.recipe import Recipe
from factory.core.records import Example, Row
from factory.core.run_folder import Run
from factory.core.settings import ReplaySettings
from factory.dataset.decontaminate import LeakGuard
from factory.dataset.mix import (
    ReplayExample,
    mix,
    replay_pool,
    replay_rows_wanted,
    self_replay_prompts,
)
from factory.dataset.prior_replay import add_prior_rows, prior_rows, without_known_documents
from factory.dataset.self_replay import write_prompts
from filters.duplicates.decontamination import HeldOutOverlap


class ReplaySources(NamedTuple):
    """General examples, the rows of an earlier student, and prompts for the student's base."""

    pool: list[ReplayExample]
    prior: Sequence[Row]
    prompts: list[ReplayExample]


class TrainingSet(NamedTuple):
    """The rows of train.jsonl in their order, and how they came about."""

    rows: Sequence[Row]
    own: int  # rows from kept examples
    pool: int  # general examples that may be used
    removed: tuple[list[HeldOutOverlap], list[HeldOutOverlap]]  # from replay, and from prior rows


def read_replay_sources(settings: ReplaySettings, home: Path) -> ReplaySources:
    """Read all that is not generated. Raises UserMistake."""
    return ReplaySources(
        replay_pool(settings, home), prior_rows(settings, home), self_replay_prompts(settings, home)
    )


def mix_training_set(
    run: Run,
    guard: LeakGuard,
    kept: Sequence[Example],
    sources: ReplaySources,
    say: Callable[[str], None],
) -> TrainingSet:
    """Return the training rows, without replay that overlaps held-out data. Prompts that the
    student's base answers before it is trained are written into the run.
    """
    recipe: Recipe = guard.rows.recipe
    settings, seed = recipe.replay, recipe.seed
    own = guard.rows.of(kept, "train")
    pool, removed_replay = guard.clean(sources.pool, kept)
    names = {document.ref.name for document in guard.rows.found.documents}
    prior, removed_prior = guard.clean_rows(without_known_documents(sources.prior, names), kept)
    prompts, _ = guard.clean(sources.prompts, kept)
    write_prompts(run, prompts, guard.fixed, seed)
    clients_rows = add_prior_rows(own, prior, settings, seed)
    rows = mix(clients_rows, pool, settings, seed, len(prompts))
    _say_shortage(len(rows) - len(clients_rows), len(clients_rows), settings, len(prompts), say)
    return TrainingSet(rows, len(own), len(pool), (removed_replay, removed_prior))


def _say_shortage(
    replayed: int, own: int, settings: ReplaySettings, prompts: int, say: Callable[[str], None]
) -> None:
    """Report replay sources that are too small, and rows that the student's base will write."""
    short = replay_rows_wanted(settings.share, own) - replayed
    if prompts and short > 0:
        say(
            "replay: the student's base answers general prompts before it is trained, "
            f"for {min(short, prompts)} of the rows"
        )
    if short > prompts:
        say(
            f"replay: the sources hold {short - prompts} examples too few "
            f"for a share of {settings.share}; none is repeated"
        )
