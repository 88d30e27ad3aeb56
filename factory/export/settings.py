"""Files of other trainers: settings as YAML, rows with their messages alone."""

import json
from collections.abc import Iterator, Mapping

from factory.recipe import Recipe
from factory.review.effects import rows_of
from factory.run import Run
from trainer.settings import TrainSettings

WARM_UP = 0.1  # share of the steps, as in docstill's own training


def filled(recipe: Recipe) -> tuple[TrainSettings, tuple[str, ...]]:
    """[train] with what the presets say, as far as the base's name tells which, and the modules by name; none: every linear layer."""
    train = recipe.train.filled_for(recipe.student.base)
    return train, train.modules if "modules" in train.model_fields_set else ()


def yaml(settings: Mapping[str, object]) -> str:
    """One key a line; a value in JSON is YAML as well (YAML 1.2, section 1.3)."""
    return "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in settings.items())


def write_messages(run: Run, name: str, to: str, system: str | None, mark: str = "") -> int:
    """The rows of a file of the run, without their meta; how many. `system` stands before those that bring none, as in training.

    `mark` is the key of each message that says whether it is learnt: the last answer is, as in training.
    """
    rows = rows_of(run, name)
    run.write_lines(to, ({"messages": list(_told(row, system, mark))} for row in rows))
    return len(rows)


def _told(row: Mapping[str, object], system: str | None, mark: str) -> Iterator[dict[str, object]]:
    messages = row["messages"]
    assert isinstance(messages, list)
    if system and messages[0]["role"] != "system":
        messages = [{"role": "system", "content": system}, *messages]
    for place, message in enumerate(messages, 1):
        yield {**message, mark: place == len(messages)} if mark else message
