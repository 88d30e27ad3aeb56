"""Spot-check: an expert's verdicts on a sample join the run at its next make."""

from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import BaseModel

from factory.records import SPLITS, Example, Verdict, digest
from factory.run import Run
from factory.tasks import Tasks
from filters.chain import Filter
from filters.vocabulary import Known, nothing

FILE = "review/verdicts.jsonl"
Say = Literal["accept", "reject", "fix"]


class ExpertVerdict(BaseModel, frozen=True, extra="forbid"):
    """What an expert said of one example; it holds for the response that was read, by its digest."""

    id: str
    judged: str
    verdict: Say
    reason: str = ""
    fixed: str = ""
    reviewer: str = ""


def expert_verdicts(run: Run) -> list[ExpertVerdict]:
    """The latest verdict on each response, in the order in which the responses were first read."""
    return [ExpertVerdict.model_validate(line) for line in run.lines(FILE)] if run.has(FILE) else []


def reviewed(run: Run, tasks: Tasks, known: Known = nothing) -> Callable[[Example], Example]:
    """Adds the expert's verdict to an example whose response is the one that was read; a fixed answer replaces the old one."""
    said_before = expert_verdicts(run)
    by_id = {v.id: [w for w in said_before if w.id == v.id] for v in said_before}

    def review(example: Example) -> Example:
        for said in by_id.get(example.id, ()):  # an answer that was fixed may have been read and judged again
            if said.judged == example.response_digest and not example.rejection:
                example = _obeyed(example, said, tasks[example.task].grounding(known))
        return example

    return review


def _obeyed(example: Example, said: ExpertVerdict, grounding: Filter) -> Example:
    if said.verdict == "fix":
        old = example.response
        example = example.model_copy(update={"response": said.fixed, "spans": ()})
        example = example.judged(Verdict(filter="expert", passed=True, reason=f'The expert corrected "{old}".'))
        proof = grounding(example)  # a corrected answer is proven like any other, by evidence of its own
        return example.judged(proof).model_copy(update={"spans": proof.evidence})
    reason = said.reason or "The expert rejected it without a reason."
    passed = said.verdict == "accept"
    return example.judged(Verdict(filter="expert", passed=passed, reason="" if passed else reason))


def sample(lines: Sequence[dict[str, object]], count: int | None, seed: int) -> list[dict[str, object]]:
    """A seeded sample of kept lines, the same at every export, spread over the documents in turn."""
    by_document: dict[str, list[dict[str, object]]] = {}
    for line in sorted(lines, key=lambda one: digest(seed, one["id"])):
        by_document.setdefault(str(line["document"]), []).append(line)
    turns = [group[i] for i in range(max(map(len, by_document.values()), default=0)) for group in by_document.values() if i < len(group)]
    order: dict[str, int] = {split: i for i, split in enumerate(SPLITS)}
    return sorted(turns[:count], key=lambda one: (order[str(one["split"])], str(one["id"])))
