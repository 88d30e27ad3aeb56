"""Turn kept examples into training rows and mix in general examples (replay) against forgetting."""

import random
from array import array
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, BaseModel

from factory.core.errors import UserMistake
from factory.core.jsonl import read_jsonl
from factory.core.lazy import View
from factory.core.records import Example, Row, Span, digest
from factory.core.run_folder import chunk_line, conflict_mark
from factory.core.settings import ReplaySettings
from factory.core.unicode import nfc
from factory.dataset.distractors import Show, without_distractors
from factory.tasks import Tasks

SELF = "self"  # as a source: the student's base
NOTHING: Mapping[str, object] = MappingProxyType({})


class ReplayExample(BaseModel, frozen=True, extra="ignore"):
    """One general example; other fields of its file (kind, checks) are not trained on."""

    instruction: Annotated[str, AfterValidator(nfc)]
    response: Annotated[str, AfterValidator(nfc)]

    @property
    def id(self) -> str:
        return digest("replay", self.instruction)


class _Prompt(BaseModel, frozen=True, extra="ignore"):
    instruction: str


def training_row(
    example: Example,
    tasks: Tasks,
    show: Show = without_distractors,
    asked: Example | None = None,
    more: Mapping[str, object] = NOTHING,
) -> Row:
    """Return one line of train, val or test.jsonl; spans point into the document. `asked`: the
    example that it was made from; `more`: additional meta fields.
    """
    chunk, shown = example.chunk, show(example, asked or example)
    return {
        "messages": tasks[example.task].messages(
            example.instruction, example.response, shown.chunk
        ),
        "meta": {
            "id": example.id,
            "task": example.task,
            "document": chunk.document.model_dump(),
            "chunk": chunk_line(chunk),
            "spans": [_placed(s, chunk.start) for s in example.spans],
            "teacher": example.teacher,
            "prompt": example.prompt,
            "source": "document",
            **conflict_mark(chunk),
            **example.manner,
            **shown.meta,
            **more,
        },
    }


def _placed(span: Span, offset: int) -> dict[str, object]:
    return span.model_copy(
        update={"start": span.start + offset, "end": span.end + offset}
    ).model_dump()


def replay_row(replay: ReplayExample, system: str | None) -> Row:
    messages = [
        {"role": "user", "content": replay.instruction},
        {"role": "assistant", "content": replay.response},
    ]
    if system:
        messages.insert(0, {"role": "system", "content": system})
    meta = {"id": replay.id, "task": "general", "source": "replay"}
    return {
        "messages": messages,
        "meta": {
            **meta,
            "document": None,
            "chunk": None,
            "spans": [],
            "teacher": None,
            "prompt": None,
        },
    }


def replay_rows_wanted(share: float, rows: int) -> int:
    """Return how many replay rows make the wanted share of all rows: share / (1 - share) x client
    rows.
    """
    return round(share / (1 - share) * rows)


def mix(
    rows: Sequence[Row],
    replay: Sequence[ReplayExample],
    settings: ReplaySettings,
    seed: int,
    prompts: int = 0,
) -> Sequence[Row]:
    """Shuffle the client's rows with a seeded choice of replay; each replay example occurs at most
    once.

    If the student's base also answers prompts, the share is divided in proportion to the numbers of
    examples and prompts.
    """
    order = random.Random(seed)
    of_all = replay_rows_wanted(settings.share, len(rows))
    wanted = min(
        round(of_all * len(replay) / (len(replay) + prompts)) if prompts else of_all, len(replay)
    )
    chosen = order.sample(sorted(replay, key=lambda r: r.id), wanted)
    places = array("L", range(len(rows) + wanted))
    order.shuffle(places)
    return View(
        places,
        lambda place: (
            rows[place] if place < len(rows) else replay_row(chosen[place - len(rows)], None)
        ),
    )


def replay_pool(settings: ReplaySettings, home: Path) -> list[ReplayExample]:
    """Return every general example of the sources, each instruction once. Raises UserMistake."""
    if not settings.share:
        return []
    found = {
        r.id: r
        for source in settings.sources
        if not _is_self(source)
        for r in _source(source, home)
    }
    return list(found.values())


def self_replay_prompts(settings: ReplaySettings, home: Path) -> list[ReplayExample]:
    """Return the prompts that the student's base is to answer itself, each once and without an
    answer. Raises UserMistake.
    """
    sources = [source for source in settings.sources if settings.share and _is_self(source)]
    asked = [
        prompt
        for source in sources
        for prompt in _prompts(source.removeprefix(SELF).removeprefix(":"), home)
    ]
    return [ReplayExample(instruction=prompt, response="") for prompt in dict.fromkeys(asked)]


def _prompts(source: str, home: Path) -> list[str]:
    if not source:
        return [one.instruction for one in _source("bundled", home)]
    mend = (
        f'replay.sources = "{SELF}:{source}" must name a JSONL file of prompts, '
        'each line with "instruction"'
    )
    return [one.instruction for one in read_jsonl(home / source, _Prompt, mend)]


def _is_self(source: str) -> bool:
    return source == SELF or source.startswith(f"{SELF}:")


def _source(source: str, home: Path) -> list[ReplayExample]:
    if source == "bundled":
        folder = files("data").joinpath("replay")
        texts = [
            f.read_text(encoding="utf-8")
            for f in sorted(folder.iterdir(), key=lambda f: f.name)
            if f.name.endswith(".jsonl")
        ]
        return [
            ReplayExample.model_validate_json(line)
            for text in texts
            for line in text.split("\n")
            if line
        ]
    if source.startswith("hf:"):
        return _from_hub(source.removeprefix("hf:"))
    return _from_file(home / source, source)


def _from_file(path: Path, source: str) -> list[ReplayExample]:
    must = (
        'be "bundled", "hf:<dataset>" or a JSONL file, each line with "instruction" and "response"'
    )
    return list(read_jsonl(path, ReplayExample, f'replay.sources = "{source}" must {must}'))


def _from_hub(name: str) -> list[ReplayExample]:
    """Load a dataset of the hub, or a local folder of one: its split `train`, with columns
    instruction and response (or output).
    """
    from datasets import load_dataset

    try:
        found = load_dataset(name, split="train")
    except (OSError, ValueError) as error:
        raise UserMistake(
            f'replay.sources: "hf:{name}" can\'t be loaded ({str(error)[:120]})'
        ) from error
    answer = next((c for c in ("response", "output") if c in found.column_names), None)
    if "instruction" not in found.column_names or answer is None:
        raise UserMistake(
            f'replay.sources: "hf:{name}" must have columns "instruction" and '
            '"response" or "output", '
            f"has {found.column_names}"
        )
    return [
        ReplayExample(instruction=str(row["instruction"]), response=str(row[answer]))
        for row in found
    ]
