"""Laws of the whole factory for texts that are labelled and read, both in one run; and what these tasks ask."""

import asyncio
import json
import random
from collections.abc import Callable
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.records import Example, Span
from factory.core.settings import FilterSettings, RepairSettings
from factory.dataset.mix import training_row
from factory.generation.engine import GenerationEngine, Outcome
from factory.planning.gold import GoldRow, gold_for_task
from factory.planning.slot_table import slot_groups
from factory.tasks import Draft, Tasks
from factory.tasks.classification import Classification
from factory.tasks.extraction import Extraction, extraction_shape
from factory.teachers import Request
from factory.teachers.openai_chat import strict_schema
from filters.consistency.vote import elect_draw
from tests.fakes import FakeTeacher, Said, asker, noting
from tests.leases import (
    BOTH,
    FIELDS,
    KINDS,
    LABELS,
    LEASES,
    LETTERS,
    LETTERS_SENT,
    Lease,
    answer,
    erring,
    labels,
    right,
    slots,
)
from tests.world import FEW, chunk, mistake

ALL = slots(*LETTERS_SENT)
FIRST = LETTERS_SENT[0]


def made(
    script: Callable[[Request], Said] | FakeTeacher,
    rounds: int = 1,
    letters: tuple[Lease, ...] = LETTERS_SENT,
) -> Outcome:
    teacher = script if isinstance(script, FakeTeacher) else FakeTeacher(script)
    factory = GenerationEngine(asker(teacher), BOTH, FilterSettings(), "fake")
    return asyncio.run(factory.make(slots(*letters), RepairSettings(rounds=rounds), lambda e: e))


def reasons(outcome: Outcome) -> list[str]:
    return [v.reason for e in outcome.rejected if (v := e.rejection)]


def test_two_tasks_in_one_run_keep_what_is_right_of_both() -> None:
    outcome = made(right)
    assert (len(outcome.kept), len(outcome.rejected), len(outcome.unfinished)) == (len(ALL), 0, 0)
    assert {e.task: e.response for e in outcome.kept if e.chunk.text == FIRST.text} == {
        "letters": "lease",
        "leases": answer(),
    }


@FEW
@given(st.integers(0, 10**6), st.integers(0, 2))
def test_every_slot_ends_in_exactly_one_list(seed: int, rounds: int) -> None:
    outcome = made(erring(seed), rounds)
    ended = [e.id for e in (*outcome.kept, *outcome.rejected)] + [
        u.slot.id for u in outcome.unfinished
    ]
    assert sorted(ended) == sorted(s.id for s in ALL)
    assert all((*reasons(outcome), *(u.reason for u in outcome.unfinished)))


@FEW
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 9))
def test_neither_the_order_of_arrival_nor_concurrency_decides(
    seed: int, arrival: int, in_flight: int
) -> None:
    late = random.Random(arrival)
    hasty = FakeTeacher(erring(seed), in_flight=1)
    slow = FakeTeacher(erring(seed), in_flight=in_flight, pause=lambda: late.random() / 500)
    assert made(hasty) == made(slow)


@FEW
@given(st.integers(0, 10**6))
def test_what_is_kept_is_the_elected_draw_with_its_own_proven_evidence(seed: int) -> None:
    for kept in made(erring(seed)).kept:
        chosen = kept.draws[
            cast("int", elect_draw(kept.draws, kept.instruction, BOTH[kept.task].agree))
        ]
        proof = next(v for v in kept.verdicts if v.filter == "grounding")
        assert (kept.response, kept.spans) == (chosen.response, chosen.spans)
        assert (proof.passed, proof.judged, proof.evidence) == (
            True,
            kept.response_digest,
            kept.spans,
        )
        assert all(kept.chunk.text[s.start : s.end] == s.text for s in kept.spans)


