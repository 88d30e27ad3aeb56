"""The review for Label Studio: a project's configuration and its tasks, and its annotations back (export as JSON)."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from factory.review import KINDS
from factory.review.cards import Card, Deck
from factory.review.intake import VERDICTS, Filled, broken
from factory.run import Run

FOLDER = "review/label-studio"
CHOICES = {"verdict": VERDICTS, "kind": tuple(kind for kind in KINDS if kind)}


def export_label_studio(run: Run, deck: Deck) -> Path:
    """RUN/review/label-studio/: config.xml for the project's labeling interface, tasks.json to import."""
    run.write(f"{FOLDER}/config.xml", _config())
    run.write(f"{FOLDER}/tasks.json", json.dumps([{"data": _data(card)} for card in deck.cards], ensure_ascii=False, indent=1) + "\n")
    return run.folder / FOLDER


def _config() -> str:
    shown = ("place", "question", "answer", "evidence", "source")
    texts = [f'  <Header value="{name}"/>\n  <Text name="{name}" value="${name}"/>' for name in shown]
    choices = [_choices(name, values) for name, values in CHOICES.items()]
    written = [f'  <TextArea name="{name}" toName="answer" maxSubmissions="1" rows="3"/>' for name in ("fixed_answer", "reason")]
    return "\n".join(("<View>", *texts, *choices, *written, "</View>", ""))


def _choices(name: str, values: Sequence[str]) -> str:
    required = ' required="true"' if name == "verdict" else ""
    options = "".join(f"<Choice value={quoteattr(value)}/>" for value in values)
    return f'  <Choices name="{name}" toName="answer" choice="single" showInline="true"{required}>{options}</Choices>'


def _data(card: Card) -> dict[str, str]:
    path = " › ".join((card.document, *card.headings)) + (f" · page {card.page}" if card.page else "")
    evidence = " … ".join(card.chunk[start:end] for start, end in card.marks)
    told = {"place": path, "question": card.instruction, "answer": card.response, "evidence": evidence, "source": card.chunk}
    return {"id": card.id, "judged": card.judged, "task": card.task, **told}


class Value(BaseModel):
    choices: list[str] = []
    text: list[str] | str = []


class Region(BaseModel):
    from_name: str
    value: Value


class Annotation(BaseModel):
    model_config = ConfigDict(extra="ignore")

    completed_by: int | dict[str, Any] | None = None
    was_cancelled: bool = False
    lead_time: float | None = None
    result: list[Region]

    @property
    def reviewer(self) -> str:
        by = self.completed_by
        return str(by.get("email") or by.get("id") or "") if isinstance(by, dict) else "" if by is None else f"label-studio {by}"

    def of(self, name: str) -> str:
        for region in self.result:
            if region.from_name == name:
                text = region.value.text if isinstance(region.value.text, str) else "\n".join(region.value.text)
                return region.value.choices[0] if region.value.choices else text
        return ""


class Data(BaseModel):
    id: str
    judged: str
    answer: str


class Task(BaseModel):
    model_config = ConfigDict(extra="ignore")

    data: Data
    annotations: list[Annotation]


def read_label_studio(file: Path, text: str) -> list[Filled]:
    """Every annotation that was not cancelled. Raises UserMistake."""
    try:
        tasks = TypeAdapter(list[Task]).validate_json(text)
    except ValidationError as error:
        raise broken(file, error, "Label Studio's export as JSON") from error
    return [
        Filled(
            where=f"task {number}",
            id=task.data.id,
            verdict=one.of("verdict"),
            answer=task.data.answer,
            judged=task.data.judged,
            kind=one.of("kind"),
            reason=one.of("reason"),
            fixed=one.of("fixed_answer").strip(),
            reviewer=one.reviewer,
            seconds=one.lead_time,
        )
        for number, task in enumerate(tasks, 1)
        for one in task.annotations
        if not one.was_cancelled
    ]
