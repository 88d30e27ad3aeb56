"""Contamination: what of training rows and replay stands in val, test, shift, gold or a protected file is found, removed and listed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from pydantic import BaseModel, Field

from factory.core.errors import PromiseBroken, UserMistake
from factory.core.jsonl import numbered_lines, read_object
from factory.core.lazy import View
from factory.core.prompts import words
from factory.core.records import Chunk, DocumentRef, Example, Row, Verdict
from factory.core.run_folder import Run
from factory.dataset.general_questions import Question, general_rows
from factory.dataset.mix import Replay
from factory.dataset.rows import Rows
from filters.duplicates.boilerplate import Form, form
from filters.duplicates.decontamination import Chunks, Compared, Overlap, overlaps

LISTED = "contamination.jsonl"  # of the run
FORM = "form.txt"  # of the run: what many documents share, where that may be why much was removed
MOST_REMOVED = 0.2  # of the training examples, or of the replay pool: with more, the split or the sources are at fault, not single rows
ABOUT_OTHERS = ("shift", "unseen")  # sides about documents that even a closed-book task does not train on
Verdicts = Mapping[int, Verdict]


class Compare(BaseModel, frozen=True):
    """How many were compared, and what was removed of them."""

    compared: int = 0
    removed: int = 0

    @property
    def share(self) -> float:
        return self.removed / self.compared if self.compared else 0.0


class Decontamination(BaseModel, frozen=True):
    """report.json, of what would have been trained on. `left`: overlaps in the files as they are written."""

    compared: int = 0  # examples for training
    removed: int = 0
    share: float = 0.0
    replay: Compare = Compare()
    by: dict[str, int] = {}  # rule
    against: dict[str, int] = {}  # set
    left: int = 0
    in_form: int = Field(0, exclude_if=lambda rows: not rows)  # removed for words that several documents have

    def must_hold(self) -> None:
        """Raises PromiseBroken where the split leaks."""
        for what, share in (("the training examples", self.share), ("the replay examples", self.replay.share)):
            if share > MOST_REMOVED:
                raise PromiseBroken(
                    f"{100 * share:.0f} % of {what} stood in what is held out and were removed, more than {100 * MOST_REMOVED:.0f} %: "
                    f"{LISTED} lists them; {self._remedy()}the split, replay.sources or split.protect must be set right"
                )
        if self.left:
            raise PromiseBroken(f"{self.left} rows of train.jsonl stand in what is held out; {LISTED} lists them")

    def _remedy(self) -> str:
        if not self.in_form:
            return ""
        why = f"{self.in_form} of them share words that stand in 3 documents or more, too few or too alike to count as boilerplate"
        return f"{why}; {FORM} has them, the commonest first: as far as they are form and no content, name the file as split.form; else "


@dataclass(frozen=True)
class Guard:
    """What is held out of one run, for its training rows and its replay to be held against."""

    home: Path  # the recipe's folder
    rows: Rows
    removed: list[Overlap] = field(default_factory=list)  # of the last examples that were judged

    def judge(self, kept: Sequence[Example]) -> Verdicts:
        """What of these examples, held-out ones first, overlaps: by place."""
        side = [place for place, e in enumerate(kept) if e.split == "train"]
        held = [place for place, e in enumerate(kept) if e.split != "train"]
        shifted = self.shifted(kept, every=bool(self._closed))  # there a test question may fall yet, and another one be shifted instead
        found = self.overlaps(View(side, lambda i: self.compared(kept[i])), View(held, lambda i: self.compared(kept[i])), shifted)
        self.removed[:] = found.values()
        return {side[place]: overlap.verdict for place, overlap in found.items()}

    def shifted(self, kept: Sequence[Example], every: bool = False) -> list[Compared]:
        """What is made of test questions for the shifted test set: other words, and excerpts that nothing else may stand for."""

        def compared(example: Example, asked: Example, _: Mapping[str, object]) -> Compared:
            return self.compared(example, asked)._replace(source="shift")

        return list(self.rows.shifts(kept, compared, every))

    def overlaps(self, rows: Sequence[Compared], held: Sequence[Compared], shifted: Sequence[Compared]) -> Mapping[int, Overlap]:
        """Held rows are the run's own and what is made of them, and always gold and what is protected as well."""
        fixed = [*shifted, *self.fixed]
        every = View(range(len(held) + len(fixed)), lambda i: held[i] if i < len(held) else fixed[i - len(held)])
        return overlaps(rows, every, self.chunks, self.form)

    def clean(self, pool: list[Replay], kept: Sequence[Example]) -> tuple[list[Replay], list[Overlap]]:
        """The replay that overlaps with nothing, and what the rest of it overlaps with."""
        held = [place for place, e in enumerate(kept) if e.split != "train"]
        found = self.overlaps([_replayed(r) for r in pool], View(held, lambda i: self.compared(kept[i])), self.shifted(kept))
        return [r for place, r in enumerate(pool) if place not in found], list(found.values())

    def clean_rows(self, rows: Sequence[Row], kept: Sequence[Example]) -> tuple[list[Row], list[Overlap]]:
        """Of the rows of an earlier student those that overlap with nothing, and what the rest of them overlaps with."""
        held = [place for place, e in enumerate(kept) if e.split != "train"]
        found = self.overlaps([_spoken(row) for row in rows], View(held, lambda i: self.compared(kept[i])), self.shifted(kept))
        return [row for place, row in enumerate(rows) if place not in found], list(found.values())

    def compared(self, example: Example, asked: Example | None = None) -> Compared:
        """Of a closed-book task, the questions: all its facts are trained on but those of documents held out.

        `asked`: what it was made of.
        """
        own = self.rows.tasks[example.task].subject(example) == example.instruction
        instruction = example.instruction if own else ""
        response = "" if example.response == words("refusal") else example.response  # what all refusals say tells nothing of a leak
        if example.task not in self._closed:
            shown = self.rows.show(example, asked or example)  # distractors too
            place = f"{example.chunk.digest} {example.id if shown.meta else ''}"
            return Compared(example.id, example.split, instruction, response, shown.chunk.text, place)
        if example.split == "train" or example.split in ABOUT_OTHERS:
            return Compared(example.id, example.split, instruction, response, bare=True)
        return Compared(example.id, example.split, instruction, "", bare=True)

    @cached_property
    def _closed(self) -> frozenset[str]:
        return frozenset(t.name for t in self.rows.recipe.tasks if not t.open_book)

    @cached_property
    def fixed(self) -> list[Compared]:
        asked = (r.model_dump(include={"id", "task", "instruction", "response"}) | {"chunk": c} for r, c in self.rows.found.gold)
        gold = [Example.model_validate({**row, "split": "test"}) for row in asked]
        protected = (row for name in self.rows.recipe.split.protect for row in protected_rows(self.home / name, name))
        return [*(self.compared(e)._replace(source="gold") for e in gold), *self._general(), *protected]

    def _general(self) -> list[Compared]:
        """The questions that tell what the student has forgotten, where that is measured."""
        measured = self.rows.recipe.evaluate.forgetting is not None
        questions = map(Question.model_validate, general_rows() if measured else ())
        return [Compared(q.meta.id, "general", q.messages[0].content, q.messages[-1].content, bare=True) for q in questions]

    @cached_property
    def form(self) -> tuple[str, ...]:
        """What the client says is the documents' form. Raises UserMistake."""
        return tuple(_text_of(self.home / name, name) for name in self.rows.recipe.split.form)

    def likely_form(self, held: Sequence[Example]) -> Form:
        """Of what was removed, what many documents share."""
        documents, shown = self.rows.found.documents, dict.fromkeys(e.chunk.shown for e in held)
        return form(tuple(shown), lambda: (d.text for d in documents), [o.words for o in self.removed])

    @cached_property
    def chunks(self) -> Chunks:
        """Boilerplate is what stands in many version groups, whichever side they are on."""
        found = self.rows.found
        return Chunks(lambda: found.sides.stretches(found.documents), found.sides.division.versions)


