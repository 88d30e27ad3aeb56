"""Second examples beside a first: the same in almost the same words, the same in other words, and another fact in the same words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from string import Template

from factory.audit.claim_faults import negations
from factory.audit.text_reading import Subject
from factory.audit.value_faults import Edit, dates, entities, numbers, units
from factory.audit.word_lists import ASKINGS, NUMBER_WORDS, SAME, WRAPPINGS

OFFERED = 4  # of each example
_ARTICLE = re.compile(r"\b(?:the|a|an) (?=[a-z])")
_SHORTENED = re.compile(r"\b(is|are|was|does|do|did|has|have|should|would|could) not\b")
_FIGURE = re.compile(r"(?<![\w.,:/-])(?:[2-9]|1\d|20)(?![\w:/%]|[.,-]\d)(?= [a-z])")


@dataclass(frozen=True)
class Pair:
    """A question and an answer."""

    question: str
    answer: str


def near(subject: Subject, pick: Random) -> Iterator[tuple[Pair, str]]:
    """One or two small changes that leave every word of weight: an article, a contraction, a capital, a stop, a number's spelling."""
    first = Pair(subject.example.instruction, subject.example.response)
    ways = [
        (Pair(_once(_ARTICLE, "", first.question), first.answer), "an article less in the question"),
        (Pair(first.question, _once(_ARTICLE, "", first.answer)), "an article less in the answer"),
        (Pair(_once(_SHORTENED, r"\1n't", first.question), first.answer), "a contraction in the question"),
        (Pair(first.question, _once(_SHORTENED, r"\1n't", first.answer)), "a contraction in the answer"),
        (Pair(first.question[:1].lower() + first.question[1:], first.answer), "a small letter at the beginning"),
        (Pair(first.question, _stopped(first.answer)), "a stop more or less"),
        (Pair(first.question.replace("?", " ?"), first.answer), "a space before the question mark"),
        (Pair(first.question, _spelled(first.answer)), "a number in words"),
        (Pair(_spelled(first.question), first.answer), "a number in words"),
    ]
    changed = [way for way in ways if way[0] != first]
    yield from pick.sample(changed, min(OFFERED, len(changed)))


def _once(pattern: re.Pattern[str], now: str, text: str) -> str:
    return pattern.sub(now, text, count=1)


def _stopped(answer: str) -> str:
    return answer[:-1] if answer.endswith(".") else f"{answer}."


def _spelled(text: str) -> str:
    return _FIGURE.sub(lambda m: NUMBER_WORDS[int(m.group())], text, count=1)


def reworded(subject: Subject, pick: Random) -> Iterator[tuple[Pair, str]]:
    """Asked in another way, and with other words for the same in question or answer where the planter knows any."""
    question, answer = subject.example.instruction, subject.example.response
    lowered = question[:1].lower() + question[1:]
    asked = [(question, f"{was} →", f"{now}$q", len(was)) for was, now in ASKINGS if question.startswith(f"{was} ")]
    asked += [(lowered, "", wrapping, 0) for wrapping in WRAPPINGS]
    found: list[tuple[Pair, list[str]]] = []
    for text, told, frame, begins in asked:
        (second, words), (replied, more) = _in_other_words(text[begins:], pick), _in_other_words(answer, pick)
        framed = Template(frame)
        found.append((Pair(framed.substitute(q=second), replied), [f"{told} {framed.substitute(q='…')}".strip(), *words, *more]))
    best = [one for one in found if len(one[1]) > 1] or found
    yield from ((pair, ", ".join(told)) for pair, told in pick.sample(best, min(OFFERED, len(best))))


def _in_other_words(text: str, pick: Random) -> tuple[str, list[str]]:
    """Up to three words replaced."""
    pairs = [(a, b) for a, b in SAME if re.search(rf"(?<![\w-]){re.escape(a)}(?![\w-])", text)]
    chosen = pick.sample(pairs, min(3, len(pairs)))
    done: list[str] = []
    for was, now in chosen:
        changed = re.sub(rf"(?<![\w-]){re.escape(was)}(?![\w-])", now, text, count=1)
        if changed != text:
            done.append(f"{was} → {now}")
        text = changed
    return text, done


def another_fact(subject: Subject, pick: Random) -> Iterator[tuple[Pair, str]]:
    """The same words but for one number, unit, date, name or denial, in the answer or in the question."""
    question, answer = subject.example.instruction, subject.example.response
    kinds = (numbers, units, dates, entities, negations)
    told = [(Pair(question, e.text), e) for kind in kinds for e in _first(kind(answer, subject, pick))]
    asked = [(Pair(e.text, answer), e) for kind in kinds[:-1] for e in _first(kind(question, subject, pick))]
    found = [*told, *asked]
    for pair, edit in pick.sample(found, min(OFFERED, len(found))):
        yield pair, f"{edit.was} → {edit.now}"


def _first(edits: Iterator[Edit]) -> list[Edit]:
    return [edit for edit, _ in zip(edits, range(2), strict=False)]
