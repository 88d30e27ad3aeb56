"""The page of a run: what it shows, and that it needs nothing but itself."""

import re
from html import escape
from pathlib import Path

import pytest

from factory.core.records import Span
from factory.core.run_folder import Run
from factory.core.stats import Interval
from factory.costs.estimate import Estimate
from factory.evaluation.evaluate import MetricThreshold
from factory.reports.html import curve_coordinates, plot, write_html
from factory.reports.report import Spent
from factory.reports.run_summary import EXAMPLES_SHOWN
from tests.factory.reports.test_tables import (
    ALMOST,
    CHUNK,
    CONFLICT,
    EMPTY,
    EVALUATION,
    FULL,
    QUOTE,
    REPEATED,
    SHIFTED,
    attempt,
    chunk,
    example,
    unfinished,
    verdict,
    write_run,
)

SCRIPT = '<script>alert("depot")</script>'


@pytest.fixture
def run(tmp_path: Path) -> Run:
    examples = [
        example(1),
        example(2, attempts=(attempt(EMPTY),)),
        example(3, *ALMOST, REPEATED),
        example(4, EMPTY),
    ]
    return write_run(tmp_path, examples, [unfinished(5)], few_examples_allowed=True)


def page(run: Run) -> str:
    return write_html(run).read_text(encoding="utf-8")


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_page_lies_in_the_run(run: Run) -> None:
    assert write_html(run) == run.folder / "report.html"


def test_a_script_in_a_document_is_shown_as_text(tmp_path: Path) -> None:
    html = page(write_run(tmp_path, [example(1, chunk=chunk(CHUNK + SCRIPT))]))
    assert "<script" not in html
    assert escape(SCRIPT, quote=False).replace('"', "&#34;") in html


def test_a_script_in_an_answer_a_name_or_a_reason_is_shown_as_text(tmp_path: Path) -> None:
    said = verdict("schema", f"It says {SCRIPT}.")
    splits = {"train": [SCRIPT]}
    html = page(
        write_run(tmp_path, [example(1, said, response=SCRIPT, instruction=SCRIPT)], splits=splits)
    )
    assert "<script" not in html


def test_evidence_is_marked_after_an_emoji(run: Run) -> None:
    assert f"at 0:40. <mark>{QUOTE}</mark> See [red]" in page(run)


def test_a_quote_that_stands_nowhere_is_told_as_such(tmp_path: Path) -> None:
    html = page(
        write_run(
            tmp_path, [example(1, spans=(Span(start=0, end=0, text="The depot is closed."),))]
        )
    )
    assert "Quoted, but not in the document: “The depot is closed.”" in html
    assert "<mark>" not in html


PRICED = Spent(
    usd=2.4,
    usd_value=2.33,
    usd_uncertain=0.1889,
    usd_total=2.59,
    calls=7,
    cached_calls=3,
    tokens_in=2500,
    tokens_out=200,
)
FORESEEN = Estimate(
    slots=1, calls=(1, 2), tokens_in=(3, 4), tokens_out=(5, 6), usd=(1_370_000_000, 3_170_000_000)
)


def test_dollars_are_told_beside_what_was_foreseen(tmp_path: Path) -> None:
    told = plain(page(write_run(tmp_path, [example(1)], cost=PRICED, estimate=FORESEEN)))
    assert (
        "Spent by this run $2.40 $2.59 in all runs of this folder, of which up to $0.1889 for calls with an unknown outcome"
        in told
    )
    assert (
        "Per kept example $2.33 $2.33 for the answers behind all 1 examples, whichever run paid for them"
        in told
    )
    assert "Estimated before the first call $1.37 – $3.17 the answers cost $2.33 Calls" in told


def test_without_a_price_no_dollars_are_told(tmp_path: Path) -> None:
    told = plain(page(write_run(tmp_path, [example(1)], estimate=FORESEEN)))
    assert (
        "$" in told,
        "The teacher's price is unknown. Set teachers.0.price in the recipe to see dollars."
        in told,
    ) == (
        False,
        True,
    )


def test_calls_are_told_by_what_became_of_them(tmp_path: Path) -> None:
    told = plain(
        page(write_run(tmp_path, [example(1)], outcomes={"answered": 1666, "truncated": 4}))
    )
    assert "Outcomes of this run's calls answered 1,666 truncated 4 Time" in told


def test_the_report_names_no_host(run: Run) -> None:
    html = page(run)
    assert not re.findall(r"\b(?:src|href|action)\s*=\s*[\"']?[^#\"']", html)
    assert not re.findall(r"https?://|url\(|@import|<(?:script|link|iframe|object|img)\b", html)
    assert "default-src 'none'" in html


def test_every_link_leads_to_a_place_on_the_page(run: Run) -> None:
    html = page(run)
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(re.findall(r'id="([^"]+)"', html))


