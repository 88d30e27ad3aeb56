"""Sentences, words and stems of a text, with their places: what every code filter reads."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Concatenate, ParamSpec, TypeVar, cast

from factory.core.records import Span
from filters.text.abbreviations import goes_on

Rest = ParamSpec("Rest")
Read = TypeVar("Read")

LONG = 400  # characters from which a text is taken for a source, and not for a question, an answer or its evidence
SOURCES, LINES = 256, 4096  # what a call wrote is judged in one go, and read again only where a draw is elected or repaired

# A full stop ends a sentence unless it stands in a number, an initial or an abbreviation; `goes_on` knows more of these.
_SHORT = (r"\b[A-Z]", r"\bNo", r"\bDr", r"\bMr", r"\bMs", r"\bSt", r"e\.g", r"i\.e", r"\bno", r"\bart")
_NOT_AFTER = "".join(f"(?<!{short}[.!?])" for short in _SHORT)  # looked for behind the stop: only there is it worth the time
_END = re.compile(r"[.!?]" + _NOT_AFTER + r"[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9])|[。！？][」』）〕】]*\s*")
_LINE = re.compile(r"[^\n]+")
# Scripts that set no spaces between words: Thai, Lao, Burmese, Khmer, kana and ideographs, as in filters.shingles.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_NEW_UNIT = re.compile(r"\s*(?:[-*+•]\s|\d+[.)]\s|\d+(?:\.\d+)+\.?\s+(?=[A-Z])|\(?[a-z]\)\s|\||#{1,6}\s)")
_WORD = re.compile(rf"[{UNSPACED}]+|[^\W_{UNSPACED}]+(?:['’.\-/][^\W_{UNSPACED}]+)*")
_RUN = re.compile(f"[{UNSPACED}]{{3,}}")
_ALONE = re.compile(f"[{UNSPACED}]")
_GRAMMAR = re.compile(r"[\u3040-\u309f]{1,2}|.?[何誰幾].?")  # hiragana alone inflects and joins; and who, what, how many

_SIBILANT = re.compile(r"(?:x|ch|sh|ss|^bus|^gas|^go|^do)es$")  # taxes, dishes, buses; cases and sizes have an e of their own
_SHORT_VERB = re.compile(r"[^aeiou][aeiou][^aeiouwxy]")

STOP = frozenset(
    (
        "a an the and or but if of to in on at by for from with within without into onto over under up out as is are was were be been "
        "being am do does did has have had having will would shall should can could may might must not no nor so than then that this "
        "these those there here it its itself they them their theirs he him his she her hers we us our you your who whom whose which "
        "what when where why how all any each every both either neither such own same other another also only just more most less least "
        "very per via about between during before after until unless while because since through upon one"
    ).split()
)


def remembered(read: Callable[Concatenate[str, Rest], Read]) -> Callable[Concatenate[str, Rest], Read]:
    """What was read of a text is kept. Sources have places of their own: they cost most, and the many short texts would push them out."""
    of_source = cast("Callable[Concatenate[str, Rest], Read]", lru_cache(maxsize=SOURCES)(read))
    of_line = cast("Callable[Concatenate[str, Rest], Read]", lru_cache(maxsize=LINES)(read))

    def once(text: str, /, *args: Rest.args, **kwargs: Rest.kwargs) -> Read:
        return (of_source if len(text) > LONG else of_line)(text, *args, **kwargs)

    return once


def sentences(text: str) -> list[Span]:
    """Sentences in order; a list point, a table row and a heading line each stand alone; wrapped lines of a paragraph join."""
    return [span for start, end in _units(text) for span in _split(text, start, end)]


def _units(text: str) -> list[tuple[int, int]]:
    units: list[tuple[int, int]] = []
    open_unit = False
    last_end = 0
    for line in _LINE.finditer(text):
        gap = text.count("\n", last_end, line.start()) > 1
        if not line.group().strip():
            open_unit = False
            continue
        if open_unit and not gap and not _NEW_UNIT.match(line.group()):
            units[-1] = (units[-1][0], line.end())
        else:
            units.append((line.start(), line.end()))
        open_unit = not re.match(r"\s*(?:#{1,6}\s|\|)", line.group())
        last_end = line.end()
    return units


def _split(text: str, start: int, end: int) -> list[Span]:
    ends = (m for m in _END.finditer(text, start, end) if text[m.start()] != "." or not goes_on(text, m.start(), m.end()))
    cuts = [start, *(m.end() for m in ends), end]
    spans = (strip(text, a, b) for a, b in zip(cuts, cuts[1:], strict=False))
    return [span for span in spans if span.text]


def strip(text: str, start: int, end: int) -> Span:
    """The stretch without the white space around it."""
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    right = start + len(piece.rstrip())
    return Span(start=left, end=max(left, right), text=text[left : max(left, right)])


def words(text: str) -> list[str]:
    """Words in lower case, in order; of scripts without spaces every two neighbouring characters, as words can't be told there."""
    found = _WORD.findall(text.casefold())
    if text.isascii():
        return found
    return [word for one in found for word in ([one[n : n + 2] for n in range(len(one) - 1)] if _RUN.match(one) else [one])]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A word without its English inflection: a rough cut that serves comparison, not spelling."""
    for ending, new in (("'s", ""), ("’s", ""), ("ies", "y")):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            word = word[: -len(ending)] + new
    word = _singular(word)
    for ending in ("ly", "ing", "ed", "al"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            if ending != "ly":
                return _cut(word, verb=ending != "al")
    return _cut(word)


def _singular(word: str) -> str:
    if not word.endswith("s") or word.endswith("ss") or len(word) < 4:
        return word
    return word[:-2] if _SIBILANT.search(word) else word[:-1]


def _cut(word: str, verb: bool = False) -> str:
    """Without a doubled last letter or a silent e. A short verb that doubles none had an e: timed is of time, but planned of plan."""
    if len(word) >= 4 and word[-1] == word[-2] and word[-1] not in "aeious":
        return word[:-1]
    if verb and _SHORT_VERB.fullmatch(word):
        return word + "e"
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def content(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order."""
    if text.isascii():
        return [stem(w) for w in words(text) if w not in STOP]
    return [stem(w) for w in words(text) if w not in STOP and not _GRAMMAR.fullmatch(w)]


def signs(text: str) -> list[str]:
    """Each character of scripts without spaces: one that stands alone in an answer is half of a pair in its source."""
    return [] if text.isascii() else _ALONE.findall(text)


def share_in(part: str, whole: str) -> float:
    """Which share of the content words of `part` stands in `whole` (1 where it has none)."""
    wanted = content(part)
    there = {*content(whole), *signs(whole)}
    return sum(w in there for w in wanted) / len(wanted) if wanted else 1.0
