"""Where a quote stands in a chunk, and which sentences of it bear an answer out."""

import re
from array import array
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from factory.records import Span
from filters.denial import negated
from filters.text import content, remembered, sentences
from filters.values import Value, values

_TRANSLATED = str.maketrans("“”„’‘–—−\u00a0", '"""\'\'--- ')
_PIECE = re.compile(r"\s+|\S+")
_LETTER = r"0-9A-Za-z\u00c0-\u024f\u0370-\u052f"  # of scripts that part their words by white space
# A quote may not begin or end inside a word or a number: "5 days" does not stand in "15 days", nor "500" in "1,500".
_BEGIN = re.compile(rf"(?![{_LETTER}])|(?<![{_LETTER}])(?<!\d[.,](?=\d))(?<!\W[-−](?=\d))(?<!^[-−](?=\d))")
_END = re.compile(rf"(?<![{_LETTER}])|(?![{_LETTER}])(?!(?<=\d)[.,]\d)")


def find_quote(text: str, quote: str) -> Span | None:
    """The quote's place: exact, else with white space, quotation marks and dashes made alike."""
    wanted = quote.strip()
    if not wanted:
        return None
    exact = _Searched(text, text, range(len(text)))
    place = _find(exact, wanted) or _find(_alike(text), " ".join(wanted.translate(_TRANSLATED).split()))
    return Span(start=place[0], end=place[1], text=text[place[0] : place[1]]) if place else None


class _Searched(NamedTuple):
    """A text as it is searched, the whole one that says what stands around a find, and the place of each character there."""

    text: str
    whole: str
    places: Sequence[int]


@remembered
def _alike(text: str) -> _Searched:
    """White space, quotation marks and dashes made alike; one character stays one character but for white space."""
    whole = text.translate(_TRANSLATED)
    places = array("I")
    pieces: list[str] = []
    for m in _PIECE.finditer(whole):
        gap = m.group().isspace()
        pieces.append(" " if gap else m.group())
        places.extend((m.start(),) if gap else range(m.start(), m.end()))
    return _Searched("".join(pieces), whole, places)


def _find(searched: _Searched, wanted: str) -> tuple[int, int] | None:
    """The first place in the whole text that does not cut a word or a number. By `find`: a pattern of the quote takes 2 ms to compile."""
    at = searched.text.find(wanted)
    while at >= 0:
        start, end = searched.places[at], searched.places[at + len(wanted) - 1] + 1
        if _BEGIN.match(searched.whole, start) and _END.match(searched.whole, end):
            return start, end
        at = searched.text.find(wanted, at + 1)
    return None


def best_evidence(text: str, instruction: str, response: str) -> tuple[Span, ...]:
    """The sentence that bears the answer out best, or two neighbours where only both carry all its values.

    The answer's own values and words count most, the question's words decide between equals.
    """
    found = sentences(text)
    claimed = values(response)
    ranked = sorted(range(len(found)), key=lambda i: (-_bearing(found[i].text, instruction, response, claimed), i))
    if not ranked:
        return ()
    best = ranked[0]
    if _carried(found[best].text, claimed) == len(claimed):
        return (found[best],)
    for other in (best - 1, best + 1):
        if 0 <= other < len(found):
            pair = tuple(found[i] for i in sorted((best, other)))
            if _carried(" ".join(s.text for s in pair), claimed) == len(claimed):
                return pair
    return (found[best],)


def _carried(evidence: str, claimed: list[Value]) -> int:
    there = values(evidence)
    return sum(any(t.carries(v) for t in there) for v in claimed)


def _bearing(sentence: str, instruction: str, response: str, claimed: list[Value]) -> float:
    there = Counter(content(sentence))
    answer = sum(1 for w in set(content(response)) if there[w])
    question = sum(1 for w in set(content(instruction)) if there[w])
    denial = negated(response) and negated(sentence)
    return 3 * _carried(sentence, claimed) + 2 * (answer + denial) + question