def test_the_sum_the_funnel_and_the_few_examples_are_told(run: Run) -> None:
    told = plain(page(run))
    assert "5 asked = 2 kept + 2 rejected + 1 unfinished" in told
    assert "recovered by repair 3 +1 duplicates 2 −1" in told
    assert (
        "The recipe allowed training on fewer than 500 examples (3 here, of which 1 are replay)."
        in told
    )
    assert "the teacher could not be reached 1" in told


def test_earlier_attempts_are_folded_in(run: Run) -> None:
    folded = re.findall(r"<details>.*?</details>", page(run), re.DOTALL)
    assert any("And the depot?" in one and "The question is empty." in one for one in folded)


def test_headings_and_the_rejections_reason_stand_there(run: Run) -> None:
    told = plain(page(run))
    assert "night/trams.md › Night trams" in told
    assert "It repeats another example." in told


def test_scores_are_told_only_where_there_is_an_evaluation(run: Run) -> None:
    assert 'id="scores"' not in page(run)
    run.write("evaluation.json", EVALUATION.model_dump_json())
    html = page(run)
    assert (
        "difference +0.069 (95 % interval -0.006 to +0.144, n = 60, resampled by question)" in html
    )
    assert 'class="track "' in html


def test_shifted_questions_are_told_beside_those_as_they_were_asked(tmp_path: Path) -> None:
    run = write_run(tmp_path, [example(1)], shift={"noisy": 7})
    run.write("evaluation.json", SHIFTED.model_dump_json())
    told = plain(page(run))
    assert "gold, in-domain 60 0.142 0.211 noisy 9 0.100 0.200" in told
    assert "noisy 7 · unseen 0" in told


def test_a_run_that_kept_nothing_still_has_its_page(tmp_path: Path) -> None:
    told = plain(
        page(
            write_run(
                tmp_path, [], [unfinished(1)], filters={}, splits={}, seconds={}, train_rows=0
            )
        )
    )
    assert "0 of 1 examples asked for were kept." in told


def test_as_many_reasons_as_possible_are_shown_and_the_rest_is_pointed_to(tmp_path: Path) -> None:
    examples = [
        example(n, verdict("schema", f"Fault {'rare' if n == 30 else 'common'}."))
        for n in range(31)
    ]
    html = page(write_run(tmp_path, examples))
    shown = re.findall(r"Fault (?:rare|common)\.", html[html.index('<section id="rejected">') :])
    assert (len(shown), shown.count("Fault rare.")) == (EXAMPLES_SHOWN, 1)
    assert (
        f"{EXAMPLES_SHOWN} of 31, for as many reasons as possible; docstill why RUN ID shows any other by the id in rejected.jsonl"
        in plain(html)
    )


def test_where_all_are_shown_nothing_is_pointed_to(tmp_path: Path) -> None:
    assert "1 of 1, from as many documents as possible. The evidence" in plain(
        page(write_run(tmp_path, [example(1)]))
    )


def test_the_same_run_gives_the_same_page(run: Run) -> None:
    assert page(run) == page(run)


def test_zero_is_the_middle_of_a_track() -> None:
    assert plot(Interval(mean=0.0, low=-0.1, high=0.1))["mean"] == "50.00%"
    assert plot(Interval(mean=0.0, low=0.0, high=0.0)) == {
        "left": "50.00%",
        "width": "0.00%",
        "mean": "50.00%",
    }


def test_what_versions_contradict_each_other_in_is_marked_in_its_sentences(tmp_path: Path) -> None:
    html = page(write_run(tmp_path, [example(1)], conflicts=[CONFLICT]))
    assert "[red]holds <mark>31 trams</mark> and" in html
    assert "Section trams-2024.md trams-2026.md Depots Beside the quay" in plain(html)


def test_a_page_without_contradictions_has_no_word_of_them(run: Run) -> None:
    assert "#conflicts" not in page(run)


def test_labels_refusals_cost_marks_and_curve_stand_on_the_page(run: Run) -> None:
    run.write("evaluation.json", FULL.model_dump_json())
    told = plain(page(run))
    for said in (
        "Task topic, n = 9",
        "late 8 0.33 0.50 / 0.25",
        "student 3 of 4 1 of 56",
        "correct 12 of 60 –",
        "Marks by quay",
        "not judged 2 60",
        "62 not judged: it is away",
        "More data still pays. 0.161 40 rows, 50 % 0.211 80 rows, 100 %",
    ):
        assert said in told


def test_a_threshold_that_is_missed_is_seen_at_once(run: Run) -> None:
    run.write(
        "evaluation.json",
        EVALUATION.model_copy(
            update={"threshold": MetricThreshold(least=0.9, reached=False)}
        ).model_dump_json(),
    )
    assert '<p class="banner worse">' in page(run)
    assert "the threshold of 0.9 is missed" in plain(page(run))


def test_a_point_of_the_curve_stands_by_the_logarithm_of_its_rows() -> None:
    assert FULL.curve
    assert [(place.x, place.y) for place in curve_coordinates(FULL.curve)] == [
        (70, 62.3),
        (570, 35),
    ]
