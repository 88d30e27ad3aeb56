"""Review in Argilla: write a dataset as its SDK saves one, and read its records back
(records.to_json).
"""

import json
import re
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from factory.core.jsonl import first_mistake
from factory.core.run_folder import Run
from factory.review import REJECTION_KINDS
from factory.review.cards import ReviewCard, ReviewDeck
from factory.review.importer import VERDICTS, FilledRow, wrong_shape

ARGILLA_FOLDER = "review/argilla"
FIELDS = ("question", "answer", "evidence", "source")
METADATA = ("judged", "task", "document")
SUBMITTED = ("submitted", None)  # None: to_json does not say whether it was a draft or discarded


def export_argilla(run: Run, deck: ReviewDeck) -> Path:
    """Write RUN/review/argilla/, which `rg.Dataset.from_disk(FOLDER)` of Argilla 2 reads."""
    # Argilla refuses other characters.
    name = re.sub(r"[^A-Za-z0-9_ -]+", "-", f"review-{deck.run}-{deck.sample}")
    run.write(
        f"{ARGILLA_FOLDER}/.argilla/dataset.json",
        _json({"name": name, "allow_extra_metadata": False}),
    )
    run.write(f"{ARGILLA_FOLDER}/.argilla/settings.json", _json(_settings()))
    run.write(f"{ARGILLA_FOLDER}/records.json", _json([_record(card) for card in deck.cards]))
    return run.folder / ARGILLA_FOLDER


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _settings() -> dict[str, object]:
    texts = {"settings": {"type": "text", "use_markdown": False}}
    fields = [
        {"name": name, "title": name, "required": name != "evidence", **texts} for name in FIELDS
    ]
    chosen = {"verdict": VERDICTS, "kind": tuple(kind for kind in REJECTION_KINDS if kind)}
    labels = [
        {
            "name": name,
            "title": name,
            "required": name == "verdict",
            "settings": {"type": "label_selection", **_options(values)},
        }
        for name, values in chosen.items()
    ]
    written = [
        {"name": name, "title": name, "required": False, **texts}
        for name in ("reason", "fixed_answer")
    ]
    terms = {
        "settings": {"type": "terms", "values": None, "visible_for_annotators": True},
        "visible_for_annotators": True,
    }
    return {
        "guidelines": "Accept what is right as written and borne out by the source; "
        "reject it with its kind, or write the right answer.",
        "fields": fields,
        "questions": [*labels, *written],
        "metadata": [{"name": name, "title": name, **terms} for name in METADATA],
        "vectors": [],
        "allow_extra_metadata": False,
        "distribution": {"strategy": "overlap", "min_submitted": 1},
    }


def _options(values: Sequence[str]) -> dict[str, object]:
    return {
        "options": [{"text": one, "value": one} for one in values],
        "visible_options": len(values),
    }


def _record(card: ReviewCard) -> dict[str, object]:
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


class ArgillaResponse(BaseModel):
    model_config = ConfigDict(extra="ignore")

    value: object
    user_id: str | int | None = ""
    status: str | None = None

    @property
    def user(self) -> str:
        return str(self.user_id or "")


class ArgillaRecord(BaseModel):
    """A record as written by records.to_json or to_list(flatten=True)."""

    model_config = ConfigDict(extra="ignore")

    id: str
    fields: dict[str, object]
    metadata: dict[str, object]
    responses: dict[str, list[ArgillaResponse] | None] = {}

    def of(self, name: str, user: str) -> str:
        """Return a user's latest submitted response to the question `name`."""
        said = [
            str(one.value)
            for one in self.responses.get(name) or ()
            if one.user == user and one.status in SUBMITTED
        ]
        return said[-1] if said else ""

    @property
    def users(self) -> list[str]:
        return list(
            dict.fromkeys(one.user for some in self.responses.values() for one in some or ())
        )

    @property
    def drafted(self) -> list[str]:
        """The users who have answered something but submitted nothing."""
        drafts = {
            one.user
            for some in self.responses.values()
            for one in some or ()
            if one.status == "draft"
        }
        return [user for user in self.users if user in drafts and not self.of("verdict", user)]


def read_argilla(file: Path, found: Sequence[object]) -> list[FilledRow]:
    """Read every user's responses to every record. Raises UserMistake if no record can be read."""
    filled: list[FilledRow] = []
    errors: list[ValidationError] = []
    for number, one in enumerate(found, 1):
        where = f"record {number}"
        try:
            record = ArgillaRecord.model_validate(_nested(one))
        except ValidationError as error:
            errors.append(error)
            filled.append(
                FilledRow(
                    where=where, fault=f"{first_mistake(error)}; must be as Argilla exports it"
                )
            )
            continue
        filled += [
            _filled(record, user, where) for user in record.users if user not in record.drafted
        ]
        filled += [
            FilledRow(where=where, id=record.id, fault="holds a draft, which was not submitted")
            for _ in record.drafted
        ]
    if errors and len(errors) == len(found):
        raise wrong_shape(file, errors[0], "what Argilla's records.to_json has written", 0)
    return filled


def _filled(record: ArgillaRecord, user: str, where: str) -> FilledRow:
    return FilledRow(
        where=where,
        id=record.id,
        verdict=record.of("verdict", user),
        answer=str(record.fields.get("answer", "")),
        question=str(record.fields.get("question", "")),
        judged=str(record.metadata.get("judged") or ""),
        kind=record.of("kind", user),
        reason=record.of("reason", user),
        fixed=record.of("fixed_answer", user).strip(),
        reviewer=f"argilla {user}" if user else "",
    )


def is_flat_record(record: object) -> bool:
    return isinstance(record, dict) and any(name.endswith(".responses") for name in record)


def _nested(record: object) -> object:
    """Convert a flat record into the nested form."""
    if not isinstance(record, dict) or not is_flat_record(record):
        return record
    responses = {
        name.removesuffix(".responses"): [
            {"value": value, "user_id": user, "status": status}
            for value, user, status in zip_longest(
                values or (),
                record.get(f"{name}.users") or (),
                record.get(f"{name}.status") or (),
                fillvalue=None,
            )
        ]
        for name, values in record.items()
        if name.endswith(".responses") and isinstance(values, list | None)
    }
    return {
        "id": record.get("id"),
        "fields": {name: record[name] for name in FIELDS if record.get(name) is not None},
        "metadata": {name: record[name] for name in METADATA if name in record},
        "responses": responses,
    }
