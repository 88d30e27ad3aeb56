"""Write and read the files of RUN, the folder of one run."""

import os
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel, Field

from factory.core.atomic import replacing
from factory.core.errors import UserMistake
from factory.core.jsonl import (
    Model,
    open_file,
    read_bytes,
    read_json,
    read_object,
    read_text,
    validate_row,
)
from factory.core.jsonl import json_line as json_line
from factory.core.lazy import View
from factory.core.records import (
    Attempt,
    Chunk,
    Document,
    DocumentRef,
    Example,
    Span,
    Unfinished,
    Verdict,
)
from factory.core.run_files import shape_of

DOCUMENTS = ".documents.jsonl"  # digests and names of the run's documents
NOTHING: Mapping[str, object] = MappingProxyType({})
BEYOND = ".gold.jsonl"  # gold rows that evaluate.limit leaves out

# The command that writes a file, by the start of its name; `make` writes all others.
WRITERS = (
    ("answers/", "answer"),
    ("forgetting/", "answer"),
    ("evaluation.json", "evaluate"),
    ("adapter/", "train"),
    ("training.json", "train"),
    ("audit.json", "audit"),
    ("audit/", "audit"),
    ("review/comparison", "review import"),
    ("review/compare", "review export --compare"),
    ("review/findings", "review import"),
    ("review/", "review export"),
    ("exports/", "export"),
)


class _Documented(BaseModel):
    """A line of DOCUMENTS."""

    digest: str = Field(pattern=r"^[\w-]+$")  # it is part of a file name
    name: str
    pages: tuple[int, ...] = ()


