"""RUN, the folder of one run: every file of the contract is written and read here."""

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
from factory.core.jsonl import Model, open_file, read_bytes, read_json, read_object, read_text, validated
from factory.core.jsonl import line as json_line
from factory.core.lazy import View
from factory.core.records import Attempt, Chunk, Document, DocumentRef, Example, Span, Unfinished, Verdict
from factory.core.run_files import shape_of

DOCUMENTS = ".documents.jsonl"  # of the run: digests and names of its documents
NOTHING: Mapping[str, object] = MappingProxyType({})
BEYOND = ".gold.jsonl"  # its gold rows that evaluate.limit leaves out

# Which command writes a file of a run, by how its name begins; `make` writes all others.
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
    """One line of DOCUMENTS."""

    digest: str = Field(pattern=r"^[\w-]+$")  # it names a file
    name: str
    pages: tuple[int, ...] = ()


class Run:
    """Paths and files of a run. Whole files are replaced at once, so that a kill leaves the old or the new one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def scans(self) -> Path:
        """The folder of what a command for OCR has read."""
        return self.folder / ".scans"

    def create(self) -> None:
        """Raises UserMistake where the folder can't be written, or holds a run of a newer docstill."""
        self._not_newer()
        try:
            (self.folder / "documents").mkdir(parents=True, exist_ok=True)
            probe = self.folder / ".writable"
            probe.write_text("")
            probe.unlink()
        except OSError as error:
            raise UserMistake(f"{self.folder}: can't be written ({error.strerror}), must be a folder that you may write to") from error

    def must_exist(self) -> "Run":
        if not (self.folder / "recipe.toml").is_file():
            raise UserMistake(f"{self.folder}: no run is there, must be a folder that `docstill make --out` has written")
        self._not_newer()
        return self

    def _not_newer(self) -> None:
        """Another version's files may mean what this one can't know. Raises UserMistake."""
        try:
            made = str(self.read_object("report.json")["version"])
        except (UserMistake, KeyError):
            return  # none there, or a broken one: the next `make` writes it anew
        if _numbers(made) > _numbers(version("docstill")):
            told = f"was made by docstill {made}, which is newer than this one ({version('docstill')})"
            raise UserMistake(f"{self.folder}: {told}; update docstill, or name another folder")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Only one process works on a run. Raises UserMistake where another one does."""
        with (self.folder / ".lock").open("w") as file:
            try:
                flock(file, LOCK_EX | LOCK_NB)
            except OSError as error:
                raise UserMistake(f"{self.folder}: another docstill is working on this run, wait for it or stop it") from error
            yield

    def write(self, name: str, text: str) -> None:
        self._write(name, (text,))

    def write_lines(self, name: str, lines: Iterable[object]) -> None:
        """One by one: they may be more than memory holds."""
        self._write(name, map(json_line, lines))

    def _write(self, name: str, pieces: Iterable[str]) -> None:
        with replacing(self.folder / name) as file:
            file.writelines(pieces)

    def write_documents(self, documents: Iterable[Document]) -> None:
        """Beside their texts what they are: the folder also holds texts of an earlier make."""
        lines: list[dict[str, object]] = []
        for document in documents:
            self.write(f"documents/{document.ref.digest}.txt", document.text)
            lines.append({**_dump(document.ref), **({"pages": document.pages} if document.pages else {})})
        self.write_lines(DOCUMENTS, lines)

    @property
    def documents(self) -> View[Document]:
        """Those of the latest make, read when they are looked at; of a run that an older docstill made, none are known."""
        lines = list(self.rows(DOCUMENTS, _Documented)) if self.has(DOCUMENTS) else []

        def look(n: int) -> Document:
            one = lines[n]
            return Document(ref=DocumentRef(digest=one.digest, name=one.name), text=self.document(one.digest), pages=one.pages)

        return View(range(len(lines)), look)

    def lines(self, name: str) -> View[dict[str, object]]:
        """The JSON lines of a file of this run, read when they are looked at: they may be more than memory holds.

        Raises UserMistake where the file is missing or a line is broken.
        """
        path, mend, shape = self.folder / name, self.mend(name), shape_of(name)
        file = open_file(path, mend)  # open as long as the view is, so that it shows what stood there when it was opened
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
                validated(row, shape, place, mend)
            return row

        return View(written, look)

    def rows(self, name: str, model: type[Model], more: Mapping[str, object] = NOTHING) -> View[Model]:
        """The lines of a file as records, read when they are looked at; `more`: keys that each gets besides. Raises UserMistake."""
        lines, path = self.lines(name), self.folder / name
        return View(range(len(lines)), lambda n: validated({**lines[n], **more}, model, f"{path}: row {n + 1}", self.mend(name)))

    def document(self, digest: str) -> str:
        name = f"documents/{digest}.txt"
        return read_text(self.folder / name, self.mend(name))

    def read(self, name: str, model: type[Model]) -> Model:
        """A file of this run that holds one JSON object. Raises UserMistake."""
        return read_json(self.folder / name, model, self.mend(name))

    def read_object(self, name: str) -> dict[str, object]:
        """A file of this run that holds one JSON object of no fixed shape. Raises UserMistake."""
        path = self.folder / name
        return read_object(read_bytes(path, self.mend(name)), str(path), self.mend(name))

    def mend(self, name: str) -> str:
        """What to do about a file of this run that is missing or damaged."""
        command = next((command for start, command in WRITERS if name.startswith(start)), "make")
        target = self.folder if command != "make" else f"RECIPE --out {self.folder}"
        return f"run `docstill {command} {target}`, which writes it anew"

    def has(self, name: str) -> bool:
        return (self.folder / name).is_file()


def _numbers(release: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", release)]


def example_line(example: Example) -> dict[str, object]:
    """One line of kept.jsonl or rejected.jsonl: spans and verdict evidence point into the document."""
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
        **marked(chunk),
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
    """One line of unfinished.jsonl."""
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
    """What a line says of its chunk; the page only where its document has pages."""
    return {"digest": chunk.digest, "start": chunk.start, "end": chunk.end, **({"page": chunk.page} if chunk.page else {})}


def marked(chunk: Chunk) -> dict[str, bool]:
    """What a line says of a chunk that another version of its document contradicts; of others nothing."""
    return {"conflict": True} if chunk.conflict else {}


def _attempts(attempts: Iterable[Attempt], chunk: Chunk) -> list[dict[str, object]]:
    return [{**_dump(a), "spans": _placed(a.spans, chunk.start), "verdicts": _verdicts(a.verdicts, chunk)} for a in attempts]


def _verdicts(verdicts: Iterable[Verdict], chunk: Chunk) -> list[dict[str, object]]:
    return [{**_dump(v), "evidence": _placed(v.evidence, chunk.start)} for v in verdicts]


def _placed(spans: Iterable[Span], offset: int) -> list[dict[str, object]]:
    return [_dump(s.model_copy(update={"start": s.start + offset, "end": s.end + offset})) for s in spans]


def _dump(record: BaseModel) -> dict[str, object]:
    return record.model_dump()
