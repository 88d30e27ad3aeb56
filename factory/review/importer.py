"""Import of reviews: check what experts filled in row by row, and list what can't be applied by its
place in the file.
"""

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
from factory.review import REJECTION_KINDS, VERDICTS_FILE, ExpertVerdict, read_expert_verdicts
from factory.review.exported_text import fix_encoding, is_same_text
from factory.review.lookup import ExampleIndex, ReviewedQuestion, index_examples

VERDICTS = ("accept", "reject", "fix")
VERDICT_SYNONYMS = {
    **dict.fromkeys(
        "accepted ok okay yes true ja wahr oui vrai sí si verdadero vero verdadeiro".split(),
        "accept",
    ),
    **dict.fromkeys("rejected no false nein falsch non faux falso".split(), "reject"),
    **dict.fromkeys("fixed corrected".split(), "fix"),
}
LARGEST_FILE = 256 << 20  # bytes of a file
DIGEST = re.compile("[0-9a-f]{16}")
# Takes a task, a question and a corrected answer; returns why the answer does not fit the task, or
# "".
CheckAnswer = Callable[[str, str, str], str]


class FilledRow(NamedTuple):
    """One example as a review format returns it.

    `where` is its place in the file, such as "row 7"; `answer` is its answer there, if the format
    includes it.
    """

    where: str
    id: str = ""
    verdict: str = ""
    answer: str | None = None
    question: str = ""
    judged: str = ""  # digest of the answer that was read, if the format keeps it
    kind: str = ""
    reason: str = ""
    fixed: str = ""
    reviewer: str = ""
    seconds: float | None = None
    # When the verdict was given: a reviewer's latest one in a format counts.
    order: tuple[str, float] = (
        "",
        0.0,
    )
    sheet: bool = False  # True if a spreadsheet may have changed the values
    fault: str = ""  # why it can't be read
    note: str = ""  # how it was read, if that had to be worked out


class RowFault(NamedTuple):
    where: str
    why: str


class CheckedRows(NamedTuple):
    """The content of a file: verdicts, rows that can't be applied, and notes on how some rows were
    read.
    """

    verdicts: tuple[ExpertVerdict, ...]
    faults: tuple[RowFault, ...]
    notes: tuple[RowFault, ...]


def read_review_bytes(file: Path, must: str) -> bytes:
    """Read a review file. `must` says which file to give.

    Raises UserMistake if it can't be read or is far too large.
    """
    with open_file(file, must) as opened:
        if (size := os.fstat(opened.fileno()).st_size) > LARGEST_FILE:
            raise UserMistake(
                f"{file}: has {size >> 20:,} MB, at most {LARGEST_FILE >> 20} are read; {must}"
            )
    return read_bytes(file, must)


def wrong_shape(
    file: Path, error: ValidationError, must: str, place: int | None = None
) -> UserMistake:
    """Return the error for a file of the wrong shape: the first place at fault, and what it must
    be.

    `place` is the position in the list that the file contains.
    """
    first = error.errors()[0]
    where = (
        ".".join(str(part) for part in (*(() if place is None else (place,)), *first["loc"]))
        or "the file"
    )
    return UserMistake(f"{file}: {where}: {first['msg']}; must be {must}")


def check_rows(run: Run, filled: Sequence[FilledRow], fits: CheckAnswer) -> CheckedRows:
    """Check the rows of a file against the run without applying them. Rows without a verdict are
    skipped.
    """
    examples = index_examples(run, (one.id for one in filled))
    faults: list[tuple[int, RowFault]] = []
    found: dict[tuple[str, str], list[_RowVerdict]] = {}
    for place, one in enumerate(filled):
        if one.verdict.strip() or one.fixed or one.fault:
            said = one.fault or _verdict(one, examples, fits)
            if isinstance(said, str):
                faults.append((place, RowFault(one.where, said)))
            else:
                found.setdefault((said.id, said.reviewer), []).append(_RowVerdict(place, one, said))
    counted: list[_RowVerdict] = []
    for latest in map(_latest, found.values()):
        counted += latest if len(latest) == 1 else ()
        faults += _contradictions(latest)
    counted.sort(key=lambda one: one.place)
    return CheckedRows(
        verdicts=tuple(one.verdict for one in counted),
        faults=tuple(fault for _, fault in sorted(faults)),
        notes=tuple(
            RowFault(one.filled.where, one.filled.note) for one in counted if one.filled.note
        ),
    )


class _RowVerdict(NamedTuple):
    place: int
    filled: FilledRow
    verdict: ExpertVerdict


def _latest(said: Sequence[_RowVerdict]) -> list[_RowVerdict]:
    """Return one reviewer's latest verdict on one example, or all contradicting ones if none is
    later.
    """
    last = max(one.filled.order for one in said)
    different = {
        one.verdict.model_copy(update={"seconds": None}): one
        for one in reversed(said)
        if one.filled.order == last
    }
    return list(different.values())


def _contradictions(said: Sequence[_RowVerdict]) -> Iterator[tuple[int, RowFault]]:
    for one in said if len(said) > 1 else ():
        other = next(another.filled.where for another in said if another is not one)
        why = f"id {one.verdict.id} has another verdict in {other}; keep one of them"
        yield one.place, RowFault(one.filled.where, why)