@FEW
@given(st.integers(0, 10**6))
def test_no_value_is_kept_that_its_evidence_contradicts(seed: int) -> None:
    kept = [e for e in made(erring(seed)).kept if e.task == "leases"]
    true = {one.text: one.fields for one in LETTERS_SENT}
    for example in kept:
        told = {n: v for n, v in json.loads(example.response).items() if v is not None}
        assert told == {n: true[example.chunk.text][n] for n in told}


@FEW
@given(st.integers(0, 10**6))
def test_a_repaired_answer_is_put_to_draws_of_its_own_that_see_no_reason(seed: int) -> None:
    asked: list[Request] = []
    outcome = made(noting(asked, erring(seed)))
    repaired = [r for r in asked if "Rejected answer" in r.user]
    assert {r.draw for r in repaired} <= {20}
    assert {r.draw for r in asked if r not in repaired} <= {1, 2, 3, 22, 23}
    assert all(len(e.attempts) <= 1 for e in (*outcome.kept, *outcome.rejected))


def answering(**changes: object) -> Callable[[Request], Said]:
    """Right of labels; of fields changed in every draw."""
    return lambda r: right(r) if labels(r) else r.shape.model_validate(FIRST.quoted(**changes))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"trams": 12},
            'The field "trams" says "12", but its evidence does not ("The Marrow depot hires 11 trams from 12 May 2026.").',
        ),
        (
            {"start": "2026-05-13"},
            'The field "start" says "2026-05-13", but its evidence does not ("The Marrow depot hires 11 trams',
        ),
        (
            {"start": "May 12"},
            'The field "start" says "May 12", must be a date such as 2026-03-31, 2026-03 or 2026.',
        ),
        (
            {"rent": {"amount": 1100, "currency": "EUR"}},
            'The field "rent" says "1100 EUR", but its evidence',
        ),
        (
            {"lines": ["Amber Line", "Larch Line"]},
            'The field "lines" says "Larch Line", but its evidence does not ("The trams serve',
        ),
        ({"use": "dawn"}, 'The field "use" says "dawn", must be one of: day, night.'),
        (
            {"depot": "not stated"},
            'The field "depot" holds a placeholder ("not stated"); what the text does not state is null.',
        ),
        (
            {"notice": {"days": 5, "form": None}},
            'The field "notice.days" says "5", but its evidence does not',
        ),
    ],
)
def test_a_rejection_names_the_field(changes: dict[str, object], reason: str) -> None:
    (told,) = reasons(made(answering(**changes), rounds=0, letters=(FIRST,)))
    assert told.startswith(reason)


def test_a_quote_that_does_not_stand_in_the_text_is_rejected_with_its_field() -> None:
    forged = {**FIRST.quoted(), "trams": {"quotes": ["It hires 11 trams."], "value": 11}}
    outcome = made(
        lambda r: right(r) if labels(r) else r.shape.model_validate(forged),
        rounds=0,
        letters=(FIRST,),
    )
    assert reasons(outcome) == [
        'The quote "It hires 11 trams." of the field "trams" does not stand in the chunk.'
    ]


def test_a_label_of_the_teachers_own_is_rejected_and_mended() -> None:
    def script(request: Request) -> Said:
        return (
            request.shape.model_validate({"label": "hire", "quotes": []})
            if labels(request) and request.draw == 1
            else right(request)
        )

    mended = next(e for e in made(script, letters=(FIRST,)).kept if e.task == "letters")
    assert [a.verdicts[-1].reason for a in mended.attempts] == [
        '"hire" is none of the labels; answer with one of: lease, repair, complaint.'
    ]


def test_a_label_is_kept_in_the_clients_spelling() -> None:
    outcome = made(
        lambda r: (
            r.shape.model_validate({"label": "Lease.", "quotes": []}) if labels(r) else right(r)
        ),
        letters=(FIRST,),
    )
    assert {e.response for e in outcome.kept if e.task == "letters"} == {"lease"}


