"""What a text denies, and whether an answer denies what its evidence says, or says what it denies."""

import re

from filters.english.clauses import Clause, clauses, nearest
from filters.text.segment import content, remembered, sentences, stem, words
from filters.text.units import UNITS

SHARED = 2  # telling words that a clause must share with another to be about the same
ALIKE = 0.4  # and so many of its words
HEADS = 2  # the first words that a denial reaches say what it denies
WITHOUT = 2  # telling words that "without" reaches
NEAR = 120  # characters before and after a denial in which its subject and verb are looked for
_NOT = re.compile(
    r"\b(?:(?<!\bor )not|no(?!\.?\s?\d)|never|none|nobody|nothing|neither|nor|cannot|without)\b|n[’']t\b",  # tram No. 5 denies nothing
    re.I,
)
# Is not never, do not have not, nobody may not.
_TWICE = re.compile(
    r"\b(?:(?:not|n[’']t|cannot)\s+(?:\w+\s+)?(?:not|no|none|never)|(?:nobody|no one|none)\s+(?:\w+\s+){1,2}(?:not|never))\b", re.I
)
_BESIDE = re.compile(r"\b(?P<how>with|without)\s+(?P<what>(?:[^\s,.;:()]+\s?){1,3})", re.I)
_UNIT_STEMS = frozenset(map(stem, UNITS))
# Words that deny as "not" does: enough for a "no", too little for a denial of its own.
_REFUSING = re.compile(
    r"\b(?:forbid\w*|prohibit\w*|banned|exclu\w+|except\w*|only|refus\w+|false|unless|instead|fail\w*|exempt\w*|un\w+ed|must)\b",
    re.I,
)
_REFUSES = re.compile(
    r"\b(?:forbid\w*|prohibit\w*|banned|exclu\w+|refus\w+|except\w*|exempt\w*|unless|only|instead|rather|false|avoid\w*|lack\w*|prevent\w*"
    r"|fail\w*|unable|hardly|rarely|stops?|stopping|stopped \w+ing|free of|absence|non-\w+)\b",
    re.I,
)
_BANS = re.compile(r"\b(?:forbid\w*|prohibit\w*|banned|exclud\w+|refus\w+|exempt\w*|(?:the|an) exceptions?)\b", re.I)
_BAN_DENIED = re.compile(rf"(?:{_NOT.pattern})\s+(?:\w+\s+)?{_BANS.pattern}", re.I)  # is not forbidden
# What follows a yes and no no.
_ONLY_ON = re.compile(r"\s*(?:but only|only (?:if|after|when|with)|provided|(?:as|so) long as|on condition)\b", re.I)
# Who alone may, by what alone: a yes to a question for another one is none.
_ALONE = re.compile(
    r"\bonly (?:the |an? )?(?P<who>[a-z-]+(?: [a-z-]+){0,2}?) (?:may|can|must|shall|will|is|are)\b"
    r"|\b(?P<way>by|in|on|at|from|for|to) (?:the |an? )?(?P<what>[a-z-]+) only\b",
    re.I,
)
_EXCEPTING = re.compile(r"\b(?:unless|except\w*|if|when|without|provided|other than|until|only)\b", re.I)
_VERB_DENIED = re.compile(r"\b(?:do|does|did|may|must|shall|can|will|should|is|are) not\b|\bcannot\b", re.I)
_EXCEEDS = re.compile(r"\b(?:may|can|could|must|shall|should|will) exceed\b(?! \S*\d)", re.I)
_NOT_EXCEED = re.compile(r"\b(?:not|never|cannot) exceed\b(?! \S*\d)", re.I)  # beside a number, filters.bounds judges it
# What a denial does not reach beyond: a pause, a condition, the next verb.
_PAUSE = re.compile(
    r"[,;:.(]\s|\b(?:and|but|or|if|when|unless|until|who|which|that|because|where|so|is|are|was|were|must|may|can|shall|will|has|have|had)\b",
    re.I,
)
# With what it says besides, a "no" may also rest on a limit that what is asked for exceeds.
_LIMITING = re.compile(
    rf"{_REFUSING.pattern}|\b(?:within|at most|up to|limit\w*|maximum|until|before|after|just|less|more|other|another)\b", re.I
)
_NO = re.compile(r"\s*no\b(?!\.?\s?\d)(?=\s*(?:[,.;:!–—-]|$))[\s,.;:!–—-]*", re.I)
_YES = re.compile(r"\s*yes\b[\s,.;:!–—-]*", re.I)
# "Not more than 5", "not exceed 5" and "not only" don't deny what follows: filters.bounds judges them.
_COMPARED = re.compile(
    r"\s+(?:be\s+)?(?:more|less|later|earlier|fewer|longer|greater|higher|lower|sooner|older|above|below|over|under|exceed\w*)\b"
    r"|\s+(?:only|just|merely|necessarily|matter|doubt|(?:undue\s+)?delay)\b",
    re.I,
)
# An answer with a turn that the denial has not may be its other side: not before 6:00, so after 6:00; not unless washed, so if washed.
_TURNS = frozenset("unless except until till before after without with otherwise if when once only from since while where".split())


