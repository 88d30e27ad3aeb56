"""`docstill rehearse`: the factory against a teacher whose every error is known."""

import asyncio
import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.commands.rehearsing import run_rehearsal
from factory.core.errors import PromiseBroken
from factory.core.prompts import load_prompt
from factory.core.schemas import FieldSettings
from factory.pipeline import Events
from factory.planning.gold import GoldRow
from factory.rehearsal import ABLATED_FILTERS, Rehearsal, rehearse
from factory.rehearsal.answerers import reword_answer
from factory.rehearsal.extraction_answerer import ExtractionAnswerer, value_in_words
from factory.rehearsal.faults import ANSWER_FAULTS, evidence_contradicts, plant_fault
from factory.rehearsal.gold_questions import GoldQuestion, best_sentence, group_by_chunk
from factory.rehearsal.label_answerer import LabelAnswerer
from factory.rehearsal.outcomes import AttemptOutcome
from factory.rehearsal.prompt_parser import parse_prompt
from factory.rehearsal.qa_answerer import QAAnswerer
from factory.rehearsal.score import bootstrap_by_question, score_rehearsal
from factory.rehearsal.server import serve_locally
from factory.rehearsal.setup import RehearsalSettings
from factory.rehearsal.teacher import ErringTeacher, ErrorRates, GivenAnswer
from tests.mock import docstill
from tests.world import LAW, QUESTION, TEXT, WASHED, WASHING, chunk, mistake

ROOT = Path(__file__).parents[3]
QA = (load_prompt("qa_write"), load_prompt("qa_answer"), load_prompt("qa_repair"))
EARS = Events(lambda _: None, lambda _: None, lambda _: None, lambda _: None)
WORDS = st.text(min_size=1, max_size=60).map(str.strip).filter(bool)
LINE = WORDS.filter(lambda text: text.splitlines() == [text])
RECIPE = """seed = 7

[documents]
paths = ["documents"]

[[teachers]]
name = "mine"
model = "openai/gpt-5"

[student]
base = "nowhere/student"
"""
DEPOTS = ("Marrow", "Quay", "Hollow", "Bell", "Garrick", "Osier")


def question(**changes: object) -> GoldQuestion:
    row = {"id": "g1", "instruction": QUESTION, "response": "within 14 days", "chunk": WASHING}
    return GoldQuestion(GoldRow.model_validate({**row, **changes}), chunk(), TEXT)


def erring(wrong: float, correlated: float = 0.5, seed: int = 0) -> ErringTeacher:
    asked = [question()]
    return ErringTeacher(
        asked, QAAnswerer(group_by_chunk(asked)), QA, ErrorRates(wrong, correlated), seed
    )


def written(teacher: ErringTeacher, key: str = "k1") -> dict[str, object]:
    names = {"wishes": "", "heading": "Tram depot > Washing", "chunk": WASHING}
    said = teacher.answer(*QA[0].fill(**names, count="1"), key)
    return dict(json.loads(said or "")["examples"][0])


def drawn(teacher: ErringTeacher, key: str) -> dict[str, object]:
    names = {"heading": "Tram depot > Washing", "chunk": WASHING, "question": QUESTION}
    return dict(json.loads(teacher.answer(*QA[1].fill(**names), key) or ""))


@given(WORDS, WORDS, LINE)
@LAW
def test_what_a_prompt_was_filled_with_is_read_back(wishes: str, text: str, asked: str) -> None:
    names = {
        "wishes": wishes,
        "heading": "Depot",
        "chunk": text,
        "question": asked,
        "answer": "14",
        "reason": "Too short.",
    }
    found = parse_prompt(QA, *QA[2].fill(**names))
    assert found
    assert (found.prompt.name, found.names) == ("qa_repair", names)


def test_a_prompt_without_wishes_is_recognised() -> None:
    found = parse_prompt(QA, *QA[0].fill(wishes="", heading="Depot", chunk=WASHING, count="3"))
    assert found
    assert found.names == {"wishes": "", "heading": "Depot", "chunk": WASHING, "count": "3"}


def test_words_of_no_prompt_are_not_recognised() -> None:
    assert parse_prompt(QA, "You are a poet.", "Write about trams.") is None


