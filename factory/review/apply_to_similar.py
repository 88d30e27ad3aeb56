"""Apply an expert's rejection of one example to all similar ones, which then go back to the teacher
with the reason.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from factory.core.errors import UserMistake
from factory.core.outcomes import OutcomeLine
from factory.core.records import Cost, digest
from factory.core.run_folder import Run
from factory.review import VERDICTS_FILE, ExpertVerdict, majority_verdict, read_expert_verdicts

SimilarBy = Literal["task", "label", "document", "section"]
SIMILAR_BY: tuple[SimilarBy, ...] = ("task", "label", "document", "section")


class SimilarExamples(NamedTuple):
    """The examples that a rejection would apply to, and the estimated cost of writing them again.

    The estimate is the average cost of the kept examples.
    """

    said: ExpertVerdict
    lines: tuple[OutcomeLine, ...]
    foreseen: Cost


def find_similar(run: Run, id: str, of: SimilarBy) -> SimilarExamples:
    """Find unread kept examples of the same task, and of the same label, document or section.

    Raises UserMistake if no expert has rejected the example `id`.
    """
    said = [v for v in read_expert_verdicts(run) if v.id == id and not v.like]
    if not said or majority_verdict(said).verdict != "reject":
        raise UserMistake(
            f"{id}: no expert has rejected it; "
            f"give the id of an example that was rejected in a review of {run.folder}"
        )
    read = {v.id for v in read_expert_verdicts(run) if not v.like}
    lines = list(run.rows("kept.jsonl", OutcomeLine, {"ending": "kept"}))
    rejected = [
        line
        for line in run.rows("rejected.jsonl", OutcomeLine, {"ending": "rejected"})
        if line.id == id
    ]
    one = next((line for line in (*lines, *rejected) if line.id == id), None)
    if one is None:
        raise UserMistake(f"{id}: is no longer an example of this run")
    alike = tuple(line for line in lines if line.id not in read and _is_similar(line, one, of))
    return SimilarExamples(
        majority_verdict(said), alike, _estimated_cost([line.cost for line in lines], len(alike))
    )


def _is_similar(line: OutcomeLine, one: OutcomeLine, of: SimilarBy) -> bool:
    if line.task != one.task:
        return False
    if of == "label":
        return line.response == one.response
    if of == "document":
        return line.document.name == one.document.name
    return of == "task" or (line.document.name, line.chunk.start) == (
        one.document.name,
        one.chunk.start,
    )


def _estimated_cost(costs: Sequence[Cost], count: int) -> Cost:
    """Estimate the cost of `count` more examples from the average."""
    whole, n = sum(costs, Cost()), len(costs)
    return (
        Cost(
            **{
                name: getattr(whole, name) * count // n
                for name in ("calls", "tokens_in", "tokens_out", "nanousd")
            }
        )
        if n
        else whole
    )


def apply_rejection(run: Run, touched: SimilarExamples) -> int:
    """Store the rejection as a verdict on each similar example and return their number.

    Nobody has read them; the next make sends them back to the teacher.
    """
    given = list(_verdicts(touched))
    known = {(v.id, v.judged, v.reviewer): v for v in (*read_expert_verdicts(run), *given)}
    run.write_lines(VERDICTS_FILE, (v.model_dump(exclude_defaults=True) for v in known.values()))
    return len(given)


def _verdicts(touched: SimilarExamples) -> Iterator[ExpertVerdict]:
    said = touched.said
    for line in touched.lines:
        told = {
            "id": line.id,
            "judged": digest(line.response),
            "verdict": "reject",
            "kind": said.kind,
            "reason": said.reason,
        }
        yield ExpertVerdict.model_validate({**told, "reviewer": f"like {said.id}", "like": said.id})
