"""The whole factory: slots in; kept, rejected and unfinished examples out. Read it from top to bottom.

    slot ──► write ──► schema ──► grounding ──► draw 2 (and 3) ──► consistency elects ──► schema, grounding of the elected
               ▲                                                        │
               └──────── repair, with the reason ◄── rejected ──────────┘         phase A: concurrent, in rounds
    survivors ──► the expert's verdicts ──► duplicates ──► kept                   phase B: one ordered pass

Schema, grounding and the vote are those of the slot's task; behind them stand its own filters, such as relevance for a small teacher.

A slot ends in exactly one of kept, rejected, unfinished. Rejection is a value (a Verdict with a reason); a call that
does not get through is an exception, and its slot is unfinished.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from factory.ask import Ask, Asking
from factory.books import GaveUp
from factory.crew import each
from factory.errors import TeacherFailed
from factory.plan import probe
from factory.recipe import FilterSettings
from factory.records import Cost, Draw, Example, Judged, Slot, Unfinished, Verdict
from factory.repair import NEVER_ANSWERED, Round, Tried, attempt, rounds, tried
from factory.shelf import REJECTED, SURVIVED, TO_MEND, UNFINISHED, Shelf
from factory.slots import groups
from factory.tasks import Draft, Tasks
from factory.teachers import Request
from filters.chain import chain
from filters.consistency import elected
from filters.duplicates import file_order, marked


@dataclass(frozen=True, repr=False)  # asyncio.run asks for the repr of what it returns: gigabytes of it
class Outcome:
    """Every slot in exactly one of three lists; kept ones by split (held-out first) and id, the others in order of the slots.

    They lie on disk, and are read when they are looked at.
    """

    kept: Sequence[Example]
    rejected: Sequence[Example]
    unfinished: Sequence[Unfinished]
    surplus: int  # examples that the teacher wrote beyond those asked for
    repairs: list[Round]


@dataclass(frozen=True)
class Factory:
    """What the steps need. `seen` hears of every judged slot; `mender` asks for repairs, where that is another than `asker`.

    `folder`: where judged slots lie meanwhile, as they are too many for memory. `embed`: tells paraphrases, where they are looked for.
    """

    asker: Asking
    tasks: Tasks
    filters: FilterSettings
    teacher: str
    seen: Callable[[Judged], None] = lambda _: None
    mender: Asking | None = None
    folder: Path | None = None
    embed: Embed | None = None

    async def make(self, slots: Iterable[Slot], repair_rounds: int, review: Callable[[Example], Example]) -> Outcome:
        """Phase A and phase B. `review` adds an expert's verdict where there is one. The slots of a chunk stand side by side."""
        shelf = Shelf(self.folder)
        surplus = await self.round_zero(slots, shelf)
        mender = self.mender or self.asker
        repairs: list[Round] = []
        for number in range(1, repair_rounds + 1):
            if self.asker.waiting or mender.waiting:
                break  # the round before is not complete
            tried = await each(shelf.places(TO_MEND), partial(self.mend, shelf), mender.workers)
            repairs += rounds(number, tried)
        self.obey(review, shelf)
        rejected = shelf.places(TO_MEND, REJECTED)
        survivors = sorted(shelf.places(SURVIVED), key=lambda place: file_order(shelf.get(place)[0]))
        self.compare(survivors, shelf)
        kept = [place for place in survivors if shelf.state(place) == SURVIVED]
        repeated = [place for place in survivors if shelf.state(place) != SURVIVED]
        return Outcome(
            shelf.examples(kept), shelf.examples((*rejected, *repeated)), shelf.unfinished(shelf.places(UNFINISHED)), surplus, repairs
        )

    async def round_zero(self, slots: Iterable[Slot], shelf: Shelf) -> int:
        """Every slot written and judged, on the shelf; how many surplus examples were dropped."""

        async def written(job: tuple[range, list[Slot]]) -> int:
            places, group = job
            judged, surplus = await self.write(group)
            shelf.put(places.start, group, judged)
            return surplus

        return sum(await each(groups(self.tasks, slots), written, self.asker.workers))

    async def mend(self, shelf: Shelf, place: int) -> Tried:
        """One rejected example of the shelf is repaired there."""
        slot, rejected = shelf.get(place)
        assert isinstance(rejected, Example)
        mended = await self.repair(rejected, slot)
        shelf.put(place, [slot], [mended])
        return tried(rejected, mended)

    def obey(self, review: Callable[[Example], Example], shelf: Shelf) -> None:
        """The expert's verdicts, where there are any."""
        for place in shelf.places(SURVIVED, TO_MEND, REJECTED):
            slot, example = shelf.get(place)
            assert isinstance(example, Example)
            if (reviewed := review(example)) is not example:
                shelf.put(place, [slot], [reviewed])

    async def write(self, group: list[Slot]) -> tuple[list[Judged], int]:
        """One call writes the drafts of a group of slots; each is judged for itself. The writing and its draws are one attempt."""
        task = self.tasks[group[0].task]
        request = task.write(group)
        async with self.asker.attempt(lambda: [request, *self._draws(group)]) as ask:
            try:
                answer = await ask(request)
            except TeacherFailed as error:
                return [self._ended(self._unanswered(slot, error)) for slot in group], 0
            drafts, surplus = task.drafts(answer.value, group)
            shares = _shared(answer.cost, len(group))
            examples = [
                self.by_code(self._example(*parts)) for parts in zip(group, drafts, shares, strict=True)
            ]  # their chunk is read once
            judged = [await self.judge(e, slot, ask) for e, slot in zip(examples, group, strict=True)]
            return [self._ended(e) for e in judged], surplus

    async def repair(self, rejected: Example, slot: Slot) -> Judged:
        """Back to the teacher with the reason; every attempt stays on record. What can't be written again stays rejected."""
        verdict = rejected.rejection
        if verdict is None:
            return rejected
        task = self.tasks[slot.task]
        request = task.repair(slot, rejected, verdict)
        async with (self.mender or self.asker).attempt(lambda: [request, *self._draws([slot])]) as ask:
            try:
                answer = await ask(request)
            except GaveUp:
                return rejected
            except TeacherFailed as error:
                return Unfinished(slot=slot, reason=str(error), attempts=(*rejected.attempts, attempt(rejected)))
            (draft,), _ = task.drafts(answer.value, [slot])
            fresh = self._example(slot, draft, answer.cost)
            fresh = fresh.model_copy(update={"attempts": (*rejected.attempts, attempt(rejected))})
            return self._ended(await self.judge(self.by_code(fresh), slot, ask))

    def compare(self, survivors: list[int], shelf: Shelf) -> None:
        """Duplicates among the survivors of each task, in their order: the first of several equal ones stays."""
        for name, task in self.tasks.items():
            mine = survivors if len(self.tasks) == 1 else [place for place in survivors if shelf.get(place)[0].task == name]
            for place, example in zip(mine, marked(shelf.examples(mine), self.filters.duplicates.jaccard, task.subject), strict=True):
                shelf.put(place, [shelf.get(place)[0]], [example])

    def _draws(self, group: list[Slot]) -> list[Request]:
        """Such draws as the examples of a group may need at most, to set money aside for."""
        numbers = range(2, self.filters.consistency.draws + 1)
        return [self.tasks[slot.task].draw(probe(slot), number) for slot in group for number in numbers]

    async def judge(self, example: Example, slot: Slot, ask: Ask) -> Judged:
        """After the code the vote; a draw that is elected must pass the code again."""
        if example.rejection or self.filters.consistency.draws == 1:
            return example
        example, failure = await self.vote(example, ask)
        if isinstance(failure, GaveUp):
            return example.judged(_never_answered(failure))
        if failure:
            return Unfinished(slot=slot, reason=str(failure), attempts=(*example.attempts, attempt(example)))
        example = example.judged(self.tasks[slot.task].consistency(example))
        return example if example.rejection else self.elect(example)

    def by_code(self, example: Example) -> Example:
        """Schema, grounding, the task's own; the evidence that grounding found or confirmed becomes the example's spans."""
        if example.rejection:
            return example
        task = self.tasks[example.task]
        example = chain(example, (task.schema, task.grounding))
        if example.rejection:
            return example
        evidence = example.verdicts[-1].evidence
        return chain(example.model_copy(update={"spans": evidence}), task.filters)

    async def vote(self, example: Example, ask: Ask) -> tuple[Example, TeacherFailed | None]:
        """Draw 1 was written with the question; 2 answers the question alone, and 3 only where 1 and 2 disagree.

        Also returns what kept a draw from coming; what was drawn and paid for before it stays on the example.
        """
        task = self.tasks[example.task]
        draws: tuple[Draw, ...] = (Draw(response=example.response, spans=example.spans),)
        second, third = (task.draw(example, number) for number in (2, 3))
        for asked, *along in ((second, third), (third,)):
            try:
                answer = await ask(asked, *along)
            except TeacherFailed as error:
                return example, error
            draws = (*draws, task.drawn(answer.value, example))
            example = example.model_copy(update={"draws": draws, "cost": example.cost + answer.cost})
            if task.agree(draws[0].response, draws[1].response, example.instruction):
                return example.model_copy(update={"cost": example.cost + answer.along}), None
        return example, None

    def elect(self, example: Example) -> Example:
        """The lowest-numbered draw of the agreeing pair becomes the response, with its own evidence."""
        chosen = example.draws[elected(example.draws, example.instruction, self.tasks[example.task].agree) or 0]
        if chosen.response == example.response:
            return example
        return self.by_code(example.model_copy(update={"response": chosen.response, "spans": chosen.spans}))

    def _example(self, slot: Slot, draft: Draft | None, cost: Cost) -> Example:
        example = Example(
            id=slot.id,
            task=slot.task,
            instruction=draft.instruction if draft else "",
            response=draft.response if draft else "",
            chunk=slot.chunk,
            spans=draft.spans if draft else (),
            split=slot.split,
            teacher=self.teacher,
            prompt=self.tasks[slot.task].prompt_digest,
            cost=cost,
        )
        missing = Verdict(filter="schema", passed=False, reason="The teacher wrote fewer examples than it was asked for.")
        return example if draft else example.judged(missing)

    def _unanswered(self, slot: Slot, error: TeacherFailed) -> Judged:
        if isinstance(error, GaveUp):
            return self._example(slot, Draft("", ""), Cost()).judged(_never_answered(error))
        return Unfinished(slot=slot, reason=str(error))

    def _ended(self, judged: Judged) -> Judged:
        self.seen(judged)
        return judged


def _never_answered(error: GaveUp) -> Verdict:
    return Verdict(filter=NEVER_ANSWERED, passed=False, reason=str(error))


def _shared(cost: Cost, count: int) -> list[Cost]:
    """A call's cost split evenly; what is left over goes to the first, so that the shares add up."""
    share = Cost(tokens_in=cost.tokens_in // count, tokens_out=cost.tokens_out // count, nanousd=cost.nanousd // count)
    others = count - 1
    first = Cost(
        calls=cost.calls,
        tokens_in=cost.tokens_in - share.tokens_in * others,
        tokens_out=cost.tokens_out - share.tokens_out * others,
        nanousd=cost.nanousd - share.nanousd * others,
    )
    return [first, *[share] * others]
