"""Check that an example is a well-formed question with a real answer, whether true or not."""

from collections.abc import Iterator
from functools import cache

from factory.core.records import Example, Verdict
from filters.schema.answer import (
    MAX_ANSWER_WORDS,
    find_broken_ending,
    find_placeholder,
    find_prompt_echo,
    find_text_mention,
)
from filters.schema.question import (
    malformed_question,
    overlong_answer,
    self_answering_question,
    wrong_answer_type,
)
from filters.schema.self_contained import unnamed_subject, unresolved_reference
from filters.text.language_id import language_mismatch
from filters.text.segment import words

PROMPT_NGRAM = 8  # this many consecutive words of the prompt are not a coincidence


def schema(
    example: Example,
    asked: bool = True,
    closed_book: bool = False,
    prompts: tuple[str, ...] = (),
    follows: bool = False,
) -> Verdict:
    """Reject an empty, malformed, evasive or self-answering example.

    The reason names the fault and quotes its words. `asked`: False if there is no question and the
    answer alone is judged. `closed_book`: the question is asked without its source, so it must name
    its subject. `prompts`: the words that the teacher was asked with, which no answer may repeat.
    `follows`: the question may refer to what was said before it.
    """
    faults = (
        _pair_faults(example, closed_book, prompts, follows)
        if asked
        else _answer_faults(example, prompts)
    )
    reason = next((fault for fault in faults if fault), "")
    return Verdict(filter="schema", passed=not reason, reason=reason)


def _pair_faults(
    example: Example, closed_book: bool, prompts: tuple[str, ...], follows: bool
) -> Iterator[str]:
    question, answer = example.instruction, example.response
    yield "" if question.strip() else "The question is empty."
    yield from _answer_faults(example, prompts)
    yield from _question_faults(question, example.chunk.text, follows)
    if closed_book:
        yield _fault_with_quote(
            "The question can't be asked without its document",
            unnamed_subject(question),
            "; say which one",
        )
    yield self_answering_question(question, answer)
    yield overlong_answer(question, answer)
    yield wrong_answer_type(question, answer)


def question_fault(question: str, source: str) -> str:
    """Return what is wrong with a question as such, or "" if nothing is."""
    return next((fault for fault in _question_faults(question, source) if fault), "")


def _question_faults(question: str, source: str, follows: bool = False) -> Iterator[str]:
    yield "" if question.strip() else "The question is empty."
    yield _fault_with_quote("It contains a placeholder", find_placeholder(question))
    yield "" if follows else malformed_question(question)
    yield _fault_with_quote(
        "It speaks of the text instead of its subject", find_text_mention(question)
    )
    if not follows:
        yield _fault_with_quote(
            "The question leans on its sentence",
            unresolved_reference(question),
            "; name the subject in full",
        )
    yield _fault_with_quote(
        "The question is in another language than its source", language_mismatch(question, source)
    )


def _answer_faults(example: Example, prompts: tuple[str, ...]) -> Iterator[str]:
    answer = example.response
    yield "" if answer.strip() else "The answer is empty."
    yield _fault_with_quote("It contains a placeholder", find_placeholder(answer))
    yield _fault_with_quote(
        "It speaks of the text instead of its subject", find_text_mention(answer)
    )
    yield _fault_with_quote(
        "The answer repeats its prompt",
        find_prompt_echo(example.instruction, answer) or _repeated(answer, prompts),
    )
    count = len(words(answer))
    yield (
        f"The answer has {count} words, at most {MAX_ANSWER_WORDS} are allowed."
        if count > MAX_ANSWER_WORDS
        else ""
    )
    if broken := find_broken_ending(answer):
        yield f"The answer breaks off: {broken}."
    yield _fault_with_quote(
        "The answer is in another language than its source",
        language_mismatch(answer, example.chunk.text),
    )


def _fault_with_quote(fault: str, found: str, advice: str = "") -> str:
    return f'{fault} ("{found}"){advice}.' if found else ""


def _repeated(answer: str, prompts: tuple[str, ...]) -> str:
    """Return eight consecutive words of a prompt that the answer contains, else ""."""
    known = _prompt_ngram_set(prompts)
    return next((" ".join(run) for run in prompt_ngrams(answer) if run in known), "")


@cache
def _prompt_ngram_set(prompts: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    return frozenset(run for text in prompts for run in prompt_ngrams(text))


def prompt_ngrams(text: str) -> Iterator[tuple[str, ...]]:
    """Yield every eight consecutive words."""
    found = words(text)
    return (tuple(found[i : i + PROMPT_NGRAM]) for i in range(len(found) - PROMPT_NGRAM + 1))