def test_draws_that_differ_in_a_field_are_told_by_it() -> None:
    def script(request: Request) -> Said:
        others: tuple[dict[str, object], ...] = ({}, {"lines": None}, {"rent": None})
        return (
            right(request)
            if labels(request)
            else request.shape.model_validate(FIRST.quoted(**others[request.draw - 1]))
        )

    (told,) = reasons(made(script, rounds=0, letters=(FIRST,)))
    assert told.startswith('The answers differ in the fields: "rent" ("1100 USD", ')
    assert '; "lines" ("Amber Line, Marrow Line", null, ' in told


def test_labels_that_differ_are_told() -> None:
    def script(request: Request) -> Said:
        chosen = LABELS[request.draw - 1]
        return (
            request.shape.model_validate({"label": chosen, "quotes": []})
            if labels(request)
            else right(request)
        )

    assert reasons(made(script, rounds=0, letters=(FIRST,))) == [
        'Readers of the text chose different labels: "lease", "repair", "complaint".'
    ]


def test_texts_that_are_all_but_the_same_are_duplicates_within_a_task_and_not_across_tasks() -> (
    None
):
    repeated = chunk(f"{FIRST.text} .", headings=())
    again = [s for task in BOTH.values() for s in task.slots(repeated, "train")]
    factory = GenerationEngine(asker(FakeTeacher(right)), BOTH, FilterSettings(), "fake")
    outcome = asyncio.run(
        factory.make([*slots(FIRST), *again], RepairSettings(rounds=0), lambda e: e)
    )
    assert sorted(e.task for e in outcome.kept) == ["leases", "letters"]
    assert all(reason.startswith("It repeats example") for reason in reasons(outcome))


def small(*letters: Lease) -> tuple[Example, ...]:
    """What a teacher that gives no quotes is kept of."""
    tasks: Tasks = {
        "letters": Classification(KINDS, quotes=False),
        "leases": Extraction(FIELDS, quotes=False, support=0.6),
    }
    teacher = FakeTeacher(
        lambda r: r.shape.model_validate({"label": "lease"} if labels(r) else FIRST.fields)
    )
    factory = GenerationEngine(asker(teacher), tasks, FilterSettings(), "fake")
    return tuple(
        asyncio.run(
            factory.make(slots(*letters, tasks=tasks), RepairSettings(rounds=0), lambda e: e)
        ).kept
    )


def test_evidence_that_a_small_teacher_does_not_give_is_found_by_code() -> None:
    extraction = next(e for e in small(FIRST) if e.task == "leases")
    rent = next(s for s in extraction.spans if s.field == "rent")
    assert (rent.text, {s.field for s in extraction.spans}) == (
        "The rent is $1,100 a month.",
        {"depot", "trams", "start", "rent", "lines"},
    )


@pytest.mark.parametrize(
    "shape", [LETTERS.write(ALL[:1]).shape, LEASES.write(ALL[1:2]).shape], ids=["labels", "fields"]
)
def test_a_shape_is_valid_for_strict_mode(shape: type) -> None:
    def objects(part: object) -> list[dict[str, object]]:
        if isinstance(part, list):
            return [found for one in part for found in objects(one)]
        if not isinstance(part, dict):
            return []
        return [
            *([part] if "properties" in part else []),
            *(found for one in part.values() for found in objects(one)),
        ]

    found = objects(strict_schema(shape))
    assert found
    assert all(
        o["additionalProperties"] is False
        and list(cast("dict[str, object]", o["properties"])) == o["required"]
        for o in found
    )


def test_a_shape_asks_for_the_labels_and_is_made_once() -> None:
    shape = LETTERS.write(ALL[:1]).shape
    assert shape.model_json_schema()["properties"]["label"]["enum"] == list(LABELS)
    assert shape is LETTERS.write(ALL[2:3]).shape
    assert extraction_shape(FIELDS.fields, True) is extraction_shape(FIELDS.fields, True)


