"""Progress without a terminal: plain lines by the clock, also while nothing comes back."""

import io
import time

import pytest
from rich.console import Console

from factory.commands.progress import ProgressDisplay, rough_duration
from tests.world import example


def told(seconds: float, judged: int, every: float = 0.02) -> list[str]:
    console = Console(file=io.StringIO(), width=100)
    with ProgressDisplay(console, every=every) as watch:
        watch.ears.begin(4)
        for _ in range(judged):
            watch.ears.seen(example())
        time.sleep(seconds)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_a_line_comes_while_the_first_answer_is_waited_for() -> None:
    assert told(0.3, judged=0)[0] == "0 of 4 slots judged, 0 kept"


def test_lines_count_what_was_judged_and_kept() -> None:
    assert told(0.3, judged=3)[-1].startswith("3 of 4 slots judged, 3 kept")


def test_a_short_run_says_nothing_between() -> None:
    assert told(0, judged=3, every=60) == []


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (89, "89 s"), (90, "2 min"), (600, "10 min")]
)
def test_seconds_become_words(seconds: float, words: str) -> None:
    assert rough_duration(seconds) == words