def import_verdicts(
    run: Run, file: str, filled: Sequence[FilledRow], fits: CheckAnswer
) -> list[ExpertVerdict]:
    """Add a file's verdicts to the run and return them. Raises UserMistake if all are faulty."""
    found = check_rows(run, filled, fits)
    if found.faults and not found.verdicts:
        raise UserMistake(fault_list(file, found.faults))
    add_verdicts(run, found.verdicts)
    return list(found.verdicts)


def add_verdicts(run: Run, verdicts: Sequence[ExpertVerdict]) -> None:
    """Store the verdicts. A reviewer's later verdict on an answer replaces the earlier one."""
    everything = {(v.id, v.judged, v.reviewer): v for v in (*read_expert_verdicts(run), *verdicts)}
    run.write_lines(
        VERDICTS_FILE, (v.model_dump(exclude_defaults=True) for v in everything.values())
    )


def _verdict(one: FilledRow, examples: ExampleIndex, fits: CheckAnswer) -> ExpertVerdict | str:
    """Return the verdict, or a sentence that says what is wrong with it."""
    said, kind, fixed = (
        _normalized_word(one.verdict),
        _normalized_word(one.kind).replace(" ", "_"),
        _lines(one.fixed),
    )
    said = VERDICT_SYNONYMS.get(said, said)
    if not one.id and not one.judged:
        return "has no id, must have the one that was exported"
    id = examples.found(one.id, one.judged, one.question)
    if id is None:
        return f"id {one.id} is not an example of this run"
    if wrong := _fault_of_values(said, kind, fixed):
        return wrong
    asked = examples.asked[id]
    judged = _digest_of_answer(one, asked, said, id in examples.sampled)
    if judged is None:
        return (
            "the answer is not the one that was exported; "
            "put a corrected one under fixed_answer, verdict fix"
        )
    if fixed and (wrong := fits(asked.task, asked.question, fixed)):
        return f"the corrected answer can't be one: {wrong}"
    told = {"id": id, "judged": judged, "verdict": said, "kind": kind if said == "reject" else ""}
    rest = {
        "reason": _lines(one.reason),
        "fixed": fixed,
        "reviewer": one.reviewer.strip(),
        "seconds": one.seconds,
    }
    return ExpertVerdict.model_validate({**told, **rest})


def _lines(text: str) -> str:
    """Normalize line ends to \\n as in documents: programs on Windows write \\r\\n in a cell."""
    return text.replace("\r\n", "\n").strip()


def _normalized_word(cell: str) -> str:
    return " ".join(cell.strip().strip("'\"").split()).casefold()


def _fault_of_values(said: str, kind: str, fixed: str) -> str:
    """Say what is wrong with the filled-in values; empty if nothing is."""
    if not said:
        return "fixed_answer is filled in, but verdict is not; write fix there"
    if said not in VERDICTS:
        return f'verdict "{said}", must be accept, reject, fix or empty'
    if (said == "fix") != bool(fixed):
        return "fixed_answer must be filled in exactly where the verdict is fix"
    if kind and kind not in REJECTION_KINDS:
        return f'kind "{kind}", must be one of {", ".join(REJECTION_KINDS)} or empty'
    if has_lost_characters(fixed):
        return (
            "fixed_answer is written in another encoding than the file; "
            "save it as UTF-8 and type it again"
        )
    return ""


def has_lost_characters(text: str) -> bool:
    """Tell whether characters were lost, or UTF-8 was read as Windows-1252, which no one types."""
    return "\ufffd" in text or fix_encoding(text) != text


def _digest_of_answer(
    one: FilledRow, asked: ReviewedQuestion, said: str, sampled: bool
) -> str | None:
    """Return the digest of the answer that was read; None if the file contains another answer.

    Columns that nobody edits don't decide, because a spreadsheet may have changed them. But an
    accepted answer that someone has rewritten in its own column is not the one that was exported.
    """
    # The one that was exported last comes first.
    known = [(digest(answer), answer) for answer in reversed(asked.answers)]
    read = one.answer is not None and bool(one.answer.strip())
    if one.judged in asked.digests:
        answer = next((text for key, text in known if key == one.judged), None)
        rewritten = read and answer is not None and not is_same_text(answer, one.answer or "")
        return None if rewritten and said == "accept" else one.judged
    if one.judged and not (
        one.sheet and (one.judged.isdecimal() or not DIGEST.fullmatch(one.judged))
    ):
        return None  # an answer that this run does not contain
    exact = digest(one.answer or "")
    if exact in asked.digests:
        return exact
    if read and (
        same := next((key for key, text in known if is_same_text(text, one.answer or "")), None)
    ):
        return same
    if read and said == "accept":
        return None
    return known[0][0] if sampled or len(known) == 1 else None


def fault_list(file: str, faults: Sequence[RowFault]) -> str:
    """List what can't be applied, one line each."""
    if len(faults) == 1:
        return f"{file}: {faults[0].where}: {faults[0].why}"
    return f"{file}: {len(faults)} places can't be applied:" + "".join(
        f"\n  {fault.where}: {fault.why}" for fault in faults
    )