def test_a_teacher_that_never_errs_gives_the_gold_answer_with_its_evidence() -> None:
    assert written(erring(0)) == {
        "question": QUESTION,
        "answer": "within 14 days",
        "quotes": [WASHED],
    }


def test_correlated_errors_are_the_same_in_all_draws() -> None:
    teacher = erring(0.9, correlated=1, seed=1)
    answers = {
        str(said["answer"])
        for said in (written(teacher), drawn(teacher, "k2"), drawn(teacher, "k3"))
    }
    assert len(answers) == 1
    assert [(said.draw, said.correlated) for said in teacher.given] == [
        (1, True),
        (2, True),
        (3, True),
    ]


def test_a_request_that_is_sent_again_is_answered_alike_and_counted_once() -> None:
    teacher = erring(0.5)
    assert written(teacher) == written(teacher)
    assert teacher.calls == {"write": 1}


def test_errors_come_at_the_rate_that_was_asked_for() -> None:
    wrongs = 0
    for seed in range(2000):
        teacher = erring(0.35, seed=seed)
        written(teacher)
        wrongs += bool(teacher.given[0].fault)
    assert 0.31 < wrongs / 2000 < 0.39


@given(st.integers(0, 2**32))
@LAW
def test_a_planted_answer_is_another_than_the_right_one(seed: int) -> None:
    found = plant_fault(question(), "within 14 days", Random(seed), ANSWER_FAULTS)
    assert found
    assert found[0] != "within 14 days"
    assert found[1] in ANSWER_FAULTS


def test_evidence_contradicts_only_what_it_does_not_say() -> None:
    assert evidence_contradicts("within 14 days", "within 15 days", WASHED)
    assert not evidence_contradicts("within 14 days", "days of its last wash", WASHED)


@pytest.mark.parametrize(
    ("answer", "same"),
    [("Within 10 days", "Within ten days"), ("30 minutes", "30 minutes"), ("Form 4 a day", "")],
)
def test_a_reworded_answer_says_the_same(answer: str, same: str) -> None:
    forms = {reword_answer(answer, Random(seed)) for seed in range(40)}
    assert forms == {answer, f"{answer}.", *([same] if same else [])}


def labels() -> tuple[LabelAnswerer, GoldQuestion]:
    return LabelAnswerer(("washing", "opening", "repair")), question(
        instruction="Which label?", response="washing"
    )


def test_a_wrong_label_is_another_of_the_taxonomy() -> None:
    answerer, asked = labels()
    wrongs = {told.response for seed in range(20) if (told := answerer.wrong(asked, Random(seed)))}
    assert wrongs == {"opening", "repair"}


def test_a_label_comes_with_the_sentence_that_says_most_of_it() -> None:
    answerer, asked = labels()
    assert answerer.reply(asked, answerer.right(asked, None)) == {
        "quotes": [WASHED],
        "label": "washing",
    }


FIELDS = (
    FieldSettings(name="days", type="number"),
    FieldSettings(name="depot", type="string"),
    FieldSettings(name="closed", type="list"),
    FieldSettings(name="since", type="date"),
)
STATED = {"days": 14, "depot": "Marrow Street", "closed": ["Sunday", "Monday"], "since": None}


CHANGES = (
    "number",
    "other field's value",
    "field of another",
    "field dropped",
    "list shortened",
    "field invented",
)


def fields() -> tuple[ExtractionAnswerer, GoldQuestion]:
    asked = question(response=json.dumps(STATED))
    other = question(
        id="g2", response=json.dumps({**STATED, "depot": "Quay", "since": "2019-05-04"})
    )
    return ExtractionAnswerer(FIELDS, (asked.row.response, other.row.response)), asked


def changed(kind: str) -> list[dict[str, object]]:
    """What differs from the right answer, over many faults of that kind."""
    answerer, asked = fields()
    told = [
        t for seed in range(60) if (t := answerer.wrong(asked, Random(seed))) and t.fault == kind
    ]
    found = [json.loads(t.response) for t in told]
    return [{name: value for name, value in one.items() if value != STATED[name]} for one in found]


@pytest.mark.parametrize("kind", CHANGES)
def test_a_fault_of_an_extraction_changes_one_field(kind: str) -> None:
    assert {len(one) for one in changed(kind)} == {1}


