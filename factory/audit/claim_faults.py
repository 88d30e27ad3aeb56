"""Faults in what an answer claims: negation, modality, bounds, unsupported clauses, cuts, altered
quotes.
"""

import re
from collections.abc import Callable, Iterator
from random import Random
from string import Template

from factory.audit.text_reading import (
    Subject,
    normalized,
    number_values,
    outside_markup,
    split_sentences,
    word_roots,
)
from factory.audit.value_faults import FaultEdit, change_names, change_numbers, replace_span
from factory.audit.word_lists import ADDITIONS, AUXILIARIES, BOUNDS, CLAUSES, MODALITY

CONTEXT_WORDS = 3  # words around a change that are searched for in the chunk with it
# An inversion is a condition: "should the plan need to be started".
_INVERTED = r"(?<!is)(?<!are)(?<!was)(?<!were) (?:the|it|they|you|we|a|an)\b"
_AUXILIARY = re.compile(
    rf"\b(?P<verb>{'|'.join(AUXILIARIES)})(?!{_INVERTED})(?P<after> )"
    r"(?!not\b|never\b|no\b|only\b|n’t|n't|also\b|at\b)(?=[a-z])"
)
_DENIED: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(rf"\b(?P<verb>{'|'.join(AUXILIARIES)}|do|does|did|has|have|had) not\b(?! only)"),
        lambda m: str(m["verb"]),
    ),
    (
        re.compile(r"\b(?P<verb>is|are|was|were|do|does|did|has|have|should|would|could)n[’']t\b"),
        lambda m: str(m["verb"]),
    ),
    (re.compile(r"\bcannot\b"), lambda _: "can"),
    (re.compile(r"\bcan[’']t\b"), lambda _: "can"),
    (re.compile(r"\bwon[’']t\b"), lambda _: "will"),
    (re.compile(r"\bnever\b"), lambda _: "always"),
    (re.compile(r"\bwithout\b"), lambda _: "with"),
    (
        re.compile(
            r"\b[Nn]o (?P<many>(?!later|more|less|earlier|fewer|longer|one)[a-z-]+)(?=[ ,.]|$)"
        ),
        lambda m: _affirmative(m),
    ),
)
_SAYS_NO = re.compile(r"^No\b(?=[,.;]|$)")
_NONE = re.compile(r"\b(?:none|nothing|neither)\b")
_SAYS_YES = re.compile(r"^Yes\b(?=[,.;]|$)")
_VERBS = re.compile(rf"\b(?:{'|'.join(AUXILIARIES)}|has|have|had|[a-z]{{3,}}(?:s|ed))\b")
_END = re.compile(r"[.;:!]*\s*$")
_NUMBER = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve"
    r"|hour|day|week|month|year|per cent|%)"
)
_ENDS_OPEN = frozenset(
    (
        "the a an of to in on at by for from with and or that which as is are be must may per "
        "within its their"
    ).split()
)


def flip_negations(text: str, subject: Subject, _: Random) -> Iterator[FaultEdit]:
    """Remove a negation from the answer, or add one if it has none."""
    if _NONE.search(text):
        return
    yes, no = _SAYS_YES.match(text), _SAYS_NO.match(text)
    denials = [
        replace_span(text, *m.span(), turned(m))
        for pattern, turned in _DENIED
        for m in outside_markup(text, pattern)
    ]
    if yes or no:
        rest = denials[0].text if no and denials else text
        yield FaultEdit(
            re.sub(r"^(?:Yes|No)\b", "Yes" if no else "No", rest),
            "Yes" if yes else "No",
            "No" if yes else "Yes",
        )
        return
    found = denials or [
        replace_span(text, *m.span(), "cannot " if m["verb"] == "can" else f"{m['verb']} not ")
        for m in _auxiliaries(text)
    ]
    yield from (edit for edit in found if not _chunk_contains(edit, subject))


def _affirmative(m: re.Match[str]) -> str:
    word = m["many"]
    some = (
        "all"
        if word.endswith("s") and not word.endswith("ss")
        else "an"
        if word[0] in "aeiou"
        else "a"
    )
    return f"{some.capitalize() if m.group()[0] == 'N' else some} {word}"


