"""How the planter reads: its own sentences, words, numbers and names, and whether a text bears a changed answer out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from factory.audit.word_lists import MONTHS, NUMBER_WORDS, POSTS, TIMES, WEEKDAYS
from factory.core.records import Example

Shape = Literal["text", "label", "fields", "call"]
SHARE = 0.5  # of the claim's words that the best sentence holds: with so many of them another one may be about the same thing
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
        "a an the and or but if of to in on at by for from with is are was were be been as that which this these it its their not no "
        "his her does do did has have had what who whom whose when where why how many much will may must can shall should would could"
    ).split()
)
# Code, links and templates: a change there is no fault of the answer.
_MARKUP = re.compile(
    r"https?://\S+|\]\([^)]*\)|\]\[[^\]]*\]|\{%.*?%\}|\{\{.*?\}\}|`[^`]*`|<[^>]*>|\S+@\S+|\S*_\S*|\S+\.(?:com|gov|org|io)\S*"
)
_NUMBERING = re.compile(r"^[\s*|#>-]*(?:\d+(?:\.\d+)+\.?|\d+[.)])(?=\s)")  # 6.3 A lost card: the 6.3 is its place, not a fact
_WORD_OF_NAME = r"[A-Z][\w’'-]*[\w]"
_NAME = re.compile(rf"\b(?!(?:The|A|An|One|Each|If|When|In|For|At|On|All|No|New) ){_WORD_OF_NAME}(?: (?:of |& )?{_WORD_OF_NAME})*")
_LEADING = re.compile(r"(?:[ \t|*#>\"'“‘_(\[–-]|(?:(?<=\s)|^)\d+(?:\.\d+)*[.)]?(?=\s))*$")  # numbering and markup before a first word
_OTHERWISE = re.compile(r" \d|[’']s [A-Z]")  # Polarcase 40: half of a name


@dataclass(frozen=True)
class Subject:
    """An example into which faults are planted, and the text of its whole document.

    `shape`: what its answer is; `others`: the different answers of its task, for a shape that is not text.
    """

    example: Example
    document: str
    shape: Shape = "text"
    others: tuple[str, ...] = ()

    @cached_property
    def sentences(self) -> list[str]:
        return sentences(self.example.chunk.text)

    @cached_property
    def claim(self) -> frozenset[str]:
        """Roots of the words of question and answer."""
        return roots(f"{self.example.instruction} {self.example.response}")

    def bears(self, was: str, now: str) -> bool:
        """Whether the chunk may bear the answer out with `now` for `was`.

        It may where a sentence has `now` among half as many of the claim's other words as the best sentence has.
        """
        claim = self.claim - roots(was)
        shared = [len(claim & roots(s)) for s in self.sentences]
        enough = SHARE * max(shared, default=0)
        return any(holds(s, now) for s, count in zip(self.sentences, shared, strict=True) if count >= enough)


def sentences(text: str) -> list[str]:
    """Sentences, lines and table rows."""
    return [m.group().strip() for m in _SENTENCE.finditer(text) if m.group().strip()]


def roots(text: str) -> frozenset[str]:
    """The first letters of the words that are not small, which stand for all their forms."""
    return frozenset(w.lower()[:6] for w in _WORD.findall(text) if w.lower() not in _SMALL)


def holds(text: str, value: str) -> bool:
    """Whether a text has a value: its number in any spelling, else its words."""
    wanted = amounts(value)
    if wanted:
        return wanted <= amounts(text)
    return bool(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text, re.I))


def amounts(text: str) -> frozenset[float]:
    """Every number of a text, in figures or words."""
    figures = {float(m.group().replace(",", "")) for m in _AMOUNT.finditer(text)}
    return frozenset(figures | {float(_SPELLED[w.lower()]) for w in _WORD.findall(text) if w.lower() in _SPELLED})


def flat(text: str) -> str:
    """Lower case, single spaces: how stretches are compared."""
    return " ".join(text.lower().split())


def open_places(text: str, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Where a pattern stands in a text, outside of markup and of the numbering at its beginning."""
    closed = [m.span() for m in _MARKUP.finditer(text)] + [m.span() for m in _NUMBERING.finditer(text)]
    return (m for m in pattern.finditer(text) if not any(a < m.end() and m.start() < b for a, b in closed))


def names(text: str) -> Iterator[re.Match[str]]:
    """Capitalised words and rows of them within a sentence; what begins a sentence or a line is no name for sure."""
    for m in open_places(text, _NAME):
        before = _LEADING.sub("", text[max(0, m.start() - 60) : m.start()])
        begins = not before or before[-1] in ".!?:;\n"
        if not begins and m.group() not in _CALENDAR and len(m.group()) > 2 and not _OTHERWISE.match(text, m.end()):
            yield m


_CALENDAR = frozenset((*MONTHS, *WEEKDAYS))


def sort_of(name: str, lower: frozenset[str]) -> str:
    """What kind of name it is, as far as its shape tells: such names change places only among themselves.

    `lower`: the words that its document also has in lower case; names made of them are terms.
    """
    parts = name.split()
    if TIMES & set(parts):
        return "time"
    if any(c.isdigit() for c in name):
        return "code"
    if len(parts) == 1:
        many = " of several" if name.endswith("s") else ""
        return "letters" if name.isupper() else f"lone{many}"
    if POSTS & set(parts):
        return "post"
    proper = not any(w.lower() in lower for w in parts)
    return ("person" if proper else "term") if len(parts) == 2 else ("title" if proper else "long term")


@lru_cache(maxsize=64)
def lower_words(document: str) -> frozenset[str]:
    return frozenset(w for w in _WORD.findall(document) if w[0].islower())


@lru_cache(maxsize=64)
def known_names(document: str) -> dict[str, dict[str, frozenset[str]]]:
    """The names of a document's sentences by their sort, each with the words that stand before it.

    A lone word is a name if it stands there twice, and never in lower case.
    """
    body = "\n".join(line for line in document.split("\n") if not re.match(r"\s*[#|]", line) and len(line.split()) > 5)
    lower = lower_words(document)
    places: dict[str, list[str]] = {}
    for m in names(body):
        places.setdefault(m.group().removesuffix("'s").removesuffix("’s"), []).append(word_before(body, m.start()))
    found: dict[str, dict[str, frozenset[str]]] = {}
    for name, before in places.items():
        if " " in name or (len(before) > 1 and name.lower() not in lower):
            found.setdefault(sort_of(name, lower), {})[name] = frozenset(before)
    return found


def word_before(text: str, at: int) -> str:
    """The word in lower case before a place; empty where something else stands there."""
    m = re.search(r"(?<!\w)([a-z]+) $", text[max(0, at - 30) : at])
    return m[1] if m else ""
