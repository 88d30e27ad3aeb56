"""Findings: counted by hand, one group at a time; agreement as the textbooks have it."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from factory.core.records import Verdict, digest
from factory.core.run_folder import Run, example_line
from factory.review import VERDICTS_FILE, ExpertVerdict
from factory.review.findings import Findings, review_findings, reviewer_agreement
from factory.review.sampling import find_candidates
from factory.review.tables import finding_sentences, review_tables
from tests.factory.review.decks import frozen_deck
from tests.factory.review.test_page import RECIPE
from tests.world import chunk, document, example

Said = tuple[str, str]  # reviewer and verdict


def verdict(id: str, reviewer: str, said: str, response: str = "within 14 days") -> ExpertVerdict:
    more = {"fixed": "14 days"} if said == "fix" else {"kind": "wrong"} if said == "reject" else {}
    told = {
        "id": id,
        "judged": digest(response),
        "verdict": said,
        "reviewer": reviewer,
        "seconds": 4.0,
    }
    return ExpertVerdict.model_validate({**told, **more})


def run_of(folder: Path, kept: int, said: Sequence[ExpertVerdict], rejected: int = 0) -> Run:
    """Examples of two documents; odd ones were scored 0.7 by grounding, even ones 1."""
    run = Run(folder)
    run.create()
    documents = [document(name=name) for name in ("a.md", "b.md")]
    run.write_documents(documents)

    def made(n: int, passed: bool = True) -> dict[str, object]:
        grounded = Verdict(
            filter="grounding",
            passed=passed,
            reason="" if passed else "No.",
            score=1.0 if n % 2 == 0 else 0.7,
        )
        return example_line(
            example(id=f"e{n}", chunk=chunk(document=documents[n % 2].ref)).judged(grounded)
        )

    run.write_lines("kept.jsonl", (made(n) for n in range(kept)))
    run.write_lines("rejected.jsonl", (made(n, passed=False) for n in range(kept, kept + rejected)))
    named = [
        find_candidates(run.lines(f"{name}.jsonl"), lambda _: False, 0.6, None)
        for name in ("kept", "rejected")
    ]
    frozen_deck(run, RECIPE, *named)
    run.write_lines(VERDICTS_FILE, (one.model_dump(exclude_defaults=True) for one in said))
    return run


def found(folder: Path, kept: int, said: Sequence[ExpertVerdict], rejected: int = 0) -> Findings:
    told = review_findings(run_of(folder, kept, said, rejected), lambda _: False)
    assert told
    return told


def test_nothing_was_found_where_nothing_was_judged(tmp_path: Path) -> None:
    assert review_findings(run_of(tmp_path, 3, []), lambda _: False) is None


def test_a_run_that_is_read_whole_is_known(tmp_path: Path) -> None:
    told = found(
        tmp_path,
        4,
        [
            verdict(f"e{n}", "Ada", said)
            for n, said in enumerate(("accept", "accept", "reject", "fix"))
        ],
    )
    assert told.right
    assert told.usable
    assert (told.right.mean, told.right.low, told.right.high, told.usable.mean, told.of) == (
        0.5,
        0.5,
        0.5,
        0.75,
        4,
    )
    assert [(one.name, one.right.mean, one.right.n) for one in told.tasks] == [("qa", 0.5, 4)]
    assert told.kinds == {"wrong": 1}
    assert [
        (r.name, r.read, r.accepted, r.rejected, r.fixed, r.seconds) for r in told.reviewers
    ] == [("Ada", 4, 2, 1, 1, 4.0)]


def test_what_a_filter_rejected_and_was_right_is_told(tmp_path: Path) -> None:
    told = found(
        tmp_path,
        1,
        [
            verdict("e0", "Ada", "accept"),
            verdict("e1", "Ada", "accept"),
            verdict("e2", "Ada", "reject"),
        ],
        rejected=2,
    )
    assert [(one.name, one.right.mean, one.right.n) for one in told.wrongly_rejected] == [
        ("grounding", 0.5, 2)
    ]
    assert told.right
    assert told.right.n == 1


def test_a_verdict_on_another_answer_than_the_one_read_has_no_part(tmp_path: Path) -> None:
    told = found(
        tmp_path,
        2,
        [verdict("e0", "Ada", "accept"), verdict("e1", "Ada", "reject", response="another")],
    )
    assert told.right
    assert (told.right.mean, told.right.n) == (1.0, 1)


def test_divided_reviewers_count_by_halves(tmp_path: Path) -> None:
    told = found(tmp_path, 1, [verdict("e0", "Ada", "accept"), verdict("e0", "Ben", "reject")])
    assert told.right
    assert told.right.mean == 0.5


def test_a_threshold_is_proposed_where_the_wrong_ones_score_low(tmp_path: Path) -> None:
    told = found(
        tmp_path,
        80,
        [verdict(f"e{n}", "Ada", "accept" if n % 2 == 0 else "reject") for n in range(80)],
    )
    assert [(t.filter, t.score, t.kept, t.target) for t in told.thresholds] == [
        ("grounding", 1.0, 0.5, 0.95)
    ]


def test_no_threshold_is_proposed_where_the_score_tells_nothing(tmp_path: Path) -> None:
    told = found(
        tmp_path,
        80,
        [verdict(f"e{n}", "Ada", "accept" if n % 4 < 2 else "reject") for n in range(80)],
    )
    assert [(t.score, t.right) for t in told.thresholds] == [(None, None)]


def both(*pairs: Said) -> list[ExpertVerdict]:
    return [
        verdict(f"e{n}", name, said)
        for n, pair in enumerate(pairs)
        for name, said in zip(("Ada", "Ben"), pair, strict=True)
    ]


def test_kappa_is_cohens() -> None:
    # 20 both accept, 5 and 10 divided, 15 both reject: observed 0.70, by chance 0.50, kappa 0.40 (Wikipedia's example)
    pairs = (
        [("accept", "accept")] * 20
        + [("accept", "reject")] * 5
        + [("reject", "accept")] * 10
        + [("reject", "reject")] * 15
    )
    told = reviewer_agreement(both(*pairs))
    assert told
    assert (told.measure, told.value, told.n, told.same, told.reviewers) == (
        "Cohen's kappa",
        0.4,
        50,
        0.7,
        ("Ada", "Ben"),
    )


def test_alpha_is_krippendorffs_where_there_are_three() -> None:
    said = {"Ada": "aaarraa", "Ben": "aaarrra", "Eve": "aaarra"}
    told = reviewer_agreement(
        [
            verdict(f"e{n}", name, {"a": "accept", "r": "reject"}[v])
            for name, all_ in said.items()
            for n, v in enumerate(all_)
        ]
    )
    assert told
    # 20 values of 7 units, 13 accepted, 7 rejected; one unit is divided 2 to 1, a coincidence of 1; alpha = 1 - 19 * 1 / (13 * 7)
    assert (told.measure, told.value) == ("Krippendorff's alpha", round(1 - 19 / (13 * 7), 4))


@pytest.mark.parametrize("pairs", [[], [("accept", "accept")] * 3])
def test_agreement_is_not_measured_where_there_is_none_to_measure(pairs: list[Said]) -> None:
    told = reviewer_agreement(both(*pairs))
    assert told is None if not pairs else told and told.value is None


def test_the_page_and_the_terminal_say_the_same_of_a_review(tmp_path: Path) -> None:
    said = [verdict(f"e{n}", "Ada", "accept" if n % 2 == 0 else "reject") for n in range(80)]
    told = found(tmp_path, 80, said)
    assert finding_sentences(told) == [
        "50.0 % (50.0 to 50.0) of the 80 kept examples are right as written, 50.0 % (50.0 to 50.0) with the experts' corrections "
        "(80 read, 95 % intervals).",
        "With a grounding score of at least 1, 100.0 % (100.0 to 100.0) are right, so at least 95 %; 50 % of the run reaches it.",
    ]
    console = Console(width=200, record=True, file=io.StringIO())
    for table in review_tables(told):
        console.print(table)
    shown = console.export_text()  # which clears what was recorded
    assert [one for one in (*finding_sentences(told), "Ada", "wrong") if one not in shown] == []