def test_a_field_is_invented_from_another_text() -> None:
    assert {str(one) for one in changed("field invented")} == {"{'since': '2019-05-04'}"}


def test_each_field_brings_its_own_sentence() -> None:
    answerer, asked = fields()
    reply = answerer.reply(asked, answerer.right(asked, None))
    assert reply == {
        "days": {"quotes": [WASHED], "value": 14},
        "depot": {"quotes": [WASHED], "value": "Marrow Street"},
        "closed": {
            "quotes": ["Trams are not washed on Sunday.", WASHED],
            "value": ["Sunday", "Monday"],
        },
        "since": None,
    }


def test_a_date_is_looked_for_by_the_name_of_its_month() -> None:
    assert (
        value_in_words("2019-05-04"),
        value_in_words("2019-05"),
        value_in_words({"amount": 3, "currency": "EUR"}),
    ) == (
        "May 4 2019",
        "May 2019",
        "3 EUR",
    )


def test_where_gold_names_no_evidence_it_is_the_sentence_with_most_of_the_answer() -> None:
    assert best_sentence(WASHING, QUESTION, "within 14 days") == WASHED


def test_the_server_refuses_what_the_teacher_has_no_gold_row_for() -> None:
    async def asked(url: str) -> int:
        async with aiohttp.ClientSession() as session:
            body = {"messages": [{"content": "You are a poet."}, {"content": "Write."}]}
            async with session.post(f"{url}/chat/completions", json=body) as reply:
                return reply.status

    with serve_locally(erring(0).answer) as url:
        assert asyncio.run(asked(url)) == 400


def fate(
    question: str, attempt: int = 0, fault: str = "", caught: str = "", now: str = ""
) -> AttemptOutcome:
    said = GivenAnswer(question, attempt, 1, "x", fault, False)
    return AttemptOutcome(
        question, attempt, said, caught, not caught or caught == "outvoted", "x", now, ""
    )


def test_figures_are_counted_by_slot_and_by_attempt() -> None:
    found = score_rehearsal(
        [
            fate("a"),
            fate("b", fault="number", caught="grounding", now="number"),
            fate("b", 1),
            fate("c", fault="name", now="name"),
            fate("d", fault="number", caught="outvoted"),
            fate("e", caught="schema"),
        ],
        Counter(write=1, draw=4, repair=1),
        5,
        seed=0,
    )
    shares = (found.raw, found.precision, found.lost, found.repaired)
    assert [(share.part, share.of) for share in shares] == [(2, 5), (3, 4), (1, 2), (1, 1)]
    assert [(k.kind, k.caught.part, k.caught.of, k.by) for k in found.kinds] == [
        ("name", 0, 1, {}),
        ("number", 2, 2, {"grounding": 1, "outvoted": 1}),
    ]
    assert [(share.part, share.of) for share in (found.alone, found.together)] == [(2, 3), (0, 0)]
    assert (found.lost_by, found.kept_wrong) == ({"schema": 1}, {"name": 1})
    assert (found.refused.part, found.refused.of, found.refused_by) == (1, 3, {"schema": 1})
    assert (found.calls.per_kept, found.calls.draws_per_kept, found.calls.draws_per_slot) == (
        1.5,
        1.0,
        0.8,
    )


def test_an_interval_of_nothing_says_nothing() -> None:
    assert bootstrap_by_question([], 0) == (0.0, 1.0)


def test_slots_of_one_question_count_as_one_cluster() -> None:
    often = [(name, name != "a") for name in "abcdefghij" for _ in range(50)]
    once = [(name, name != "a") for name in "abcdefghij"]
    assert bootstrap_by_question(often, 0) == bootstrap_by_question(once, 0)


