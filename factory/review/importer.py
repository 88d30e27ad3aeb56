"""Intake: what experts have filled in, from any home, checked row by row; what can't be applied is listed by its place in the file."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from factory.core.errors import UserMistake
from factory.core.jsonl import open_file, read_bytes
from factory.core.records import digest
from factory.core.run_folder import Run
from factory.review import FILE, KINDS, ExpertVerdict, expert_verdicts
from factory.review.exported_text import alike, recoded
from factory.review.lookup import Asked, Examples, examples_of

VERDICTS = ("accept", "reject", "fix")
SYNONYMS = {
    **dict.fromkeys("accepted ok okay yes true ja wahr oui vrai sí si verdadero vero verdadeiro".split(), "accept"),
    **dict.fromkeys("rejected no false nein falsch non faux falso".split(), "reject"),
    **dict.fromkeys("fixed corrected".split(), "fix"),
}
LARGEST = 256 << 20  # bytes of a file
DIGEST = re.compile("[0-9a-f]{16}")
Fits = Callable[[str, str, str], str]  # a task, a question and a corrected answer: why it is none of that task's, or nothing


class Filled(NamedTuple):
    """One example as a home gives it back; `where`: its place in the file, such as "row 7". `answer`: as it stands there, if it does."""

    where: str
    id: str = ""
    verdict: str = ""
    answer: str | None = None
    question: str = ""
    judged: str = ""  # digest of the answer that was read, where the home keeps it
    kind: str = ""
    reason: str = ""
    fixed: str = ""
    reviewer: str = ""
    seconds: float | None = None
    order: tuple[str, float] = ("", 0.0)  # when it was said: of one reviewer's verdicts in one home the latest counts
    sheet: bool = False  # a spreadsheet may have changed any of it
    fault: str = ""  # why it can't be read
    note: str = ""  # what had to be worked out to read it


class Fault(NamedTuple):
    where: str
    why: str


class Intake(NamedTuple):
    """What a file says: verdicts, rows that can't be applied, and how some that are applied were read."""

    verdicts: tuple[ExpertVerdict, ...]
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]


def bytes_of(file: Path, must: str) -> bytes:
    """A file of a review. `must`: what to give. Raises UserMistake where it can't be read, or is far too large."""
    with open_file(file, must) as opened:
        if (size := os.fstat(opened.fileno()).st_size) > LARGEST:
            raise UserMistake(f"{file}: has {size >> 20:,} MB, at most {LARGEST >> 20} are read; {must}")
    return read_bytes(file, must)


def broken(file: Path, error: ValidationError, must: str, place: int | None = None) -> UserMistake:
    """A file whose shape is not the home's: the first place that is at fault, and what it must be. `place`: in the list that it holds."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in (*(() if place is None else (place,)), *first["loc"])) or "the file"
    return UserMistake(f"{file}: {where}: {first['msg']}; must be {must}")


def checked(run: Run, filled: Sequence[Filled], fits: Fits) -> Intake:
    """What a file says of this run, without applying it; what has no verdict yet says nothing."""
    examples = examples_of(run, (one.id for one in filled))
    faults: list[tuple[int, Fault]] = []
    found: dict[tuple[str, str], list[_Said]] = {}
    for place, one in enumerate(filled):
        if one.verdict.strip() or one.fixed or one.fault:
            said = one.fault or _verdict(one, examples, fits)
            if isinstance(said, str):
                faults.append((place, Fault(one.where, said)))
            else:
                found.setdefault((said.id, said.reviewer), []).append(_Said(place, one, said))
    counted: list[_Said] = []
    for latest in map(_latest, found.values()):
        counted += latest if len(latest) == 1 else ()
        faults += _contradictions(latest)
    counted.sort(key=lambda one: one.place)
    return Intake(
        verdicts=tuple(one.verdict for one in counted),
        faults=tuple(fault for _, fault in sorted(faults)),
        notes=tuple(Fault(one.filled.where, one.filled.note) for one in counted if one.filled.note),
    )


class _Said(NamedTuple):
    place: int
    filled: Filled
    verdict: ExpertVerdict


def _latest(said: Sequence[_Said]) -> list[_Said]:
    """One reviewer's verdict on one example: the latest, once; all that contradict where none is later."""
    last = max(one.filled.order for one in said)
    different = {one.verdict.model_copy(update={"seconds": None}): one for one in reversed(said) if one.filled.order == last}
    return list(different.values())


def _contradictions(said: Sequence[_Said]) -> Iterator[tuple[int, Fault]]:
    for one in said if len(said) > 1 else ():
        other = next(another.filled.where for another in said if another is not one)
        why = f"id {one.verdict.id} has another verdict in {other}; keep one of them"
        yield one.place, Fault(one.filled.where, why)


