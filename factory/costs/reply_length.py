"""How much a teacher says: tokens of a reply, by its shape and by the sentences of the chunk."""

from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from pydantic import BaseModel

from factory.core.records import Chunk
from factory.models.tokenizers import token_count
from filters.text.segment import sentences

Schema = dict[str, object]

QUESTION = 20  # tokens of a question
SHORT = 6  # of a value, a name or a phrase, where the shape bounds the answer's length
SENTENCE = 30  # of a sentence, where a chunk holds none to measure
SENTENCE_WORDS = range(6, 61)  # shorter ones are headings and labels, longer ones tables
ANSWER = (0.4, 1.1)  # of a mean sentence of the chunk: a phrase, or a whole sentence restated; the quote is a sentence
THINKING = (0.03, 0.12)  # of the room allowed for it, where the teacher thinks: nobody publishes it for short extractions, so a guess
CLAIMS = (0.5, 1.0)  # of those that an answer makes at most: one sentence or two, half of the fields or all


@dataclass(frozen=True)
class Speech:
    """How much a teacher says: the length of its answers as a share of a mean sentence, of its room for thinking what it takes,
    and of the claims that an answer makes as a rule those that are put to a judge."""

    answer: float
    thinking: float
    claims: float


@lru_cache(maxsize=64)
def resolved_schema(shape: type[BaseModel]) -> Schema:
    """The shape's JSON schema with its references resolved in place; sent along with each request, and billed."""
    whole = shape.model_json_schema()
    named = whole.pop("$defs", {})

    def resolved(part: object) -> object:
        if isinstance(part, list):
            return [resolved(p) for p in part]
        if not isinstance(part, dict):
            return part
        reference = part.get("$ref")
        return resolved(named[reference.rpartition("/")[2]]) if reference else {k: resolved(v) for k, v in part.items()}

    return cast("Schema", resolved(whole))


def reply_tokens(schema: Schema, name: str, sentence: float, answer: float) -> float:
    """Tokens of a reply of this schema with its JSON around it; `sentence`: tokens of the chunk's mean one; `answer`: its share of that."""
    if "properties" in schema:
        fields = cast("dict[str, Schema]", schema["properties"])
        return sum(1 + (len(key) + 4) / 4 + reply_tokens(sub, key, sentence, answer) for key, sub in fields.items())
    if "items" in schema:
        each = cast("Schema", schema["items"])
        count = cast("int", schema.get("minItems", 1))
        return 1 + (count * reply_tokens(each, name, sentence, answer) if "properties" in each else sentence)  # quotes: one sentence
    if "anyOf" in schema:  # a value or null
        return max(reply_tokens(part, name, sentence, answer) for part in cast("list[Schema]", schema["anyOf"]))
    if "enum" in schema:
        return 2 + max(len(value) for value in cast("list[str]", schema["enum"])) / 4
    if schema.get("type") != "string":
        return 2
    if "question" in name or "instruction" in name:
        return QUESTION
    return SHORT if "maxLength" in schema else answer * sentence


def mean_sentence(chunk: Chunk) -> float:
    """Tokens of a mean sentence of the chunk."""
    found = [token_count(s.text) for s in sentences(chunk.text) if len(s.text.split()) in SENTENCE_WORDS]
    return sum(found) / len(found) if found else SENTENCE
