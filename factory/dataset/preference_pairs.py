"""Make preference pairs for DPO: a kept answer over a rejected or outvoted one of different
meaning, to the same question.
"""

from collections.abc import Iterable, Iterator

from factory.core.records import Example, Row
from factory.dataset.distractors import Show, without_distractors
from factory.dataset.mix import training_row
from factory.tasks import Tasks

PREFERENCE_FILE = "preference.jsonl"  # of the run


def preference_pairs(
    kept: Iterable[Example], tasks: Tasks, show: Show = without_distractors
) -> Iterator[Row]:
    """Yield pairs of training examples only. The prompt is the same on both sides, so an attempt at
    another question makes no pair.

    {"prompt": [messages], "chosen": [message], "rejected": [message], "meta"}: TRL's conversational
    form.
    """
    for example in kept:
        if example.split == "train":
            *prompt, chosen = _messages(example, tasks, show)
            for response, why in _worse(example, tasks):
                rejected = {"role": "assistant", "content": response}
                meta = {"id": example.id, "task": example.task, **why}
                yield {"prompt": prompt, "chosen": [chosen], "rejected": [rejected], "meta": meta}


def _messages(example: Example, tasks: Tasks, show: Show) -> list[dict[str, str]]:
    messages = training_row(example, tasks, show)["messages"]
    assert isinstance(messages, list)
    return messages


def _worse(example: Example, tasks: Tasks) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield answers to the same question that differ in meaning from the kept one, each once, and
    why they lost.
    """
    agree, seen = tasks[example.task].agree, [example.response]
    lost = [
        (d.response, {"lost": "outvoted", "reason": "Two of three draws said otherwise."})
        for d in example.draws
    ]
    for attempt in example.attempts:
        fallen = next((v for v in attempt.verdicts if not v.passed), None)
        if attempt.instruction == example.instruction and fallen:
            lost.append((attempt.response, {"lost": fallen.filter, "reason": fallen.reason}))
    for response, why in lost:
        if response.strip() and not any(
            agree(response, other, example.instruction) for other in seen
        ):
            seen.append(response)
            yield response, why