def depot(name: str, trams: int) -> str:
    return f"Crews of the {name} depot on the river wash {trams} trams every night before the first departure of the morning."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recipe, and gold rows that carry their chunks."""
    (tmp_path / "recipe.toml").write_text(RECIPE)
    rows = [
        {
            "id": name,
            "instruction": f"How many trams do crews of the {name} depot wash every night?",
            "response": f"{21 + number} trams",
            "chunk": depot(name, 21 + number),
        }
        for number, name in enumerate(DEPOTS)
    ]
    (tmp_path / "gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def rehearsed(folder: Path, **changes: object) -> list[Rehearsal]:
    script = RehearsalSettings(
        folder / "recipe.toml", (), folder / "gold.jsonl", folder / "out", wrong=0.5
    )
    return rehearse(replace(script, **changes), EARS)  # type: ignore[arg-type]


def test_without_errors_everything_is_kept(folder: Path) -> None:
    found = rehearsed(folder, wrong=0.0)[0].score
    assert (found.slots, found.kept, found.precision.part, found.kinds, found.repair) == (
        6,
        6,
        6,
        [],
        [],
    )


def test_a_wrong_number_is_never_kept(folder: Path) -> None:
    found = rehearsed(folder, slots=30)[0].score
    assert (found.slots, found.questions) == (30, 6)
    numbers = [kind.caught for kind in found.kinds if kind.kind == "number"]
    assert sum(share.of for share in numbers) == sum(share.part for share in numbers) > 0


def test_each_filter_is_left_out_once_if_asked(folder: Path) -> None:
    found = rehearsed(folder, ablate=True, slots=4)
    assert [r.without for r in found] == [(), *((name,) for name in ABLATED_FILTERS)]


def test_without_grounding_a_wrong_number_in_all_draws_is_kept(folder: Path) -> None:
    one, other = (
        rehearsed(folder, correlated=1.0, without=without)[0].score
        for without in ((), ("grounding",))
    )
    assert (one.kept_wrong, "number" in other.kept_wrong) == ({}, True)


def test_the_same_seed_gives_the_same_figures(folder: Path) -> None:
    assert rehearsed(folder, seed=3) == rehearsed(folder, seed=3)


def test_what_became_of_every_attempt_is_written_beside_the_right_answer(folder: Path) -> None:
    rehearsed(folder)
    lines = [
        json.loads(line)
        for line in (folder / "out/qa/seed-0/attempts.jsonl").read_text().splitlines()
    ]
    assert {line["question"] for line in lines} == set(DEPOTS)
    assert all((line["wrote"] != line["right"]) == bool(line["fault"]) for line in lines)


def test_the_command_shows_the_figures_and_where_they_are(folder: Path) -> None:
    out = folder / "out"
    arguments = (
        str(folder / "recipe.toml"),
        "--gold",
        str(folder / "gold.jsonl"),
        "--out",
        str(out),
        "--wrong",
        "0.5",
    )
    code, told = docstill(folder / "log", "rehearse", *arguments)
    (figures,) = json.loads((out / "rehearsal.json").read_text())
    assert code == 0
    assert (
        "qa: 6 slots about 6 questions, 1 pass from seed 0 on; 50 % of the answers wrong"
        in told.replace("\n", " ").replace("  ", " ")
    )
    assert (
        f"figures: {out}/rehearsal.json; each pass is a run: docstill report {out}/qa/seed-0"
        in told
    )
    assert (figures["task"], figures["score"]["slots"]) == ("qa", 6)


def test_a_filter_that_is_none_is_refused(folder: Path) -> None:
    script = RehearsalSettings(
        folder / "recipe.toml", (), folder / "gold.jsonl", folder / "out", without=("luck",)
    )
    assert (
        mistake(lambda: run_rehearsal(script))
        == "--without luck: must be one of schema, grounding, consistency or duplicates"
    )


NAMES = (
    "washing opening repair tickets staff tracks power doors noise weather brakes signals".split()
)
LABELS = f"""
[[tasks]]
kind = "classification"
labels = [{", ".join(f'{{ name = "{name}" }}' for name in NAMES)}]
"""
EXTRACTED = """
[[tasks]]
kind = "extraction"
fields = [{ name = "depot" }, { name = "trams", type = "number" }, { name = "opened", type = "date" }]
"""


def of_another_kind(folder: Path, task: str, responses: list[object]) -> None:
    """The same chunks, with what another kind of task makes of them."""
    (folder / "recipe.toml").write_text(RECIPE + task)
    chunks = [depot(name, 21 + number) for number, name in enumerate(DEPOTS)]
    rows = [
        {"id": f"g{i}", "response": r, "chunk": c}
        for i, (r, c) in enumerate(zip(responses, chunks, strict=True))
    ]
    (folder / "gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_labels_err_apart_from_each_other_and_the_other_case_is_told_beside(folder: Path) -> None:
    of_another_kind(folder, LABELS, ["washing"] * 6)
    apart, alike = rehearsed(folder, slots=36, wrong=0.35)
    assert (apart.kind, apart.correlated, apart.score.together.of, alike.correlated) == (
        "classification",
        0.0,
        0,
        0.5,
    )
    assert alike.score.together.part == 0 < alike.score.together.of
    assert (
        apart.score.precision.part / apart.score.kept
        > 0.9
        > alike.score.precision.part / alike.score.kept
    )


def test_what_an_extraction_invents_or_changes_is_caught(folder: Path) -> None:
    of_another_kind(
        folder,
        EXTRACTED,
        [{"depot": name, "trams": 21 + number} for number, name in enumerate(DEPOTS)],
    )
    (found,) = rehearsed(folder, slots=60)
    assert (found.kind, found.score.kept_wrong.keys() <= {"field dropped"}) == ("extraction", True)
    assert {k.kind: k.caught.of - k.caught.part for k in found.score.kinds if k.correlated} == {
        "field of another": 0,
        "number": 0,
    }


def test_a_teacher_that_does_not_know_what_it_is_asked_ends_the_rehearsal(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("factory.rehearsal.teacher.parse_prompt", lambda *_: None)
    with pytest.raises(PromiseBroken, match="the rehearsal did not recognize"):
        rehearsed(folder)


def test_judges_and_other_teachers_of_a_recipe_are_left_at_home(folder: Path) -> None:
    others = """
