"""Decontamination: what stands in what is held out is found, whatever field it stands in; what all rows share is not."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from filters.duplicates.decontamination import (
    NO_CHUNKS,
    ComparedRow,
    CorpusChunks,
    find_overlaps,
    prose_texts,
)
from filters.duplicates.ngrams import NGRAM_CHARACTERS, NGRAM_WORDS
from filters.text.segment import words
from tests.world import LAW

SENTENCE = "Crews of the Marrow depot wash fourteen trams every night before the first departure of the day"
OTHER = "Guests of the depot chief Ada Finch sign two lists at the gate of the yard each week"
ASKED = "How many trams do crews wash?"


def row(**changes: object) -> ComparedRow:
    return ComparedRow(
        **{  # type: ignore[arg-type]
            "id": "r1",
            "source": "train",
            "instruction": "Who signs?",
            "response": "guests",
            **changes,
        }
    )


def held(**changes: object) -> ComparedRow:
    return row(
        **{"id": "h1", "source": "test", "instruction": ASKED, "response": "fourteen", **changes}
    )


def rules(
    rows: list[ComparedRow], against: list[ComparedRow], chunks: CorpusChunks = NO_CHUNKS
) -> dict[int, str]:
    return {place: found.rule for place, found in find_overlaps(rows, against, chunks).items()}


def test_rows_that_share_nothing_overlap_with_nothing() -> None:
    assert rules([row(chunk=OTHER)], [held(chunk=SENTENCE)]) == {}


def test_thirteen_words_of_a_chunk_that_is_held_out_are_a_leak_and_are_shown() -> None:
    found = find_overlaps([row(chunk=f"Note well: {SENTENCE}.")], [held(chunk=SENTENCE)])[0]
    assert (found.rule, found.against.id, found.words) == (
        "13 words in a row of the chunk",
        "h1",
        SENTENCE.casefold(),
    )


def test_twelve_words_in_a_row_are_none() -> None:
    short = " ".join(SENTENCE.split()[: NGRAM_WORDS - 1])
    assert rules([row(chunk=f"{short} always")], [held(chunk=f"{short} never")]) == {}


def test_an_answer_that_quotes_a_chunk_that_is_held_out_is_a_leak() -> None:
    assert rules([row(response=SENTENCE)], [held(chunk=SENTENCE)]) == {
        0: "13 words in a row of question or answer"
    }


def test_the_same_question_about_another_chunk_is_another_question() -> None:
    assert rules([row(instruction=ASKED, chunk=OTHER)], [held(chunk=SENTENCE)]) == {}


def test_the_same_question_without_a_chunk_is_the_same_question() -> None:
    again = row(instruction="how many trams do crews wash", bare=True)
    assert rules([again], [held(chunk=SENTENCE)]) == {0: "the same question"}
    assert rules([row(instruction=ASKED, chunk=OTHER)], [held(bare=True)]) == {
        0: "the same question"
    }


def test_a_question_that_differs_in_a_fact_is_another_one() -> None:
    asked = "How many trams do the crews of Marrow wash in the June?"
    other = asked.replace("June", "July")
    assert rules([row(instruction=other, bare=True)], [held(instruction=asked, bare=True)]) == {}


def test_nearly_the_same_question_and_answer_are_a_leak() -> None:
    assert rules([row(instruction=f"{ASKED} ", response="Fourteen.", chunk=OTHER)], [held()]) == {
        0: "nearly the same example"
    }


def test_what_all_rows_of_a_task_are_asked_never_counts() -> None:
    rows = [row(instruction="", response="notice", chunk=OTHER)]
    assert rules(rows, [held(instruction="", response="notice", chunk=SENTENCE)]) == {}


def test_of_an_object_only_its_texts_count() -> None:
    assert prose_texts('{"a": null, "b": "x y", "c": [{"d": "z"}], "e": 4}') == ["x y", "z"]
    assert prose_texts("{broken") == ["{broken"]


def common(*texts: str) -> CorpusChunks:
    def every() -> Iterable[tuple[int, str]]:
        return enumerate(texts)

    return CorpusChunks(every, len(texts))


def test_what_stands_in_many_version_groups_is_boilerplate() -> None:
    rows, against = [row(chunk=SENTENCE)], [held(chunk=SENTENCE)]
    assert rules(rows, against, common(SENTENCE, SENTENCE, SENTENCE)) == {}
    assert list(rules(rows, against, common(SENTENCE, SENTENCE, OTHER))) == [0]
    assert list(rules(rows, against, common(*[SENTENCE] * 3, *[OTHER] * 60))) == [
        0
    ]  # 3 of 63 are less than one in 20


def test_a_leak_beside_boilerplate_is_still_one() -> None:
    rows, against = [row(chunk=f"{SENTENCE}. {OTHER}")], [held(chunk=f"{SENTENCE}. {OTHER}")]
    found = find_overlaps(rows, against, common(rows[0].chunk, against[0].chunk, SENTENCE))
    assert "ada finch" in found[0].words


def test_characters_count_where_no_spaces_are_set() -> None:
    text = "従業員は毎月末日までに前月分の交通費を経理部に申請しなければならない。期限後の申請は認めない"
    assert list(rules([row(chunk=text)], [held(chunk=f"規則：{text}")])) == [0]
    assert rules([row(chunk=text[: NGRAM_CHARACTERS - 1])], [held(chunk=text)]) == {}
    assert find_overlaps([row(chunk=f"別の文。{text[2:40]}")], [held(chunk=text)])[0].words == text[
        2:40
    ].replace("。", "")


def grams(text: str) -> set[tuple[str, ...]]:
    told = words(text)
    return {tuple(told[i : i + NGRAM_WORDS]) for i in range(len(told) - NGRAM_WORDS + 1)}


@LAW
@given(
    st.lists(st.lists(st.sampled_from("ab"), max_size=40).map(" ".join), max_size=6),
    st.integers(0, 6),
)
def test_shared_words_are_found_exactly_where_a_plain_search_finds_them(
    texts: list[str], cut: int
) -> None:
    rows = [
        row(id=f"r{i}", instruction="", response="", chunk=t) for i, t in enumerate(texts[:cut])
    ]
    against = [
        held(id=f"h{i}", instruction="", response="", chunk=t) for i, t in enumerate(texts[cut:])
    ]
    meant = [i for i, r in enumerate(rows) if any(grams(r.chunk) & grams(h.chunk) for h in against)]
    assert list(find_overlaps(rows, against)) == meant
