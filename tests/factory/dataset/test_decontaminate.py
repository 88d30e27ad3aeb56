"""What is held against training rows: what was kept of held-out sides, and what the shifted test set makes of it."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.errors import PromiseBroken
from factory.core.records import Chunk, DocumentRef, Example, digest
from factory.core.settings import EvaluateSettings
from factory.dataset.decontaminate import Decontamination, LeakGuard, Verdicts
from factory.dataset.mix import ReplayExample
from factory.dataset.rows import Rows
from tests.factory.dataset.test_distractors import CHUNKS, asked
from tests.factory.dataset.test_rows import kept, rows
from tests.world import LAW, mistake

LONG = "The night porter of Osier hands the brass key of the northern signal box to nobody but the chief."


def guard(task: Mapping[str, object], *chunks: Chunk, **split: object) -> LeakGuard:
    made = rows(task, **split)
    found = made.found
    return LeakGuard(
        Path(),
        Rows(
            made.recipe,
            made.tasks,
            type(found)(**{**vars(found), "chunks": [*CHUNKS, *chunks], "gold": []}),
        ),
    )


def trained(text: str, instruction: str = "Who holds the key?") -> Example:
    chunk = Chunk(
        digest=digest(text),
        document=DocumentRef(digest="t", name="train.md"),
        start=0,
        end=len(text),
        text=text,
    )
    return asked(1).model_copy(
        update={
            "id": "t1",
            "instruction": instruction,
            "response": "the chief",
            "chunk": chunk,
            "spans": (),
        }
    )


def reasons(found: Verdicts) -> list[str]:
    return [verdict.reason.partition(",")[0].partition(":")[0] for verdict in found.values()]


def test_an_excerpt_that_only_the_shifted_test_shows_is_held_out_too() -> None:
    text = f"{LONG} Crews sing at Marrow."
    near = Chunk(
        digest=digest(text),
        document=CHUNKS[0].document,
        start=0,
        end=len(text),
        text=text,
        headings=("Depots", "Marrow"),
    )
    examples = [*kept("test"), trained(LONG)]
    assert reasons(guard({}, near, shift_kinds=["unanswerable"]).judge(examples)) == [
        "It stands in shift as well (13 words in a row of the chunk"
    ]
    assert guard({}, near, shift_kinds=[]).judge(examples) == {}


@LAW
@given(
    st.integers(0, 10_000),
    st.sampled_from(["paraphrased", "adversarial", "noisy"]),
    st.integers(0, 5),
)
def test_no_training_question_is_one_of_the_shifted_test(seed: int, kind: str, number: int) -> None:
    made = guard({"open_book": False}, shift_kinds=[kind], shift_each=1)
    made = LeakGuard(
        made.home,
        Rows(made.rows.recipe.model_copy(update={"seed": seed}), made.rows.tasks, made.rows.found),
    )
    test = kept("test", "test", "test", "test", "test", "test")
    shifted = [one.instruction for one in made.shifted(test, every=True)]
    copied = trained("The gate stays open.", shifted[number % len(shifted)])
    assert list(made.judge([*test, copied])) == [6]


def test_replay_that_asks_a_general_question_is_removed_where_forgetting_is_measured() -> None:
    made, asked_too = (
        guard({}),
        ReplayExample(
            instruction="Name only the city: the capital of Hungary.", response="Budapest."
        ),
    )
    assert [overlap.against.id for overlap in made.clean([asked_too], [])[1]] == [
        "general-knowledge-002"
    ]
    unmeasured = made.rows.recipe.model_copy(update={"evaluate": EvaluateSettings(forgetting=None)})
    assert LeakGuard(made.home, Rows(unmeasured, made.rows.tasks, made.rows.found)).clean(
        [asked_too], []
    ) == ([asked_too], [])


@pytest.mark.parametrize(
    "ending",
    ["of the depot at Marrow Street", "of the trams in the yard of the depot at Marrow Street"],
)
def test_refusals_and_answers_behind_questions_that_end_alike_are_no_copies(ending: str) -> None:
    refusal = "I don't know that from the documents I have."
    held = kept("test")[0].model_copy(
        update={"instruction": f"Who paints the doors {ending}?", "response": refusal}
    )
    mine = trained("The gate stays open.", f"Which oil greases hinges {ending}?").model_copy(
        update={"response": refusal}
    )
    assert guard({}, shift_kinds=[]).judge([held, mine]) == {}


def test_what_the_client_names_as_form_is_no_overlap(tmp_path: Path) -> None:
    (tmp_path / "form.txt").write_text(LONG, encoding="utf-8")
    held = kept("test")[0].model_copy(update={"chunk": trained(LONG).chunk})
    made = guard({}, shift_kinds=[], form=["form.txt"])
    assert LeakGuard(tmp_path, made.rows).judge([held, trained(LONG)]) == {}
    assert list(guard({}, shift_kinds=[]).judge([held, trained(LONG)])) == [1]


def test_a_form_that_is_no_file_is_named(tmp_path: Path) -> None:
    made = LeakGuard(tmp_path, guard({}, form=["form.txt"]).rows)
    fault = 'split.form: "form.txt" can\'t be read (No such file or directory), must be a text file'
    assert mistake(lambda: made.judge([*kept("test"), trained(LONG)])) == fault


def test_much_that_several_documents_share_is_told_with_the_way_out() -> None:
    told = Decontamination(compared=10, removed=4, share=0.4, in_form=3)
    with pytest.raises(
        PromiseBroken,
        match="3 of them share words that occur in 3 documents or more.*name the file as split.form; otherwise correct the split",
    ):
        told.must_hold()
    with pytest.raises(PromiseBroken, match="contamination.jsonl lists them; correct the split"):
        told.model_copy(update={"in_form": 0}).must_hold()
