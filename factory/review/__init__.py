"""Spot-check: an expert's verdicts on a sample join the run at its next make."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel

from factory.core.jsonl import read_jsonl
from factory.core.records import Example, Verdict
from factory.core.run_folder import Run
from factory.tasks import Tasks
from filters.chain import Filter
from filters.text.corpus_names import Known, nothing

FILE = "review/verdicts.jsonl"
Say = Literal["accept", "reject", "fix"]
Kind = Literal["", "wrong", "not_in_source", "unclear", "wrong_label", "wording", "other"]
KINDS: Mapping[Kind, str] = {
    "wrong": "The answer is wrong.",
    "not_in_source": "The answer is not in the source.",
    "unclear": "The question is unclear.",
    "wrong_label": "It has the wrong label.",
    "wording": "It is badly worded.",
    "other": "The expert rejected it for another reason.",
}


class ExpertVerdict(BaseModel, frozen=True, extra="forbid"):
    """What an expert said of one example; it holds for the response that was read, by its digest."""

    id: str
    judged: str
    verdict: Say
    kind: Kind = ""  # of a rejection
    reason: str = ""  # in the expert's own words; of an accepted one a note
    fixed: str = ""
    reviewer: str = ""
    seconds: float | None = None  # that it took
    like: str = ""  # the id of the example whose rejection was applied to this one, which nobody has read

    @property
    def why(self) -> str:
        """The sentence that is told, and handed to the teacher."""
        return " ".join(filter(None, (KINDS.get(self.kind, ""), self.reason))) or "The expert rejected it without a reason."


def agreed(verdicts: Sequence[ExpertVerdict]) -> ExpertVerdict:
    """Of all reviewers of one response: what most say, to fix counting as to keep; what they are divided on is rejected.

    Of those who keep it the first that fixes is followed, for what one found wrong another may have overlooked.
    """
    verdicts = [v for v in verdicts if not v.like] or verdicts  # who has read it knows better
    rejecting = [v for v in verdicts if v.verdict == "reject"]
    keeping = [v for v in verdicts if v.verdict != "reject"]
    if len(rejecting) > len(keeping):
        return rejecting[0]
    if len(rejecting) < len(keeping):
        return next((v for v in keeping if v.verdict == "fix"), keeping[0])
    told = f"The experts are divided: {rejecting[0].why}"
    return rejecting[0].model_copy(update={"kind": "", "reason": told})


def expert_verdicts(run: Run) -> list[ExpertVerdict]:
    """The latest verdict of each reviewer on each response, in the order in which they were first read. Raises UserMistake."""
    mend = f"delete it and run `docstill review import {run.folder} FILE` with the files that reviewers sent, which writes it anew"
    return list(read_jsonl(run.folder / FILE, ExpertVerdict, mend)) if (run.folder / FILE).exists() else []


def reviewed(run: Run, tasks: Tasks, known: Known = nothing) -> Callable[[Example], Example]:
    """Adds the expert's verdict to an example whose response is the one that was read; a fixed answer replaces the old one."""
    said_before: dict[str, dict[str, list[ExpertVerdict]]] = {}
    for one in expert_verdicts(run):
        said_before.setdefault(one.id, {}).setdefault(one.judged, []).append(one)

    def review(example: Example) -> Example:
        for judged, said in said_before.get(example.id, {}).items():  # an answer that was fixed may have been read and judged again
            if judged == example.response_digest and not example.rejection:
                example = _obeyed(example, agreed(said), tasks[example.task].grounding(known))
        return example

    return review


def _obeyed(example: Example, said: ExpertVerdict, grounding: Filter) -> Example:
    if said.verdict == "fix":
        old = example.response
        example = example.model_copy(update={"response": said.fixed, "spans": ()})
        example = example.judged(Verdict(filter="expert", passed=True, reason=f'The expert corrected "{old}".'))
        proof = grounding(example)  # a corrected answer is proven like any other, by evidence of its own
        return example.judged(proof).model_copy(update={"spans": proof.evidence})
    passed = said.verdict == "accept"
    return example.judged(Verdict(filter="expert", passed=passed, reason="" if passed else said.why))
