"""Find negations, and check whether an answer negates what its evidence says or the reverse."""

import re

from filters.english.clauses import Clause, nearest_clauses, split_clauses
from filters.text.segment import content_stems, sentences, stem, text_cache, words
from filters.text.units import UNITS

MIN_SHARED_WORDS = 2  # content words that two clauses about the same thing share
MIN_SHARED_PART = 0.4  # share of its own words that a clause must share, too
NEGATED_HEAD_WORDS = 2  # the first words after a negation say what it negates
WITHOUT_REACH = 2  # content words that "without" covers
# characters after a negation that are searched for what it covers
NEGATION_WINDOW = 120
_NOT = re.compile(
    # not the "No." of tram No. 5
    r"\b(?:(?<!\bor )not|no(?!\.?\s?\d)|never|none|nobody|nothing|neither|nor|cannot|without)\b"
    r"|n[’']t\b",
    re.I,
)
# Double negation: is not never, do not have not, nobody may not.
_TWICE = re.compile(
    r"\b(?:(?:not|n[’']t|cannot)\s+(?:\w+\s+)?(?:not|no|none|never)|(?:nobody|no one"
    r"|none)\s+(?:\w+\s+){1,2}(?:not|never))\b",
    re.I,
)
_WITH_OR_WITHOUT = re.compile(r"\b(?P<how>with|without)\s+(?P<what>(?:[^\s,.;:()]+\s?){1,3})", re.I)
_UNIT_STEMS = frozenset(map(stem, UNITS))
# Words that negate as "not" does: enough to support a "no", but not a negation by themselves.
_REFUSING = re.compile(
    r"\b(?:forbid\w*|prohibit\w*|banned|exclu\w+|except\w*|only|refus\w+|false|unless|instead"
    r"|fail\w*|exempt\w*|un\w+ed|must)\b",
    re.I,
)
_REFUSES = re.compile(
    r"\b(?:forbid\w*|prohibit\w*|banned|exclu\w+|refus\w+|except\w*|exempt\w*|unless|only|instead"
    r"|rather|false|avoid\w*|lack\w*|prevent\w*"
    r"|fail\w*|unable|hardly|rarely|stops?|stopping|stopped \w+ing|free of|absence|non-\w+)\b",
    re.I,
)
_BANS = re.compile(
    r"\b(?:forbid\w*|prohibit\w*|banned|exclud\w+|refus\w+|exempt\w*|(?:the|an) exceptions?)\b",
    re.I,
)
# A negated ban: is not forbidden.
_BAN_DENIED = re.compile(rf"(?:{_NOT.pattern})\s+(?:\w+\s+)?{_BANS.pattern}", re.I)
# Conditions that may follow a "yes" but not a "no".
_ONLY_ON = re.compile(
    r"\s*(?:but only|only (?:if|after|when|with)|provided|(?:as|so) long as|on condition)\b", re.I
)
# Who alone may do something, or by what alone: a "yes" to a question about another is wrong.
_ONLY_BY = re.compile(
    r"\bonly (?:the |an? )?(?P<who>[a-z-]+(?: [a-z-]+){0,2}?) (?:may|can|must|shall|will|is|are)\b"
    r"|\b(?P<way>by|in|on|at|from|for|to) (?:the |an? )?(?P<what>[a-z-]+) only\b",
    re.I,
)
_EXCEPTING = re.compile(
    r"\b(?:unless|except\w*|if|when|without|provided|other than|until|only)\b", re.I
)
_VERB_DENIED = re.compile(
    r"\b(?:do|does|did|may|must|shall|can|will|should|is|are) not\b|\bcannot\b", re.I
)
_EXCEEDS = re.compile(r"\b(?:may|can|could|must|shall|should|will) exceed\b(?! \S*\d)", re.I)
# With a number, filters.english.comparatives judges it.
_NOT_EXCEED = re.compile(r"\b(?:not|never|cannot) exceed\b(?! \S*\d)", re.I)
# A negation ends at a pause, a condition or the next verb.
_PAUSE = re.compile(
    r"[,;:.(]\s|\b(?:and|but|or|if|when|unless|until|who|which|that|because|where|so|is|are|was"
    r"|were|must|may|can|shall|will|has|have|had)\b",
    re.I,
)
# A "no" with an explanation may also rest on a limit that the question exceeds.
_LIMITING = re.compile(
    rf"{_REFUSING.pattern}|\b(?:within|at most|up to|limit\w*|maximum|until|before|after|just"
    r"|less|more|other|another)\b",
    re.I,
)
_NO = re.compile(r"\s*no\b(?!\.?\s?\d)(?=\s*(?:[,.;:!–—-]|$))[\s,.;:!–—-]*", re.I)
_YES = re.compile(r"\s*yes\b[\s,.;:!–—-]*", re.I)
# "Not more than 5", "not exceed 5" and "not only" don't negate what follows:
# filters.english.comparatives judges them.
_COMPARED = re.compile(
    r"\s+(?:be\s+)?(?:more|less|later|earlier|fewer|longer|greater|higher|lower|sooner|older"
    r"|above|below|over|under|exceed\w*)\b"
    r"|\s+(?:only|just|merely|necessarily|matter|doubt|(?:undue\s+)?delay)\b",
    re.I,
)
# An answer with a limiting word that the negation lacks may say the same from the other side: not
# before 6:00, so after 6:00; not unless washed, so if washed.
_LIMITING_WORDS = frozenset(
    "unless except until till before after without with otherwise if when once only from since "
    "while where".split()
)


