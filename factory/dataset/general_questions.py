"""General questions, knowledge, arithmetic and code, by which forgetting is measured."""

import json
from importlib.resources import files

from pydantic import BaseModel

KINDS = ("knowledge", "arithmetic", "code")


class Meta(BaseModel, frozen=True):
    id: str
    kind: str


class Message(BaseModel, frozen=True):
    content: str


class Question(BaseModel, frozen=True):
    """One line of general.jsonl; the last message is the reference."""

    messages: tuple[Message, ...]
    meta: Meta


def general_rows() -> list[dict[str, object]]:
    folder = files("data").joinpath("general")
    texts = (folder.joinpath(f"{kind}.jsonl").read_text(encoding="utf-8") for kind in KINDS)
    return [json.loads(line) for text in texts for line in text.split("\n") if line]
