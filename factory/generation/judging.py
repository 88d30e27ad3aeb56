"""Judge an example: first by code, then by a vote of its draws; the winner is judged by code again,
and by an LLM if the recipe names one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from factory.calls.accounting import GaveUp
from factory.calls.client import Ask
from factory.core.errors import TeacherFailed
from factory.core.records import (
    NEVER_ANSWERED,
    Draw,
    Example,
    Slot,
    SlotResult,
    Unfinished,
    Verdict,
)
from factory.generation.llm_judge import LLMJudge
from factory.generation.repair import attempt
from factory.planning.plan import probe_example
from factory.tasks import Tasks
from factory.teachers import Request
from filters.chain import chain
from filters.consistency.vote import elect_draw
from filters.text.corpus_names import IsKnownName, no_known_names

OF_ANSWERS = ("style", "tone")  # manners of the written answer; a draw answers in its own


@dataclass(frozen=True)
class Voter:
    """A teacher that answers again, and the tasks as it is asked them."""

    teacher: str
    tasks: Tasks


@dataclass(frozen=True)
class Roles:
    """The roles of several teachers.

    `writers`: by task, the teachers of tasks that the first teacher does not write. `voters`: who
    makes draws 2 and 3, if not the writer. `judge_model`: who judges claims, if anyone does.
    """

    writers: Mapping[str, str] = field(default_factory=dict)
    voters: tuple[Voter, ...] = ()
    judge_model: LLMJudge | None = None


@dataclass(frozen=True)
class ExampleJudge:
    """Judge examples. `draws`: 3 if two of three must agree, 1 if there is no vote. `without`:
    schema or grounding, left out to measure their effect.

    `known`: the names in the documents as a whole.
    """

    tasks: Tasks
    draws: int = 3
    roles: Roles = Roles()
    without: tuple[str, ...] = ()
    known: IsKnownName = no_known_names

    async def judge(self, example: Example, slot: Slot, ask: Ask) -> SlotResult:
        """Vote after the code filters. A draw that wins must pass the code filters too, and the LLM
        judge if there is one.
        """
        if not example.rejection and self.votes(slot.task):
            example, failure = await self.vote(example, ask)
            if failure:
                return failed(example, slot, failure)
            example = example.judged(self.tasks[slot.task].consistency(example))
            example = example if example.rejection else self.elect(example)
        if example.rejection or not self.roles.judge_model:
            return example
        example, failure = await self.roles.judge_model.judge(example, self.tasks[slot.task], ask)
        return failed(example, slot, failure) if failure else example

    def by_code(self, example: Example) -> Example:
        """Apply schema, grounding and the task's own filters. The evidence that grounding found or
        confirmed becomes the example's spans.
        """
        if example.rejection:
            return example
        task = self.tasks[example.task]
        judges = {"schema": task.schema, "grounding": task.grounding(self.known)}
        example = chain(
            example, tuple(judge for name, judge in judges.items() if name not in self.without)
        )
        if example.rejection:
            return example
        evidence = example.spans if "grounding" in self.without else example.verdicts[-1].evidence
        return chain(example.model_copy(update={"spans": evidence}), task.filters)

    async def vote(self, example: Example, ask: Ask) -> tuple[Example, TeacherFailed | None]:
        """Collect the draws. Draw 1 was written with the question, draw 2 answers the question
        alone, and draw 3 is made only if 1 and 2 disagree.

        Also returns the failure of a draw; what was drawn and paid for before it stays on the
        example.
        """
        task = self.tasks[example.task]
        draws: tuple[Draw, ...] = (Draw(response=example.response, spans=example.spans),)
        requests = [self.draw(example, number) for number in (2, 3)]
        for number, (asked, *along) in zip((2, 3), (requests, requests[1:]), strict=True):
            try:
                answer = await ask(asked, *along)
            except TeacherFailed as error:
                return example, error
            voter = self.voter(example.task, number)
            draws = (
                *draws,
                voter.tasks[example.task]
                .drawn(answer.value, example)
                .model_copy(update={"teacher": voter.teacher}),
            )
            example = example.model_copy(
                update={"draws": draws, "cost": example.cost + answer.cost}
            )
            if task.agree(draws[0].response, draws[1].response, example.instruction):
                return example.model_copy(update={"cost": example.cost + answer.prefetched}), None
        return example, None

    def elect(self, example: Example) -> Example:
        """Use the first draw of the agreeing pair as the response, with its own evidence."""
        chosen = example.draws[
            elect_draw(example.draws, example.instruction, self.tasks[example.task].agree) or 0
        ]
        if chosen.response == example.response:
            return example
        teacher = chosen.teacher or example.teacher
        manner = {name: value for name, value in example.manner.items() if name not in OF_ANSWERS}
        told = {
            "response": chosen.response,
            "spans": chosen.spans,
            "teacher": teacher,
            "manner": manner,
        }
        return self.by_code(example.model_copy(update=told))

    def votes(self, task: str) -> bool:
        return self.draws > 1 and self.tasks[task].votes

    def voter(self, task: str, number: int) -> Voter:
        """Return who makes that draw."""
        if self.roles.voters:
            return self.roles.voters[(number - 2) % len(self.roles.voters)]
        return Voter(self.roles.writers.get(task, ""), self.tasks)

    def draw(self, example: Example, number: int) -> Request:
        """Return the request for a draw, addressed to whoever makes it."""
        voter = self.voter(example.task, number)
        return replace(voter.tasks[example.task].draw(example, number), teacher=voter.teacher)

    def requests(self, group: list[Slot]) -> list[Request]:
        """Return the draws and claims that the examples of a group may need at most, so that their
        cost can be reserved.
        """
        draws = [
            self.draw(probe_example(slot), number)
            for slot in group
            if self.votes(slot.task)
            for number in range(2, self.draws + 1)
        ]
        return [
            *draws,
            *(request for slot in group for request in self.judge_requests(slot, slot.chunk.text)),
        ]

    def judge_requests(self, slot: Slot, evidence: str) -> list[Request]:
        """Return what an LLM judge may be asked about the slot's example with this evidence;
        nothing if there is no judge.
        """
        return (
            self.roles.judge_model.requests(slot, self.tasks[slot.task], evidence)
            if self.roles.judge_model
            else []
        )


def failed(example: Example, slot: Slot, failure: TeacherFailed) -> SlotResult:
    """Return the result for an example whose judges did not all answer. It is not judged, so it is
    never kept.
    """
    if isinstance(failure, GaveUp):
        return example.judged(never_answered(failure))
    return Unfinished(
        slot=slot, reason=str(failure), attempts=(*example.attempts, attempt(example))
    )


def never_answered(error: GaveUp) -> Verdict:
    return Verdict(filter=NEVER_ANSWERED, passed=False, reason=str(error))
