"""Compare what an answer and its evidence say must, may, should, must not or need not be done."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from filters.english.clauses import Clause, nearest_clause_indexes, split_clauses
from filters.english.negation import leading_yes_no
from filters.text.segment import STOP_WORDS, stem, text_cache, words

_BE = r"(?:is|are|be|was|were)"
# The first kind that matches counts: "must not" comes before "must".
_KINDS = {
    "ban": rf"(?:must|shall|may|can|could)\s*(?:not|never)\b|(?:can|mustn|couldn)[’']?t\b|cannot\b"
    r"|please,?\s+(?:never|do\s+not|don[’']t)\b"
    rf"|(?:prohibit|forbid|forbad|bann?ed\b)\w*|{_BE}\s+not\s+(?:allowed|permitted|entitled)\b",
    "exempt": r"needs?\s+not\b|(?:do|does|did)\s+not\s+(?:need|have\s+to)\b|(?:don"
    r"|doesn)[’']t\s+(?:need|have\s+to)\b|needn[’']t\b"
    rf"|needs?\s+no\b|{_BE}\s+not\s+(?:required|obliged|obligated|necessary|mandatory"
    r"|compulsory)\b",
    "duty": r"must\b|shall\b|(?:has|have|had|needs?)\s+to\b|needs?\b|requires?\b"
    rf"|{_BE}\s+(?:required|obliged|obligated|bound)\b"
    r"|required\s+to\b|mandatory\b|obligatory\b|compulsory\b",
    "advice": r"should\b|ought\s+to\b|recommend\w*|advis(?:ed|able)\b",
    "will": r"(?:will|would)\b",
    "leave": rf"may\b(?!\s+\d)|can\b|could\b|might\b|{_BE}\s+(?:allowed|permitted|entitled"
    r"|free)\b|allowed\b|permitted\b"
    r"|permits?\b|allows?\b|entitled\b|feel\s+free\b|welcome\s+to\b|optional(?:ly)?\b"
    r"|possibl[ey]\b|right\s+to\b|discretion\b",
}
# Each duty above contains one of these words.
DUTY_WORDS = frozenset(
    "must shall has have had need needs require requires required obliged obligated bound "
    "mandatory obligatory compulsory".split()
)
_MODAL = re.compile(
    r"\b(?:" + "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items()) + ")", re.I
)
_LIMIT = re.compile(
    r"\b(?:no|not|never) (?:more|longer|later|older|higher|greater|larger) than\b|\bat most\b"
    r"|\bup to\b|\bmaximum\b",
    re.I,
)
# These say more than "may", so that no plain statement supports them.
_INVITING = ("feel free", "welcome to")
_WEAK = {"leave", "advice"}
# A clause that contains this share of another clause's words is compared with it word by word.
SIMILAR_CLAUSE_SHARE = 0.5
_DENIED = re.compile(r"(?:\b(?:not|never|no|without)|n[’']t)\s+(?:[a-z]+\s+)?$", re.I)
# Matches: no driver may, none of them may. Not: no more than 3 may, no one but the owner may.
_NOBODY = re.compile(
    r"\b(?:nobody|no one|none|neither|no (?!more\b|less\b|fewer\b|later\b|earlier\b"
    r"|longer\b)[a-z]+)\b"
    r"(?!(?:\s\S+)*?\s(?:other|except|but|than|and|or|unless|if|when|where|that|which"
    r"|who)\b)(?:\s[^\s,.;:|()]+){0,4}\s$",
    re.I,
)
_HEAD = 60  # characters after a modal that are searched for the word it governs
_ONLY = re.compile(r"\bonly\s+(?:after|if|when|once)\b|\b(?:unless|until)\b", re.I)
# The beginning of a condition within a sentence.
_CONDITION = re.compile(r",?\s*(?:provided|unless|except|if|when)\b")
# An instruction: "press the key" means that you should press it.
_ORDER = re.compile(
    r"\s*(?:please\s+)?[a-z]+\s+(?:the|an?|all|each|every|any|your|it|them)\b", re.I
)
# If a plain statement leaves a choice or sets a limit, "may" and "can" say the same.
_CHOICE = re.compile(
    r"\b(?:only|unless|up to|option\w*|choose\w*|choice|either|whether|wish\w*|on request|until"
    r"|within|at most|no more than|maximum"
    r"|(?:never|not) more than|limit\w*|open to|free|if|when|accept\w*)\b",
    re.I,
)


class Modal(NamedTuple):
    """A word of duty or permission, and the stem of the word that it governs."""

    kind: str
    words: str
    head: str


@text_cache
def find_modals(text: str) -> tuple[Modal, ...]:
    """Return every word of duty or permission, in order; what nobody may do is a ban."""
    return tuple(
        Modal(_kind(m), m.group(), _head(text[m.end() : m.end() + _HEAD]))
        for m in _MODAL.finditer(text)
    )


def _kind(found: re.Match[str]) -> str:
    kind = str(found.lastgroup)
    nobody = kind == "leave" and _NOBODY.search(
        found.string, max(0, found.start() - _HEAD), found.start()
    )
    return "ban" if nobody else kind


def normalize_duties(text: str) -> str:
    """Replace each positive word of duty (shall, has to, is required to) with "must"."""
    if DUTY_WORDS.isdisjoint(text.casefold().split()):
        return text

    def spelled(m: re.Match[str]) -> str:
        denied = _DENIED.search(text, max(0, m.start() - _HEAD), m.start())
        return "must" if m.lastgroup == "duty" and not denied else m.group()

    return _MODAL.sub(spelled, text)


def _head(after: str) -> str:
    return next((stem(w) for w in words(after) if w not in STOP_WORDS), "")


class _Near(NamedTuple):
    """The clauses of the evidence that an answer's clause is about, and their modals.

    `alike`: whether they share most words of the answer's clause.
    """

    text: str
    modals: tuple[Modal, ...]
    alike: bool


def changed_modality(answer: str, evidence: str, question: str = "", weaker: bool = False) -> str:
    """Return a word of duty or permission that changes what the evidence says, else "".

    Each clause of the answer is compared with the nearest clauses of the evidence. With `weaker`,
    an answer may say can, may or should where its evidence makes a plain statement.
    """
    if not find_modals(answer):
        return ""
    evidence_clauses = split_clauses(evidence)
    asked = {m.kind for m in find_modals(question)} | (_WEAK if weaker else set())
    # A "no" to a question about a duty may leave it open.
    asked -= {"duty"} if leading_yes_no(answer) == "no" else set()
    for clause in split_clauses(answer):
        if not (clause_modals := find_modals(clause.text)):
            continue
        near = _with_head(nearest_clause_indexes(clause, evidence_clauses), evidence_clauses)
        text = " … ".join(c.text for c in near)
        governed = tuple(m for c in near for m in find_modals(c.text))
        alike = max(
            (len(c.stems & clause.stems) for c in near), default=0
        ) >= SIMILAR_CLAUSE_SHARE * len(clause.stems)
        if changed := next(
            (
                m.words
                for m in clause_modals
                if not _supported(m, _Near(text, governed, alike), asked)
            ),
            "",
        ):
            return changed
    return ""


def _with_head(near: Sequence[int], among: tuple[Clause, ...]) -> list[Clause]:
    """Add the main clause of each condition, as it may contain the duty.

    `near` holds the indexes of the clauses.
    """
    heads = {place - 1 for place in near if place and _CONDITION.match(among[place].text)}
    return [among[place] for place in sorted(heads.union(near))]


def _supported(modal: Modal, near: _Near, asked: set[str]) -> bool:
    """Return whether the evidence says the same of the same word.

    If the evidence does not govern that word, clauses that say much the same count. A plain
    statement supports a duty, as rules are often written so, and it supports the modal that the
    question uses; it supports permission only if it leaves a choice.
    """
    same = {m.kind for m in near.modals if m.head == modal.head}
    kinds = same or {m.kind for m in near.modals if near.alike}
    if (
        modal.words.casefold() == "may"
        and "duty" in asked
        and not asked & {"leave", "exempt"}
        and not same & {"leave", "ban"}
    ):
        return False  # "Must" does not support "may".
    if modal.kind in kinds or (modal.kind in ("duty", "leave") and "ban" in kinds):
        return True  # filters.english.negation judges bans that become duties or permissions
    if modal.kind in ("duty", "will") and kinds <= {"duty", "will"}:
        return True  # "shall" and "will" mean the same
    if {modal.kind, *kinds} == {"duty", "leave"} and _LIMIT.search(near.text):
        return True  # may be at most 7 years old: must be no more than 7 years old
    if not kinds:
        strong = modal.kind == "exempt" or modal.words.casefold() in _INVITING
        return modal.kind in asked or not (strong or (near.alike and _weakens(modal, near.text)))
    # "May leave only after logging" means "must log".
    return modal.kind == "duty" and not same and bool(_ONLY.search(near.text))


def _weakens(modal: Modal, statement: str) -> bool:
    """Return whether a plain statement says more than the modal.

    It says more than "may" if it leaves no choice, and more than "should" if it is not an
    instruction.
    """
    if modal.kind == "advice":
        return not _ORDER.match(statement)
    return modal.words.casefold() == "may" and not _CHOICE.search(statement)