def _text_of(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UserMistake(f'split.form: "{name}" can\'t be read ({reason}), must be a text file') from error


def _replayed(replay: Replay) -> Compared:
    return Compared(replay.id, "replay", replay.instruction, replay.response, bare=True)


def protected_rows(path: Path, name: str) -> Iterator[Compared]:
    """Of a JSONL file with any of instruction, question, response, answer, chunk, text and messages. Raises UserMistake."""
    mend = f'split.protect = "{name}" must be a JSONL file of one object a line'
    for number, raw in numbered_lines(path, mend):
        yield _protected(read_object(raw, f"{path}:{number}", mend), f"{name}:{number}", name)


def _protected(row: dict[str, object], place: str, name: str) -> Compared:
    said = {key: str(value) for key, value in row.items() if isinstance(value, str)}
    messages = row.get("messages")
    turns = [m for m in messages if isinstance(m, dict) and isinstance(m.get("content"), str)] if isinstance(messages, list) else []
    spoken = {role: "\n\n".join(str(m["content"]) for m in turns if m.get("role") == role) for role in ("user", "assistant")}
    instruction = said.get("instruction") or said.get("question") or spoken["user"]
    response = said.get("response") or said.get("answer") or spoken["assistant"]
    chunk = said.get("chunk") or said.get("text", "")
    if not (instruction or response or chunk):
        keys = "instruction, question, response, answer, chunk, text, messages"
        raise UserMistake(f"split.protect: {place} holds nothing to compare, must have one of: {keys}")
    id = row.get("id")
    return Compared(str(id) if isinstance(id, str | int) else place, name, instruction, response, chunk, bare=not chunk)


def left_in(run: Run, guard: Guard, shifted: Sequence[Compared]) -> list[Overlap]:
    """What of the files as they are written still overlaps, read back from them. Raises UserMistake where one is missing."""
    trained = {str(_meta(row)["id"]) for row in run.lines("train.jsonl") if _meta(row)["source"] == "document"}
    lines = run.lines("kept.jsonl")
    mine = [place for place, line in enumerate(lines) if line["id"] in trained]
    held = [place for place, line in enumerate(lines) if line["split"] != "train"]
    read = partial(_read, run, guard)
    replay = [_spoken(row) for row in run.lines("train.jsonl") if _meta(row)["source"] == "replay"]
    rows = View(range(len(mine) + len(replay)), lambda i: read(lines[mine[i]]) if i < len(mine) else replay[i - len(mine)])
    return list(guard.overlaps(rows, View(held, lambda i: read(lines[i])), shifted).values())


def _meta(row: Row) -> dict[str, object]:
    meta = row["meta"]
    assert isinstance(meta, dict)
    return meta


def _spoken(row: Row) -> Compared:
    one = _protected(row, "train.jsonl", "replay")
    return one._replace(id=str(_meta(row)["id"]))


def _read(run: Run, guard: Guard, line: dict[str, object]) -> Compared:
    ref, chunk = DocumentRef.model_validate(line["document"]), line["chunk"]
    assert isinstance(chunk, dict)
    text = run.document(ref.digest)[chunk["start"] : chunk["end"]]
    fields = {key: line[key] for key in ("id", "task", "instruction", "response", "split")}
    return guard.compared(Example.model_validate({**fields, "chunk": Chunk(document=ref, text=text, **chunk)}))


def listed(overlap: Overlap) -> Row:
    """One line of contamination.jsonl."""
    row, against = overlap.row, overlap.against
    return {
        "id": row.id,
        "source": row.source,
        "against": {"id": against.id, "set": against.source},
        "rule": overlap.rule,
        "words": overlap.words,
    }


def told_of(own: Sequence[Overlap], trained: int, of_replay: Sequence[Overlap], replay: int, left: int) -> Decontamination:
    """`trained` and `replay`: rows that are left after what was removed."""
    every, compared = [*own, *of_replay], len(own) + trained
    rules, sets = (sorted({name(o) for o in every}) for name in (_rule, _set))
    return Decontamination(
        compared=compared,
        removed=len(own),
        share=round(len(own) / compared, 4) if compared else 0.0,
        replay=Compare(compared=replay + len(of_replay), removed=len(of_replay)),
        by={rule: sum(_rule(o) == rule for o in every) for rule in rules},
        against={name: sum(_set(o) == name for o in every) for name in sets},
        left=left,
    )


def _rule(overlap: Overlap) -> str:
    return overlap.rule


def _set(overlap: Overlap) -> str:
    return overlap.against.source
