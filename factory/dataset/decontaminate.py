"""Remove and list training and replay rows that overlap held-out, gold or protected data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import chain
from pathlib import Path

from pydantic import BaseModel, Field

from factory.core.errors import PromiseBroken, UserMistake
from factory.core.jsonl import numbered_lines, read_object
from factory.core.lazy import View
from factory.core.prompts import prompt_text
from factory.core.records import Chunk, DocumentRef, Example, Row, Verdict
from factory.core.run_folder import Run
from factory.dataset.general_questions import GeneralQuestion, general_rows
from factory.dataset.mix import ReplayExample
from factory.dataset.rows import Rows
from filters.duplicates.boilerplate import Boilerplate, find_boilerplate
from filters.duplicates.decontamination import (
    ComparedRow,
    CorpusChunks,
    HeldOutOverlap,
    find_overlaps,
)

CONTAMINATION_FILE = "contamination.jsonl"  # of the run
# A file of the run: text that many documents share and that may explain many removals.
FORM_FILE = "form.txt"
# The largest share of the training examples, or of the replay pool, that may be removed. Above it,
# the split or the sources are at fault, not single rows.
MOST_REMOVED = 0.2
# Sides about documents that even a closed-book task does not train on.
ABOUT_OTHERS = (
    "shift",
    "unseen",
)
Verdicts = Mapping[int, Verdict]


class ReplayDecontamination(BaseModel, frozen=True):
    """The numbers of replay rows that were compared and removed."""

    compared: int = 0
    removed: int = 0

    @property
    def share(self) -> float:
        return self.removed / self.compared if self.compared else 0.0


class Decontamination(BaseModel, frozen=True):
    """Part of report.json about the rows for training. `left`: overlaps in the files as they are
    written.
    """

    compared: int = 0  # examples for training
    removed: int = 0
    share: float = 0.0
    replay: ReplayDecontamination = ReplayDecontamination()
    by: dict[str, int] = {}  # rule
    against: dict[str, int] = {}  # set
    left: int = 0
    # Removed for words that several documents have.
    in_form: int = Field(0, exclude_if=lambda rows: not rows)

    def must_hold(self) -> None:
        """Raise PromiseBroken if the split leaks."""
        for what, share in (
            ("the training examples", self.share),
            ("the replay examples", self.replay.share),
        ):
            if share > MOST_REMOVED:
                raise PromiseBroken(
                    f"{100 * share:.0f} % of {what} overlapped held-out data and were removed, "
                    f"more than {100 * MOST_REMOVED:.0f} %: "
                    f"{CONTAMINATION_FILE} lists them; {self._remedy()}"
                    "correct the split, replay.sources or split.protect"
                )
        if self.left:
            raise PromiseBroken(
                f"{self.left} rows of train.jsonl overlap held-out data; "
                f"{CONTAMINATION_FILE} lists them"
            )

    def _remedy(self) -> str:
        if not self.in_form:
            return ""
        why = (
            f"{self.in_form} of them share words that occur in 3 documents or more, "
            "too few or too alike to count as boilerplate"
        )
        return (
            f"{why}; {FORM_FILE} lists these words, the most frequent first: "
            "if they are a form and not content, name the file as split.form; otherwise "
        )


@dataclass(frozen=True)
class LeakGuard:
    """The held-out data of one run, with which its training rows and its replay are compared."""

    home: Path  # the recipe's folder
    rows: Rows
    # Of the last examples that were judged.
    removed: list[HeldOutOverlap] = field(default_factory=list)

    def judge(self, kept: Sequence[Example]) -> Verdicts:
        """Return a verdict, by index, for each training example that overlaps held-out data. `kept`
        must begin with held-out examples.
        """
        side = [place for place, e in enumerate(kept) if e.split == "train"]
        held = [place for place, e in enumerate(kept) if e.split != "train"]
        # There a test question may fall yet, and another one be shifted instead.
        shifted = self.shifted(kept, every=bool(self._closed))
        found = self.overlaps(
            View(side, lambda i: self.compared(kept[i])),
            View(held, lambda i: self.compared(kept[i])),
            shifted,
        )
        self.removed[:] = found.values()
        return {side[place]: overlap.verdict for place, overlap in found.items()}

    def shifted(self, kept: Sequence[Example], every: bool = False) -> list[ComparedRow]:
        """Return what the shifted test set makes of test questions: other wordings, and excerpts
        that do not belong to the question.
        """

        def compared(example: Example, asked: Example, _: Mapping[str, object]) -> ComparedRow:
            return self.compared(example, asked)._replace(source="shift")

        return list(self.rows.shifts(kept, compared, every))

    def overlaps(
        self,
        rows: Sequence[ComparedRow],
        held: Sequence[ComparedRow],
        shifted: Sequence[ComparedRow],
    ) -> Mapping[int, HeldOutOverlap]:
        """Return the overlaps of `rows` with held-out data. `held` and `shifted` belong to the run;
        gold and protected files are always added.
        """
        fixed = [*shifted, *self.fixed]
        every = View(
            range(len(held) + len(fixed)),
            lambda i: held[i] if i < len(held) else fixed[i - len(held)],
        )
        return find_overlaps(rows, every, self.chunks, self.form)

    def clean(
        self, pool: list[ReplayExample], kept: Sequence[Example]
    ) -> tuple[list[ReplayExample], list[HeldOutOverlap]]:
        """Return the replay that overlaps nothing, and the overlaps of the rest."""
        held = [place for place, e in enumerate(kept) if e.split != "train"]
        found = self.overlaps(
            [_replayed(r) for r in pool],
            View(held, lambda i: self.compared(kept[i])),
            self.shifted(kept),
        )
        return [r for place, r in enumerate(pool) if place not in found], list(found.values())

    def clean_rows(
        self, rows: Sequence[Row], kept: Sequence[Example]
    ) -> tuple[list[Row], list[HeldOutOverlap]]:
        """Return an earlier student's rows that overlap nothing, and the overlaps of the rest."""
        held = [place for place, e in enumerate(kept) if e.split != "train"]
        found = self.overlaps(
            [_spoken(row) for row in rows],
            View(held, lambda i: self.compared(kept[i])),
            self.shifted(kept),
        )
        return [row for place, row in enumerate(rows) if place not in found], list(found.values())

    def compared(self, example: Example, asked: Example | None = None) -> ComparedRow:
        """Return the parts of an example to compare. For a closed-book task these are the
        questions, because all its facts are trained on except those of held-out documents.

        `asked`: the example that it was made from.
        """
        own = self.rows.tasks[example.task].subject(example) == example.instruction
        instruction = example.instruction if own else ""
        # What all refusals say tells nothing of a leak.
        response = "" if example.response == prompt_text("refusal") else example.response
        if example.task not in self._closed:
            shown = self.rows.show(example, asked or example)  # distractors too
            place = f"{example.chunk.digest} {example.id if shown.meta else ''}"
            return ComparedRow(
                example.id, example.split, instruction, response, shown.chunk.text, place
            )
        if example.split == "train" or example.split in ABOUT_OTHERS:
            return ComparedRow(example.id, example.split, instruction, response, bare=True)
        return ComparedRow(example.id, example.split, instruction, "", bare=True)

    @cached_property
    def _closed(self) -> frozenset[str]:
        return frozenset(t.name for t in self.rows.recipe.tasks if not t.open_book)

    @cached_property
    def fixed(self) -> list[ComparedRow]:
        asked = (
            r.model_dump(include={"id", "task", "instruction", "response"}) | {"chunk": c}
            for r, c in self.rows.found.gold
        )
        gold = [Example.model_validate({**row, "split": "test"}) for row in asked]
        protected = (
            row
            for name in self.rows.recipe.split.protect
            for row in protected_rows(self.home / name, name)
        )
        return [
            *(self.compared(e)._replace(source="gold") for e in gold),
            *self._general(),
            *protected,
        ]

    def _general(self) -> list[ComparedRow]:
        """Return the questions that measure what the student has forgotten, if the recipe measures
        it.
        """
        measured = self.rows.recipe.evaluate.forgetting is not None
        questions = map(GeneralQuestion.model_validate, general_rows() if measured else ())
        return [
            ComparedRow(
                q.meta.id, "general", q.messages[0].content, q.messages[-1].content, bare=True
            )
            for q in questions
        ]

    @cached_property
    def form(self) -> tuple[str, ...]:
        """The text that the client declares to be the documents' form. Raises UserMistake."""
        return tuple(_text_of(self.home / name, name) for name in self.rows.recipe.split.form)

    def likely_form(self, held: Sequence[Example]) -> Boilerplate:
        """Return the removed text that many documents share."""
        documents, shown = self.rows.found.documents, dict.fromkeys(e.chunk.shown for e in held)
        return find_boilerplate(
            tuple(shown), lambda: (d.text for d in documents), [o.words for o in self.removed]
        )

    @cached_property
    def chunks(self) -> CorpusChunks:
        """The documents' text by version group. Text in many version groups counts as boilerplate,
        whatever their splits.
        """
        found = self.rows.found
        return CorpusChunks(
            lambda: found.sides.stretches(found.documents), found.sides.division.versions
        )