def _auxiliaries(text: str) -> Iterator[re.Match[str]]:
    return outside_markup(text, _AUXILIARY)


def change_modality(text: str, subject: Subject, _: Random) -> Iterator[FaultEdit]:
    """Turn a duty into a permission, a permission into a duty, a prohibition into "need not"."""
    return _replaced(text, subject, MODALITY)


def reverse_bounds(text: str, subject: Subject, _: Random) -> Iterator[FaultEdit]:
    """Turn a minimum into a maximum and "before" into "after", only next to a number or a time."""
    return (e for e in _replaced(text, subject, BOUNDS) if _bounds_a_value(e, text))


def _bounds_a_value(edit: FaultEdit, text: str) -> bool:
    after = edit.text[_at(edit, text) :]
    if edit.was.lower() in ("above", "below"):
        return bool(re.match(r"\w+ [-–$€£]?\d", after))
    return bool(_NUMBER.search(after[: len(edit.now) + 25]))


def _at(edit: FaultEdit, text: str) -> int:
    """Return the position of the first change."""
    return next((i for i, (a, b) in enumerate(zip(edit.text, text, strict=False)) if a != b), 0)


def _replaced(
    text: str, subject: Subject, pairs: tuple[tuple[str, str], ...]
) -> Iterator[FaultEdit]:
    taken: list[tuple[int, int]] = []
    for was, now in pairs:  # longer phrases come before those that they contain
        for m in outside_markup(text, re.compile(rf"(?<![\w-]){was}(?![\w-]|[’']t)", re.I)):
            if any(a < m.end() and m.start() < b for a, b in taken):
                continue
            taken.append(m.span())
            if m.group() == "May" or _is_pointless(text, m, now):
                continue
            edit = replace_span(
                text, *m.span(), now[0].upper() + now[1:] if m.group()[0].isupper() else now
            )
            if not _chunk_contains(edit, subject):
                yield edit


def _is_pointless(text: str, m: re.Match[str], now: str) -> bool:
    """Tell whether the new word means the same or breaks the grammar.

    Examples: "no one must receive more than two", "may take up to two".
    """
    before, after = (
        re.split(r"[.;]\s", text[: m.start()])[-1],
        re.split(r"[.;](?:\s|$)", text[m.end() :])[0],
    )
    if now in ("may", "need not") and _CARRIED.search(before):
        return True
    if now == "must" and (_LIMITED.search(before) or _BOUNDED.search(after)):
        return True
    if m.group().lower() == "within":
        return not _LASTING.match(after) or before.endswith(" to ")
    return False


_CARRIED = re.compile(r"(?:\b(?:will|may|should|would|can|not|to|don[’']t|doesn[’']t)|[’']ll)\s*$")
_LIMITED = re.compile(r"\b(?:[Nn]o|[Oo]nly|[Nn]ever|[Nn]or|[Nn]either|[Nn]one|[Hh]ow|[Hh]owever)\b")
_BOUNDED = re.compile(r"\b(?:only|no|not|at most|up to|never|none)\b")
_LASTING = re.compile(
    r"\s+\S+(?:\s\S+)?\s"
    r"(?:second|minute|hour|(?:[Ww]orking |calendar |business )?[Dd]ay|week|month|year)s?\b"
)


def _chunk_contains(edit: FaultEdit, subject: Subject) -> bool:
    """Tell whether the chunk contains the changed words with their neighbours: then the change may
    be right.
    """
    at = next(
        (
            i
            for i, (a, b) in enumerate(zip(edit.text, subject.example.response, strict=False))
            if a != b
        ),
        0,
    )
    before, after = edit.text[:at].split(), edit.text[at:].split()
    near = [*before[-CONTEXT_WORDS:], *after[: len(edit.now.split()) + CONTEXT_WORDS]]
    return normalized(" ".join(near)).rstrip(".") in normalized(subject.example.chunk.text)


