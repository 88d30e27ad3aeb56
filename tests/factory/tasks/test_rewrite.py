"""Rewriting through the whole factory: one call a passage, no vote, duplicates by the passage."""

import json

import pytest

from factory.dataset.mix import training_row
from factory.teachers import Request
from factory.teachers.openai_chat import strict_schema
from tests.factory.tasks.test_build import made, reason, task
from tests.fakes import Said
from tests.world import WASHING, chunk

SAMPLE = {
    "before": "Staff must submit the form within 5 days. It costs $5.",
    "after": "Please hand in your form within 5 days. You pay $5.",
}
REWRITE = {"kind": "rewrite", "samples": [SAMPLE], "instructions": "Be warm."}
TOLD = "We wash every tram of the Marrow Street depot within 14 days of its last wash. On Sunday, trams are not washed."


def saying(*texts: str) -> tuple[list[Request], object]:
    asked: list[Request] = []

    def script(request: Request) -> Said:
        asked.append(request)
        return request.shape.model_validate({"text": texts[min(len(asked), len(texts)) - 1]})

    return asked, script


@pytest.mark.parametrize("small", [True, False])
def test_a_rewrite_is_kept_by_one_call_and_its_student_sees_no_sample(small: bool) -> None:
    mine = task(REWRITE, small)
    asked, script = saying(TOLD)
    (kept,) = made(mine, script).kept  # type: ignore[arg-type]
    assert (kept.response, len(asked), [s.text for s in kept.spans]) == (TOLD, 1, [WASHING])
    assert f"Before: {SAMPLE['before']}\nAfter: {SAMPLE['after']}" in asked[0].system
    told = training_row(kept, {mine.name: mine})["messages"]
    assert [m["content"] for m in told][1].endswith(f"Be warm.\n\nText:\n{WASHING}")  # type: ignore[attr-defined]
    assert "5 days" not in str(told)
    assert '"required": ["text"]' in json.dumps(strict_schema(asked[0].shape))


def test_a_lost_value_is_named_to_the_teacher_and_mended() -> None:
    asked, script = saying(TOLD.replace("within 14 days of", "soon after"), TOLD)
    (kept,) = made(task(REWRITE), script, rounds=1).kept  # type: ignore[arg-type]
    assert (kept.response, len(kept.attempts)) == (TOLD, 1)
    assert (
        'The rewrite loses "14 days", which the passage says.\nWhat to do: keep the rewrite'
        in asked[1].user
    )


def test_a_rewrite_that_stays_wrong_is_rejected() -> None:
    _, script = saying(TOLD.replace("14", "15"))
    assert (
        reason(made(task(REWRITE), script, rounds=1))  # type: ignore[arg-type]
        == 'The rewrite loses "14 days", which the passage says.'
    )


def test_its_subject_is_the_passage_and_a_judge_hears_both_ways() -> None:
    mine = task(REWRITE)
    (kept,) = made(mine, saying(TOLD)[1]).kept  # type: ignore[arg-type]
    assert mine.subject(kept) == WASHING
    assert [(c.said in TOLD, c.evidence) for c in mine.claims(kept)] == [(True, WASHING)] * 2 + [
        (False, TOLD)
    ] * 2


def test_another_sample_is_another_prompt() -> None:
    other = {**REWRITE, "samples": [{**SAMPLE, "after": "Form: 5 days. Price: $5."}]}
    assert task(REWRITE).prompt_digest == task(REWRITE).prompt_digest != task(other).prompt_digest


@pytest.mark.parametrize(
    ("samples", "told"),
    [
        ([], "samples has 0 entries, but a task of kind"),
        (
            [{"before": "a b", "after": "a  b"}],
            "samples.0: before and after are the same; show how the tone changes a text",
        ),
    ],
)
def test_samples_that_show_no_tone_are_a_mistake(samples: list[dict[str, str]], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        task({**REWRITE, "samples": samples})


def test_a_short_text_has_no_slot() -> None:
    assert task(REWRITE).slots(chunk("Trams."), "train") == []
