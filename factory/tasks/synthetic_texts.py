"""Classification of synthetic texts: for a client without texts for each label, the teacher writes
them, with near misses among them.

Each slot has a label, and all labels are equally frequent. Every third text is a hard negative,
which looks at first like the neighbouring label. Two readers label the text without knowing the
intended label, and it is kept if they choose exactly that label. The text is invented: its content
need not be in the chunk, so grounding only requires that it is about the chunk's subject.
"""

from functools import partial
from typing import cast

from pydantic import BaseModel

from factory.core.prompts import load_prompt
from factory.core.records import Chunk, Draw, Example, Slot
from factory.core.task_settings import LabelSettings, TaskSettings
from factory.tasks import Draft, JudgeClaim
from factory.tasks.classification import Classification, Labelled, Shown, label_line, label_shape
from factory.tasks.style_variation import value_index
from factory.tasks.template import Placeholders, TaskFilters, TaskPrompts, TemplateTask
from factory.tasks.whole_chunk import text_with_headings
from filters.answers.classification import (
    written_text_consistency,
    written_text_grounding,
    written_text_schema_filter,
)
from filters.consistency.labels import same_label
from filters.text.segment import content_stems

HARD = 3  # every third text is a near miss


class Text(BaseModel):
    text: str


def synthetic_texts_task(chunks: Classification) -> TemplateTask:
    """Build the task, with the labels, question and student prompt that classification of the
    client's own chunks uses.
    """
    task = chunks.settings
    asked = TaskPrompts(
        load_prompt("classification_write"),
        load_prompt("classification"),
        load_prompt("classification_student"),
        Text,
        label_shape(chunks.labels, quotes=False),
        mend="mend_written",
        told=chunks.question,
    )
    return TemplateTask(
        task,
        asked,
        TaskFilters(
            written_text_schema_filter(chunks.labels, (asked.write.system, chunks.question)),
            lambda _: written_text_grounding,
            same_label,
            written_text_consistency,
        ),
        partial(_draft, task),
        partial(_draw, chunks),
        chunks.system,
        names=partial(_names, task),
        shown=partial(_shown, chunks),
        claimed=partial(_claims, chunks),
        given=partial(_given, chunks),
    )


def label_of(task: TaskSettings, slot: Slot) -> tuple[LabelSettings, LabelSettings | None]:
    """Return the slot's label, and the neighbouring label that its text must resemble, if any."""
    count = len(task.labels)
    turn = value_index(slot, "label", count * HARD)
    label = task.labels[turn % count]
    return label, neighbour(label, task.labels) if turn // count == HARD - 1 else None


def neighbour(label: LabelSettings, labels: tuple[LabelSettings, ...]) -> LabelSettings | None:
    """Return the neighbouring label: one that either boundary text names, or else the one whose
    definition shares the most words, if any does.
    """
    others = [other for other in labels if other is not label]
    named = next(
        (o for o in others if _names_label(label.boundary, o) or _names_label(o.boundary, label)),
        None,
    )
    own = frozenset(content_stems(label.definition))
    nearest = max(others, key=lambda o: len(own & frozenset(content_stems(o.definition))))
    return named or (nearest if own & frozenset(content_stems(nearest.definition)) else None)


def _names_label(boundary: str, label: LabelSettings) -> bool:
    """Return whether the boundary text names the label or a form of it: "a hired tram that is
    broken is a repair".
    """
    wanted = content_stems(label.name)
    return bool(wanted) and frozenset(content_stems(boundary)).issuperset(wanted)


def _names(task: TaskSettings, slot: Slot) -> Placeholders:
    label, near = label_of(task, slot)
    return {
        "labels": "\n".join(map(label_line, task.labels)),
        "label": label.name,
        "near": near.name if near else "-",
    }


def _draft(task: TaskSettings, value: BaseModel, slot: Slot) -> Draft:
    label, near = label_of(task, slot)
    return Draft(
        cast("Text", value).text.strip(), label.name, manner={"near": near.name} if near else {}
    )


def _draw(chunks: Classification, value: BaseModel, _: Example) -> Draw:
    return Draw(response=chunks.spelled(cast("Shown | Labelled", value).label))


def _shown(chunks: Classification, instruction: str, chunk: Chunk) -> Placeholders:
    """Return the text to label. A gold row may also label a chunk; then the chunk is the text."""
    return {
        "question": chunks.question,
        "text": text_with_headings(chunk) if instruction == chunks.question else instruction,
    }


def _given(chunks: Classification, instruction: str, response: str) -> tuple[str, str]:
    """Return a gold row's text and label. The row's instruction is the text; if it has none, its
    chunk is.
    """
    question, label = chunks.gold(instruction, response)
    return instruction.strip() or question, label


def _claims(chunks: Classification, example: Example) -> list[JudgeClaim]:
    return [claim._replace(evidence=example.instruction) for claim in chunks.claims(example)]
