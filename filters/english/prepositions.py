"""Find prepositions that an answer replaces with their opposites before the same words."""

import re

from filters.text.segment import text_cache

_OPPOSITE = {
    "with": ("without", "no"),
    "without": ("with",),
    "before": ("after",),
    "after": ("before", "within"),
    "within": ("after",),
    "inside": ("outside",),
    "outside": ("inside",),
    "above": ("below",),
    "below": ("above",),
}
# Words after the preposition that must be equal: compare without approval of any director, with
# approval of the manager.
WORDS_COMPARED = 3
_POINTING = frozenset("the a an any his her their its your".split())
_PREPOSITION = re.compile(
    r"(?<![\w-])(?P<turn>with|without|no|before|after|within|inside|outside|above|below)\s+"
    # these words may contain another preposition
    rf"(?=(?P<words>[\w’'.%-]*\w(?:\s+[\w’'-]*\w){{0,{2 * WORDS_COMPARED - 1}}}))",
    re.I,
)


def opposite_preposition(answer: str, evidence: str) -> str:
    """Return a preposition of the answer, with its words, that the evidence contradicts, else "".

    The evidence contradicts it if it has only the opposite preposition before the same words.
    """
    answer_pairs = _prepositions(answer)
    evidence_pairs = _prepositions(evidence)
    for turn, words in answer_pairs:
        contrary = _OPPOSITE.get(turn, ())
        if (
            words
            and (turn, words) not in evidence_pairs
            and any((other, words) in evidence_pairs for other in contrary)
        ):
            return f"{turn} {words}"
    return ""


@text_cache
def _prepositions(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((m["turn"].casefold(), _behind(m["words"])) for m in _PREPOSITION.finditer(text))


def _behind(stretch: str) -> str:
    return " ".join([w for w in stretch.casefold().split() if w not in _POINTING][:WORDS_COMPARED])
