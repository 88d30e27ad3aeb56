"""Distractors: of the same side, never with the answer, the same ones whatever else is asked."""

import json
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from factory.core.records import Chunk, DocumentRef, Example, Row, Split, digest
from factory.core.task_settings import TaskSettings
from factory.dataset.distractors import with_distractors
from factory.dataset.mix import training_row
from factory.documents.similar_chunks import SimilarChunks
from factory.tasks.qa import QA
from tests.fakes import DEPOTS
from tests.world import FEW, document, example

TASKS = {"qa": QA(TaskSettings(distractors=2), one_fact=False, examples_per_call=3)}
SIDES: tuple[Split, ...] = ("test", "train")


# The sentence of each depot's chunk, a question about it and its answer.
TOLD = (
    (
        "Crews at Marrow wash 14 trams every night before the first departure.",
        "How many trams do crews at Marrow wash every night?",
        "14 trams",
    ),
    (
        "Drivers from Quay rest for 25 minutes after each long trip.",
        "For how long do drivers from Quay rest after a long trip?",
        "25 minutes",
    ),
    (
        "Mechanics in Hollow grease 36 doors during the winter.",
        "How many doors do mechanics in Hollow grease?",
        "36 doors",
    ),
    (
        "Clerks under Bell file 47 forms on Fridays.",
        "How many forms do clerks under Bell file?",
        "47 forms",
    ),
    (
        "Inspectors of Garrick visit 58 stops on the river line.",
        "How many stops do inspectors of Garrick visit?",
        "58 stops",
    ),
    (
        "Guests to Osier sign 3 lists at its gate.",
        "How many lists do guests to Osier sign?",
        "3 lists",
    ),
    (
        "Bakers near Tanner shape 310 loaves from rye dough.",
        "How many loaves do bakers near Tanner shape?",
        "310 loaves",
    ),
    (
        "Apprentices of Juniper weigh 17 sacks on delivery.",
        "How many sacks do apprentices of Juniper weigh?",
        "17 sacks",
    ),
    (
        "Readers at Larch borrow 9 novels for a season.",
        "How many novels do readers at Larch borrow?",
        "9 novels",
    ),
    (
        "Librarians from Wexford mend 33 bindings with linen thread.",
        "How many bindings do librarians from Wexford mend?",
        "33 bindings",
    ),
    (
        "Choirs below Pell practise 5 evenings in spring.",
        "How many evenings do choirs below Pell practise?",
        "5 evenings",
    ),
    (
        "Pupils of Dunmore use 26 desks once lessons end.",
        "How many desks do pupils of Dunmore use?",
        "26 desks",
    ),
)


def chunk_of(number: int) -> Chunk:
    """About one depot; every other one is of a test document."""
    depot = DEPOTS[number]
    text = f"{TOLD[number][0]} The chief opens the gate."
    ref = DocumentRef(digest=digest("document", number % 2), name=f"{SIDES[number % 2]}.md")
    return Chunk(
        digest=digest(text),
        document=ref,
        start=0,
        end=len(text),
        text=text,
        headings=("Depots", depot),
    )


CHUNKS = [chunk_of(number) for number in range(len(DEPOTS))]


def side(chunk: Chunk) -> Split:
    return "test" if chunk.document.name == "test.md" else "train"


def asked(number: int) -> Example:
    (sentence, question, answer), chunk = TOLD[number], CHUNKS[number]
    span = {"start": 0, "end": len(sentence), "text": sentence}
    return example(
        id=f"e{number}",
        instruction=question,
        response=answer,
        chunk=chunk,
        spans=[span],
        split=side(chunk),
    )


def row(one: Example, chunks: Sequence[Chunk] = CHUNKS, seed: int = 0) -> Row:
    made: Row = json.loads(
        json.dumps(
            training_row(one, TASKS, with_distractors(SimilarChunks(chunks, side), {"qa": 2}, seed))
        )
    )
    return made


def shown(made: Row) -> str:
    return str(json.loads(json.dumps(made["messages"]))[-2]["content"])


def meta(made: Row) -> dict[str, object]:
    return dict(json.loads(json.dumps(made["meta"])))


@FEW
@given(st.integers(0, len(DEPOTS) - 1), st.integers(0, 99))
def test_a_distractor_is_of_the_same_side(number: int, seed: int) -> None:
    found = meta(row(asked(number), seed=seed))["distractors"]
    assert isinstance(found, list)
    assert len(found) == 2
    assert {side(c) for c in CHUNKS if c.digest in found} == {SIDES[number % 2]}


@FEW
@given(st.integers(0, len(DEPOTS) - 1))
def test_no_distractor_holds_the_evidence_or_repeats_the_chunk(number: int) -> None:
    one = asked(number)
    copies = [
        c.model_copy(update={"text": f"{c.text} Ring.", "digest": digest(c.text, "copy")})
        for c in CHUNKS
    ]
    found = SimilarChunks([*CHUNKS, *copies], side).not_answering(one)
    assert all(TOLD[number][0] not in c.text for c in found)


def test_a_chunk_with_the_same_answer_is_no_distractor() -> None:
    other = CHUNKS[2].model_copy(
        update={"text": f"{CHUNKS[2].text} Crews of Marrow take out 14 trams.", "digest": "d" * 16}
    )
    assert "d" * 16 not in {
        c.digest for c in SimilarChunks([*CHUNKS, other], side).not_answering(asked(0))
    }


def test_a_chunk_that_says_something_else_of_what_is_asked_is_no_distractor() -> None:
    text = "Crews at Marrow wash 99 trams every night as long as the summer lasts and the river is high."
    other = CHUNKS[2].model_copy(update={"text": text, "digest": "d" * 16})
    assert "d" * 16 not in {
        c.digest for c in SimilarChunks([*CHUNKS, other], side).not_answering(asked(0))
    }


def test_the_chunk_stands_where_the_row_says() -> None:
    made = row(asked(4))
    position = meta(made)["position"]
    assert f"[{position}] Depots > {DEPOTS[4]}\n{CHUNKS[4].text}" in shown(made)
    assert [f"[{n}] Depots" in shown(made) for n in (1, 2, 3, 4)] == [True, True, True, False]


def test_the_seed_moves_the_chunk_about() -> None:
    assert {meta(row(asked(4), seed=seed))["position"] for seed in range(20)} == {1, 2, 3}


def test_distractors_depend_on_nothing_but_chunks_seed_and_example() -> None:
    assert (
        row(asked(4)) == row(asked(4)) == row(asked(4).model_copy(update={"cost": asked(0).cost}))
    )


def test_spans_still_point_into_the_document() -> None:
    plain = training_row(asked(4), TASKS)
    assert meta(row(asked(4)))["spans"] == meta(plain)["spans"]


def test_an_example_without_neighbours_is_shown_alone() -> None:
    made = row(asked(4), [CHUNKS[4]])
    assert (meta(made)["position"], meta(made)["distractors"]) == (1, [])
    assert document().text not in shown(made)
