"""Planted duplicates: nearly the same words, the same meaning in other words, another fact in the
same words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from string import Template

from factory.audit.claim_faults import flip_negations
from factory.audit.text_reading import Subject
from factory.audit.value_faults import (
    FaultEdit,
    change_dates,
    change_names,
    change_numbers,
    change_units,
)
from factory.audit.word_lists import (
    NUMBER_WORDS,
    QUESTION_OPENINGS,
    QUESTION_WRAPPERS,
    SYNONYM_PAIRS,
)

OFFERED_PER_EXAMPLE = 4
_ARTICLE = re.compile(r"\b(?:the|a|an) (?=[a-z])")
_SHORTENED = re.compile(r"\b(is|are|was|does|do|did|has|have|should|would|could) not\b")
_FIGURE = re.compile(r"(?<![\w.,:/-])(?:[2-9]|1\d|20)(?![\w:/%]|[.,-]\d)(?= [a-z])")


@dataclass(frozen=True)
class QuestionAndAnswer:
    question: str
    answer: str


def near_duplicates(subject: Subject, pick: Random) -> Iterator[tuple[QuestionAndAnswer, str]]:
    """Make a small change that keeps every content word: an article, a contraction, a capital
    letter, a full stop or the spelling of a number.
    """
    first = QuestionAndAnswer(subject.example.instruction, subject.example.response)
    ways = [
        (
            QuestionAndAnswer(_replace_once(_ARTICLE, "", first.question), first.answer),
            "an article less in the question",
        ),
        (
            QuestionAndAnswer(first.question, _replace_once(_ARTICLE, "", first.answer)),
            "an article less in the answer",
        ),
        (
            QuestionAndAnswer(_replace_once(_SHORTENED, r"\1n't", first.question), first.answer),
            "a contraction in the question",
        ),
        (
            QuestionAndAnswer(first.question, _replace_once(_SHORTENED, r"\1n't", first.answer)),
            "a contraction in the answer",
        ),
        (
            QuestionAndAnswer(first.question[:1].lower() + first.question[1:], first.answer),
            "a small letter at the beginning",
        ),
        (QuestionAndAnswer(first.question, _toggle_full_stop(first.answer)), "a stop more or less"),
        (
            QuestionAndAnswer(first.question.replace("?", " ?"), first.answer),
            "a space before the question mark",
        ),
        (QuestionAndAnswer(first.question, _spell_number(first.answer)), "a number in words"),
        (QuestionAndAnswer(_spell_number(first.question), first.answer), "a number in words"),
    ]
    changed = [way for way in ways if way[0] != first]
    yield from pick.sample(changed, min(OFFERED_PER_EXAMPLE, len(changed)))


def _replace_once(pattern: re.Pattern[str], now: str, text: str) -> str:
    return pattern.sub(now, text, count=1)


def _toggle_full_stop(answer: str) -> str:
    return answer[:-1] if answer.endswith(".") else f"{answer}."


def _spell_number(text: str) -> str:
    return _FIGURE.sub(lambda m: NUMBER_WORDS[int(m.group())], text, count=1)


def reworded_duplicates(subject: Subject, pick: Random) -> Iterator[tuple[QuestionAndAnswer, str]]:
    """Ask the question in another way, and replace words of question and answer with synonyms that
    the planter knows.
    """
    question, answer = subject.example.instruction, subject.example.response
    lowered = question[:1].lower() + question[1:]
    asked = [
        (question, f"{was} →", f"{now}$q", len(was))
        for was, now in QUESTION_OPENINGS
        if question.startswith(f"{was} ")
    ]
    asked += [(lowered, "", wrapping, 0) for wrapping in QUESTION_WRAPPERS]
    found: list[tuple[QuestionAndAnswer, list[str]]] = []
    for text, told, frame, begins in asked:
        (second, words), (replied, more) = (
            _with_synonyms(text[begins:], pick),
            _with_synonyms(answer, pick),
        )
        framed = Template(frame)
        found.append(
            (
                QuestionAndAnswer(framed.substitute(q=second), replied),
                [f"{told} {framed.substitute(q='…')}".strip(), *words, *more],
            )
        )
    best = [one for one in found if len(one[1]) > 1] or found
    yield from (
        (pair, ", ".join(told))
        for pair, told in pick.sample(best, min(OFFERED_PER_EXAMPLE, len(best)))
    )


def _with_synonyms(text: str, pick: Random) -> tuple[str, list[str]]:
    """Replace up to three words with synonyms."""
    pairs = [
        (a, b) for a, b in SYNONYM_PAIRS if re.search(rf"(?<![\w-]){re.escape(a)}(?![\w-])", text)
    ]
    chosen = pick.sample(pairs, min(3, len(pairs)))
    done: list[str] = []
    for was, now in chosen:
        changed = re.sub(rf"(?<![\w-]){re.escape(was)}(?![\w-])", now, text, count=1)
        if changed != text:
            done.append(f"{was} → {now}")
        text = changed
    return text, done


def different_facts(subject: Subject, pick: Random) -> Iterator[tuple[QuestionAndAnswer, str]]:
    """Change one number, unit, date, name or negation, in the answer or in the question."""
    question, answer = subject.example.instruction, subject.example.response
    kinds = (change_numbers, change_units, change_dates, change_names, flip_negations)
    told = [
        (QuestionAndAnswer(question, e.text), e)
        for kind in kinds
        for e in _first_two(kind(answer, subject, pick))
    ]
    asked = [
        (QuestionAndAnswer(e.text, answer), e)
        for kind in kinds[:-1]
        for e in _first_two(kind(question, subject, pick))
    ]
    found = [*told, *asked]
    for pair, edit in pick.sample(found, min(OFFERED_PER_EXAMPLE, len(found))):
        yield pair, f"{edit.was} → {edit.now}"


def _first_two(edits: Iterator[FaultEdit]) -> list[FaultEdit]:
    return [edit for edit, _ in zip(edits, range(2), strict=False)]