class Run:
    """The paths and files of a run; files are replaced atomically."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def scans(self) -> Path:
        """The folder of OCR results."""
        return self.folder / ".scans"

    def create(self) -> None:
        """Create the folder.

        Raises UserMistake if it can't be written or a newer docstill made it.
        """
        self._not_newer()
        try:
            (self.folder / "documents").mkdir(parents=True, exist_ok=True)
            probe = self.folder / ".writable"
            probe.write_text("")
            probe.unlink()
        except OSError as error:
            raise UserMistake(
                f"{self.folder} can't be written ({error.strerror}); "
                "name a folder that you may write to"
            ) from error

    def must_exist(self) -> "Run":
        if not (self.folder / "recipe.toml").is_file():
            raise UserMistake(
                f"{self.folder} holds no run; name a folder that `docstill make --out` has written"
            )
        self._not_newer()
        return self

    def _not_newer(self) -> None:
        """Raises UserMistake for a newer version's files, which may mean something else."""
        try:
            made = str(self.read_object("report.json")["version"])
        except (UserMistake, KeyError):
            return  # missing or broken: the next `make` writes it again
        if _numbers(made) > _numbers(version("docstill")):
            made_by = (
                f"was made by docstill {made}, which is newer than this one ({version('docstill')})"
            )
            raise UserMistake(f"{self.folder}: {made_by}; update docstill, or name another folder")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the run for this process. Raises UserMistake if another one is working on it."""
        with (self.folder / ".lock").open("w") as file:
            try:
                flock(file, LOCK_EX | LOCK_NB)
            except OSError as error:
                raise UserMistake(
                    f"{self.folder}: another docstill is working on this run; "
                    "wait for it or stop it"
                ) from error
            yield

    def write(self, name: str, text: str) -> None:
        self._write(name, (text,))

    def write_lines(self, name: str, lines: Iterable[object]) -> None:
        """Write lines one by one: they may not fit in memory."""
        self._write(name, map(json_line, lines))

    def _write(self, name: str, pieces: Iterable[str]) -> None:
        with replacing(self.folder / name) as file:
            file.writelines(pieces)

    def write_documents(self, documents: Iterable[Document]) -> None:
        """Write the texts and a list of them: the folder may also hold texts of earlier runs."""
        lines: list[dict[str, object]] = []
        for document in documents:
            self.write(f"documents/{document.ref.digest}.txt", document.text)
            lines.append(
                {**_dump(document.ref), **({"pages": document.pages} if document.pages else {})}
            )
        self.write_lines(DOCUMENTS, lines)

    @property
    def documents(self) -> View[Document]:
        """The documents of the latest `make`, read on access; none if an older docstill made the
        run.
        """
        lines = list(self.rows(DOCUMENTS, _Documented)) if self.has(DOCUMENTS) else []

        def look(n: int) -> Document:
            one = lines[n]
            return Document(
                ref=DocumentRef(digest=one.digest, name=one.name),
                text=self.document(one.digest),
                pages=one.pages,
            )

        return View(range(len(lines)), look)

    def lines(self, name: str) -> View[dict[str, object]]:
        """Return the JSON lines of a file, read on access: they may not fit in memory.

        Raises UserMistake if the file is missing or a line is broken.
        """
        path, mend, shape = self.folder / name, self.mend(name), shape_of(name)
        # Open as long as the view is, so that it shows the file as it was when it was opened.
        file = open_file(path, mend)
        ends, written = array("Q", [0]), array("L")
        for number, line in enumerate(file):
            ends.append(ends[-1] + len(line))
            if line.strip():
                written.append(number)

        def look(number: int) -> dict[str, object]:
            raw = os.pread(file.fileno(), ends[number + 1] - ends[number], ends[number])
            place = f"{path}:{number + 1}"
            row = read_object(raw, place, mend)
            if shape:
                validate_row(row, shape, place, mend)
            return row

        return View(written, look)

    def rows(
        self, name: str, model: type[Model], more: Mapping[str, object] = NOTHING
    ) -> View[Model]:
        """Return the lines of a file as records, read on access.

        `more` are keys that each record gets in addition. Raises UserMistake.
        """
        lines, path = self.lines(name), self.folder / name
        return View(
            range(len(lines)),
            lambda n: validate_row(
                {**lines[n], **more}, model, f"{path}: row {n + 1}", self.mend(name)
            ),
        )

    def document(self, digest: str) -> str:
        name = f"documents/{digest}.txt"
        return read_text(self.folder / name, self.mend(name))

    def read(self, name: str, model: type[Model]) -> Model:
        """Read a file with one JSON object. Raises UserMistake."""
        return read_json(self.folder / name, model, self.mend(name))

    def read_object(self, name: str) -> dict[str, object]:
        """Read a file with one JSON object of no fixed shape. Raises UserMistake."""
        path = self.folder / name
        return read_object(read_bytes(path, self.mend(name)), str(path), self.mend(name))

    def mend(self, name: str) -> str:
        """Return what to do about a missing or damaged file of this run."""
        command = next((command for start, command in WRITERS if name.startswith(start)), "make")
        target = self.folder if command != "make" else f"RECIPE --out {self.folder}"
        return f"run `docstill {command} {target}`, which writes it again"

    def has(self, name: str) -> bool:
        return (self.folder / name).is_file()


def _numbers(release: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", release)]


def example_line(example: Example) -> dict[str, object]:
    """Return a line of kept.jsonl or rejected.jsonl; its spans point into the document."""
    chunk = example.chunk
    return {
        "id": example.id,
        "task": example.task,
        "instruction": example.instruction,
        "response": example.response,
        "document": _dump(chunk.document),
        "chunk": chunk_line(chunk),
        "spans": _placed(example.spans, chunk.start),
        "split": example.split,
        **conflict_mark(chunk),
        **({"manner": example.manner} if example.manner else {}),
        **({"elsewhere": _dump(example.elsewhere)} if example.elsewhere else {}),
        "teacher": example.teacher,
        "prompt": example.prompt,
        "cost": example.total_cost.model_dump(),
        "verdicts": _verdicts(example.verdicts, chunk),
        "draws": [{**_dump(d), "spans": _placed(d.spans, chunk.start)} for d in example.draws],
        "attempts": _attempts(example.attempts, chunk),
    }


def unfinished_line(unfinished: Unfinished) -> dict[str, object]:
    """Return a line of unfinished.jsonl."""
    slot = unfinished.slot
    return {
        "id": slot.id,
        "task": slot.task,
        "document": _dump(slot.chunk.document),
        "chunk": chunk_line(slot.chunk),
        "split": slot.split,
        "reason": unfinished.reason,
        "attempts": _attempts(unfinished.attempts, slot.chunk),
    }


def chunk_line(chunk: Chunk) -> dict[str, object]:
    """Return a line's chunk, with the page if its document has pages."""
    return {
        "digest": chunk.digest,
        "start": chunk.start,
        "end": chunk.end,
        **({"page": chunk.page} if chunk.page else {}),
    }


def conflict_mark(chunk: Chunk) -> dict[str, bool]:
    """Return the mark of a chunk that another version of its document contradicts, else nothing."""
    return {"conflict": True} if chunk.conflict else {}


def _attempts(attempts: Iterable[Attempt], chunk: Chunk) -> list[dict[str, object]]:
    return [
        {
            **_dump(a),
            "spans": _placed(a.spans, chunk.start),
            "verdicts": _verdicts(a.verdicts, chunk),
        }
        for a in attempts
    ]


def _verdicts(verdicts: Iterable[Verdict], chunk: Chunk) -> list[dict[str, object]]:
    return [{**_dump(v), "evidence": _placed(v.evidence, chunk.start)} for v in verdicts]


def _placed(spans: Iterable[Span], offset: int) -> list[dict[str, object]]:
    return [
        _dump(s.model_copy(update={"start": s.start + offset, "end": s.end + offset}))
        for s in spans
    ]


def _dump(record: BaseModel) -> dict[str, object]:
    return record.model_dump()
