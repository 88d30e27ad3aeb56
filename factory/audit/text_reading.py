"""Text functions of the planter: its own sentences, words, numbers and names, and whether a text
may support a changed answer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from factory.audit.word_lists import MONTHS, NUMBER_WORDS, ROLE_WORDS, TIME_WORDS, WEEKDAYS
from factory.core.records import Example

AnswerShape = Literal["text", "label", "fields", "call"]
# A sentence with this share of the best sentence's words may be about the same thing.
ENOUGH_WORDS = 0.5
_SHORT = ("[A-Za-z]", "[A-Za-z]{2}", "[A-Za-z]{3}", "[A-Za-z]{4}", "approx")  # max. 12, Art. 7
_NO_END = "".join(rf"(?<!\b{word}\.)" for word in _SHORT)
_SENTENCE = re.compile(
    rf"[^\n]+?(?:[.!?][\"'”’)]*(?:(?=\s+[\"'“(]?[A-Z])|{_NO_END}(?=\s+[\"'“(]?\d))|(?=\n)|$)"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_AMOUNT = re.compile(r"(?<![\w.])\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.])\d+(?:\.\d+)?")
_SPELLED = {word: i for i, word in enumerate(NUMBER_WORDS) if i > 1}
_SMALL = frozenset(
    (
        "a an the and or but if of to in on at by for from with is are was were be been as that "
        "which this these it its their not no his her does do did has have had what who whom whose "
        "when where why how many much will may must can shall should would could"
    ).split()
)
# Code, links and templates: a change there is no fault of the answer.
_MARKUP = re.compile(
    r"https?://\S+|\]\([^)]*\)|\]\[[^\]]*\]|\{%.*?%\}|\{\{.*?\}\}|`[^`]*`|<[^>]*>|\S+@\S+|\S*_\S*|\S+\.(?:com|gov|org|io)\S*"
)
# "6.3 A lost card": the 6.3 is a position, not a fact.
_NUMBERING = re.compile(r"^[\s*|#>-]*(?:\d+(?:\.\d+)+\.?|\d+[.)])(?=\s)")
_WORD_OF_NAME = r"[A-Z][\w’'-]*[\w]"
_NAME = re.compile(
    rf"\b(?!(?:The|A|An|One|Each|If|When|In|For|At|On|All|No|New) )"
    rf"{_WORD_OF_NAME}(?: (?:of |& )?{_WORD_OF_NAME})*"
)
# Numbering and markup before the first word.
_LEADING = re.compile(r"(?:[ \t|*#>\"'“‘_(\[–-]|(?:(?<=\s)|^)\d+(?:\.\d+)*[.)]?(?=\s))*$")
_OTHERWISE = re.compile(r" \d|[’']s [A-Z]")  # "Polarcase 40" would be half of a name.


@dataclass(frozen=True)
class Subject:
    """An example to plant faults into, with the text of its whole document.

    `others` are the different answers of its task, if its shape is not text.
    """

    example: Example
    document: str
    shape: AnswerShape = "text"
    others: tuple[str, ...] = ()

    @cached_property
    def sentences(self) -> list[str]:
        return split_sentences(self.example.chunk.text)

    @cached_property
    def claim(self) -> frozenset[str]:
        """The roots of the words of question and answer."""
        return word_roots(f"{self.example.instruction} {self.example.response}")

    def may_support(self, was: str, now: str) -> bool:
        """Tell whether the chunk may support the answer with `now` in place of `was`.

        It may if a sentence contains `now` together with at least half as many of the claim's other
        words as the best sentence.
        """
        claim = self.claim - word_roots(was)
        shared = [len(claim & word_roots(s)) for s in self.sentences]
        enough = ENOUGH_WORDS * max(shared, default=0)
        return any(
            contains_value(s, now)
            for s, count in zip(self.sentences, shared, strict=True)
            if count >= enough
        )


def split_sentences(text: str) -> list[str]:
    """Split a text into sentences, lines and table rows."""
    return [m.group().strip() for m in _SENTENCE.finditer(text) if m.group().strip()]


def word_roots(text: str) -> frozenset[str]:
    """Return the first six letters of each content word, which stand for all its forms."""
    return frozenset(w.lower()[:6] for w in _WORD.findall(text) if w.lower() not in _SMALL)


def contains_value(text: str, value: str) -> bool:
    """Tell whether a text contains a value: a number in any spelling, or else the same words."""
    wanted = number_values(value)
    if wanted:
        return wanted <= number_values(text)
    return bool(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text, re.I))


def number_values(text: str) -> frozenset[float]:
    """Return every number of a text, whether in figures or in words."""
    figures = {float(m.group().replace(",", "")) for m in _AMOUNT.finditer(text)}
    return frozenset(
        figures | {float(_SPELLED[w.lower()]) for w in _WORD.findall(text) if w.lower() in _SPELLED}
    )


def normalized(text: str) -> str:
    """Return the text in lower case with single spaces, for comparison."""
    return " ".join(text.lower().split())


def outside_markup(text: str, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Yield the matches of a pattern outside markup and outside the numbering at the start of the
    text.
    """
    closed = [m.span() for m in _MARKUP.finditer(text)] + [
        m.span() for m in _NUMBERING.finditer(text)
    ]
    return (
        m
        for m in pattern.finditer(text)
        if not any(a < m.end() and m.start() < b for a, b in closed)
    )


