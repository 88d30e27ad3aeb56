"""Guards: when a training is watched and stopped, and where it goes on."""

from pathlib import Path

import pytest

from factory.core.errors import UserMistake

pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")

from factory.core.training_settings import TrainSettings
from trainer import chat, guards
from trainer.guards import Curves
from trainer.lessons import Lessons

FALLING = [(step, 2.0 - step / 10) for step in range(1, 9)]


def lessons(val: int) -> Lessons:
    one = chat.Lesson(id="q", input_ids=[1], completion_mask=[1])
    return Lessons(train=[one], val=[one] * val, left_out=())


def losses(*val: float, train: list[tuple[int, float]] = FALLING) -> Curves:
    return Curves(train=train, val=list(enumerate(val, start=1)))


@pytest.mark.parametrize(("steps", "every", "times"), [(1, 1, 1), (4, 1, 4), (9, 1, 9), (11, 2, 6), (78, 8, 10), (1000, 100, 10)])
def test_a_training_is_measured_up_to_ten_times(steps: int, every: int, times: int) -> None:
    watched = guards.watch(lessons(30), steps)
    assert (watched.every, watched.evaluations) == (every, times)


def test_five_steps_are_enough_for_an_early_stop() -> None:
    assert [steps for steps in range(1, 300) if not guards.watch(lessons(30), steps).stopping] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("val", "steps", "words"),
    [
        (29, 50, "no early stop, and the last step is kept: 29 validation rows, 30 tell something"),
        (30, 4, "the validation loss is measured 4 times and the best step kept; no early stop, which takes 5 of them"),
        (30, 50, "the validation loss is measured 10 times and the best step kept; an early stop where it turns"),
    ],
)
def test_what_is_watched_is_said(val: int, steps: int, words: str) -> None:
    assert guards.watch(lessons(val), steps).words == words


def test_a_turn_is_two_evaluations_above_the_best_while_training_loss_falls() -> None:
    assert guards.turned(losses(1.5, 1.2, 1.0, 1.1, 1.2))


@pytest.mark.parametrize(
    "val",
    [
        (1.0, 1.1, 1.2, 1.3),  # four evaluations only
        (1.5, 1.4, 1.2, 1.0, 1.2),  # one behind the best
        (1.5, 1.2, 1.0, 1.005, 1.004),  # level
        (1.5, 1.2, 1.0, 1.2, 1.0),  # back again
        (1.5, 1.4, 1.3, 1.2, 1.1),
    ],
)
def test_no_turn(val: tuple[float, ...]) -> None:
    assert not guards.turned(losses(*val))


def test_where_training_loss_rises_too_it_is_no_learning_by_heart() -> None:
    rising = [(step, 1.0 + step / 10) for step in range(1, 9)]
    assert not guards.turned(losses(1.5, 1.2, 1.0, 1.1, 1.2, train=rising))


def test_curves_are_read_off_the_history() -> None:
    history = [{"step": 1, "loss": 2.0}, {"step": 1, "eval_loss": 1.9}, {"step": 2, "loss": 1.5}, {"step": 2, "train_runtime": 3.0}]
    assert guards.curves_of(history) == Curves(train=[(1, 2.0), (2, 1.5)], val=[(1, 1.9)])


def checkpoint(checkpoints: Path, step: int, whole: bool = True) -> Path:
    folder = checkpoints / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    if whole:
        (folder / guards.WHOLE).touch()
    return folder


def test_a_training_goes_on_from_its_last_whole_checkpoint(tmp_path: Path) -> None:
    checkpoints = tmp_path / "checkpoints"
    assert guards.going_on(tmp_path, checkpoints, "same") is None
    whole = [checkpoint(checkpoints, step) for step in (8, 16)]
    torn = checkpoint(checkpoints, 24, whole=False)
    assert guards.going_on(tmp_path, checkpoints, "same") == whole[1]
    assert not torn.exists()


def test_a_training_of_other_lessons_begins_anew(tmp_path: Path) -> None:
    checkpoints = tmp_path / "checkpoints"
    guards.going_on(tmp_path, checkpoints, "same")
    checkpoint(checkpoints, 8)
    assert guards.going_on(tmp_path, checkpoints, "other") is None
    assert list(checkpoints.iterdir()) == []


def test_another_seed_setting_or_row_is_another_training() -> None:
    one, other = lessons(1), lessons(2)
    settings = TrainSettings()
    digests = {
        guards.same(one, settings, 0),
        guards.same(one, settings, 1),
        guards.same(other, settings, 0),
        guards.same(one, TrainSettings(rank=8), 0),
    }
    assert len(digests) == 4


def test_nobody_else_is_told_unless_the_recipe_says_so(tmp_path: Path) -> None:
    assert guards.trackers(TrainSettings(), tmp_path) == []


def test_a_tracker_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserMistake, match=r'\[train\] report_to = "wandb": its package is missing, pip install wandb'):
        guards.trackers(TrainSettings(report_to="wandb"), tmp_path)
