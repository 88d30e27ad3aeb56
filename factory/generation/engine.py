"""The whole factory: slots in; kept, rejected and unfinished examples out. Read it from top to bottom.

    slot ──► write ──► schema ──► grounding ──► draw 2 (and 3) ──► consistency elects ──► schema, grounding of the elected
               ▲                                                        │
               └──────── repair, with the reason ◄── rejected ──────────┘         phase A: concurrent, in rounds
    survivors ──► the expert's verdicts ──► duplicates ──► decontamination ──► kept     phase B: one ordered pass
                  (closed-book: of second questions about a fact those whose first one is kept)

What phase B rejects may be repaired too: then A and B once more, and earlier survivors stay. Only what of the training examples
stands in what is held out, or is of a label that is too frequent, is rejected last, and not repaired.
Who judges, and in which order, stands in factory/generation/judging.py. Schema, grounding and the vote are those of the slot's task; behind
them stand its own filters, such as relevance for a small teacher.

A slot ends in exactly one of kept, rejected, unfinished. Rejection is a value (a Verdict with a reason); a call that
does not get through is an exception, and its slot is unfinished.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

from factory.calls.accounting import GaveUp
from factory.calls.client import Asking
from factory.calls.worker_pool import each
from factory.core.errors import TeacherFailed
from factory.core.records import FINAL_PASS, Cost, Example, Judged, Slot, Unfinished, Verdict
from factory.core.schemas import Embed
from factory.core.settings import FilterSettings, RepairSettings
from factory.generation.judging import Bench, Roles, never_answered
from factory.generation.label_balance import surplus
from factory.generation.repair import Log, Round, Total, Tried, attempt, total, tried, written
from factory.generation.slot_store import REJECTED, SURVIVED, TO_MEND, UNFINISHED, Shelf
from factory.planning.slot_table import groups
from factory.tasks import Draft, Tasks
from factory.tasks.closed_book import first_of, taught
from factory.teachers import Request
from filters.duplicates.duplicates import file_order, marked
from filters.text.corpus_names import Known, nothing


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
    stopped: str = ""  # why repair stopped before its rounds were over


def no_leaks(_: Sequence[Example]) -> Mapping[int, Verdict]:
    return {}


@dataclass(frozen=True)
class Factory:
    """What the steps need. `seen` hears of every judged slot; `mender` asks for repairs, where that is another than `asker`.

    `folder`: where judged slots lie meanwhile, as they are too many for memory. `embed`: tells paraphrases, where they are looked for.
    `known`: the names of the documents as a whole. `leaks`: by place, what of the kept examples must not be trained on.
    `balance`: by task, how often a label may be trained of that of the rarest one.
    """

    asker: Asking
    tasks: Tasks
    filters: FilterSettings
    teacher: str
    seen: Callable[[Judged], None] = lambda _: None
    mender: Asking | None = None
    folder: Path | None = None
    embed: Embed | None = None
    roles: Roles = Roles()
    known: Known = nothing
    leaks: Callable[[Sequence[Example]], Mapping[int, Verdict]] = no_leaks
    balance: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def bench(self) -> Bench:
        return Bench(self.tasks, self.filters.draws, self.roles, self.filters.without, self.known)

    async def make(self, slots: Iterable[Slot], repair: RepairSettings, review: Callable[[Example], Example]) -> Outcome:
        """Phase A and phase B, and once more for what B rejected. `review` adds an expert's verdict where there is one.

        The slots of a chunk stand side by side.
        """
        shelf = Shelf(self.folder)
        fresh, surplus = await self.round_zero(slots, shelf)
        log = Log(fresh, repair)
        await self.mend(shelf, shelf.places(TO_MEND), log)
        kept = self.without_untaught(shelf, self.conclude(shelf, [], shelf.places(SURVIVED), review))
        if not shelf.places(UNFINISHED):  # else what repeats what is not settled yet
            fallen = [place for place in shelf.places(TO_MEND) if shelf.rejection(place) in FINAL_PASS]
            await self.mend(shelf, fallen, log)
            kept = self.conclude(shelf, kept, [place for place in fallen if shelf.state(place) == SURVIVED], review)
            kept = self.without_untaught(shelf, kept)
        return Outcome(
            shelf.examples(self.balanced(shelf, self.without_untaught(shelf, self.clean(shelf, kept)))),
            shelf.examples(shelf.places(TO_MEND, REJECTED)),
            shelf.unfinished(shelf.places(UNFINISHED)),
            surplus,
            log.rounds,
            log.stopped,
        )

    async def round_zero(self, slots: Iterable[Slot], shelf: Shelf) -> tuple[Total, int]:
        """Every slot written and judged, on the shelf; what that took, and how many surplus examples were dropped."""
        fresh, surplus = Total(), 0

        async def write(job: tuple[range, list[Slot]]) -> None:
            nonlocal fresh, surplus
            places, group = job
            judged, more = await self.write(group)
            shelf.put(places.start, group, judged)
            fresh, surplus = total(fresh, map(written, judged)), surplus + more

        await each(groups(self.tasks, slots), write, self.asker.workers)
        return fresh, surplus

    async def mend(self, shelf: Shelf, places: Sequence[int], log: Log) -> None:
        """Rounds of repair of these places, until none is left that may be tried, or it no longer pays."""
        mender = self.mender or self.asker
        for _ in range(log.most):
            rejected = [place for place in places if shelf.state(place) == TO_MEND and self._may_mend(*shelf.get(place), log.most)]
            if not rejected or log.stopped or self.asker.waiting or mender.waiting:  # answers to come belong to the round before
                break
            log.note(await each(rejected, partial(self._mend, shelf), mender.workers))

    def _may_mend(self, slot: Slot, rejected: Judged, most: int) -> bool:
        verdict = rejected.rejection if isinstance(rejected, Example) else None
        return verdict is not None and len(rejected.attempts) < most and self.tasks[slot.task].mends(verdict)

    async def _mend(self, shelf: Shelf, place: int) -> Tried:
        """One rejected example of the shelf is repaired there."""
        slot, rejected = shelf.get(place)
        assert isinstance(rejected, Example)
        mended = await self.repair(rejected, slot)
        shelf.put(place, [slot], [mended])
        return tried(rejected, mended)

    def conclude(self, shelf: Shelf, earlier: list[int], places: Sequence[int], review: Callable[[Example], Example]) -> list[int]:
        """Phase B over the survivors at these places: the expert's verdicts, then duplicates; all places that are kept.

        They stand behind the earlier ones, held-out splits first, then by id: the first of several equal ones stays.
        """
        if not places:
            return earlier
        for place in places:
            slot, example = shelf.get(place)
            if isinstance(example, Example) and (reviewed := review(example)) is not example:
                shelf.put(place, [slot], [reviewed])
        fresh = sorted((p for p in places if shelf.state(p) == SURVIVED), key=lambda place: _turn(shelf.get(place)[0]))
        survivors, new = [*earlier, *fresh], frozenset(fresh)
        for name, task in self.tasks.items() if "duplicates" not in self.filters.without else ():
            mine = survivors if len(self.tasks) == 1 else [place for place in survivors if shelf.get(place)[0].task == name]
            unique = marked(shelf.examples(mine), self.filters.duplicates.jaccard, self.embed, task.subject)
            for place, example in zip(mine, unique, strict=True):
                if place in new:
                    shelf.put(place, [shelf.get(place)[0]], [example])
        return [place for place in survivors if shelf.state(place) == SURVIVED]

    def without_untaught(self, shelf: Shelf, kept: list[int]) -> list[int]:
        """Closed-book: a second question about a fact is kept where a first one is, which trains it."""
        again = [place for place in kept if first_of(shelf.get(place)[0])]
        chunks = {shelf.get(place)[0].chunk.digest for place in again}
        trained: dict[tuple[str, str], list[int]] = {}
        for place in kept if again else ():
            slot = shelf.get(place)[0]
            if slot.split == "train" and slot.chunk.digest in chunks:
                trained.setdefault((slot.task, slot.chunk.digest), []).append(place)
        for place in again:
            slot, example = shelf.get(place)
            assert isinstance(example, Example)
            firsts = sorted(shelf.examples(trained.get((slot.task, slot.chunk.digest), [])), key=lambda e: e.id != first_of(slot))
            shelf.put(place, [slot], [example.judged(taught(example, firsts, self.tasks[slot.task].agree))])
        return [place for place in kept if shelf.state(place) == SURVIVED]

    def balanced(self, shelf: Shelf, kept: list[int]) -> list[int]:
        """Where the recipe balances a task's labels, less what is beyond: nothing mends a label that is too frequent."""
        for name, most in self.balance.items():
            mine = [place for place in kept if (slot := shelf.get(place)[0]).task == name and slot.split == "train"]
            for number, verdict in list(surplus(shelf.examples(mine), most)):
                slot, example = shelf.get(mine[number])
                assert isinstance(example, Example)
                shelf.put(mine[number], [slot], [example.judged(verdict)])
        return [place for place in kept if shelf.state(place) == SURVIVED]

    def clean(self, shelf: Shelf, kept: list[int]) -> list[int]:
        """What is left of the kept ones, held-out ones first; the others are rejected."""
        kept = sorted(kept, key=lambda place: file_order(shelf.get(place)[0]))
        examples = shelf.examples(kept)
        for number, verdict in self.leaks(examples).items():
            shelf.put(kept[number], [shelf.get(kept[number])[0]], [examples[number].judged(verdict)])
        return [place for place in kept if shelf.state(place) == SURVIVED]

    async def write(self, group: list[Slot]) -> tuple[list[Judged], int]:
        """One call writes the drafts of a group of slots; each is judged for itself. The writing and its draws are one attempt."""
        task = self.tasks[group[0].task]
        request = self._signed(task.write(group), task.name)
        async with self.asker.attempt(lambda: [request, *self.bench.requests(group)]) as ask:
            try:
                answer = await ask(request)
            except TeacherFailed as error:
                return [self._ended(self._unanswered(slot, error)) for slot in group], 0
            drafts, surplus = task.drafts(answer.value, group)
            shares = _shared(answer.cost, len(group))
            examples = [self._example(*parts) for parts in zip(group, drafts, shares, strict=True)]
            examples = [self.bench.by_code(e) for e in examples]  # together, so that their chunk is read once
            judged = [await self.bench.judge(e, slot, ask) for e, slot in zip(examples, group, strict=True)]
            return [self._ended(e) for e in judged], surplus

    async def repair(self, rejected: Example, slot: Slot) -> Judged:
        """Back to the teacher with the reason; every attempt stays on record. What can't be written again stays rejected."""
        verdict = rejected.rejection
        if verdict is None:
            return rejected
        task = self.tasks[slot.task]
        request = self._signed(task.repair(slot, rejected, verdict), task.name)
        async with (self.mender or self.asker).attempt(lambda: [request, *self.bench.requests([slot])]) as ask:
            try:
                answer = await ask(request)
            except GaveUp:
                return rejected
            except TeacherFailed as error:
                return Unfinished(slot=slot, reason=str(error), attempts=(*rejected.attempts, attempt(rejected)))
            (draft,), _ = task.drafts(answer.value, [slot])
            fresh = self._example(slot, draft, answer.cost)
            fresh = fresh.model_copy(update={"attempts": (*rejected.attempts, attempt(rejected))})
            return self._ended(await self.bench.judge(self.bench.by_code(fresh), slot, ask))

    def _example(self, slot: Slot, draft: Draft | None, cost: Cost) -> Example:
        example = Example(
            id=slot.id,
            task=slot.task,
            instruction=draft.instruction if draft else "",
            response=draft.response if draft else "",
            chunk=slot.chunk,
            spans=draft.spans if draft else (),
            split=slot.split,
            teacher=self.roles.writers.get(slot.task, self.teacher),
            prompt=self.tasks[slot.task].prompt_digest,
            cost=cost,
            manner=dict(draft.manner) if draft else {},
            elsewhere=draft.elsewhere if draft else None,
        )
        missing = Verdict(filter="schema", passed=False, reason="The teacher wrote fewer examples than it was asked for.")
        return example if draft else example.judged(missing)

    def _unanswered(self, slot: Slot, error: TeacherFailed) -> Judged:
        if isinstance(error, GaveUp):
            return self._example(slot, Draft("", ""), Cost()).judged(never_answered(error))
        return Unfinished(slot=slot, reason=str(error))

    def _signed(self, request: Request, task: str) -> Request:
        """To whoever writes the task."""
        writer = self.roles.writers.get(task)
        return replace(request, teacher=writer) if writer else request

    def _ended(self, judged: Judged) -> Judged:
        self.seen(judged)
        return judged


def _turn(slot: Slot) -> tuple[bool, int, str]:
    """The order in which the first of several equal examples is kept; a second question about a fact comes behind the first one."""
    return first_of(slot) is not None, *file_order(slot)


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