def negated(text: str) -> bool:
    """Whether the text says no, not, never or the like."""
    return bool(_NOT.search(text))


def lead(text: str) -> str:
    """ "no" or "yes" where the text begins with that as an answer of its own, else ""."""
    return "no" if _NO.match(text) else "yes" if _YES.match(text) else ""


def without_lead(text: str) -> str:
    """The text after its leading no or yes."""
    m = _NO.match(text) or _YES.match(text)
    return text[m.end() :] if m else text


def undenied(answer: str, evidence: str) -> bool:
    """Whether the answer denies something and its evidence does not. A "no" alone may rest on "only" or "forbidden", too."""
    rest = without_lead(answer)
    if lead(answer) == "no" and not _denies(rest):
        return not negated(evidence) and not (_REFUSING if not words(rest) else _LIMITING).search(evidence)
    if not _denies(rest) or negated(evidence):
        return False
    banned = _BANS.search(evidence) and _BANS.search(rest) and not _BAN_DENIED.search(rest)  # don't use it, it is forbidden
    return not banned and not (_REFUSES.search(evidence) and not _REFUSES.search(rest))


def _denies(text: str) -> bool:
    """Whether the text denies anything but the far side of a bound."""
    return any(not _COMPARED.match(text, m.end()) for m in _NOT.finditer(text))


def flipped(answer: str, evidence: str, question: str = "") -> bool:
    """Whether a clause of the answer denies what the nearest clauses of its evidence say, or says what they deny."""
    rest = without_lead(answer)
    yes = lead(answer) == "yes"
    if yes and _BANS.search(clauses(rest)[0].text if clauses(rest) else "") and not _BANS.search(question):
        return True
    spoken = f"{question}\n\n{rest}" if yes else rest  # a yes says what the question asks
    if _turned_lead(lead(answer), rest, evidence, question):
        return True
    if not negated(spoken) and not negated(evidence):
        return False
    if _EXCEEDS.search(rest) and _NOT_EXCEED.search(evidence) and not _EXCEEDS.search(evidence):
        return True
    if _TWICE.search(spoken) and not _TWICE.search(evidence):
        return True
    if _exchanged_with(spoken, evidence):
        return True
    there = clauses(evidence)
    if yes and any(_flipped(asked, [c]) for asked in clauses(question) for c in there if _about_the_same(asked, c)):
        return True
    return any(_flipped(clause, [c for c in nearest(clause, there) if _about_the_same(clause, c)]) for clause in clauses(spoken))


def _exchanged_with(one: str, other: str) -> bool:
    """Whether one of them says "with" of what the other one only says "without"."""
    (mine, not_mine), (theirs, not_theirs) = _accompanied(one), _accompanied(other)
    return bool((mine - not_mine) & (not_theirs - theirs) or (not_mine - mine) & (theirs - not_theirs))


