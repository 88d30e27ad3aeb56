"""Spot check: an expert's verdicts on a sample take effect at the next `docstill make`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel

from factory.core.jsonl import read_jsonl
from factory.core.records import Example, Verdict
from factory.core.run_folder import Run
from factory.tasks import Tasks
from filters.chain import Filter
from filters.text.corpus_names import IsKnownName, no_known_names

VERDICTS_FILE = "review/verdicts.jsonl"
Decision = Literal["accept", "reject", "fix"]
RejectionKind = Literal["", "wrong", "not_in_source", "unclear", "wrong_label", "wording", "other"]
REJECTION_KINDS: Mapping[RejectionKind, str] = {
    "wrong": "The answer is wrong.",
    "not_in_source": "The answer is not in the source.",
    "unclear": "The question is unclear.",
    "wrong_label": "It has the wrong label.",
    "wording": "It is badly worded.",
    "other": "The expert rejected it for another reason.",
}


class ExpertVerdict(BaseModel, frozen=True, extra="forbid"):
    """An expert's verdict on one example. It applies only to the response with digest `judged`."""

    id: str
    judged: str
    verdict: Decision
    kind: RejectionKind = ""  # kind of a rejection
    reason: str = ""  # in the expert's own words; a note if accepted
    fixed: str = ""
    reviewer: str = ""
    seconds: float | None = None  # time that the reading took
    # The id of the rejected example if its rejection was applied to this one, which nobody has
    # read.
    like: str = ""

    @property
    def why(self) -> str:
        """The sentence that reports show and that the teacher receives."""
        return (
            " ".join(filter(None, (REJECTION_KINDS.get(self.kind, ""), self.reason)))
            or "The expert rejected it without a reason."
        )


def majority_verdict(verdicts: Sequence[ExpertVerdict]) -> ExpertVerdict:
    """Return the majority verdict of the reviewers of one response. A fix counts as a keep; a tie
    rejects.

    If several reviewers keep it, the first fix wins: the others may have overlooked what that one
    found.
    """
    # A verdict by reading takes precedence.
    verdicts = [v for v in verdicts if not v.like] or verdicts
    rejecting = [v for v in verdicts if v.verdict == "reject"]
    keeping = [v for v in verdicts if v.verdict != "reject"]
    if len(rejecting) > len(keeping):
        return rejecting[0]
    if len(rejecting) < len(keeping):
        return next((v for v in keeping if v.verdict == "fix"), keeping[0])
    told = f"The experts are divided: {rejecting[0].why}"
    return rejecting[0].model_copy(update={"kind": "", "reason": told})


def read_expert_verdicts(run: Run) -> list[ExpertVerdict]:
    """Return the latest verdict of each reviewer on each response, in order of first reading.
    Raises UserMistake.
    """
    mend = (
        f"delete it and run `docstill review import {run.folder} FILE` with the files that "
        "reviewers sent, to write it again"
    )
    return (
        list(read_jsonl(run.folder / VERDICTS_FILE, ExpertVerdict, mend))
        if (run.folder / VERDICTS_FILE).exists()
        else []
    )


def expert_filter(
    run: Run, tasks: Tasks, known: IsKnownName = no_known_names
) -> Callable[[Example], Example]:
    """Return a function that adds the expert's verdict to an example whose response is the one that
    was read.

    A corrected answer replaces the old one.
    """
    said_before: dict[str, dict[str, list[ExpertVerdict]]] = {}
    for one in read_expert_verdicts(run):
        said_before.setdefault(one.id, {}).setdefault(one.judged, []).append(one)

    def review(example: Example) -> Example:
        # A corrected answer may have been read and judged again.
        for judged, said in said_before.get(example.id, {}).items():
            if judged == example.response_digest and not example.rejection:
                example = _with_verdict(
                    example, majority_verdict(said), tasks[example.task].grounding(known)
                )
        return example

    return review


def _with_verdict(example: Example, said: ExpertVerdict, grounding: Filter) -> Example:
    if said.verdict == "fix":
        old = example.response
        example = example.model_copy(update={"response": said.fixed, "spans": ()})
        example = example.judged(
            Verdict(filter="expert", passed=True, reason=f'The expert corrected "{old}".')
        )
        # A corrected answer needs evidence of its own, like any other.
        proof = grounding(example)
        return example.judged(proof).model_copy(update={"spans": proof.evidence})
    passed = said.verdict == "accept"
    return example.judged(
        Verdict(filter="expert", passed=passed, reason="" if passed else said.why)
    )