def find_names(text: str) -> Iterator[re.Match[str]]:
    """Yield capitalised words and sequences of them within a sentence.

    The first word of a sentence or line is left out, because it need not be a name.
    """
    for m in outside_markup(text, _NAME):
        before = _LEADING.sub("", text[max(0, m.start() - 60) : m.start()])
        begins = not before or before[-1] in ".!?:;\n"
        if (
            not begins
            and m.group() not in _CALENDAR
            and len(m.group()) > 2
            and not _OTHERWISE.match(text, m.end())
        ):
            yield m


_CALENDAR = frozenset((*MONTHS, *WEEKDAYS))


def kind_of_name(name: str, lower: frozenset[str]) -> str:
    """Classify a name by its form; names are exchanged only within a kind.

    `lower` are the words that the document also contains in lower case; names made of them are
    terms.
    """
    parts = name.split()
    if TIME_WORDS & set(parts):
        return "time"
    if any(c.isdigit() for c in name):
        return "code"
    if len(parts) == 1:
        many = " of several" if name.endswith("s") else ""
        return "letters" if name.isupper() else f"lone{many}"
    if ROLE_WORDS & set(parts):
        return "post"
    proper = not any(w.lower() in lower for w in parts)
    return (
        ("person" if proper else "term")
        if len(parts) == 2
        else ("title" if proper else "long term")
    )


@lru_cache(maxsize=64)
def lowercase_words(document: str) -> frozenset[str]:
    return frozenset(w for w in _WORD.findall(document) if w[0].islower())


@lru_cache(maxsize=64)
def names_by_kind(document: str) -> dict[str, dict[str, frozenset[str]]]:
    """Collect the names in a document's sentences by kind, each with the words that precede it.

    A single word counts as a name if it appears twice, and never in lower case.
    """
    body = "\n".join(
        line
        for line in document.split("\n")
        if not re.match(r"\s*[#|]", line) and len(line.split()) > 5
    )
    lower = lowercase_words(document)
    places: dict[str, list[str]] = {}
    for m in find_names(body):
        places.setdefault(m.group().removesuffix("'s").removesuffix("’s"), []).append(
            word_before(body, m.start())
        )
    found: dict[str, dict[str, frozenset[str]]] = {}
    for name, before in places.items():
        if " " in name or (len(before) > 1 and name.lower() not in lower):
            found.setdefault(kind_of_name(name, lower), {})[name] = frozenset(before)
    return found


def word_before(text: str, at: int) -> str:
    """Return the lower-case word before a position; empty if there is none."""
    m = re.search(r"(?<!\w)([a-z]+) $", text[max(0, at - 30) : at])
    return m[1] if m else ""
