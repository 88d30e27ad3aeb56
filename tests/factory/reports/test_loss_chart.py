"""The drawing of a training's losses."""

import json
from pathlib import Path

import pytest

from factory.reports.html import write_html
from factory.reports.loss_chart import HIGH, WIDE, LossCurves, draw_losses
from tests.factory.reports.test_tables import example, write_run

TRAINING = {
    "base": "b",
    "device": "cpu",
    "quantized": False,
    "rows": 3,
    "steps": 4,
    "seconds": 1,
    "first_loss": 2,
    "last_loss": 1,
}
FALLING = LossCurves(
    train=[(1, 2.0), (2, 1.5), (3, 1.2), (4, 1.0)], val=[(2, 1.8), (3, 1.6), (4, 1.7)]
)


def test_the_best_validation_loss_is_marked_where_it_was_measured() -> None:
    drawn = draw_losses(FALLING)
    assert drawn is not None
    assert (drawn.best_step, drawn.best) == (3, drawn.measured[1])


def test_a_lower_loss_stands_lower_and_a_later_step_further_right() -> None:
    drawn = draw_losses(FALLING)
    assert drawn is not None
    (across, down), (further, lower) = (
        [float(one) for one in point.split(",")] for point in drawn.train.split()[:2]
    )
    assert further > across
    assert lower > down


@pytest.mark.parametrize("losses", [[0.0, 0.0], [5.0, 0.001], [1e-7, 2e-7], [123.0, 4567.0]])
def test_every_point_lies_in_the_picture(losses: list[float]) -> None:
    drawn = draw_losses(LossCurves(train=list(enumerate(losses, start=1)), val=[(2, losses[0])]))
    assert drawn is not None
    points = [
        [float(one) for one in point.split(",")]
        for line in (drawn.train, drawn.smooth, drawn.val)
        for point in line.split()
    ]
    assert all(0 <= across <= WIDE and 0 <= down <= HIGH for across, down in points)
    assert 2 <= len(drawn.losses) <= 9


def test_one_step_makes_no_line() -> None:
    assert draw_losses(LossCurves(train=[(1, 2.0)], val=[])) is None


def test_the_page_draws_the_losses_and_names_what_was_left_out(tmp_path: Path) -> None:
    run = write_run(tmp_path, [example(1)])
    told = TRAINING | {
        "left_out": ["q7"],
        "watched": "the validation loss was measured 3 times",
        "stopped_early": True,
    }
    run.write("adapter/training.json", json.dumps(told))
    run.write("adapter/curves.json", FALLING.model_dump_json())
    html = write_html(run).read_text(encoding="utf-8")
    assert html.count("<polyline") == 3
    assert "best validation loss, at step 3" in html
    assert "4 steps, stopped early" in html
    assert "1 rows were left out because they were too long: q7." in html


def test_a_page_without_training_draws_nothing(tmp_path: Path) -> None:
    assert "<polyline" not in write_html(write_run(tmp_path, [example(1)])).read_text(
        encoding="utf-8"
    )
