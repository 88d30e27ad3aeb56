"""The review for Argilla: a dataset as its SDK writes one to disk, and its records back (records.to_json)."""

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from factory.review import KINDS
from factory.review.cards import Card, Deck
from factory.review.intake import VERDICTS, Filled, broken
from factory.run import Run

FOLDER = "review/argilla"
FIELDS = ("question", "answer", "evidence", "source")
METADATA = ("judged", "task", "document")


def export_argilla(run: Run, deck: Deck) -> Path:
    """RUN/review/argilla/: what `rg.Dataset.from_disk(FOLDER)` of Argilla 2 reads."""
    name = f"review-{deck.run}-{deck.sample}"
    run.write(f"{FOLDER}/.argilla/dataset.json", _json({"name": name, "allow_extra_metadata": False}))
    run.write(f"{FOLDER}/.argilla/settings.json", _json(_settings()))
    run.write(f"{FOLDER}/records.json", _json([_record(card) for card in deck.cards]))
    return run.folder / FOLDER


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _settings() -> dict[str, object]:
    texts = {"settings": {"type": "text", "use_markdown": False}}
    fields = [{"name": name, "title": name, "required": name != "evidence", **texts} for name in FIELDS]
    chosen = {"verdict": VERDICTS, "kind": tuple(kind for kind in KINDS if kind)}
    labels = [
        {"name": name, "title": name, "required": name == "verdict", "settings": {"type": "label_selection", **_options(values)}}
        for name, values in chosen.items()
    ]
    written = [{"name": name, "title": name, "required": False, **texts} for name in ("reason", "fixed_answer")]
    terms = {"settings": {"type": "terms", "values": None, "visible_for_annotators": True}, "visible_for_annotators": True}
    return {
        "guidelines": "Accept what is right as written and borne out by the source; reject it with its kind, or write the right answer.",
        "fields": fields,
        "questions": [*labels, *written],
        "metadata": [{"name": name, "title": name, **terms} for name in METADATA],
        "vectors": [],
        "allow_extra_metadata": False,
        "distribution": {"strategy": "overlap", "min_submitted": 1},
    }


def _options(values: Sequence[str]) -> dict[str, object]:
    return {"options": [{"text": one, "value": one} for one in values], "visible_options": len(values)}


def _record(card: Card) -> dict[str, object]:
    evidence = " … ".join(card.chunk[start:end] for start, end in card.marks)
    shown = dict(zip(FIELDS, (card.instruction, card.response, evidence, card.chunk), strict=True))
    metadata = dict(zip(METADATA, (card.judged, card.task, card.document), strict=True))
    return {
        "id": card.id,
        "fields": {k: v for k, v in shown.items() if v},
        "metadata": metadata,
        "suggestions": {},
        "responses": {},
        "vectors": {},
    }


class Response(BaseModel):
    model_config = ConfigDict(extra="ignore")

    value: str
    user_id: str = ""


class Record(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str
    fields: dict[str, str]
    metadata: dict[str, str]
    responses: dict[str, list[Response] | None] = {}

    def of(self, name: str, user: str) -> str:
        return next((one.value for one in self.responses.get(name) or () if one.user_id == user), "")


def read_argilla(file: Path, text: str) -> list[Filled]:
    """Every user's responses to every record. Raises UserMistake."""
    try:
        records = TypeAdapter(list[Record]).validate_json(text)
    except ValidationError as error:
        raise broken(file, error, "what Argilla's records.to_json has written") from error
    return [
        Filled(
            where=f"record {number}",
            id=record.id,
            verdict=record.of("verdict", user),
            answer=record.fields.get("answer", ""),
            judged=record.metadata.get("judged", ""),
            kind=record.of("kind", user),
            reason=record.of("reason", user),
            fixed=record.of("fixed_answer", user).strip(),
            reviewer=f"argilla {user}" if user else "",
        )
        for number, record in enumerate(records, 1)
        for user in dict.fromkeys(one.user_id for some in record.responses.values() for one in some or ())
    ]
