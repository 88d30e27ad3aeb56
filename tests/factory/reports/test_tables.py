"""The report of a run: what its tables say, and the small run of the tram company that they tell of."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from factory.core.errors import UserMistake
from factory.core.outcomes import outcome_lines
from factory.core.records import (
    Attempt,
    Chunk,
    Cost,
    Document,
    DocumentRef,
    Draw,
    Example,
    Slot,
    Span,
    Unfinished,
    Verdict,
)
from factory.core.run_folder import Run, example_line, unfinished_line
from factory.core.stats import Interval, Proportion
from factory.evaluation.evaluate import Evaluation
from factory.evaluation.learning_curve import CurvePoint, LearningCurve
from factory.evaluation.llm_marks import JudgeControl, JudgeMarks
from factory.evaluation.metrics.correctness import RefusalCounts
from factory.evaluation.metrics.labels import LabelScore
from factory.evaluation.metrics.latency import Latency, PerCorrect
from factory.evaluation.set_scores import Pace, Scores
from factory.planning.splits.document_versions import Conflict, ConflictSide
from factory.reports.report import FilterCount, Report, Spent
from factory.reports.run_summary import count_lines, funnel, yields
from factory.reports.tables import CONFLICTS, report_tables, split_words

HEADING = "# Night trams\n\n"
CHUNK = "🚋 The last tram leaves Harbour at 0:40. The depot holds 31 trams. See [red]Quay[/red]."
QUOTE = "The depot holds 31 trams."
TRAMS = DocumentRef(digest="d1", name="night/trams.md")


def span(quote: str = QUOTE, text: str = CHUNK) -> Span:
    return Span(start=text.index(quote), end=text.index(quote) + len(quote), text=quote)


def chunk(text: str = CHUNK) -> Chunk:
    return Chunk(
        digest="c1", document=TRAMS, start=len(HEADING), end=len(HEADING) + len(text), text=text
    )


def verdict(name: str, reason: str = "") -> Verdict:
    return Verdict(filter=name, passed=not reason, reason=reason)


def passed(*names: str) -> tuple[Verdict, ...]:
    return tuple(verdict(name) for name in names)


EVALUATION = Evaluation(
    sets={
        "gold": Scores(
            n=60,
            models={"base": {"token_f1": 0.142}, "student": {"token_f1": 0.211}},
            paired={"student-base": {"token_f1": Interval(mean=0.069, low=-0.006, high=0.144)}},
            resampled_by="question",
            answers={
                "base": Pace(seconds=1.25, tokens=40.0),
                "student": Pace(seconds=None, tokens=8.0),
            },
        )
    },
    verdict="undecided",
    needed_n=90,
    decided_by="gold",
    metric="token_f1",
    against="base",
    note="Gold decides.",
)
KIND = EVALUATION.sets["gold"].model_copy(
    update={
        "n": 9,
        "models": {
            "base": {"token_f1": 0.1, "refusal": 0.0},
            "student": {"token_f1": 0.2, "refusal": 1.0},
        },
    }
)
SHIFTED = EVALUATION.model_copy(
    update={
        "sets": {
            **EVALUATION.sets,
            "shift": KIND.model_copy(update={"kinds": {"noisy": KIND, "unanswerable": KIND}}),
        }
    }
)
ALL = passed("schema", "grounding", "consistency", "duplicates")


def attempt(*verdicts: Verdict) -> Attempt:
    cost = Cost(calls=1, tokens_in=100, tokens_out=10)
    return Attempt(instruction="And the depot?", response="31", verdicts=verdicts, cost=cost)


def example(number: int, *verdicts: Verdict, **changes: object) -> Example:
    settled: dict[str, object] = {
        "id": f"{number:016x}",
        "task": "qa",
        "instruction": "How many trams does the depot hold?",
        "response": "31 trams",
        "chunk": chunk(),
        "spans": (span(),),
        "teacher": "local",
        "draws": (Draw(response="31 trams"), Draw(response="31")),
        "verdicts": verdicts or ALL,
        "cost": Cost(calls=2, tokens_in=200, tokens_out=20),
    }
    return Example.model_validate({**settled, **changes})


def unfinished(number: int, *attempts: Attempt) -> Unfinished:
    slot = Slot(id=f"{number:016x}", chunk=chunk(), task="qa", ordinal=0, split="train")
    return Unfinished(slot=slot, reason="the teacher could not be reached", attempts=attempts)


def report(**changes: object) -> Report:
    counts = FilterCount(asked=7, passed=4, rejected=3, reasons={"The question is empty.": 3})
    settled: dict[str, object] = {
        "version": "0.1.0",
        "asked": 0,
        "kept": 0,
        "rejected": 0,
        "unfinished": 0,
        "surplus": 0,
        "kept_by_split": {"test": 0, "val": 0, "train": 2},
        "filters": {"schema": counts},
        "repair": [],
        "value": Cost(calls=9, tokens_in=4000, tokens_out=300),
        "cost": Spent(calls=6, cached_calls=3, tokens_in=2500, tokens_out=200),
        "splits": {"test": ["day/fares.md"], "val": [], "train": ["night/trams.md"]},
        "skipped": 0,
        "train_rows": 3,
        "replay_rows": 1,
        "replay_share": 0.3333,
        "few_examples_allowed": False,
        "seconds": {"make": 12.5},
        "digests": {"recipe": "r1"},
    }
    return Report.model_validate({**settled, **changes})


def write_run(
    folder: Path,
    examples: Sequence[Example],
    open_slots: Sequence[Unfinished] = (),
    **changes: object,
) -> Run:
    """A run as `make` leaves it; what carries a rejection is rejected."""
    run = Run(folder / "night-run")
    run.create()
    text = HEADING + (examples[0] if examples else open_slots[0].slot).chunk.text
    run.write_documents([Document(ref=TRAMS, text=text)])
    kept = [e for e in examples if not e.rejection]
    rejected = [e for e in examples if e.rejection]
    run.write_lines("kept.jsonl", (example_line(e) for e in kept))
    run.write_lines("rejected.jsonl", (example_line(e) for e in rejected))
    run.write_lines("unfinished.jsonl", (unfinished_line(u) for u in open_slots))
    counts = {"kept": len(kept), "rejected": len(rejected), "unfinished": len(open_slots)}
    told = report(**{"asked": len(examples) + len(open_slots), **counts, **changes})
    run.write("report.json", told.model_dump_json())
    return run


def printed(*parts: RenderableType) -> str:
    out = io.StringIO()
    Console(file=out, width=160).print(*parts, sep="\n")
    return out.getvalue()


def words(run: Run) -> str:
    return " ".join(printed(*report_tables(run)).split())


def said(name: str, value: str) -> ConflictSide:
    sentence = f"Beside the quay at Harbour the long depot of the night crews [red]holds {value} and is locked by a guard at night."
    return ConflictSide(
        documents=(name,),
        headings=("Trams", "Depots"),
        sentence=sentence,
        differs=(span(value, sentence),),
    )


CONFLICT = Conflict(one=said("trams-2024.md", "31 trams"), other=said("trams-2026.md", "44 trams"))
EMPTY = verdict("schema", "The question is empty.")
UNFOUNDED = verdict("grounding", "No evidence for the answer stands in the chunk.")
REPEATED = verdict("duplicates", "It repeats another example.")
SILENT = verdict("teacher", "the teacher never answered: 400")
ALMOST = passed("schema", "grounding", "consistency")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    examples = [
        example(1),
        example(2, attempts=(attempt(EMPTY),)),
        example(3, EMPTY),
        example(4, *passed("schema"), UNFOUNDED, attempts=(attempt(EMPTY),)),
        example(5, *ALMOST, REPEATED),
        example(6, *ALMOST, REPEATED, attempts=(attempt(*passed("schema"), UNFOUNDED),)),
        example(7, SILENT),
    ]
    open_slots = [
        unfinished(8),
        unfinished(9, attempt(EMPTY)),
        unfinished(10, attempt(*ALMOST[:2])),
    ]
    return write_run(tmp_path, examples, open_slots)


def test_asked_is_printed_as_a_sum(run: Run) -> None:
    assert "10 asked = 2 kept + 5 rejected + 3 unfinished" in words(run)


def test_a_sum_that_does_not_add_up_is_not_printed_as_one(tmp_path: Path) -> None:
    assert "9 asked ≠ 1 kept + 0 rejected + 0 unfinished" in words(
        write_run(tmp_path, [example(1)], asked=9)
    )


def test_the_funnel_adds_up(run: Run) -> None:
    assert [
        (step.name, step.left, step.change) for step in funnel(count_lines(outcome_lines(run)))
    ] == [
        ("asked", 10, 0),
        ("answered by the teacher", 7, -3),
        ("passed schema", 3, -4),
        ("passed grounding", 2, -1),
        ("passed consistency", 2, 0),
        ("kept before repair", 2, 0),
        ("recovered by repair", 4, 2),
        ("duplicates", 2, -2),
        ("kept", 2, 0),
    ]


def test_a_filter_of_the_task_stands_before_consistency(tmp_path: Path) -> None:
    off = verdict("relevance", "The question does not ask for the fact.")
    steps = funnel(
        count_lines(outcome_lines(write_run(tmp_path, [example(1), example(2, *ALMOST[:2], off)])))
    )
    assert [step.name for step in steps][2:5] == [
        "passed grounding",
        "passed relevance",
        "passed consistency",
    ]
    assert steps[-1].left == 1


def test_what_the_expert_rejected_is_a_step_of_its_own(tmp_path: Path) -> None:
    wrong = verdict("expert", "The depot was rebuilt.")
    steps = funnel(
        count_lines(outcome_lines(write_run(tmp_path, [example(1), example(2, *ALMOST, wrong)])))
    )
    assert [(step.name, step.change) for step in steps][-3:-1] == [
        ("rejected by the expert", -1),
        ("duplicates", 0),
    ]


def test_the_fields_usual_shares_stand_beside_ours(run: Run) -> None:
    assert "survives as first written 29 % (2 of 7) 30-40 %" in words(run)
    assert "recovered by repair 50 % (2 of 4) 15-20 %" in words(run)


def test_a_share_of_nothing_is_no_number(tmp_path: Path) -> None:
    assert [
        share.words
        for share in yields(count_lines(outcome_lines(write_run(tmp_path, [example(1)]))))
    ][1] == "none tried"


def test_calls_tokens_replay_and_time_are_told(run: Run) -> None:
    told = words(run)
    assert "this run 6 3 2,500 200" in told
    assert "replay (33.3 % of train) 1" in told
    assert "make 12.5" in told
    assert "the teacher could not be reached 3" in told


@pytest.mark.parametrize("looked", [True, False])
def test_it_is_said_where_paraphrases_were_not_looked_for(tmp_path: Path, looked: bool) -> None:
    counts = {"duplicates": FilterCount(asked=7, passed=4, rejected=3, reasons={})}
    run = write_run(tmp_path, [example(1)], filters=counts, paraphrases=looked)
    assert ("of 7 judged; paraphrases were not looked for" in words(run)) == (not looked)


def test_reasons_beyond_the_commonest_are_counted_together(tmp_path: Path) -> None:
    reasons = {f"Fault {number}.": 20 - number for number in range(10)}
    counts = FilterCount(asked=200, passed=45, rejected=155, reasons=reasons)
    told = words(write_run(tmp_path, [example(1)], filters={"schema": counts}))
    assert "2 other reasons 23" in told
    assert "Fault 8." not in told


def test_few_examples_are_told_only_where_the_recipe_allowed_them(tmp_path: Path) -> None:
    line = "The recipe allowed training on fewer than 500 examples (3 here, of which 1 are replay)."
    assert line in words(write_run(tmp_path / "a", [example(1)], few_examples_allowed=True))
    assert line not in words(write_run(tmp_path / "b", [example(1)]))


def test_scores_and_their_intervals_are_told(run: Run) -> None:
    run.write("evaluation.json", EVALUATION.model_dump_json())
    told = words(run)
    assert "token_f1 0.142 0.211" in told
    assert "seconds per answer 1.2 –" in told
    assert "student-base token_f1 +0.069 -0.006 +0.144" in told
    assert told.endswith("about 90 questions might show it better Gold decides.")


def test_every_kind_of_shift_is_told_beside_the_questions_as_they_were_asked(run: Run) -> None:
    run.write("evaluation.json", SHIFTED.model_dump_json())
    told = words(run)
    assert "gold, in-domain 60 0.142 0.211 noisy 9 0.100 0.200 unanswerable 9 0.100 0.200" in told
    assert "unanswerable, rightly refused 9 0.000 1.000" in told


def test_how_many_rows_of_each_kind_there_are_is_told_with_the_splits(tmp_path: Path) -> None:
    told = words(
        write_run(
            tmp_path,
            [example(1)],
            shift={"noisy": 7},
            kept_by_split={"unseen": 3, "train": 1},
            unseen=2,
        )
    )
    assert "shift, noisy 7 unseen 2 unseen, but answered by a trained document 1" in told


def test_a_run_without_its_report_is_refused(run: Run) -> None:
    (run.folder / "report.json").unlink()
    with pytest.raises(
        UserMistake, match=r"report.json: is missing; let `docstill make` finish first"
    ):
        report_tables(run)


def test_an_evaluation_of_another_shape_is_refused_by_name(run: Run) -> None:
    run.write("evaluation.json", '{"sets": {}}')
    with pytest.raises(
        UserMistake, match=r"evaluation.json: verdict: field required; run `docstill evaluate"
    ):
        report_tables(run)


def test_what_versions_contradict_each_other_in_stands_under_their_names(tmp_path: Path) -> None:
    said = words(write_run(tmp_path, [example(1)], conflicts=[CONFLICT], kept_in_conflict=1))
    assert (
        "trams-2024.md trams-2026.md Depots … night crews [red]holds 31 trams and is locked …"
        in said
    )
    assert "Both were asked about: 1 kept examples" in said


def test_names_of_versions_stand_once_above_what_they_say_and_the_rest_is_counted(
    tmp_path: Path,
) -> None:
    said = words(write_run(tmp_path, [example(1)], conflicts=[CONFLICT] * (CONFLICTS + 3)))
    assert (
        said.count("trams-2024.md"),
        said.count("31 trams"),
        "3 more are in report.json" in said,
    ) == (1, CONFLICTS, True)


def test_where_no_versions_contradict_each_other_nothing_is_said_of_them(run: Run) -> None:
    assert "versions" not in words(run)


LABEL, SURE = (
    LabelScore(precision=0.5, recall=0.25, f1=1 / 3, n=8),
    LabelScore(precision=1, recall=1, f1=1, n=2),
)
GAIN = Interval(mean=0.05, low=0.01, high=0.09)
FULL = EVALUATION.model_copy(
    update={
        "sets": {
            "gold": EVALUATION.sets["gold"].model_copy(
                update={
                    "tasks": {"topic": KIND},
                    "labels": {
                        "student": {"lost [red]": SURE, "late": LABEL},
                        "base": {"lost [red]": SURE, "late": LABEL},
                    },
                    "refusals": {
                        "student": RefusalCounts(right=3, wanted=4, wrong=1, answerable=56)
                    },
                    "latency": {"student": Latency(median=0.5, p95=2.25)},
                    "per_correct": {
                        "base": PerCorrect(correct=12, of=60, seconds=6.25, usd=0.001234)
                    },
                    "cut": {"base": 7},
                }
            )
        },
        "judged": JudgeMarks(
            judge="quay",
            prompt="p1",
            models={"student": {"tone": 4.25}, "base": {}},
            paired={"student-base": {}},
            n={"student": 58, "base": 0},
            unjudged={"student": 2, "base": 60},
            reasons={"it is away": 62},
            control=JudgeControl(apart=Proportion(part=19, whole=20)),
        ),
        "curve": LearningCurve(
            metric="token_f1",
            points=(
                CurvePoint(share=0.5, rows=40, mean=0.161, gain=None),
                CurvePoint(share=1, rows=80, mean=0.211, gain=GAIN),
            ),
            doubling=GAIN,
            words="More data still pays.",
        ),
    }
)


def test_labels_refusals_cost_marks_and_curve_are_told_where_there_are_some(run: Run) -> None:
    run.write("evaluation.json", FULL.model_dump_json())
    told = words(run)
    assert "topic 9 token_f1 0.100 0.200" in told
    assert (
        "late 8 0.33 (0.50, 0.25) 0.33 (0.50, 0.25) lost [red] 2 1.00 (1.00, 1.00)" in told
    )  # the student's worst come first
    assert "student 3 4 1 56" in told
    assert "median seconds – 0.50 95th percentile – 2.25 correct 12 of 60 –" in told
    assert (
        "seconds per correct answer 6.25 – dollars per correct answer 0.001234 – cut at the length limit 7 0"
        in told
    )
    assert (
        "tone 4.25 – judged 58 0 not judged 2 60 Checked against known answers: of 20 right answers it marked 19 higher than an answer to another "
        in told
    )
    assert "62 not judged: it is away" in told
    assert "50% 40 0.161 100% 80 0.211 +0.050 +0.010 +0.090 More data still pays." in told


def test_of_many_labels_the_worst_are_shown(run: Run) -> None:
    many = {f"label {number}": LABEL for number in range(40)}
    scores = EVALUATION.sets["gold"].model_copy(update={"labels": {"student": many}})
    run.write(
        "evaluation.json",
        EVALUATION.model_copy(update={"sets": {"gold": scores}}).model_dump_json(),
    )
    assert "The worst of 40; evaluation.json has all of them" in words(run)


def test_parts_of_files_that_were_not_read_are_told_below_the_splits() -> None:
    told = split_words(report(set_aside={"gap": 2}, unread_parts=3))
    assert told.split("; ")[-2:] == [
        "2 chunks are not used (gap)",
        "3 parts of files were not read (see set_aside.jsonl)",
    ]
