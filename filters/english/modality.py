"""What a text says of duty and leave: must, may, should, must not, need not; and whether an answer changes it."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from filters.english.clauses import Clause, clauses, nearest_places
from filters.english.negation import lead
from filters.text.segment import STOP, remembered, stem, words

_BE = r"(?:is|are|be|was|were)"
# The first kind that matches at a place counts: "must not" before "must".
_KINDS = {
    "ban": rf"(?:must|shall|may|can|could)\s*(?:not|never)\b|(?:can|mustn|couldn)[’']?t\b|cannot\b"
    r"|please,?\s+(?:never|do\s+not|don[’']t)\b"
    rf"|(?:prohibit|forbid|forbad|bann?ed\b)\w*|{_BE}\s+not\s+(?:allowed|permitted|entitled)\b",
    "exempt": rf"needs?\s+not\b|(?:do|does|did)\s+not\s+(?:need|have\s+to)\b|(?:don|doesn)[’']t\s+(?:need|have\s+to)\b|needn[’']t\b"
    rf"|needs?\s+no\b|{_BE}\s+not\s+(?:required|obliged|obligated|necessary|mandatory|compulsory)\b",
    "duty": rf"must\b|shall\b|(?:has|have|had|needs?)\s+to\b|needs?\b|requires?\b|{_BE}\s+(?:required|obliged|obligated|bound)\b"
    r"|required\s+to\b|mandatory\b|obligatory\b|compulsory\b",
    "advice": r"should\b|ought\s+to\b|recommend\w*|advis(?:ed|able)\b",
    "will": r"(?:will|would)\b",
    "leave": rf"may\b(?!\s+\d)|can\b|could\b|might\b|{_BE}\s+(?:allowed|permitted|entitled|free)\b|allowed\b|permitted\b"
    r"|permits?\b|allows?\b|entitled\b|feel\s+free\b|welcome\s+to\b|optional(?:ly)?\b|possibl[ey]\b|right\s+to\b|discretion\b",
}
# Each duty above has one of these.
DUTY_WORDS = frozenset(
    "must shall has have had need needs require requires required obliged obligated bound mandatory obligatory compulsory".split()
)
_MODAL = re.compile(r"\b(?:" + "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items()) + ")", re.I)
_LIMIT = re.compile(r"\b(?:no|not|never) (?:more|longer|later|older|higher|greater|larger) than\b|\bat most\b|\bup to\b|\bmaximum\b", re.I)
_INVITING = ("feel free", "welcome to")  # they say more than "may": no plain statement bears them out
_WEAK = {"leave", "advice"}
ALIKE = 0.5  # least share of a clause's words in another one that is held against it word for word
_DENIED = re.compile(r"(?:\b(?:not|never|no|without)|n[’']t)\s+(?:[a-z]+\s+)?$", re.I)
# No driver may, none of them may; not: no more than 3 may, no one but the owner may.
_NOBODY = re.compile(
    r"\b(?:nobody|no one|none|neither|no (?!more\b|less\b|fewer\b|later\b|earlier\b|longer\b)[a-z]+)\b"
    r"(?!(?:\s\S+)*?\s(?:other|except|but|than|and|or|unless|if|when|where|that|which|who)\b)(?:\s[^\s,.;:|()]+){0,4}\s$",
    re.I,
)
_HEAD = 60  # characters after a modal in which the word it governs is looked for
_ONLY = re.compile(r"\bonly\s+(?:after|if|when|once)\b|\b(?:unless|until)\b", re.I)
_CONDITION = re.compile(r",?\s*(?:provided|unless|except|if|when)\b")  # as a clause within a sentence begins
_ORDER = re.compile(r"\s*(?:please\s+)?[a-z]+\s+(?:the|an?|all|each|every|any|your|it|them)\b", re.I)  # press the key: you should press it
# Where a plain statement leaves a choice or sets a limit, "may" and "can" say the same.
_CHOICE = re.compile(
    r"\b(?:only|unless|up to|option\w*|choose\w*|choice|either|whether|wish\w*|on request|until|within|at most|no more than|maximum"
    r"|(?:never|not) more than|limit\w*|open to|free|if|when|accept\w*)\b",
    re.I,
)


class Modal(NamedTuple):
    """A word of duty or leave, and the stem of the word that it governs."""

    kind: str
    words: str
    head: str


@remembered
def modals(text: str) -> tuple[Modal, ...]:
    """Every word of duty or leave, in order. What nobody may do is banned."""
    return tuple(Modal(_kind(m), m.group(), _head(text[m.end() : m.end() + _HEAD])) for m in _MODAL.finditer(text))


def _kind(found: re.Match[str]) -> str:
    kind = str(found.lastgroup)
    nobody = kind == "leave" and _NOBODY.search(found.string, max(0, found.start() - _HEAD), found.start())
    return "ban" if nobody else kind


def duties_in_one_spelling(text: str) -> str:
    """The text with "must" for every word of duty that is not denied: shall, has to, is required to."""
    if DUTY_WORDS.isdisjoint(text.casefold().split()):
        return text

    def spelled(m: re.Match[str]) -> str:
        denied = _DENIED.search(text, max(0, m.start() - _HEAD), m.start())
        return "must" if m.lastgroup == "duty" and not denied else m.group()

    return _MODAL.sub(spelled, text)


def _head(after: str) -> str:
    return next((stem(w) for w in words(after) if w not in STOP), "")


class _Near(NamedTuple):
    """The clauses of the evidence that an answer's clause is about, their modals, and whether they share most of its words."""

    text: str
    modals: tuple[Modal, ...]
    alike: bool


