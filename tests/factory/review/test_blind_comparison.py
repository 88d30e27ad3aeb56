"""Two answers side by side: blind, shuffled, unblinded only here; and in a real Chromium."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.errors import UserMistake
from factory.core.run_folder import Run
from factory.review.blind_comparison import (
    AXES,
    KEY_FILE,
    ComparisonKey,
    Rating,
    compare_ratings,
    export_comparison,
    import_comparison,
)
from factory.review.comparison_results import COMPARISON_FILE, comparison_sentences
from tests.factory.review.test_page import Page, driver, pytestmark  # noqa: F401 - a fixture, and whether Chromium is there

MODELS = ("base", "student")


def run_of(folder: Path, questions: int = 12) -> Run:
    run = Run(folder)
    run.create()
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"What is the fee {n}?"},
                {"role": "assistant", "content": "5 crowns"},
            ],
            "meta": {
                "id": f"g{n}",
                "task": "qa",
                "document": {"digest": f"d{n % 4}", "name": "fees.md"},
            },
        }
        for n in range(questions)
    ]
    run.write_lines("gold.jsonl", rows)
    for model in MODELS:
        run.write_lines(
            f"answers/{model}.jsonl",
            ({"id": f"g{n}", "response": f"{model} says {n}"} for n in range(questions)),
        )
    return run


def deck_of(page: Path) -> dict[str, Any]:
    text = page.read_text(encoding="utf-8").partition('id="deck">')[2].partition("</script>")[0]
    found: dict[str, Any] = json.loads(text)
    return found


def rated(run: Run, deck: dict[str, Any], marks: dict[str, int], reviewer: str = "Ada") -> str:
    """Every pair rated by what each model is worth, as a page exports it."""
    key = ComparisonKey.model_validate_json((run.folder / KEY_FILE).read_text())
    other = {MODELS[0]: MODELS[1], MODELS[1]: MODELS[0]}
    sides = {id: {"A": marks[first], "B": marks[other[first]]} for id, first in key.first.items()}
    verdicts = [
        {"id": id, **{side: dict.fromkeys(AXES, mark) for side, mark in both.items()}, "seconds": 2}
        for id, both in sides.items()
    ]
    return json.dumps(
        {
            "docstill": "comparison",
            "version": 1,
            "run": "run",
            "sample": deck["sample"],
            "reviewer": reviewer,
            "verdicts": verdicts,
        }
    )


def test_the_page_holds_both_answers_and_not_whose_they_are(tmp_path: Path) -> None:
    run = run_of(tmp_path / "run")
    path, n = export_comparison(run, MODELS, None, 3)
    key = ComparisonKey.model_validate_json((run.folder / KEY_FILE).read_text())
    cards = deck_of(path)["cards"]
    assert n == len(cards) == 12
    assert {key.first[c["id"]] for c in cards} == set(MODELS)
    assert all({c["a"].partition(" ")[0], c["b"].partition(" ")[0]} == set(MODELS) for c in cards)
    assert all(c["a"].startswith(key.first[c["id"]]) for c in cards)
    assert "first" not in json.dumps(deck_of(path))


def test_the_same_seed_gives_the_same_page_and_a_count_its_beginning(tmp_path: Path) -> None:
    run = run_of(tmp_path / "run")
    whole, again, some = (
        deck_of(export_comparison(run, MODELS, count, 3)[0])["cards"] for count in (None, None, 5)
    )
    assert whole == again
    assert some == whole[:5]


def test_marks_are_given_back_to_the_models_they_are_of(tmp_path: Path) -> None:
    run = run_of(tmp_path / "run")
    deck = deck_of(export_comparison(run, MODELS, None, 3)[0])
    found = import_comparison(run, tmp_path / "f", rated(run, deck, {"base": 2, "student": 5}))
    assert (found.n, found.reviewers) == (12, ("Ada",))
    assert [(one.axis, one.means, one.difference.low, one.agreement) for one in found.axes] == [
        (axis, (2.0, 5.0), 3.0, None) for axis in AXES
    ]
    assert (
        comparison_sentences(found)[0]
        == "accuracy: base 2.00, student 5.00, difference +3.00 (+3.00 to +3.00): student is better"
    )
    assert run.has(COMPARISON_FILE)


def test_two_reviewers_are_both_counted_and_their_agreement_told(tmp_path: Path) -> None:
    run = run_of(tmp_path / "run")
    deck = deck_of(export_comparison(run, MODELS, None, 3)[0])
    import_comparison(run, tmp_path / "f", rated(run, deck, {"base": 2, "student": 4}))
    found = import_comparison(
        run, tmp_path / "f", rated(run, deck, {"base": 2, "student": 4}, reviewer="Ben")
    )
    assert (found.reviewers, found.axes[0].means, found.axes[0].agreement) == (
        ("Ada", "Ben"),
        (2.0, 4.0),
        1.0,
    )


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=20))
def test_swapping_the_models_turns_the_difference(marks: list[tuple[int, int]]) -> None:
    def of(models: tuple[str, str], turned: bool) -> float:
        ids = [f"g{n}" for n in range(len(marks))]
        key = ComparisonKey(
            sample="s",
            models=models,
            first=dict.fromkeys(ids, models[0]),
            documents=dict.fromkeys(ids, "d"),
        )
        told = [
            Rating.model_validate(
                {"id": id, "reviewer": "a", "axis": axis, "marks": m[::-1] if turned else m}
            )
            for id, m in zip(ids, marks, strict=True)
            for axis in AXES
        ]
        return compare_ratings(told, key).axes[0].difference.mean

    assert of(MODELS, False) == -of(MODELS[::-1], True)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"sample": "x"}, "belongs to another comparison"),
        ({"reviewer": ""}, "reviewer: String should have at least 1 character"),
        (
            {"verdicts": [{"id": "g0", "A": {"accuracy": 6}, "B": {}}]},
            "verdicts.0.A.accuracy: Input should be 1, 2, 3, 4 or 5",
        ),
        (
            {"verdicts": [{"id": "g0", "A": {"accuracy": 1}, "B": {}}]},
            "verdicts.0.A: Dictionary should have at least 4 items",
        ),
        (
            {"verdicts": [{"id": "no", "A": dict.fromkeys(AXES, 1), "B": dict.fromkeys(AXES, 1)}]},
            "id no is not a question of this comparison",
        ),
    ],
)
def test_a_broken_comparison_is_refused_whole(
    tmp_path: Path, change: dict[str, object], sentence: str
) -> None:
    run = run_of(tmp_path / "run")
    deck = deck_of(export_comparison(run, MODELS, None, 3)[0])
    told = json.loads(rated(run, deck, {"base": 2, "student": 5})) | change
    with pytest.raises(UserMistake, match=sentence):
        import_comparison(run, tmp_path / "f", json.dumps(told))
    assert not run.has(COMPARISON_FILE)


def test_a_model_that_has_not_answered_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        UserMistake, match=r"no answers of teacher; run `docstill answer .* --model teacher` first"
    ):
        export_comparison(run_of(tmp_path / "run"), ("base", "teacher"), None, 3)


def test_a_pair_is_rated_by_keyboard_and_comes_back(driver: Any, tmp_path: Path) -> None:  # noqa: ANN401, F811
    run = run_of(tmp_path / "run", 2)
    page = Page(driver, export_comparison(run, MODELS, None, 3)[0], tmp_path / "profile")
    page.name("Ada")
    for _ in range(2):
        page.page.locator("input[type=radio]").first.focus()
        for place in range(8):
            page.press("Space", *["ArrowRight"] * (3 if place < 4 else 1))  # A gets 4, B gets 2
            page.press("Tab")
        page.page.locator("#card").focus()
        page.press("j")
    assert "2 rated" in page.text("#count")
    back = page.save(tmp_path)
    assert page.faults == []
    page.close()
    found = import_comparison(run, back, back.read_text(encoding="utf-8"))
    key = ComparisonKey.model_validate_json((run.folder / KEY_FILE).read_text())
    wanted = {id: 4 if first == "base" else 2 for id, first in key.first.items()}
    assert found.axes[3].means[0] == sum(wanted.values()) / 2
