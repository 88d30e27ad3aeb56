"""Schema: is this a well-formed question with a real answer, before anyone asks whether it is true."""

from collections.abc import Iterator
from functools import cache

from factory.core.records import Example, Verdict
from filters.schema.answer import MAX_ANSWER_WORDS, about_the_text, broken_off, echo, placeholder
from filters.schema.question import copied, malformed, other_kind, self_answering
from filters.schema.self_contained import leaning, unnamed
from filters.text.language_id import other_language
from filters.text.segment import words

RUN = 8  # so many words of the prompt in a row are no chance


def schema(
    example: Example, asked: bool = True, closed_book: bool = False, prompts: tuple[str, ...] = (), follows: bool = False
) -> Verdict:
    """Rejects an empty, malformed, evasive or self-answering example; the reason names the fault and its words.

    `asked`: False where there is no question, and the answer alone is judged. `closed_book`: the question is asked without
    its source, so it must name its subject. `prompts`: the words that the teacher was asked with, which no answer repeats.
    `follows`: the question may lean on what was said before it.
    """
    faults = _pair_faults(example, closed_book, prompts, follows) if asked else _answer_faults(example, prompts)
    reason = next((fault for fault in faults if fault), "")
    return Verdict(filter="schema", passed=not reason, reason=reason)


def _pair_faults(example: Example, closed_book: bool, prompts: tuple[str, ...], follows: bool) -> Iterator[str]:
    question, answer = example.instruction, example.response
    yield "" if question.strip() else "The question is empty."
    yield from _answer_faults(example, prompts)
    yield from _question_faults(question, example.chunk.text, follows)
    if closed_book:
        yield _marked("The question can't be asked without its document", unnamed(question), "; say which one")
    yield self_answering(question, answer)
    yield copied(question, answer)
    yield other_kind(question, answer)


def question_fault(question: str, source: str) -> str:
    """What is wrong with a question as such; "" where nothing is."""
    return next((fault for fault in _question_faults(question, source) if fault), "")


def _question_faults(question: str, source: str, follows: bool = False) -> Iterator[str]:
    yield "" if question.strip() else "The question is empty."
    yield _marked("It contains a placeholder", placeholder(question))
    yield "" if follows else malformed(question)
    yield _marked("It speaks of the text instead of its subject", about_the_text(question))
    if not follows:
        yield _marked("The question leans on its sentence", leaning(question), "; name the subject in full")
    yield _marked("The question is in another language than its source", other_language(question, source))


def _answer_faults(example: Example, prompts: tuple[str, ...]) -> Iterator[str]:
    answer = example.response
    yield "" if answer.strip() else "The answer is empty."
    yield _marked("It contains a placeholder", placeholder(answer))
    yield _marked("It speaks of the text instead of its subject", about_the_text(answer))
    yield _marked("The answer repeats its prompt", echo(example.instruction, answer) or _repeated(answer, prompts))
    count = len(words(answer))
    yield f"The answer has {count} words, at most {MAX_ANSWER_WORDS} are allowed." if count > MAX_ANSWER_WORDS else ""
    if broken := broken_off(answer):
        yield f"The answer breaks off: {broken}."
    yield _marked("The answer is in another language than its source", other_language(answer, example.chunk.text))


def _marked(fault: str, found: str, advice: str = "") -> str:
    return f'{fault} ("{found}"){advice}.' if found else ""


def _repeated(answer: str, prompts: tuple[str, ...]) -> str:
    """Eight words in a row of a prompt that stand in the answer."""
    known = _known(prompts)
    return next((" ".join(run) for run in runs(answer) if run in known), "")


@cache
def _known(prompts: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    return frozenset(run for text in prompts for run in runs(text))


def runs(text: str) -> Iterator[tuple[str, ...]]:
    """Every eight words in a row."""
    found = words(text)
    return (tuple(found[i : i + RUN]) for i in range(len(found) - RUN + 1))
