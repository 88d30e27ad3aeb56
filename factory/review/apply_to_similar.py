"""Like this: an expert's rejection of one example applied to all of its kind, which then go back to the teacher with the reason."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from factory.core.errors import UserMistake
from factory.core.outcomes import Line
from factory.core.records import Cost, digest
from factory.core.run_folder import Run
from factory.review import FILE, ExpertVerdict, agreed, expert_verdicts

Of = Literal["task", "label", "document", "section"]
OF: tuple[Of, ...] = ("task", "label", "document", "section")


class Touched(NamedTuple):
    """Which examples it would touch, and what writing each once more would take, as the kept ones have taken on average."""

    said: ExpertVerdict
    lines: tuple[Line, ...]
    foreseen: Cost


def like(run: Run, id: str, of: Of) -> Touched:
    """Kept examples of the same task, and of the same label, document or section of it, that nobody has read.

    Raises UserMistake where no expert has rejected that example.
    """
    said = [v for v in expert_verdicts(run) if v.id == id and not v.like]
    if not said or agreed(said).verdict != "reject":
        raise UserMistake(f"{id}: no expert has rejected it; give the id of an example that was rejected in a review of {run.folder}")
    read = {v.id for v in expert_verdicts(run) if not v.like}
    lines = list(run.rows("kept.jsonl", Line, {"ending": "kept"}))
    rejected = [line for line in run.rows("rejected.jsonl", Line, {"ending": "rejected"}) if line.id == id]
    one = next((line for line in (*lines, *rejected) if line.id == id), None)
    if one is None:
        raise UserMistake(f"{id}: is not an example of this run any more")
    alike = tuple(line for line in lines if line.id not in read and _alike(line, one, of))
    return Touched(agreed(said), alike, _foreseen([line.cost for line in lines], len(alike)))


def _alike(line: Line, one: Line, of: Of) -> bool:
    if line.task != one.task:
        return False
    if of == "label":
        return line.response == one.response
    if of == "document":
        return line.document.name == one.document.name
    return of == "task" or (line.document.name, line.chunk.start) == (one.document.name, one.chunk.start)


def _foreseen(costs: Sequence[Cost], count: int) -> Cost:
    """Of so many more, each as these were on average."""
    whole, n = sum(costs, Cost()), len(costs)
    return Cost(**{name: getattr(whole, name) * count // n for name in ("calls", "tokens_in", "tokens_out", "nanousd")}) if n else whole


def apply(run: Run, touched: Touched) -> int:
    """Each gets the rejection as a verdict that nobody gave by reading; the next make sends it back to the teacher. How many."""
    given = list(_verdicts(touched))
    known = {(v.id, v.judged, v.reviewer): v for v in (*expert_verdicts(run), *given)}
    run.write_lines(FILE, (v.model_dump(exclude_defaults=True) for v in known.values()))
    return len(given)


def _verdicts(touched: Touched) -> Iterator[ExpertVerdict]:
    said = touched.said
    for line in touched.lines:
        told = {"id": line.id, "judged": digest(line.response), "verdict": "reject", "kind": said.kind, "reason": said.reason}
        yield ExpertVerdict.model_validate({**told, "reviewer": f"like {said.id}", "like": said.id})