def _text_of(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UserMistake(
            f'split.form: "{name}" can\'t be read ({reason}), must be a text file'
        ) from error


def _replayed(replay: ReplayExample) -> ComparedRow:
    return ComparedRow(replay.id, "replay", replay.instruction, replay.response, bare=True)


def protected_rows(path: Path, name: str) -> Iterator[ComparedRow]:
    """Yield the rows of a JSONL file with any of instruction, question, response, answer, chunk,
    text and messages. Raises UserMistake.
    """
    mend = f'split.protect = "{name}" must be a JSONL file of one object a line'
    for number, raw in numbered_lines(path, mend):
        yield _protected(read_object(raw, f"{path}:{number}", mend), f"{name}:{number}", name)


def _protected(row: dict[str, object], place: str, name: str) -> ComparedRow:
    said = {key: str(value) for key, value in row.items() if isinstance(value, str)}
    messages = row.get("messages")
    turns = (
        [m for m in messages if isinstance(m, dict) and isinstance(m.get("content"), str)]
        if isinstance(messages, list)
        else []
    )
    spoken = {
        role: "\n\n".join(str(m["content"]) for m in turns if m.get("role") == role)
        for role in ("user", "assistant")
    }
    instruction = said.get("instruction") or said.get("question") or spoken["user"]
    response = said.get("response") or said.get("answer") or spoken["assistant"]
    chunk = said.get("chunk") or said.get("text", "")
    if not (instruction or response or chunk):
        keys = "instruction, question, response, answer, chunk, text, messages"
        raise UserMistake(
            f"split.protect: {place} holds nothing to compare, must have one of: {keys}"
        )
    id = row.get("id")
    return ComparedRow(
        str(id) if isinstance(id, str | int) else place,
        name,
        instruction,
        response,
        chunk,
        bare=not chunk,
    )


def check_leaks(
    run: Run,
    guard: LeakGuard,
    kept: Sequence[Example],
    removed: Sequence[list[HeldOutOverlap]],
    left: tuple[int, int],
) -> Decontamination:
    """List what was removed, and check the written files once more.

    `removed`: overlaps of general replay, and of an earlier student's rows. That student was
    trained on another split, so its share of removed rows says nothing about this one. `left`: the
    numbers of training rows and general examples that are left.
    """
    remaining = remaining_overlaps(run, guard, guard.shifted(kept))
    listed = [*guard.removed, *chain(*removed), *remaining]
    run.write_lines(CONTAMINATION_FILE, map(contamination_row, listed))
    summary = summarize_decontamination(guard.removed, left[0], removed[0], left[1], len(remaining))
    if summary.share <= MOST_REMOVED:
        return summary
    found = guard.likely_form([e for e in kept if e.split != "train"])
    if found.inside:
        run.write(FORM_FILE, found.text)
    return summary.model_copy(update={"in_form": found.inside})


def remaining_overlaps(
    run: Run, guard: LeakGuard, shifted: Sequence[ComparedRow]
) -> list[HeldOutOverlap]:
    """Read back the written files and return what still overlaps. Raises UserMistake if one is
    missing.
    """
    trained = {
        str(_meta(row)["id"])
        for row in run.lines("train.jsonl")
        if _meta(row)["source"] == "document"
    }
    lines = run.lines("kept.jsonl")
    mine = [place for place, line in enumerate(lines) if line["id"] in trained]
    held = [place for place, line in enumerate(lines) if line["split"] != "train"]
    read = partial(_read, run, guard)
    replay = [_spoken(row) for row in run.lines("train.jsonl") if _meta(row)["source"] == "replay"]
    rows = View(
        range(len(mine) + len(replay)),
        lambda i: read(lines[mine[i]]) if i < len(mine) else replay[i - len(mine)],
    )
    return list(guard.overlaps(rows, View(held, lambda i: read(lines[i])), shifted).values())


def _meta(row: Row) -> dict[str, object]:
    meta = row["meta"]
    assert isinstance(meta, dict)
    return meta


def _spoken(row: Row) -> ComparedRow:
    one = _protected(row, "train.jsonl", "replay")
    return one._replace(id=str(_meta(row)["id"]))


def _read(run: Run, guard: LeakGuard, line: dict[str, object]) -> ComparedRow:
    ref, chunk = DocumentRef.model_validate(line["document"]), line["chunk"]
    assert isinstance(chunk, dict)
    text = run.document(ref.digest)[chunk["start"] : chunk["end"]]
    fields = {key: line[key] for key in ("id", "task", "instruction", "response", "split")}
    return guard.compared(
        Example.model_validate({**fields, "chunk": Chunk(document=ref, text=text, **chunk)})
    )


def contamination_row(overlap: HeldOutOverlap) -> Row:
    """Return one line of contamination.jsonl."""
    row, against = overlap.row, overlap.against
    return {
        "id": row.id,
        "source": row.source,
        "against": {"id": against.id, "set": against.source},
        "rule": overlap.rule,
        "words": overlap.words,
    }


def summarize_decontamination(
    own: Sequence[HeldOutOverlap],
    trained: int,
    of_replay: Sequence[HeldOutOverlap],
    replay: int,
    left: int,
) -> Decontamination:
    """Summarize the overlaps for report.json. `trained` and `replay`: the numbers of rows that are
    left.
    """
    every, compared = [*own, *of_replay], len(own) + trained
    rules, sets = (sorted({name(o) for o in every}) for name in (_rule, _set))
    return Decontamination(
        compared=compared,
        removed=len(own),
        share=round(len(own) / compared, 4) if compared else 0.0,
        replay=ReplayDecontamination(compared=replay + len(of_replay), removed=len(of_replay)),
        by={rule: sum(_rule(o) == rule for o in every) for rule in rules},
        against={name: sum(_set(o) == name for o in every) for name in sets},
        left=left,
    )


def _rule(overlap: HeldOutOverlap) -> str:
    return overlap.rule


def _set(overlap: HeldOutOverlap) -> str:
    return overlap.against.source
