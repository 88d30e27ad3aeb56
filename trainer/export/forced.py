"""Teacher forcing: what a model would write at every place of an answer that is given, all answers the same for every model."""

from collections.abc import Sequence
from typing import Any, cast

import torch

from trainer.chat import Lesson
from trainer.export.agreement import Place
from trainer.student import Student


@torch.inference_mode()
def forced(student: Student, lessons: Sequence[Lesson]) -> list[list[Place]]:
    """One list of places a lesson: its answer and the end. Rows one by one: padding would move the last bits."""
    return [_places(cast(Any, student.model), one) for one in lessons]


def _places(model: Any, lesson: Lesson) -> list[Place]:  # noqa: ANN401 - what PEFT wraps has no type of its own
    answered = sum(lesson.completion_mask)
    ids = torch.tensor([lesson.input_ids], device=model.device)
    logits = model(input_ids=ids, logits_to_keep=answered + 1).logits[0, :-1].float()  # each place is written by the one before it
    best = torch.log_softmax(logits, dim=-1).topk(2)
    return [
        Place(int(token), float(first), float(first - second))
        for token, (first, second) in zip(best.indices[:, 0].tolist(), best.values.tolist(), strict=True)
    ]
