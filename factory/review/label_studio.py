"""Review in Label Studio: write the project's configuration and tasks, and read its annotations
back (JSON export).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from pydantic import BaseModel, ConfigDict, ValidationError

from factory.core.jsonl import first_mistake
from factory.core.run_folder import Run
from factory.review import REJECTION_KINDS
from factory.review.cards import ReviewCard, ReviewDeck
from factory.review.importer import VERDICTS, FilledRow, wrong_shape

LABEL_STUDIO_FOLDER = "review/label-studio"
CHOICES = {"verdict": VERDICTS, "kind": tuple(kind for kind in REJECTION_KINDS if kind)}


def export_label_studio(run: Run, deck: ReviewDeck) -> Path:
    """Write RUN/review/label-studio/: config.xml for the labeling interface and tasks.json to
    import.
    """
    run.write(f"{LABEL_STUDIO_FOLDER}/config.xml", _config())
    run.write(
        f"{LABEL_STUDIO_FOLDER}/tasks.json",
        json.dumps([{"data": _data(card)} for card in deck.cards], ensure_ascii=False, indent=1)
        + "\n",
    )
    return run.folder / LABEL_STUDIO_FOLDER


def _config() -> str:
    shown = ("place", "question", "answer", "evidence", "source")
    texts = [
        f'  <Header value="{name}"/>\n  <Text name="{name}" value="${name}"/>' for name in shown
    ]
    choices = [_choices(name, values) for name, values in CHOICES.items()]
    written = [
        f'  <TextArea name="{name}" toName="answer" maxSubmissions="1" rows="3"/>'
        for name in ("fixed_answer", "reason")
    ]
    return "\n".join(("<View>", *texts, *choices, *written, "</View>", ""))


def _choices(name: str, values: Sequence[str]) -> str:
    required = ' required="true"' if name == "verdict" else ""
    options = "".join(f"<Choice value={quoteattr(value)}/>" for value in values)
    return (
        f'  <Choices name="{name}" toName="answer" choice="single" showInline="true"{required}>'
        f"{options}</Choices>"
    )


def _data(card: ReviewCard) -> dict[str, str]:
    path = " › ".join((card.document, *card.headings)) + (
        f" · page {card.page}" if card.page else ""
    )
    evidence = " … ".join(card.chunk[start:end] for start, end in card.marks)
    told = {
        "place": path,
        "question": card.instruction,
        "answer": card.response,
        "evidence": evidence,
        "source": card.chunk,
    }
    # The JSON-MIN export loses `id`.
    return {
        "id": card.id,
        "example": card.id,
        "judged": card.judged,
        "task": card.task,
        **told,
    }


class RegionValue(BaseModel):
    choices: list[str] = []
    text: list[str] | str = []


class Region(BaseModel):
    """A region of an annotation. A relation between regions has no name."""

    from_name: str = ""
    value: RegionValue = RegionValue()


class Annotation(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: int | str | None = None
    completed_by: int | str | dict[str, Any] | None = None
    was_cancelled: bool | None = False
    lead_time: float | None = None
    created_at: str | None = ""
    updated_at: str | None = ""
    result: list[Region]

    @property
    def reviewer(self) -> str:
        return reviewer_name(self.completed_by)

    @property
    def order(self) -> tuple[str, float]:
        """The time and number of the annotation. A copy gets a higher number than its original."""
        return self.updated_at or self.created_at or "", float(self.id) if isinstance(
            self.id, int
        ) else 0.0

    def of(self, name: str) -> str:
        for region in self.result:
            if region.from_name == name:
                text = (
                    region.value.text
                    if isinstance(region.value.text, str)
                    else "\n".join(region.value.text)
                )
                return region.value.choices[0] if region.value.choices else text
        return ""


def reviewer_name(by: int | str | dict[str, Any] | None) -> str:
    if isinstance(by, dict):
        return str(by.get("email") or by.get("id") or "")
    return f"label-studio {by}" if isinstance(by, int) else by or ""


class TaskData(BaseModel):
    """The texts of a task. A text of digits alone comes back as a number if the tasks went through
    a table.
    """

    model_config = ConfigDict(coerce_numbers_to_str=True)

    id: str
    judged: str
    answer: str


class LabelStudioTask(BaseModel):
    model_config = ConfigDict(extra="ignore")

    data: TaskData
    annotations: list[Annotation] = []
    drafts: list[object] | None = None


class MinimalAnnotation(BaseModel):
    """One annotation from Label Studio's JSON-MIN export. `id` there is the id of the task."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    example: str = ""
    judged: str
    question: str
    answer: str
    verdict: object = ""
    kind: object = ""
    reason: object = ""
    fixed_answer: object = ""
    annotator: int | str | dict[str, Any] | None = None
    annotation_id: int | None = None
    updated_at: str | None = ""
    lead_time: float | None = None


def read_label_studio(file: Path, found: Sequence[object]) -> list[FilledRow]:
    """Read every annotation that was not cancelled. Raises UserMistake if no task can be read."""
    filled: list[FilledRow] = []
    errors: list[ValidationError] = []
    for number, one in enumerate(found, 1):
        try:
            filled += _of_task(one, f"task {number}")
        except ValidationError as error:
            errors.append(error)
            filled.append(
                FilledRow(
                    where=f"task {number}",
                    fault=f"{first_mistake(error)}; must be as Label Studio exports it",
                )
            )
    if errors and len(errors) == len(found):
        raise wrong_shape(file, errors[0], "Label Studio's export as JSON", 0)
    return filled


def _of_task(one: object, where: str) -> list[FilledRow]:
    """Read the annotations of one task. Raises ValidationError."""
    if isinstance(one, dict) and "data" not in one and "verdict" in one:
        return [_short(MinimalAnnotation.model_validate(one), where)]
    task = LabelStudioTask.model_validate(one)
    done = [
        _annotated(task.data, annotation, where)
        for annotation in task.annotations
        if not annotation.was_cancelled
    ]
    if not done and task.drafts:
        return [
            FilledRow(
                where=where, id=task.data.id, fault="holds only a draft, which was not submitted"
            )
        ]
    return done


def _annotated(data: TaskData, one: Annotation, where: str) -> FilledRow:
    return FilledRow(
        where=where,
        id=data.id,
        verdict=one.of("verdict"),
        answer=data.answer,
        judged=data.judged,
        kind=one.of("kind"),
        reason=one.of("reason"),
        fixed=one.of("fixed_answer").strip(),
        reviewer=one.reviewer,
        seconds=_seconds(one.lead_time),
        order=one.order,
    )


def _short(one: MinimalAnnotation, where: str) -> FilledRow:
    return FilledRow(
        where=where,
        id=one.example,
        verdict=_text(one.verdict),
        answer=one.answer,
        question=one.question,
        judged=one.judged,
        kind=_text(one.kind),
        reason=_text(one.reason),
        fixed=_text(one.fixed_answer).strip(),
        reviewer=reviewer_name(one.annotator),
        seconds=_seconds(one.lead_time),
        order=(one.updated_at or "", float(one.annotation_id or 0)),
    )


def _text(value: object) -> str:
    """Unwrap a value: Label Studio wraps several choices, or several lines of a text, in a list."""
    if isinstance(value, dict):
        return _text(value.get("choices") or value.get("text") or "")
    return "\n".join(map(_text, value)) if isinstance(value, list) else str(value or "")


def _seconds(seconds: float | None) -> float | None:
    return seconds if seconds is not None and seconds >= 0 else None
