"""Write rows and YAML settings for other trainers."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from jinja2 import TemplateError
from pydantic import BaseModel

from factory.core.chat_template import (
    Messages,
    TemplateRefused,
    fold_system,
    must_fold_system,
    renderer,
)
from factory.core.control_tokens import CONTROL
from factory.core.errors import UserMistake
from factory.core.recipe import Recipe, read_recipe
from factory.core.run_folder import Run
from factory.core.training_settings import TrainSettings
from factory.models.student_template import TemplateUnavailable, student_chat_template
from factory.reports.run_summary import read_optional
from factory.review.effects import rows_not_rejected

WARM_UP = 0.1  # as a share of the steps, as in docstill's own training
# LLaMA-Factory fails if such a tag has no media file.
MEDIA = re.compile(r"<(?:image|video|audio)>")
TRAINER_FILES = ("train.jsonl", "val.jsonl")  # files that other trainers get


class ChatForm(BaseModel, frozen=True):
    """The trainer's chat.json."""

    folded: bool = False
    date: str | None = None


def filled_train_settings(recipe: Recipe) -> tuple[TrainSettings, tuple[str, ...]]:
    """Return [train] with the base's preset applied, and the LoRA modules.

    No modules means every linear layer.
    """
    train = recipe.train.filled_for(recipe.student.base)
    return train, train.modules if "modules" in train.model_fields_set else ()


def yaml(settings: Mapping[str, object]) -> str:
    """Return one key per line; JSON values are valid YAML (YAML 1.2, section 1.3)."""
    return "".join(
        f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in settings.items()
    )


def folds_for(run: Run) -> bool:
    """Check whether the student's template has no system turn.

    The adapter's chat.json decides, else the base's template. If that can't be read, the system
    message stays a turn of its own, as in most templates.
    """
    if form := read_optional(run, "adapter/chat.json", ChatForm):
        return form.folded
    if not run.has("recipe.toml"):
        return False
    try:
        base = read_recipe(run.folder / "recipe.toml")[0].student.base
        return must_fold_system(renderer(student_chat_template(base, online=False)))
    except (TemplateUnavailable, UserMistake, TemplateRefused, TemplateError):
        return False


def left_out_rows_comment(run: Run, names: Iterable[str]) -> str:
    """Return a comment for the command line that counts the rows left out; "" if none were."""
    return left_out_comment(
        sum(not _plain(row) for name in names for row in rows_not_rejected(run, name))
    )


def left_out_comment(left: int) -> str:
    words = (
        "rows were left out: their text holds control tokens such as <|im_end|> or <image>, which "
        "other trainers do not read as text"
    )
    return f"    # {left} {words}" if left else ""


def write_messages(run: Run, name: str, to: str, system: str | None, mark: str = "") -> int:
    """Write a file's rows with their messages only, and return their number.

    `system` is added to rows that have no system message; it is put in front of the first user turn
    if the student's template has no system turn, as in training. Rows whose text holds control
    tokens are left out. `mark`: key of each message that says whether it is learnt; only the last
    answer is.
    """
    rows, folding = [*filter(_plain, rows_not_rejected(run, name))], folds_for(run)
    run.write_lines(
        to, ({"messages": list(_trainer_messages(row, system, folding, mark))} for row in rows)
    )
    return len(rows)


def plain_pair(pair: Mapping[str, object]) -> bool:
    """Check that a preference pair holds no control token."""
    return all(_plain(pair, key) for key in ("prompt", "chosen", "rejected"))


def folded_pair(pair: Mapping[str, object]) -> dict[str, object]:
    return {**pair, "prompt": fold_system(_messages(pair, "prompt"))}


def _plain(row: Mapping[str, object], key: str = "messages") -> bool:
    texts = [one["content"] for one in _messages(row, key)]
    return not any(CONTROL.search(text) or MEDIA.search(text) for text in texts)


def _messages(row: Mapping[str, object], key: str = "messages") -> Messages:
    messages = row[key]
    assert isinstance(messages, list)
    return messages


def _trainer_messages(
    row: Mapping[str, object], system: str | None, folding: bool, mark: str
) -> Iterator[dict[str, object]]:
    messages = _messages(row)
    if system and messages[0]["role"] != "system":
        messages = [{"role": "system", "content": system}, *messages]
    if folding:
        messages = fold_system(messages)
    for place, message in enumerate(messages, 1):
        yield {**message, mark: place == len(messages)} if mark else {**message}
