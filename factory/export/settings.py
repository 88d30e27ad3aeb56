"""Files of other trainers: settings as YAML, rows with their messages alone."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from jinja2 import TemplateError
from pydantic import BaseModel

from factory.core.chat_template import Messages, Refused, folded, folds, renderer
from factory.core.control_tokens import CONTROL
from factory.core.errors import UserMistake
from factory.core.recipe import Recipe, read_recipe
from factory.core.run_folder import Run
from factory.core.training_settings import TrainSettings
from factory.models.student_template import NotChecked, template_of
from factory.reports.run_summary import read
from factory.review.effects import rows_of

WARM_UP = 0.1  # share of the steps, as in docstill's own training
MEDIA = re.compile(r"<(?:image|video|audio)>")  # LLaMA-Factory ends where one has no file beside it
SPLITS = ("train.jsonl", "val.jsonl")  # that other trainers are given


class ChatForm(BaseModel, frozen=True):
    """chat.json, as the trainer left it."""

    folded: bool = False
    date: str | None = None


def filled(recipe: Recipe) -> tuple[TrainSettings, tuple[str, ...]]:
    """[train] with what the presets say, as far as the base's name tells which, and the modules by name; none: every linear layer."""
    train = recipe.train.filled_for(recipe.student.base)
    return train, train.modules if "modules" in train.model_fields_set else ()


def yaml(settings: Mapping[str, object]) -> str:
    """One key a line; a value in JSON is YAML as well (YAML 1.2, section 1.3)."""
    return "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in settings.items())


def folds_for(run: Run) -> bool:
    """Whether the student's template has no place for a system message: by its adapter, else by the template where it can be read.

    Where it lies elsewhere the message stays a turn of its own, as most templates have it.
    """
    if form := read(run, "adapter/chat.json", ChatForm):
        return form.folded
    if not run.has("recipe.toml"):
        return False
    try:
        base = read_recipe(run.folder / "recipe.toml")[0].student.base
        return folds(renderer(template_of(base, online=False)))
    except (NotChecked, UserMistake, Refused, TemplateError):
        return False


def told_of(run: Run, names: Iterable[str]) -> str:
    """What goes behind the command, where rows are left out."""
    return left_out(sum(not _plain(row) for name in names for row in rows_of(run, name)))


def left_out(left: int) -> str:
    words = "rows were left out: their text holds control tokens such as <|im_end|> or <image>, which other trainers do not read as text"
    return f"    # {left} {words}" if left else ""


def write_messages(run: Run, name: str, to: str, system: str | None, mark: str = "") -> int:
    """The rows of a file of the run, without their meta; how many. `system` stands before those that bring none, and goes before the
    first user turn where the student's template has no place for it, as in training. Rows whose text holds control tokens are left out.

    `mark` is the key of each message that says whether it is learnt: the last answer is, as in training.
    """
    rows, folding = [*filter(_plain, rows_of(run, name))], folds_for(run)
    run.write_lines(to, ({"messages": list(_told(row, system, folding, mark))} for row in rows))
    return len(rows)


def plain_pair(pair: Mapping[str, object]) -> bool:
    """Whether a pair of answers holds no control token."""
    return all(_plain(pair, key) for key in ("prompt", "chosen", "rejected"))


def folded_pair(pair: Mapping[str, object]) -> dict[str, object]:
    return {**pair, "prompt": folded(_messages(pair, "prompt"))}


def _plain(row: Mapping[str, object], key: str = "messages") -> bool:
    texts = [one["content"] for one in _messages(row, key)]
    return not any(CONTROL.search(text) or MEDIA.search(text) for text in texts)


def _messages(row: Mapping[str, object], key: str = "messages") -> Messages:
    messages = row[key]
    assert isinstance(messages, list)
    return messages


def _told(row: Mapping[str, object], system: str | None, folding: bool, mark: str) -> Iterator[dict[str, object]]:
    messages = _messages(row)
    if system and messages[0]["role"] != "system":
        messages = [{"role": "system", "content": system}, *messages]
    if folding:
        messages = folded(messages)
    for place, message in enumerate(messages, 1):
        yield {**message, mark: place == len(messages)} if mark else {**message}
