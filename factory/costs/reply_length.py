"""Estimate the tokens of a reply from its schema and the sentences of the chunk."""

from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from pydantic import BaseModel

from factory.core.records import Chunk
from factory.models.tokenizers import token_count
from filters.text.segment import sentences

Schema = dict[str, object]

QUESTION = 20  # tokens of a question
SHORT = 6  # tokens of a value, name or phrase, when the schema bounds its length
SENTENCE = 30  # tokens of a sentence, if a chunk has none to measure
MEASURED_SENTENCE_WORDS = range(6, 61)  # shorter ones are headings and labels, longer ones tables
# Each pair is for a terse and a wordy teacher.
# Share of the chunk's mean sentence: a phrase, or a whole sentence restated. (The quote is a
# sentence.)
ANSWER_SHARES = (0.4, 1.1)
# Share of the tokens allowed for thinking. A guess: nobody publishes it for short extractions.
THINKING_SHARES = (0.03, 0.12)
# Share of the most claims an answer can make: one sentence or two, half of the fields or all.
CLAIM_SHARES = (0.5, 1.0)


@dataclass(frozen=True)
class Verbosity:
    """The lengths of a teacher's replies, as shares.

    `answer`: of the chunk's mean sentence. `thinking`: of the tokens allowed for it. `claims`: of
    the most claims that an answer can make, those that are sent to the judge.
    """

    answer: float
    thinking: float
    claims: float


@lru_cache(maxsize=64)
def resolved_schema(shape: type[BaseModel]) -> Schema:
    """Return the JSON schema with references resolved; it is sent with each request, and billed."""
    whole = shape.model_json_schema()
    named = whole.pop("$defs", {})

    def resolved(part: object) -> object:
        if isinstance(part, list):
            return [resolved(p) for p in part]
        if not isinstance(part, dict):
            return part
        reference = part.get("$ref")
        return (
            resolved(named[reference.rpartition("/")[2]])
            if reference
            else {k: resolved(v) for k, v in part.items()}
        )

    return cast("Schema", resolved(whole))


def reply_tokens(schema: Schema, name: str, sentence: float, answer: float) -> float:
    """Return the tokens of a reply with this schema, its JSON included.

    `sentence`: tokens of the chunk's mean sentence. `answer`: an answer's share of it.
    """
    if "properties" in schema:
        fields = cast("dict[str, Schema]", schema["properties"])
        return sum(
            1 + (len(key) + 4) / 4 + reply_tokens(sub, key, sentence, answer)
            for key, sub in fields.items()
        )
    if "items" in schema:
        each = cast("Schema", schema["items"])
        count = cast("int", schema.get("minItems", 1))
        # Quotes: one sentence.
        return 1 + (
            count * reply_tokens(each, name, sentence, answer) if "properties" in each else sentence
        )
    if "anyOf" in schema:  # a value or null
        return max(
            reply_tokens(part, name, sentence, answer)
            for part in cast("list[Schema]", schema["anyOf"])
        )
    if "enum" in schema:
        return 2 + max(len(value) for value in cast("list[str]", schema["enum"])) / 4
    if schema.get("type") != "string":
        return 2
    if "question" in name or "instruction" in name:
        return QUESTION
    return SHORT if "maxLength" in schema else answer * sentence


def mean_sentence(chunk: Chunk) -> float:
    """Return the mean length of the chunk's sentences, in tokens."""
    found = [
        token_count(s.text)
        for s in sentences(chunk.text)
        if len(s.text.split()) in MEASURED_SENTENCE_WORDS
    ]
    return sum(found) / len(found) if found else SENTENCE
