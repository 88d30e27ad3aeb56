"""General questions about knowledge, arithmetic and code, which measure forgetting."""

import json
from importlib.resources import files

from pydantic import BaseModel

KINDS = ("knowledge", "arithmetic", "code")


class GeneralMeta(BaseModel, frozen=True):
    id: str
    kind: str


class GeneralMessage(BaseModel, frozen=True):
    content: str


class GeneralQuestion(BaseModel, frozen=True):
    """One line of general.jsonl; the last message is the reference."""

    messages: tuple[GeneralMessage, ...]
    meta: GeneralMeta


def general_rows() -> list[dict[str, object]]:
    folder = files("data").joinpath("general")
    texts = (folder.joinpath(f"{kind}.jsonl").read_text(encoding="utf-8") for kind in KINDS)
    return [json.loads(line) for text in texts for line in text.split("\n") if line]
