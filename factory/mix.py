"""Mix: training rows out of kept examples, with a replay buffer of general examples against forgetting."""

import json
import random
from array import array
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel

from factory.distractors import Show, alone
from factory.errors import UserMistake
from factory.records import Example, Span, digest
from factory.run import chunk_line, marked
from factory.settings import ReplaySettings
from factory.tasks import Tasks
from factory.view import View

Row = dict[str, object]
NOTHING: Mapping[str, object] = MappingProxyType({})


class Replay(BaseModel, frozen=True, extra="ignore"):
    """One general example; what else its file says of it (kind, checks) is not trained on."""

    instruction: str
    response: str

    @property
    def id(self) -> str:
        return digest("replay", self.instruction)


def training_row(
    example: Example, tasks: Tasks, show: Show = alone, asked: Example | None = None, more: Mapping[str, object] = NOTHING
) -> Row:
    """One line of train, val or test.jsonl; spans point into the document. `asked`: what it was made of, `more`: what it says beside."""
    chunk, shown = example.chunk, show(example, asked or example)
    return {
        "messages": tasks[example.task].messages(example.instruction, example.response, shown.chunk),
        "meta": {
            "id": example.id,
            "task": example.task,
            "document": chunk.document.model_dump(),
            "chunk": chunk_line(chunk),
            "spans": [_placed(s, chunk.start) for s in example.spans],
            "teacher": example.teacher,
            "prompt": example.prompt,
            "source": "document",
            **marked(chunk),
            **example.manner,
            **shown.meta,
            **more,
        },
    }


def _placed(span: Span, offset: int) -> dict[str, object]:
    return span.model_copy(update={"start": span.start + offset, "end": span.end + offset}).model_dump()


def replay_row(replay: Replay, system: str | None) -> Row:
    messages = [{"role": "user", "content": replay.instruction}, {"role": "assistant", "content": replay.response}]
    if system:
        messages.insert(0, {"role": "system", "content": system})
    meta = {"id": replay.id, "task": "general", "source": "replay"}
    return {
        "messages": messages,
        "meta": {**meta, "document": None, "chunk": None, "spans": [], "teacher": None, "prompt": None},
    }


def replay_wanted(share: float, rows: int) -> int:
    """How many replay rows make the wanted share of all rows: share / (1 - share) x client rows."""
    return round(share / (1 - share) * rows)


def mix(rows: Sequence[Row], replay: Sequence[Replay], settings: ReplaySettings, seed: int) -> Sequence[Row]:
    """Client rows and a seeded choice of replay, shuffled; each replay example at most once."""
    order = random.Random(seed)
    wanted = min(replay_wanted(settings.share, len(rows)), len(replay))
    chosen = order.sample(sorted(replay, key=lambda r: r.id), wanted)
    places = array("L", range(len(rows) + wanted))
    order.shuffle(places)
    return View(places, lambda place: rows[place] if place < len(rows) else replay_row(chosen[place - len(rows)], None))


def replay_pool(settings: ReplaySettings, home: Path) -> list[Replay]:
    """Every general example of the sources, each instruction once. Raises UserMistake."""
    if not settings.share:
        return []
    found = {r.id: r for source in settings.sources for r in _source(source, home)}
    return list(found.values())


def _source(source: str, home: Path) -> list[Replay]:
    if source == "bundled":
        folder = files("data").joinpath("replay")
        texts = [f.read_text(encoding="utf-8") for f in sorted(folder.iterdir(), key=lambda f: f.name) if f.name.endswith(".jsonl")]
        return [Replay.model_validate_json(line) for text in texts for line in text.split("\n") if line]
    if source.startswith("hf:"):
        return _from_hub(source.removeprefix("hf:"))
    return _from_file(home / source, source)


def _from_file(path: Path, source: str) -> list[Replay]:
    try:
        return [Replay.model_validate(json.loads(line)) for line in path.read_text(encoding="utf-8").split("\n") if line]
    except OSError as error:
        raise UserMistake(
            f'replay.sources: "{source}" can\'t be read ({error.strerror}), must be "bundled", a JSONL file or "hf:<dataset>"'
        ) from error
    except ValueError as error:
        raise UserMistake(f'replay.sources: "{source}": every line must be JSON with "instruction" and "response"') from error


def _from_hub(name: str) -> list[Replay]:
    """A dataset of the hub or a local folder of one, its split `train`, with columns instruction and response (or output)."""
    from datasets import load_dataset

    try:
        found = load_dataset(name, split="train")
    except (OSError, ValueError) as error:
        raise UserMistake(f'replay.sources: "hf:{name}" can\'t be loaded ({str(error)[:120]})') from error
    answer = next((c for c in ("response", "output") if c in found.column_names), None)
    if "instruction" not in found.column_names or answer is None:
        raise UserMistake(
            f'replay.sources: "hf:{name}" must have columns "instruction" and "response" or "output", has {found.column_names}'
        )
    return [Replay(instruction=str(row["instruction"]), response=str(row[answer])) for row in found]