def add_clauses(text: str, subject: Subject, pick: Random) -> Iterator[FaultEdit]:
    """Append one of the planter's own clauses, or a sentence from another part of the document."""
    if not _is_prose(text):
        return
    whole = len(text.split()) >= 7 and bool(_VERBS.search(text))
    own = [
        Template(c).substitute(n=_strange_number(subject, pick))
        for c in (CLAUSES if whole else ADDITIONS)
    ]
    found = (
        [*pick.sample(own, 4), *(f" {s.rstrip('.')}" for s in _other_sentences(subject, pick))]
        if whole
        else pick.sample(own, 6)
    )
    pick.shuffle(found)
    stop = "." if text.rstrip().endswith(".") else ""
    body = _END.sub("", text)
    there = word_roots(subject.example.chunk.text) | subject.claim
    for added in found:
        new = word_roots(added)
        if len(new & there) * 2 <= len(new):
            yield FaultEdit(
                f"{body}{'.' if added[0] == ' ' and added[1].isupper() else ''}{added}{stop}",
                "",
                added,
            )


def _is_prose(text: str) -> bool:
    """Tell whether the text is neither a table row, a heading nor a list item that continues
    elsewhere.
    """
    return not re.search(r"^\s*[|#*-]|[:|]\s*$|\]\(|\{%", text)


def _strange_number(subject: Subject, pick: Random) -> int:
    there = number_values(subject.example.chunk.text)
    return pick.choice(
        [n for n in (2, 3, 4, 6, 8, 9, 11, 12, 15, 18, 21, 25) if float(n) not in there]
    )


_COMPLETE = re.compile(r"^[A-Z][a-z]+ [^|*#\[\]{}<>`_\"():;\n]*[a-z]{3}\.$")
_LEANS = re.compile(
    r"^(?:It|They|This|These|Those|That|Such|He|She|Its|Their|But|And|Or|If|Also|However|Then|Here|There|You|We|Your|Our)\b"
)


def _other_sentences(subject: Subject, pick: Random) -> list[str]:
    """Pick whole sentences from the document outside the chunk."""
    chunk = subject.example.chunk.text
    fit = (
        s for s in split_sentences(subject.document) if s not in chunk and 6 <= len(s.split()) <= 20
    )
    found = sorted(
        {s for s in fit if _COMPLETE.match(s) and _VERBS.search(s) and not _LEANS.match(s)}
    )
    return pick.sample(found, min(2, len(found)))


def truncate(text: str, subject: Subject, pick: Random) -> Iterator[FaultEdit]:
    """Cut the answer as a token limit does: within a word, or after a word that needs a
    continuation.
    """
    words = [m for m in re.finditer(r"\S+", text)]
    known = {w.lower() for w in re.findall(r"[^\W\d_]+", subject.example.chunk.text)}
    for before, m in zip(words, words[1:], strict=False):
        if m.start() < len(text) / 3:
            continue
        if before.group().lower() in _ENDS_OPEN:
            yield FaultEdit(text[: before.end()], text[before.end() :], "")
        word = m.group()
        part = word[: len(word) // 2 + 1]
        if len(word) >= 7 and word.isalpha() and part.lower() not in known:
            yield FaultEdit(text[: m.start()] + part, text[m.start() + len(part) :], "")


def alter_quote(quote: str, subject: Subject, pick: Random) -> Iterator[FaultEdit]:
    """Change a number, a name, a negation or a content word of a quote, so that the chunk no longer
    contains it.
    """
    edits = [
        *change_numbers(quote, subject, pick),
        *change_names(quote, subject, pick),
        *_denied(quote),
        *_reworded(quote, subject, pick),
    ]
    pick.shuffle(edits)
    chunk = normalized(subject.example.chunk.text)
    yield from (e for e in edits if normalized(e.text) not in chunk)


def _denied(quote: str) -> Iterator[FaultEdit]:
    return (replace_span(quote, *m.span(), f"{m['verb']} not ") for m in _auxiliaries(quote))


def _reworded(quote: str, subject: Subject, pick: Random) -> Iterator[FaultEdit]:
    """Replace a word of the quote with a word of the document that has the same ending."""
    others = sorted(set(re.findall(r"(?<![\w-])[a-z]{5,}(?![\w-])", subject.document)))
    for m in outside_markup(quote, re.compile(r"(?<![\w-])[a-z]{6,}(?![\w-])")):
        alike = [w for w in others if w[-3:] == m.group()[-3:] and w[:4] != m.group()[:4]]
        if alike:
            yield replace_span(quote, *m.span(), pick.choice(alike))