@remembered
def _accompanied(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """What stands behind "with" and behind "without": of a few words the last telling one."""
    found = [(m["how"].casefold(), content(_PAUSE.split(m["what"])[0])) for m in _BESIDE.finditer(text)]
    return frozenset(n[-1] for how, n in found if how == "with" and n), frozenset(n[-1] for how, n in found if how == "without" and n)


def _turned_lead(first: str, rest: str, evidence: str, question: str) -> bool:
    """A no on a condition; a yes to what only another may, or to what the evidence denies outright."""
    if first == "no":
        return bool(_ONLY_ON.match(rest))
    if first != "yes" or negated(question):
        return False
    alone = _ALONE.search(rest)
    asked = frozenset(content(question))
    if alone and alone["who"] and not asked.intersection(content(alone["who"])):
        return True
    if alone and alone["way"] and re.search(rf"\b{alone['way']} (?!the\b|an?\b)[a-z]", question, re.I) and stem(alone["what"]) not in asked:
        return True
    plain = (s.text for s in sentences(evidence) if not _EXCEPTING.search(s.text))
    return any(_denied_outright(clause.text, asked) for text in plain for clause in clauses(text))


def _denied_outright(clause: str, asked: frozenset[str]) -> bool:
    """Whether a clause denies, by its verb and without a limit, the verb and object that are asked for."""
    m = _VERB_DENIED.search(clause)
    if not m or _COMPARED.match(clause, m.end()) or _TURNS.intersection(words(clause)) or _REFUSES.search(clause):
        return False
    denied = content(_PAUSE.split(clause[m.end() : m.end() + NEAR])[0])[:HEADS]
    return len(denied) == HEADS and asked.issuperset(denied)


def _about_the_same(said: Clause, there: Clause) -> bool:
    """Whether the source's clause has words enough of the other, those of amounts left out; of one with a single word that."""
    own = [w for w in said.stems if not w[0].isdigit() and w not in _UNIT_STEMS]
    return bool(own) and sum(w in there.stems for w in own) >= max(min(SHARED, len(own)), ALIKE * len(own))


def _flipped(said: Clause, near: list[Clause]) -> bool:
    denies = bool(_scopes(said.text))
    comparable = [c for c in near if _no_more_turns(said.text, c.text) or (denies and _no_more_turns(c.text, said.text))]
    return bool(comparable) and all(_differ(said, c) for c in comparable)


def _differ(said: Clause, there: Clause) -> bool:
    """Whether one of them denies what the other says without a denial."""
    if bool(_REFUSES.search(said.text)) != bool(_REFUSES.search(there.text)):
        return False
    ours, theirs = _scopes(said.text), _scopes(there.text)
    return _alone(ours, theirs, there.stems) or _alone(theirs, ours, said.stems)


def _alone(denials: tuple[tuple[str, ...], ...], others: tuple[tuple[str, ...], ...], stems: frozenset[str]) -> bool:
    """Whether the other clause has what one of these denials denies, and no denial that reaches any of the same words."""
    return any(not stems.isdisjoint(scope[:HEADS]) and all(set(scope).isdisjoint(other) for other in others) for scope in denials)


@remembered
def _scopes(clause: str) -> tuple[tuple[str, ...], ...]:
    """What each denial of a clause denies: the stems of the words from there on to the next pause."""
    found: list[tuple[str, ...]] = []
    for m in _NOT.finditer(clause):
        if not _COMPARED.match(clause, m.end()):
            reached = content(next(filter(content, _PAUSE.split(clause[m.end() : m.end() + NEAR])), ""))
            found.append(tuple(reached[:WITHOUT] if m.group().casefold() == "without" else reached))
    return tuple(filter(None, found))


def _no_more_turns(one: str, other: str) -> bool:
    """Whether the other clause has all turns of this one; "with" is one only beside "without"."""
    turns, others = _TURNS.intersection(words(one)), _TURNS.intersection(words(other))
    return turns - (frozenset() if "without" in others else {"with"}) <= others