[[teachers]]
name = "other"
model = "anthropic/claude-haiku-4-5"
[[tasks]]
teacher = "other"
[filters.grounding]
judge = "other"
[filters.consistency]
teachers = ["other"]
"""
    (folder / "recipe.toml").write_text(RECIPE + others)
    assert rehearsed(folder, wrong=0.0)[0].score.kept == 6


def test_a_rehearsal_asks_no_proxy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert rehearsed(folder)[0].score.slots == 6
    assert "no_proxy" not in os.environ


def test_gold_about_a_document_that_is_not_there_is_refused(folder: Path) -> None:
    (folder / "documents").mkdir()
    (folder / "documents/depot.md").write_text(TEXT)
    (folder / "gold.jsonl").write_text(
        '{"id": "g1", "instruction": "a", "response": "b", "document": "b.md"}'
    )
    told = mistake(lambda: rehearsed(folder))
    assert (
        told
        == "gold row g1: b.md is not among the documents; it must be a text below documents.paths"
    )


def test_gold_without_rows_is_refused(folder: Path) -> None:
    (folder / "gold.jsonl").write_text("\n")
    assert (
        mistake(lambda: rehearsed(folder))
        == f"{folder}/gold.jsonl: has no rows; add questions with known answers"
    )


def test_a_chunk_too_short_to_ask_about_is_left_out(folder: Path) -> None:
    with (folder / "gold.jsonl").open("a") as file:
        file.write(
            '{"id": "short", "instruction": "How many trams are there?", "response": "3", "chunk": "There are 3 trams."}'
        )
    assert rehearsed(folder, wrong=0.0)[0].score.slots == 6


def test_gold_of_two_kinds_is_refused(folder: Path) -> None:
    row = {"id": "g1", "instruction": "a", "response": "b"}
    rows = [{**row, "chunk": "c"}, {**row, "id": "g2", "document": "d.md"}]
    (folder / "gold.jsonl").write_text("\n".join(map(json.dumps, rows)))
    told = mistake(lambda: rehearsed(folder))
    assert (
        told
        == f'{folder}/gold.jsonl: some rows have a "chunk" and some only a "document"; give all rows the same one'
    )


def test_filters_vote_and_repair_make_most_of_a_poor_teacher_right(tmp_path: Path) -> None:
    found = rehearse(
        RehearsalSettings(
            ROOT / "data/recipes/vllm.toml", (), ROOT / "data/gold/demo.jsonl", tmp_path, slots=75
        ),
        EARS,
    )[0].score
    assert found.slots == 75
    assert found.precision.part / found.precision.of > found.raw.part / found.raw.of + 0.2
    assert [
        k.kind
        for k in found.kinds
        if k.kind in ("number", "entity") and k.caught.part < k.caught.of
    ] == []
