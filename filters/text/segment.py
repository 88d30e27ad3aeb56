"""Split text into sentences, words and stems, with their places. Every code filter uses these."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Concatenate, ParamSpec, TypeVar, cast

from factory.core.records import Span
from filters.text.abbreviations import sentence_continues

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

# A text longer than this is treated as a source; shorter ones are questions, answers or evidence.
SOURCE_LENGTH = 400
# Cache sizes. The result of a call is judged at once; it is read again only when a draw is chosen
# or repaired.
SOURCE_CACHE_SIZE, TEXT_CACHE_SIZE = (256, 4096)

# A full stop ends a sentence unless it is part of a number, an initial or an abbreviation;
# `sentence_continues` knows more of these.
_SHORT = (
    r"\b[A-Z]",
    r"\bNo",
    r"\bDr",
    r"\bMr",
    r"\bMs",
    r"\bSt",
    r"e\.g",
    r"i\.e",
    r"\bno",
    r"\bart",
)
# Checked only after a full stop was found, which saves time.
_NOT_AFTER = "".join(f"(?<!{short}[.!?])" for short in _SHORT)
_END = re.compile(
    r"[.!?]" + _NOT_AFTER + r"[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9])|[。！？][」』）〕】]*\s*"
)
_LINE = re.compile(r"[^\n]+")
# Scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana and ideographs, as in
# filters.duplicates.shingles.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_NEW_UNIT = re.compile(
    r"\s*(?:[-*+•]\s|\d+[.)]\s|\d+(?:\.\d+)+\.?\s+(?=[A-Z])|\(?[a-z]\)\s|\||#{1,6}\s)"
)
_WORD = re.compile(rf"[{UNSPACED}]+|[^\W_{UNSPACED}]+(?:['’.\-/][^\W_{UNSPACED}]+)*")
_RUN = re.compile(f"[{UNSPACED}]{{3,}}")
_ALONE = re.compile(f"[{UNSPACED}]")
# Grammatical particles in hiragana, and words for who, what and how many.
_GRAMMAR = re.compile(r"[\u3040-\u309f]{1,2}|.?[何誰幾].?")

# taxes, dishes, buses; in cases and sizes the e belongs to the stem
_SIBILANT = re.compile(r"(?:x|ch|sh|ss|^bus|^gas|^go|^do)es$")
_SHORT_VERB = re.compile(r"[^aeiou][aeiou][^aeiouwxy]")

STOP_WORDS = frozenset(
    (
        "a an the and or but if of to in on at by for from with within without into onto over "
        "under up out as is are was were be been "
        "being am do does did has have had having will would shall should can could may might "
        "must not no nor so than then that this "
        "these those there here it its itself they them their theirs he him his she her hers we "
        "us our you your who whom whose which "
        "what when where why how all any each every both either neither such own same other "
        "another also only just more most less least "
        "very per via about between during before after until unless while because since through "
        "upon one"
    ).split()
)


def text_cache(
    read: Callable[Concatenate[str, Arguments], Result],
) -> Callable[Concatenate[str, Arguments], Result]:
    """Cache a function by the text that it reads.

    Long texts (sources) have a cache of their own: they cost most, and the many short texts would
    push them out.
    """
    of_source = cast(
        "Callable[Concatenate[str, Arguments], Result]", lru_cache(maxsize=SOURCE_CACHE_SIZE)(read)
    )
    of_line = cast(
        "Callable[Concatenate[str, Arguments], Result]", lru_cache(maxsize=TEXT_CACHE_SIZE)(read)
    )

    def once(text: str, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        return (of_source if len(text) > SOURCE_LENGTH else of_line)(text, *args, **kwargs)

    return once


def sentences(text: str) -> list[Span]:
    """Return the sentences in order.

    A list item, a table row and a heading line are each a sentence of their own; wrapped lines of a
    paragraph are joined.
    """
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
    ends = (
        m
        for m in _END.finditer(text, start, end)
        if text[m.start()] != "." or not sentence_continues(text, m.start(), m.end())
    )
    cuts = [start, *(m.end() for m in ends), end]
    spans = (strip_span(text, a, b) for a, b in zip(cuts, cuts[1:], strict=False))
    return [span for span in spans if span.text]


def strip_span(text: str, start: int, end: int) -> Span:
    """Return the span without the white space at its ends."""
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    right = start + len(piece.rstrip())
    return Span(start=left, end=max(left, right), text=text[left : max(left, right)])


def words(text: str) -> list[str]:
    """Return the words in lower case, in order.

    Scripts without spaces give every pair of neighbouring characters, as their words can't be
    separated.
    """
    found = _WORD.findall(text.casefold())
    if text.isascii():
        return found
    return [
        word
        for one in found
        for word in ([one[n : n + 2] for n in range(len(one) - 1)] if _RUN.match(one) else [one])
    ]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return a word without its English inflection.

    This is a rough cut for comparisons; the result need not be a word.
    """
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
    """Remove a doubled last letter or a silent e.

    A short verb that doubles no letter gets its e back: timed comes from time, but planned from
    plan.
    """
    if len(word) >= 4 and word[-1] == word[-2] and word[-1] not in "aeious":
        return word[:-1]
    if verb and _SHORT_VERB.fullmatch(word):
        return word + "e"
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def content_stems(text: str) -> list[str]:
    """Return the stems of the words that carry meaning, in order."""
    if text.isascii():
        return [stem(w) for w in words(text) if w not in STOP_WORDS]
    return [stem(w) for w in words(text) if w not in STOP_WORDS and not _GRAMMAR.fullmatch(w)]


def unspaced_characters(text: str) -> list[str]:
    """Return each character of scripts without spaces.

    A single character in an answer is half of a pair in its source.
    """
    return [] if text.isascii() else _ALONE.findall(text)


def content_overlap(part: str, whole: str) -> float:
    """Return the share of the content words of `part` that `whole` contains; 1 if it has none."""
    wanted = content_stems(part)
    found = {*content_stems(whole), *unspaced_characters(whole)}
    return sum(w in found for w in wanted) / len(wanted) if wanted else 1.0