def test_a_call_is_of_one_task_and_one_text() -> None:
    assert [(g[0].task, len(g)) for _, g in slot_groups(BOTH, ALL[:4])] == [
        ("letters", 1),
        ("leases", 1),
    ] * 2


def test_a_chunk_without_a_word_carries_no_slot() -> None:
    assert LETTERS.slots(chunk("* * *"), "train") == []


def test_the_question_holds_every_label_with_its_definition_and_boundary() -> None:
    assert LETTERS.question.split("\n")[-3:] == [
        "- lease: A depot hires trams. A hired tram that is broken is a repair.",
        "- repair: A tram is broken.",
        "- complaint",
    ]


def test_the_question_holds_every_field_with_its_type() -> None:
    assert LEASES.question.split("\n")[-9:-4] == [
        "- depot (string)",
        "- trams (number)",
        "- start (date): the first day of the lease",
        "- rent (money)",
        "- lines (list of string)",
    ]


def test_the_name_of_a_document_is_not_shown_with_a_text_to_be_labelled() -> None:
    slot = ALL[0]
    assert slot.chunk.document.name not in LETTERS.write([slot]).user


def test_a_training_row_shows_text_and_question_and_ends_with_the_answer() -> None:
    (kept,) = (e for e in small(FIRST) if e.task == "leases")
    messages = cast("list[dict[str, str]]", training_row(kept, BOTH)["messages"])
    assert (FIRST.text in messages[1]["content"], LEASES.question in messages[1]["content"]) == (
        True,
        True,
    )
    assert messages[-1] == {"role": "assistant", "content": answer()}


def test_values_are_written_in_one_way() -> None:
    read = extraction_shape(FIELDS.fields, False).model_validate(
        {
            **FIRST.fields,
            "depot": " Marrow\n depot ",
            "trams": 11.0,
            "lines": [],
            "notice": {"days": None, "form": ""},
        }
    )
    draft = Extraction(FIELDS, quotes=False, support=0.6).drafts(read, ALL[1:2])[0][0]
    told = json.loads(cast("Draft", draft).response)
    assert (told["depot"], told["trams"], told["lines"], told["notice"]) == (
        "Marrow depot",
        11,
        None,
        None,
    )


def gold(task: str, response: object) -> GoldRow:
    return GoldRow.model_validate(
        {"id": "g1", "task": task, "response": response, "chunk": FIRST.text}
    )


def test_a_gold_row_gets_its_tasks_question_and_spelling() -> None:
    label = gold_for_task(gold("letters", "LEASE"), BOTH)
    fields = gold_for_task(gold("leases", {"trams": 11, "depot": "Marrow"}), BOTH)
    assert (label.instruction, label.response) == (LETTERS.question, "lease")
    assert json.loads(fields.response) == {
        **dict.fromkeys(FIRST.fields),
        "depot": "Marrow",
        "trams": 11,
    }


@pytest.mark.parametrize(
    ("task", "response", "sentence"),
    [
        (
            "letters",
            "hire",
            'gold row g1: its response "hire" is not a label of the task "letters", must be one of its labels',
        ),
        (
            "leases",
            "11",
            'gold row g1: its response is no JSON object, must be one for the task "leases"',
        ),
        (
            "leases",
            {"tram": 11},
            'gold row g1: its response holds "tram", which is no field of the task "leases"',
        ),
        (
            "qa",
            "11",
            'gold row g1: the recipe has no task "qa", must be one of letters, leases',
        ),
    ],
)
def test_a_gold_row_that_its_task_can_t_be_asked_is_a_mistake(
    task: str, response: object, sentence: str
) -> None:
    assert mistake(lambda: gold_for_task(gold(task, response), BOTH)) == sentence


def test_a_span_says_its_field_only_where_it_has_one() -> None:
    assert Span(start=0, end=1, text="a").model_dump() == {"start": 0, "end": 1, "text": "a"}
    assert Span(start=0, end=1, text="a", field="rent").model_dump()["field"] == "rent"
