"""The same question in other words: only among examples that share evidence or answer, and never with another fact."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from filters.duplicates.duplicates import find_duplicates, judge_duplicates
from filters.duplicates.paraphrases import evidence_sentences
from filters.duplicates.same_facts import InstructionResponse
from tests.world import QUESTION, WASHED, WASHING, chunk, example, span

OTHER_WORDS = "How soon must each Marrow Street depot vehicle be cleaned again?"
MEANINGS = (
    {"day", "days", "soon", "long"},
    {"wash", "washed", "cleaned"},
    {"keys", "key"},
    {"not", "never"},
)


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """A vector that counts words of one meaning."""
    counts = [
        [sum(word.strip("?.") in meaning for word in text.lower().split()) for meaning in MEANINGS]
        for text in texts
    ]
    found = np.array(counts, np.float32)
    lengths = np.sqrt((found**2).sum(axis=1, keepdims=True))
    return np.divide(found, np.where(lengths > 0, lengths, 1)).astype(np.float32)


def repeats(*pairs: InstructionResponse) -> list[int | None]:
    return list(find_duplicates(pairs, embed=embed))


def test_a_paraphrase_with_the_same_answer_is_found() -> None:
    assert repeats((QUESTION, "within 14 days"), (OTHER_WORDS, "Within fourteen days.")) == [
        None,
        0,
    ]


def test_without_embeddings_none_is_found() -> None:
    assert list(
        find_duplicates([(QUESTION, "within 14 days"), (OTHER_WORDS, "Within fourteen days.")])
    ) == [None, None]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (OTHER_WORDS, "within 15 days"),
        (OTHER_WORDS, "not within 14 days"),
        (OTHER_WORDS.replace("again", "again in 2025"), "within 14 days"),
        (OTHER_WORDS.replace("Marrow Street", "Harrow Street"), "within 14 days"),
        (OTHER_WORDS.replace("must", "must never"), "within 14 days"),
        (
            "How soon are the keys of each Marrow Street depot renewed? How many keys, which keys?",
            "within 14 days",
        ),
        (QUESTION.replace("washed", "cleaned"), "within 14 days"),
        (OTHER_WORDS, ""),
    ],
)
def test_another_answer_value_name_denial_or_meaning_is_no_paraphrase(
    asked: str, answer: str
) -> None:
    assert repeats((QUESTION, "within 14 days"), (asked, answer)) == [None, None]


def test_an_answer_of_one_word_is_shared_by_chance() -> None:
    assert repeats((QUESTION, "yes"), (OTHER_WORDS, "yes")) == [None, None]


def test_shared_evidence_makes_up_for_it() -> None:
    asked = [
        example(id="e1", response="yes"),
        example(id="e2", instruction=OTHER_WORDS, response="yes", spans=(span("within 14 days"),)),
    ]
    assert [e.verdicts[0].passed for e in judge_duplicates(asked, embed=embed)] == [True, False]


def test_evidence_are_the_whole_sentences_that_the_spans_touch() -> None:
    edited = chunk(f"Trams  are many.\n\n{WASHING}")
    assert (
        evidence_sentences(example(spans=(span("14 days"),))),
        evidence_sentences(example(chunk=edited, spans=(span("14 days", edited.text),))),
    ) == (
        (WASHED.lower(),),
        (WASHED.lower(),),
    )