def has_negation(text: str) -> bool:
    """Return whether the text contains no, not, never or the like."""
    return bool(_NOT.search(text))


def leading_yes_no(text: str) -> str:
    """Return "no" or "yes" if the text begins with that as an answer of its own, else ""."""
    return "no" if _NO.match(text) else "yes" if _YES.match(text) else ""


def strip_leading_yes_no(text: str) -> str:
    """Return the text after its leading no or yes."""
    m = _NO.match(text) or _YES.match(text)
    return text[m.end() :] if m else text


def adds_negation(answer: str, evidence: str) -> bool:
    """Return whether the answer negates something and its evidence does not.

    A "no" alone may also rest on words such as "only" or "forbidden".
    """
    rest = strip_leading_yes_no(answer)
    if leading_yes_no(answer) == "no" and not _denies(rest):
        return not has_negation(evidence) and not (
            _REFUSING if not words(rest) else _LIMITING
        ).search(evidence)
    if not _denies(rest) or has_negation(evidence):
        return False
    # "Don't use it" is supported by "it is forbidden".
    banned = _BANS.search(evidence) and _BANS.search(rest) and not _BAN_DENIED.search(rest)
    return not banned and not (_REFUSES.search(evidence) and not _REFUSES.search(rest))


def _denies(text: str) -> bool:
    """Return whether the text negates anything but the far side of a bound."""
    return any(not _COMPARED.match(text, m.end()) for m in _NOT.finditer(text))


def flips_negation(answer: str, evidence: str, question: str = "") -> bool:
    """Return whether the answer negates what its evidence says, or says what that negates.

    Each clause of the answer is compared with the nearest clauses of the evidence.
    """
    rest = strip_leading_yes_no(answer)
    yes = leading_yes_no(answer) == "yes"
    if (
        yes
        and _BANS.search(split_clauses(rest)[0].text if split_clauses(rest) else "")
        and not _BANS.search(question)
    ):
        return True
    spoken = f"{question}\n\n{rest}" if yes else rest  # a "yes" affirms the question
    if _wrong_yes_no(leading_yes_no(answer), rest, evidence, question):
        return True
    if not has_negation(spoken) and not has_negation(evidence):
        return False
    if _EXCEEDS.search(rest) and _NOT_EXCEED.search(evidence) and not _EXCEEDS.search(evidence):
        return True
    if _TWICE.search(spoken) and not _TWICE.search(evidence):
        return True
    if _with_without_swapped(spoken, evidence):
        return True
    evidence_clauses = split_clauses(evidence)
    if yes and any(
        _clause_flipped(asked, [c])
        for asked in split_clauses(question)
        for c in evidence_clauses
        if _same_subject(asked, c)
    ):
        return True
    return any(
        _clause_flipped(
            clause,
            [c for c in nearest_clauses(clause, evidence_clauses) if _same_subject(clause, c)],
        )
        for clause in split_clauses(spoken)
    )


def _with_without_swapped(one: str, other: str) -> bool:
    """Return whether one text says "with" of what the other only says "without"."""
    (mine, not_mine), (theirs, not_theirs) = _accompanied(one), _accompanied(other)
    return bool(
        (mine - not_mine) & (not_theirs - theirs) or (not_mine - mine) & (theirs - not_theirs)
    )


