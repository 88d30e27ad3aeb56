"""Facts for a teacher that is given one at a time: sentences that stand alone, each with a value that code can check."""

import re
from dataclasses import dataclass

from factory.records import Chunk, Span
from filters.text import STOP, sentences, strip
from filters.values import NUMBER_WORDS, Value, values

WORDS = range(7, 33)  # shorter ones lack a subject, longer ones hold several facts
MAX_VALUES = 3  # with more, a small teacher asks for one and answers with another
GAP = "___"

_LEAD = re.compile(r"(?:[-*+•]\s+|\(?[a-z]\)\s+|\d+(?:\.\d+)*[.)]?\s+(?=\S+\s+\S+\s)|>\s+)+")
_LEANS = re.compile(
    r"^(?:it|its|this|that|these|those|they|their|he|she|his|her|such|both|each of|here|there|also|otherwise|however|instead|in this case"
    r"|in these cases|in addition|the same|the latter|the former|if so|if not|all other|others?|then|thereafter|after that)\b",
    re.I,
)
_POINTS = re.compile(r"\b(?:it|they|them|this|these|those|such|its|their|he|she)\b", re.I)
_EXCEPTS = re.compile(r"\b(?:except|unless|other than|apart from|not|no|never|neither|nor|without|only if|instead)\b|see (?:section|§)|n't\b", re.I)
_NUMERAL = re.compile(rf"[-−–]?[\d.,]*\d|(?:{'|'.join(sorted(NUMBER_WORDS, key=len, reverse=True))})\b", re.I)


@dataclass(frozen=True)
class Fact:
    """A sentence of the chunk and the words of it to ask for, both as places in the chunk."""

    sentence: Span
    target: Span

    @property
    def gapped(self) -> str:
        """The sentence with a gap where the answer stands; a unit stays, so that the question can ask for it."""
        text, at = self.sentence.text, self.target.start - self.sentence.start
        numeral = _NUMERAL.match(self.target.text)
        plain = numeral and not re.search(r":|\d{4}$|[A-Z]", self.target.text.partition(" ")[0])
        missing = numeral.group() if numeral and plain and not _is_date(self.target.text) else self.target.text
        return " ".join((text[:at] + GAP + text[at + len(missing) :]).split())


def _is_date(text: str) -> bool:
    return any(v.kind == "date" for v in values(text))


def facts(chunk: Chunk) -> list[Fact]:
    """Every fact of the chunk: first one of each sentence, then the second ones."""
    found = [_facts(sentence) for sentence in sentences(chunk.text)]
    return [fs[i] for i in range(MAX_VALUES) for fs in found if len(fs) > i]


def _facts(sentence: Span) -> list[Fact]:
    lead = _LEAD.match(sentence.text)
    skip = lead.end() if lead else 0
    text = sentence.text[skip:]
    if not _usable(text):
        return []
    span = Span(start=sentence.start + skip, end=sentence.end, text=text)
    found = values(text)
    targets = [t for v in found if (t := _target(text, v)) and sum(v.carries(w) for w in found) == 1]
    return [Fact(span, t.model_copy(update={"start": span.start + t.start, "end": span.start + t.end})) for t in targets]


def _usable(text: str) -> bool:
    if len(text.split()) not in WORDS or not text.endswith(".") or _LEANS.match(text) or _EXCEPTS.search(text):
        return False
    if re.search(r"[|\[\]*_`{}]|http", text) or not (text[0].isupper() or text[0].isdigit()):
        return False
    subject = text[: _POINTS.search(text).start()] if _POINTS.search(text) else text  # type: ignore[union-attr]
    return len([w for w in subject.split() if w.casefold() not in STOP]) >= 3 and 0 < sum(v.kind != "name" for v in values(text)) <= MAX_VALUES


def _target(text: str, value: Value) -> Span | None:
    """What to ask for: a number with its unit or noun, a date, a time, a form; None where a question could not be sure."""
    if value.kind in ("date", "time") or (value.kind == "number" and value.unit):
        return strip(text, value.start, value.end)
    if value.kind == "code":
        return strip(text, value.start, value.end) if re.search(r"\bform\s+$", text[: value.start], re.I) else None
    return _counted(text, value) if value.kind == "number" else None


def _counted(text: str, value: Value) -> Span | None:
    """A number with what it counts: up to three words that end in a plural."""
    m = re.match(r"(?:[ -][A-Za-z]+){1,3}", text[value.end :])
    end = value.end
    for word in re.findall(r"[ -][A-Za-z]+", m.group()) if m else []:
        if word[1:].casefold() in STOP:
            return None
        end += len(word)
        if word.endswith("s") and not word.endswith("ss"):
            return strip(text, value.start, end)
    return None
