"""Where a quote stands in a chunk, and which sentences of it bear an answer out."""

import re
from collections import Counter

from factory.records import Span
from filters.text import content, sentences
from filters.values import values

_TRANSLATED = str.maketrans("“”„’‘–—−\u00a0", '"""\'\'--- ')


def find_quote(text: str, quote: str) -> Span | None:
    """The quote's place: exact, else with white space, quotation marks and dashes made alike."""
    wanted = quote.strip()
    if not wanted:
        return None
    if (at := text.find(wanted)) >= 0:
        return Span(start=at, end=at + len(wanted), text=wanted)
    pattern = r"\s+".join(re.escape(part) for part in wanted.translate(_TRANSLATED).split())
    m = re.search(pattern, text.translate(_TRANSLATED))  # one character stays one character, so places hold
    return Span(start=m.start(), end=m.end(), text=text[m.start() : m.end()]) if m else None


def best_evidence(text: str, instruction: str, response: str) -> tuple[Span, ...]:
    """The sentence that bears the answer out best, or two neighbours where only both carry all its values.

    The answer's own values and words count most, the question's words decide between equals.
    """
    found = sentences(text)
    ranked = sorted(range(len(found)), key=lambda i: (-_bearing(found[i].text, instruction, response), i))
    if not ranked:
        return ()
    best = ranked[0]
    if _carried(found[best].text, response) == len(values(response)):
        return (found[best],)
    for other in (best - 1, best + 1):
        if 0 <= other < len(found):
            pair = tuple(found[i] for i in sorted((best, other)))
            if _carried(" ".join(s.text for s in pair), response) == len(values(response)):
                return pair
    return (found[best],)


def _carried(evidence: str, response: str) -> int:
    there = values(evidence)
    return sum(any(t.carries(v) for t in there) for v in values(response))


def _bearing(sentence: str, instruction: str, response: str) -> float:
    there = Counter(content(sentence))
    answer = sum(1 for w in set(content(response)) if there[w])
    question = sum(1 for w in set(content(instruction)) if there[w])
    return 3 * _carried(sentence, response) + 2 * answer + question
