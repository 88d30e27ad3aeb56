"""The shifted test set: the right answer stays right, the evidence stays readable, and everything follows from the seed."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.prompts import prompt_text
from factory.core.records import Example
from factory.core.settings import ShiftKind, SplitSettings
from factory.core.task_settings import LabelSettings, TaskSettings
from factory.dataset.question_variants import (
    adversarial_question,
    paraphrase_question,
    wrong_answer,
)
from factory.dataset.shifted_test import (
    Shifter,
    count_kinds,
    make_shifted_rows,
    spread_over_documents,
)
from factory.dataset.text_noise import with_ocr_errors, with_typos
from factory.documents.similar_chunks import SimilarChunks, may_answer
from filters.text.values import find_values
from tests.factory.dataset.test_distractors import CHUNKS, asked, side
from tests.world import FEW, LAW

QUESTIONS = [asked(number) for number in range(0, len(CHUNKS), 2)]
KINDS: tuple[ShiftKind, ...] = ("paraphrased", "adversarial", "noisy", "unanswerable")
LABELLED = TaskSettings(
    kind="classification", labels=(LabelSettings(name="wash"), LabelSettings(name="gate"))
)
SEEDS = st.integers(0, 10_000)
ONE = st.sampled_from(QUESTIONS)


def shifter(seed: int = 0, task: TaskSettings | None = None) -> Shifter:
    return Shifter({"qa": task or TaskSettings()}, SimilarChunks(CHUNKS, side), seed)


def rows(seed: int = 0, **changes: object) -> list[dict[str, object]]:
    settings = SplitSettings.model_validate(changes)
    return list(
        make_shifted_rows(
            QUESTIONS,
            settings,
            shifter(seed),
            lambda one, of, more: {"id": one.id, "told": one, "meta": dict(more), "of": of},
        )
    )


@LAW
@given(ONE, SEEDS)
def test_noise_leaves_the_evidence_and_every_value_as_they_are(one: Example, seed: int) -> None:
    noisy = shifter(seed).shifted(one, "noisy")
    assert noisy is not None
    assert all(span.text in noisy.chunk.text for span in one.spans)
    assert [v.text for v in find_values(noisy.chunk.text)] == [
        v.text for v in find_values(one.chunk.text)
    ]
    assert (noisy.response, noisy.chunk.digest) == (one.response, one.chunk.digest)


@LAW
@given(st.text("abcdefgh tramsun 0123456789.,\n", max_size=300), SEEDS)
def test_noise_keeps_a_passage_wherever_it_stands(text: str, seed: int) -> None:
    passage = "crews wash the yellow trams"
    assert with_ocr_errors(f"{text} {passage}. {text}", [passage], Random(seed)).count(passage) >= 1


@FEW
@given(ONE, SEEDS)
def test_the_excerpt_of_an_unanswerable_question_does_not_hold_its_answer(
    one: Example, seed: int
) -> None:
    shifted = shifter(seed).shifted(one, "unanswerable")
    assert shifted is not None
    assert not may_answer(shifted.chunk, one)
    assert all(span.text not in shifted.chunk.text for span in one.spans)
    assert (shifted.response, shifted.spans, side(shifted.chunk)) == (
        prompt_text("refusal"),
        (),
        "test",
    )


@LAW
@given(ONE, SEEDS, st.sampled_from(KINDS[:3]))
def test_no_other_kind_changes_the_right_answer(one: Example, seed: int, kind: ShiftKind) -> None:
    shifted = shifter(seed).shifted(one, kind)
    assert shifted is not None
    assert (shifted.response, shifted.spans, shifted.chunk.digest) == (
        one.response,
        one.spans,
        one.chunk.digest,
    )
    assert shifted.id != one.id


@LAW
@given(ONE, SEEDS)
def test_a_false_premise_says_a_value_that_the_source_does_not(one: Example, seed: int) -> None:
    false = wrong_answer(one.instruction, one.response, one.chunk.text, Random(seed))
    assert false is not None
    assert not any(
        known.carries(value)
        for value in find_values(false)
        for known in find_values(one.chunk.text)
    )


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ("31 crowns per shift", " crowns per shift"),
        ("on 31 December 2028", "on "),
        ("by 11:00", "by "),
        ("two green seals", " green seals"),
    ],
)
def test_a_wrong_value_is_one_of_the_same_kind(answer: str, kept: str) -> None:
    false = wrong_answer("How is it?", answer, answer, Random(3))
    assert false is not None
    assert false != answer
    assert kept in false


def test_an_answer_without_a_value_gets_no_wrong_one() -> None:
    assert (
        wrong_answer("Who keeps the keys?", "Ada Finch", "Ada Finch keeps the keys.", Random(0))
        is None
    )


def test_a_value_that_the_question_names_is_not_changed() -> None:
    assert (
        wrong_answer(
            "Which box is for loads above 40 litres?",
            "for loads above 40 litres the large one",
            "",
            Random(0),
        )
        is None
    )


@pytest.mark.parametrize(
    ("question", "told"),
    [
        (
            "What is the deadline for claims of drivers?",
            "Give me the deadline for claims of drivers.",
        ),
        ("Who signs the list at the gate?", "Can you tell me who signs the list at the gate?"),
        ("How often must a tram be washed?", "At what intervals must a tram be washed?"),
        (
            "Within how many days must a tram be washed?",
            "Within what number of days must a tram be washed?",
        ),
    ],
)
def test_a_question_is_reworded_where_that_is_safe(question: str, told: str) -> None:
    assert told in {paraphrase_question(question, Random(seed)) for seed in range(20)}


@pytest.mark.parametrize(
    "question", ["What are drivers paid per shift?", "What is the tram washed with?"]
)
def test_a_question_that_is_no_mere_noun_is_not_taken_for_one(question: str) -> None:
    assert not any(
        str(paraphrase_question(question, Random(seed))).startswith("Give me") for seed in range(20)
    )


@pytest.mark.parametrize(
    "question",
    ["Wann öffnet das Depot?", "Tell me the time.", "The tram is late. Who is told? Say it."],
)
def test_what_is_no_single_english_question_is_not_paraphrased(question: str) -> None:
    assert paraphrase_question(question, Random(0)) is None


def test_a_closed_book_question_is_not_told_of_an_excerpt() -> None:
    one = QUESTIONS[0]
    led = {
        adversarial_question(one.instruction, one.response, one.chunk.text, False, Random(seed))
        for seed in range(40)
    }
    assert not any("excerpt" in str(said) for said in led)


@LAW
@given(ONE, SEEDS)
def test_typing_keeps_every_number(one: Example, seed: int) -> None:
    numbers = [v.text for v in find_values(one.instruction) if v.kind == "number"]
    assert [
        v.text for v in find_values(with_typos(one.instruction, Random(seed))) if v.kind == "number"
    ] == numbers


def test_the_same_seed_makes_the_same_rows_and_another_one_others() -> None:
    assert rows(5) == rows(5)
    assert rows(5) != rows(6)


def test_each_row_says_its_kind_and_what_it_was_made_of() -> None:
    made = rows()
    assert count_kinds(made) == dict.fromkeys(KINDS, len(QUESTIONS))
    assert {str(row["meta"]) for row in made if row["of"] == QUESTIONS[0]} == {
        str({"shift": kind, "of": "e0"}) for kind in KINDS
    }


def test_of_each_kind_there_are_at_most_so_many_rows() -> None:
    assert count_kinds(rows(shift_each=2, shift_kinds=["noisy", "adversarial"])) == {
        "noisy": 2,
        "adversarial": 2,
    }


def test_without_kinds_nothing_is_made() -> None:
    assert rows(shift_kinds=[]) == []


def test_every_document_has_one_before_any_has_two() -> None:
    other = [
        one.model_copy(update={"chunk": CHUNKS[1], "id": f"o{one.id}"}) for one in QUESTIONS[:2]
    ]
    first = spread_over_documents([*QUESTIONS, *other], "seed")[:4]
    assert sorted(one.chunk.document.name for one in first) == [
        "test.md",
        "test.md",
        "train.md",
        "train.md",
    ]


@pytest.mark.parametrize("kind", ["paraphrased", "adversarial", "unanswerable"])
def test_of_a_task_that_asks_all_texts_the_same_only_the_text_is_shifted(kind: ShiftKind) -> None:
    one = QUESTIONS[0].model_copy(update={"response": "wash"})
    assert shifter(task=LABELLED).shifted(one, kind) is None
    noisy = shifter(task=LABELLED).shifted(one, "noisy")
    assert noisy is not None
    assert noisy.instruction == one.instruction
    assert noisy.chunk.text != one.chunk.text