def take_in(run: Run, file: str, filled: Sequence[Filled], fits: Fits) -> list[ExpertVerdict]:
    """Adds a file's verdicts to the run and returns them. Raises UserMistake where there are none, but faults."""
    found = checked(run, filled, fits)
    if found.faults and not found.verdicts:
        raise UserMistake(listed(file, found.faults))
    add(run, found.verdicts)
    return list(found.verdicts)


def add(run: Run, verdicts: Sequence[ExpertVerdict]) -> None:
    """A reviewer's later verdict on an answer replaces the earlier."""
    everything = {(v.id, v.judged, v.reviewer): v for v in (*expert_verdicts(run), *verdicts)}
    run.write_lines(FILE, (v.model_dump(exclude_defaults=True) for v in everything.values()))


def _verdict(one: Filled, examples: Examples, fits: Fits) -> ExpertVerdict | str:
    """The verdict, or what is wrong with it."""
    said, kind, fixed = _word(one.verdict), _word(one.kind).replace(" ", "_"), _lines(one.fixed)
    said = SYNONYMS.get(said, said)
    if not one.id and not one.judged:
        return "has no id, must have the one that was exported"
    id = examples.found(one.id, one.judged, one.question)
    if id is None:
        return f"id {one.id} is not an example of this run"
    if wrong := _wrong(said, kind, fixed):
        return wrong
    asked = examples.asked[id]
    judged = _judged(one, asked, said, id in examples.sampled)
    if judged is None:
        return "the answer is not the one that was exported; put a corrected one under fixed_answer, verdict fix"
    if fixed and (wrong := fits(asked.task, asked.question, fixed)):
        return f"the corrected answer can't be one: {wrong}"
    told = {"id": id, "judged": judged, "verdict": said, "kind": kind if said == "reject" else ""}
    rest = {"reason": _lines(one.reason), "fixed": fixed, "reviewer": one.reviewer.strip(), "seconds": one.seconds}
    return ExpertVerdict.model_validate({**told, **rest})


def _lines(text: str) -> str:
    """A text whose lines end at \\n, as those of documents do: programs on Windows end the lines within a cell at \\r\\n."""
    return text.replace("\r\n", "\n").strip()


def _word(cell: str) -> str:
    return " ".join(cell.strip().strip("'\"").split()).casefold()


def _wrong(said: str, kind: str, fixed: str) -> str:
    """What is wrong with what was filled in; empty where nothing is."""
    if not said:
        return "fixed_answer is filled in, but verdict is not; write fix there"
    if said not in VERDICTS:
        return f'verdict "{said}", must be accept, reject, fix or empty'
    if (said == "fix") != bool(fixed):
        return "fixed_answer must be filled in exactly where the verdict is fix"
    if kind and kind not in KINDS:
        return f'kind "{kind}", must be one of {", ".join(KINDS)} or empty'
    if unreadable(fixed):
        return "fixed_answer is written in another encoding than the file; save it as UTF-8 and type it again"
    return ""


def unreadable(text: str) -> bool:
    """Whether characters were lost, or UTF-8 was read as Windows-1252, which no one types."""
    return "\ufffd" in text or recoded(text) != text


def _judged(one: Filled, asked: Asked, said: str, sampled: bool) -> str | None:
    """Digest of the answer that was read; None where the file holds another one.

    Columns that nobody edits don't decide: a spreadsheet may have changed them. But an accepted answer that someone has rewritten in
    its own column is not the one that was exported.
    """
    known = [(digest(answer), answer) for answer in reversed(asked.answers)]  # the one that was exported last comes first
    read = one.answer is not None and bool(one.answer.strip())
    if one.judged in asked.digests:
        answer = next((text for key, text in known if key == one.judged), None)
        rewritten = read and answer is not None and not alike(answer, one.answer or "")
        return None if rewritten and said == "accept" else one.judged
    if one.judged and not (one.sheet and (one.judged.isdecimal() or not DIGEST.fullmatch(one.judged))):
        return None  # an answer that this run doesn't hold
    exact = digest(one.answer or "")
    if exact in asked.digests:
        return exact
    if read and (same := next((key for key, text in known if alike(text, one.answer or "")), None)):
        return same
    if read and said == "accept":
        return None
    return known[0][0] if sampled or len(known) == 1 else None


def listed(file: str, faults: Sequence[Fault]) -> str:
    """What can't be applied, by line."""
    if len(faults) == 1:
        return f"{file}: {faults[0].where}: {faults[0].why}"
    return f"{file}: {len(faults)} places can't be applied:" + "".join(f"\n  {fault.where}: {fault.why}" for fault in faults)