@text_cache
def _accompanied(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return what follows "with" and what follows "without".

    Of a few words, this is the stem of the last content word.
    """
    found = [
        (m["how"].casefold(), content_stems(_PAUSE.split(m["what"])[0]))
        for m in _WITH_OR_WITHOUT.finditer(text)
    ]
    return frozenset(n[-1] for how, n in found if how == "with" and n), frozenset(
        n[-1] for how, n in found if how == "without" and n
    )


def _wrong_yes_no(first: str, rest: str, evidence: str, question: str) -> bool:
    """Return whether the evidence or the answer itself rules out its leading yes or no.

    A no can't have a condition. A yes is wrong if only somebody else may, or if the evidence
    plainly negates what is asked.
    """
    if first == "no":
        return bool(_ONLY_ON.match(rest))
    if first != "yes" or has_negation(question):
        return False
    alone = _ONLY_BY.search(rest)
    asked = frozenset(content_stems(question))
    if alone and alone["who"] and not asked.intersection(content_stems(alone["who"])):
        return True
    if (
        alone
        and alone["way"]
        and re.search(rf"\b{alone['way']} (?!the\b|an?\b)[a-z]", question, re.I)
        and stem(alone["what"]) not in asked
    ):
        return True
    plain = (s.text for s in sentences(evidence) if not _EXCEPTING.search(s.text))
    return any(
        _denied_outright(clause.text, asked) for text in plain for clause in split_clauses(text)
    )


def _denied_outright(clause: str, asked: frozenset[str]) -> bool:
    """Return whether a clause plainly negates the verb and object in question.

    Its verb must be negated, without a limit or exception.
    """
    m = _VERB_DENIED.search(clause)
    if (
        not m
        or _COMPARED.match(clause, m.end())
        or _LIMITING_WORDS.intersection(words(clause))
        or _REFUSES.search(clause)
    ):
        return False
    denied = content_stems(_PAUSE.split(clause[m.end() : m.end() + NEGATION_WINDOW])[0])[
        :NEGATED_HEAD_WORDS
    ]
    return len(denied) == NEGATED_HEAD_WORDS and asked.issuperset(denied)


def _same_subject(clause: Clause, source_clause: Clause) -> bool:
    """Return whether the source's clause shares enough words with the other clause.

    Words of amounts don't count. A clause with a single word must share that word.
    """
    own = [w for w in clause.stems if not w[0].isdigit() and w not in _UNIT_STEMS]
    return bool(own) and sum(w in source_clause.stems for w in own) >= max(
        min(MIN_SHARED_WORDS, len(own)), MIN_SHARED_PART * len(own)
    )


def _clause_flipped(clause: Clause, near: list[Clause]) -> bool:
    denies = bool(_scopes(clause.text))
    comparable = [
        c
        for c in near
        if _limits_covered(clause.text, c.text) or (denies and _limits_covered(c.text, clause.text))
    ]
    return bool(comparable) and all(_differ(clause, c) for c in comparable)


def _differ(one: Clause, other: Clause) -> bool:
    """Return whether one of the clauses negates what the other says without negation."""
    if bool(_REFUSES.search(one.text)) != bool(_REFUSES.search(other.text)):
        return False
    ours, theirs = _scopes(one.text), _scopes(other.text)
    return _negated_by_one(ours, theirs, other.stems) or _negated_by_one(theirs, ours, one.stems)


def _negated_by_one(
    denials: tuple[tuple[str, ...], ...], others: tuple[tuple[str, ...], ...], stems: frozenset[str]
) -> bool:
    """Return whether one clause negates words that the other clause only states.

    That is so if the other clause contains a word that one of these negations covers, and none of
    its own negations covers any of the same words.
    """
    return any(
        not stems.isdisjoint(scope[:NEGATED_HEAD_WORDS])
        and all(set(scope).isdisjoint(other) for other in others)
        for scope in denials
    )


@text_cache
def _scopes(clause: str) -> tuple[tuple[str, ...], ...]:
    """Return what each negation of a clause covers: the stems from there to the next pause."""
    found: list[tuple[str, ...]] = []
    for m in _NOT.finditer(clause):
        if not _COMPARED.match(clause, m.end()):
            reached = content_stems(
                next(
                    filter(
                        content_stems, _PAUSE.split(clause[m.end() : m.end() + NEGATION_WINDOW])
                    ),
                    "",
                )
            )
            found.append(
                tuple(reached[:WITHOUT_REACH] if m.group().casefold() == "without" else reached)
            )
    return tuple(filter(None, found))


def _limits_covered(one: str, other: str) -> bool:
    """Return whether the other clause has all limiting words of this one.

    "With" is one only if the other clause has "without".
    """
    turns, others = (
        _LIMITING_WORDS.intersection(words(one)),
        _LIMITING_WORDS.intersection(words(other)),
    )
    return turns - (frozenset() if "without" in others else {"with"}) <= others