def changed_modality(answer: str, evidence: str, question: str = "", weaker: bool = False) -> str:
    """The word of duty or leave with which the answer says something else than those clauses of its evidence that are nearest_places to it.

    `weaker`: whether an answer may say can, may or should of what its evidence states plainly.
    """
    if not modals(answer):
        return ""
    there = clauses(evidence)
    asked = {m.kind for m in modals(question)} | (_WEAK if weaker else set())
    asked -= {"duty"} if lead(answer) == "no" else set()  # a no to a duty may leave it open
    for clause in clauses(answer):
        if not (said := modals(clause.text)):
            continue
        near = _with_head(nearest_places(clause, there), there)
        text = " … ".join(c.text for c in near)
        governed = tuple(m for c in near for m in modals(c.text))
        alike = max((len(c.stems & clause.stems) for c in near), default=0) >= ALIKE * len(clause.stems)
        if changed := next((m.words for m in said if not _borne(m, _Near(text, governed, alike), asked)), ""):
            return changed
    return ""


def _with_head(near: Sequence[int], among: tuple[Clause, ...]) -> list[Clause]:
    """With the clause that a condition among them belongs to: a duty stands there. `near`: their places."""
    heads = {place - 1 for place in near if place and _CONDITION.match(among[place].text)}
    return [among[place] for place in sorted(heads.union(near))]


def _borne(modal: Modal, near: _Near, asked: set[str]) -> bool:
    """Whether the evidence governs the same word so; where it does not govern it, whether clauses that say much the same do.

    A plain statement bears out a duty, as rules are often written so, and what the question asks for; leave only where there is a choice.
    """
    same = {m.kind for m in near.modals if m.head == modal.head}
    kinds = same or {m.kind for m in near.modals if near.alike}
    if modal.words.casefold() == "may" and "duty" in asked and not asked & {"leave", "exempt"} and not same & {"leave", "ban"}:
        return False  # what must be done is no leave to do it
    if modal.kind in kinds or (modal.kind in ("duty", "leave") and "ban" in kinds):
        return True  # whether a ban is turned into a duty or leave is judged by what is denied
    if modal.kind in ("duty", "will") and kinds <= {"duty", "will"}:
        return True  # shall and will are one
    if {modal.kind, *kinds} == {"duty", "leave"} and _LIMIT.search(near.text):
        return True  # may be at most 7 years old: must be no more than 7 years old
    if not kinds:
        strong = modal.kind == "exempt" or modal.words.casefold() in _INVITING
        return modal.kind in asked or not (strong or (near.alike and _weakens(modal, near.text)))
    return modal.kind == "duty" and not same and bool(_ONLY.search(near.text))  # may leave only after logging: must log


def _weakens(modal: Modal, statement: str) -> bool:
    """Whether a plain statement says more than the modal: may, where no choice is left, and should, where nothing is told to be done."""
    if modal.kind == "advice":
        return not _ORDER.match(statement)
    return modal.words.casefold() == "may" and not _CHOICE.search(statement)
