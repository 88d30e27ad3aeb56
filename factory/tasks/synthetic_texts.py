"""Classification of written texts: for a client without texts of each label, the teacher writes them, with near misses among them.

Each slot has a label, all labels alike often; every third text is a hard negative: at first sight of the neighbouring label. Two
readers label the text without knowing which was meant, and it is kept where they elect just that label. The text is made up: what it
tells need not stand in the chunk, so grounding asks no more than that it is about the chunk's subject.
"""

from functools import partial
from typing import cast

from pydantic import BaseModel

from factory.core.prompts import prompt
from factory.core.records import Chunk, Draw, Example, Slot
from factory.core.task_settings import LabelSettings, TaskSettings
from factory.tasks import Claim, Draft
from factory.tasks.classification import Classification, Labelled, Shown, labelled, line_of
from factory.tasks.style_variation import turn_of
from factory.tasks.template import Asked, Composed, Judges, Names
from factory.tasks.whole_chunk import text_of
from filters.answers.classification import as_meant, of_subject, written
from filters.consistency.labels import same_label
from filters.text.segment import content

HARD = 3  # every third text is a near miss


class Text(BaseModel):
    text: str


def written_texts(chunks: Classification) -> Composed:
    """The same labels, question and student's prompt as where the client's own chunks are labelled."""
    task = chunks.settings
    asked = Asked(
        prompt("classification_write"),
        prompt("classification"),
        prompt("classification_student"),
        Text,
        labelled(chunks.labels, quotes=False),
        mend="mend_written",
        told=chunks.question,
    )
    return Composed(
        task,
        asked,
        Judges(written(chunks.labels, (asked.write.system, chunks.question)), lambda _: of_subject, same_label, as_meant),
        partial(_draft, task),
        partial(_draw, chunks),
        chunks.system,
        names=partial(_names, task),
        shown=partial(_shown, chunks),
        claimed=partial(_claims, chunks),
        given=partial(_given, chunks),
    )


def label_of(task: TaskSettings, slot: Slot) -> tuple[LabelSettings, LabelSettings | None]:
    """The slot's label, and the neighbour that its text must look like."""
    count = len(task.labels)
    turn = turn_of(slot, "label", count * HARD)
    label = task.labels[turn % count]
    return label, neighbour(label, task.labels) if turn // count == HARD - 1 else None


def neighbour(label: LabelSettings, labels: tuple[LabelSettings, ...]) -> LabelSettings | None:
    """The label that one of the two names in its boundary cases; else the one whose definition shares most words with it, if any does."""
    others = [other for other in labels if other is not label]
    named = next((o for o in others if _names_label(label.boundary, o) or _names_label(o.boundary, label)), None)
    own = frozenset(content(label.definition))
    nearest = max(others, key=lambda o: len(own & frozenset(content(o.definition))))
    return named or (nearest if own & frozenset(content(nearest.definition)) else None)


def _names_label(boundary: str, label: LabelSettings) -> bool:
    """Its own name or a form of it: "a hired tram that is broken is a repair"."""
    wanted = content(label.name)
    return bool(wanted) and frozenset(content(boundary)).issuperset(wanted)


def _names(task: TaskSettings, slot: Slot) -> Names:
    label, near = label_of(task, slot)
    return {"labels": "\n".join(map(line_of, task.labels)), "label": label.name, "near": near.name if near else "-"}


def _draft(task: TaskSettings, value: BaseModel, slot: Slot) -> Draft:
    label, near = label_of(task, slot)
    return Draft(cast("Text", value).text.strip(), label.name, manner={"near": near.name} if near else {})


def _draw(chunks: Classification, value: BaseModel, _: Example) -> Draw:
    return Draw(response=chunks.spelled(cast("Shown | Labelled", value).label))


def _shown(chunks: Classification, instruction: str, chunk: Chunk) -> Names:
    """Gold may also label chunks: then there is no text but that."""
    return {"question": chunks.question, "text": text_of(chunk) if instruction == chunks.question else instruction}


def _given(chunks: Classification, instruction: str, response: str) -> tuple[str, str]:
    """A gold row's instruction is the text; where it has none, its chunk is."""
    question, label = chunks.gold(instruction, response)
    return instruction.strip() or question, label


def _claims(chunks: Classification, example: Example) -> list[Claim]:
    return [claim._replace(evidence=example.instruction) for claim in chunks.claims(example)]
