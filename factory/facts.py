"""Facts for a teacher that is given one at a time: sentences that stand alone, each with a value that code can check."""

import re
from dataclasses import dataclass

from factory.records import Chunk, Span
from filters.text import sentences, strip
from filters.values import Value, values

WORDS = range(7, 36)  # shorter ones lack a subject, longer ones hold several facts
MAX_VALUES = 4  # with more, a small teacher asks for one and answers with another
PER_FACT = 2  # questions asked about one sentence

_LEAD = re.compile(r"(?:[-*+•]\s+|\(?[a-z]\)\s+|\d+(?:\.\d+)*[.)]?\s+|\*\*|>\s+)+")
_LEANS = re.compile(
    r"^(?:it|its|this|that|these|those|they|their|he|she|his|her|such|both|each of|here|there|also|otherwise|however|instead|in this case"
    r"|in these cases|in addition|the same|the latter|the former|if so|if not|all other|others?)\b",
    re.I,
)
_EXCEPTS = re.compile(r"\b(?:except|unless|other than|apart from|does not|do not|is not|are not|not|no|never|neither|nor|without|only if)\b|see (?:section|§)", re.I)


@dataclass(frozen=True)
class Fact:
    """A sentence of the chunk and the words of it to ask for."""

    span: Span
    target: str


def facts(chunk: Chunk) -> list[Fact]:
    """Every fact of the chunk, first the first target of each sentence, then the second ones."""
    found = [_targets(sentence) for sentence in sentences(chunk.text) if not sentence.text.startswith(("|", "#"))]
    return [fs[i] for i in range(PER_FACT) for fs in found if len(fs) > i]


def _targets(sentence: Span) -> list[Fact]:
    lead = _LEAD.match(sentence.text)
    skip = lead.end() if lead else 0
    text = sentence.text[skip:]
    if not _usable(text):
        return []
    span = Span(start=sentence.start + skip, end=sentence.end, text=text)
    return [Fact(span, _words(text, v)) for v in values(text) if _askable(text, v)]


def _usable(text: str) -> bool:
    if len(text.split()) not in WORDS or not text.endswith((".", ";")) or _LEANS.match(text) or _EXCEPTS.search(text):
        return False
    if text.count("|") or "](" in text or "http" in text or not text[0].isalnum():
        return False
    return 0 < sum(v.kind != "name" for v in values(text)) <= MAX_VALUES


def _askable(text: str, value: Value) -> bool:
    """A number with a unit, a date, a time or a form: what a question can ask for without doubt."""
    if value.kind in ("date", "time"):
        return True
    if value.kind == "code":
        return bool(re.search(r"\bform\s+$", text[: value.start], re.I))
    return value.kind == "number" and (bool(value.unit) or bool(re.match(r"[ -][a-z]{4,}", text[value.end :])))


def _words(text: str, value: Value) -> str:
    end = value.end
    if value.kind == "number" and not value.unit:
        m = re.match(r"[ -][a-z]+(?: [a-z]+)?", text[value.end :])
        end += len(m.group().split()[0]) + 1 if m else 0
    return strip(text, value.start, end).text
