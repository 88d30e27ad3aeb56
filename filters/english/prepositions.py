"""Turns: words before a stretch that say where or how it holds, and whether an answer puts the contrary one before the same words."""

import re

from filters.text.segment import remembered

_CONTRARY = {
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
NEXT = 3  # words behind a turn that must be the same: without approval of any director, with approval of the manager
_POINTING = frozenset("the a an any his her their its your".split())
_TURN = re.compile(
    r"(?<![\w-])(?P<turn>with|without|no|before|after|within|inside|outside|above|below)\s+"
    rf"(?=(?P<words>[\w’'.%-]*\w(?:\s+[\w’'-]*\w){{0,{2 * NEXT - 1}}}))",  # they may hold another turn
    re.I,
)


def contrary_turn(answer: str, evidence: str) -> str:
    """The turn of the answer, with its words, that its evidence has only in the contrary; "" where none is."""
    said = _turns(answer)
    there = _turns(evidence)
    for turn, words in said:
        contrary = _CONTRARY.get(turn, ())
        if words and (turn, words) not in there and any((other, words) in there for other in contrary):
            return f"{turn} {words}"
    return ""


@remembered
def _turns(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((m["turn"].casefold(), _behind(m["words"])) for m in _TURN.finditer(text))


def _behind(stretch: str) -> str:
    return " ".join([w for w in stretch.casefold().split() if w not in _POINTING][:NEXT])
