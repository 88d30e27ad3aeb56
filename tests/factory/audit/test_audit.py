"""`docstill audit`: what is told of a run's filters, and of right examples that they reject."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from factory.audit.audit import audit
from factory.audit.results import HOW_JUDGED, OWN_FILTERS_NOTE, Audit
from factory.cli import app
from factory.core.recipe import Recipe, read_recipe
from factory.core.records import Example
from factory.core.run_folder import BEYOND, Run, example_line
from factory.core.stats import Proportion
from factory.dataset.distractors import with_distractors
from factory.dataset.mix import training_row
from factory.documents.similar_chunks import SimilarChunks
from factory.reports.html import write_html
from factory.reports.tables import CHANGED
from factory.tasks.build import build_tasks
from tests.factory.reports.test_tables import report, words
from tests.world import WASHED, document, example, mistake, span

RECIPE = """
seed = 7
documents = { paths = ["."] }
student = { base = "none" }
[[teachers]]
name = "mock"
model = "compatible/mock"
base_url = "http://127.0.0.1:1/v1"
"""
FALSE = example(id="g2", response="within 99 days", spans=())
RIGHT = example(id="g1", response="14 days", spans=())


def answered(**changes: object) -> Example:
    return example(id="k1", response=WASHED, spans=(span(WASHED),), **changes)


def made(folder: Path, kept: list[Example], gold: list[Example]) -> tuple[Run, Recipe]:
    run = Run(folder)
    run.create()
    run.write("recipe.toml", RECIPE)
    run.write("report.json", report(asked=len(kept), kept=len(kept)).model_dump_json())
    run.write_documents([document()])
    run.write_lines("kept.jsonl", (example_line(e) for e in kept))
    for ending in ("rejected", "unfinished"):
        run.write_lines(f"{ending}.jsonl", [])
    recipe, _ = read_recipe(run.folder / "recipe.toml")
    run.write_lines("gold.jsonl", (training_row(e, build_tasks(recipe)) for e in gold))
    return run, recipe


@pytest.fixture
def run(tmp_path: Path) -> tuple[Run, Recipe]:
    return made(tmp_path, [answered()], [RIGHT, FALSE])


def test_every_number_that_was_changed_is_found_by_grounding(run: tuple[Run, Recipe]) -> None:
    number = next(kind for kind in audit(*run).kinds if kind.kind == "number")
    assert number.share.part == number.share.whole == number.filters["grounding"].part > 1
    assert number.missed == ()


def test_faults_are_planted_into_right_gold_answers_where_kept_ones_are_few(
    run: tuple[Run, Recipe],
) -> None:
    unit = next(kind for kind in audit(*run).kinds if kind.kind == "unit")
    assert {source: share.whole for source, share in unit.by_source.items()} == {
        "kept": 6,
        "gold": 6,
    }
    assert unit.examples == 2


def test_an_unchanged_example_that_is_rejected_is_told_with_its_reason(
    run: tuple[Run, Recipe],
) -> None:
    kept, gold = audit(*run).unchanged
    assert (kept.share, gold.share) == (Proportion(part=0, whole=1), Proportion(part=1, whole=2))
    assert [(one.id, one.told.partition(",")[0]) for one in gold.wrongly] == [
        ("g2", 'The answer says "99 days"')
    ]


def test_gold_beyond_the_limit_of_the_evaluation_is_audited_too(run: tuple[Run, Recipe]) -> None:
    run[0].write_lines(
        BEYOND, [training_row(example(id="g3", response="14 days", spans=()), build_tasks(run[1]))]
    )
    assert [(one.source, one.share.whole) for one in audit(*run).unchanged] == [
        ("kept", 1),
        ("gold", 3),
    ]


def test_a_sentence_of_the_evidence_taken_whole_is_planted_into_where_answers_are_short(
    tmp_path: Path,
) -> None:
    kinds = audit(*made(tmp_path, [], [RIGHT])).kinds
    negation = next(kind for kind in kinds if kind.kind == "negation")
    assert negation.by_source == {"restated": negation.share}
    assert negation.share.part == negation.share.whole == 1


def test_how_a_small_teacher_must_ask_is_told_apart_and_rejects_no_gold(
    run: tuple[Run, Recipe],
) -> None:
    folder, recipe = run
    small = recipe.model_copy(
        update={"teachers": (recipe.teachers[0].model_copy(update={"one_fact": True}),)}
    )
    stated = example(
        id="g4",
        instruction="Is a tram of the Marrow Street depot washed within 14 days?",
        response="Yes.",
        spans=(),
    )
    folder.write_lines("gold.jsonl", [training_row(stated, build_tasks(small))])
    gold = audit(folder, small).unchanged[1]
    assert (
        gold.share.part,
        gold.asking["wording"].part,
        OWN_FILTERS_NOTE in audit(folder, small).notes,
    ) == (
        0,
        1,
        True,
    )


def test_a_duplicate_beside_its_origin_is_found_by_the_duplicates_filter(
    run: tuple[Run, Recipe],
) -> None:
    near = next(kind for kind in audit(*run).kinds if kind.kind == "near duplicate")
    assert near.filters == {"duplicates": near.share}
    assert near.share.part == near.share.whole > 0


def test_a_pair_that_was_merged_is_told_as_missed(run: tuple[Run, Recipe]) -> None:
    apart = next(kind for kind in audit(*run).kinds if kind.meant == "apart")
    assert len(apart.missed) == apart.share.part


def test_what_is_told_lies_in_the_run_and_is_the_same_every_time(run: tuple[Run, Recipe]) -> None:
    told = audit(*run)
    first = (run[0].folder / "audit.json").read_text(encoding="utf-8")
    assert audit(*run) == told == Audit.model_validate_json(first)


def test_gold_with_a_text_of_its_own_is_audited_too(tmp_path: Path) -> None:
    own = RIGHT.chunk.model_copy(
        update={
            "document": RIGHT.chunk.document.model_copy(update={"digest": ""}),
            "headings": (),
            "start": 0,
        }
    )
    told = audit(*made(tmp_path, [], [RIGHT.model_copy(update={"chunk": own})]))
    assert [(one.source, one.share) for one in told.unchanged] == [
        ("gold", Proportion(part=0, whole=1))
    ]


@pytest.mark.parametrize("own", [True, False])
def test_gold_among_distractors_is_audited_by_its_own_excerpt(tmp_path: Path, own: bool) -> None:
    ref = RIGHT.chunk.document.model_copy(update={"digest": ""})
    chunk = (
        RIGHT.chunk.model_copy(update={"document": ref, "headings": (), "start": 0})
        if own
        else RIGHT.chunk
    )
    other = RIGHT.chunk.model_copy(
        update={
            "text": "The bell rings.\n\nThen the gate opens.",
            "digest": "other",
            "document": ref,
        }
    )
    gold = RIGHT.model_copy(update={"chunk": chunk})
    run, _ = made(tmp_path, [], [])
    run.write("recipe.toml", f"{RECIPE}[[tasks]]\ndistractors = 1\n")
    recipe, _ = read_recipe(run.folder / "recipe.toml")
    show = with_distractors(SimilarChunks([other], lambda _: gold.split), {"qa": 1}, 0)
    run.write_lines("gold.jsonl", [training_row(gold, build_tasks(recipe), show)])
    assert [(one.source, one.share) for one in audit(run, recipe).unchanged] == [
        ("gold", Proportion(part=0, whole=1))
    ]


def test_gold_that_another_prompt_wrote_is_refused(run: tuple[Run, Recipe]) -> None:
    line = json.loads((run[0].folder / "gold.jsonl").read_text(encoding="utf-8").split("\n")[0])
    line["messages"][-2]["content"] = "Well?"
    run[0].write_lines("gold.jsonl", [line])
    fault = (
        "does not match the question prompt of this recipe; run `docstill make` again to rewrite it"
    )
    assert mistake(lambda: audit(*run)) == f"{run[0].folder}/gold.jsonl:1: {fault}"


def test_a_run_without_examples_has_nothing_to_plant_into(tmp_path: Path) -> None:
    fault = "has neither kept examples nor gold questions, so there is nothing to audit; run `docstill make` first"
    assert mistake(lambda: audit(*made(tmp_path, [], []))) == f"{tmp_path}: {fault}"


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        (200, 200, 0.9812, 1.0),
        (0, 10, 0.0, 0.2775),
        (45, 50, 0.7864, 0.9565),
    ],  # statsmodels' proportion_confint(method="wilson")
)
def test_a_share_has_wilsons_interval(part: int, whole: int, low: float, high: float) -> None:
    share = Proportion(part=part, whole=whole)
    assert (share.low, share.high) == (low, high)


def test_what_only_draws_can_show_is_said_where_it_was_planted(run: tuple[Run, Recipe]) -> None:
    told = audit(*run)
    swapped = told.kinds[0].model_copy(update={"kind": "label swapped"})
    shown = "No filter in code can find these faults; only disagreeing draws reveal them: label swapped."
    assert (told.notes, told.model_copy(update={"kinds": (swapped,)}).notes) == (
        (HOW_JUDGED,),
        (HOW_JUDGED, shown),
    )


def test_the_command_prints_every_kind_and_names_its_file(run: tuple[Run, Recipe]) -> None:
    done = CliRunner().invoke(app, ["audit", str(run[0].folder)])
    assert done.exit_code == 0
    assert "unit (6 kept, 6 gold)" in done.output
    assert f"{run[0].folder}/audit.json" in done.output.replace("\n", "")


def test_report_and_page_show_the_audit_and_say_when_the_run_has_changed_since(
    run: tuple[Run, Recipe],
) -> None:
    audit(*run)
    assert "Planted faults" in words(run[0])
    assert CHANGED not in words(run[0])
    assert "Audit of the filters" in write_html(run[0]).read_text(encoding="utf-8")
    run[0].write_lines("kept.jsonl", [])
    assert CHANGED in words(run[0])
    assert CHANGED in write_html(run[0]).read_text(encoding="utf-8")
