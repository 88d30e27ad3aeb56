"""Generate the examples: slots go in; kept, rejected and unfinished examples come out.

  slot ──► write ──► schema ──► grounding ──► draw 2 (and 3) ──► vote ──► winner: schema, grounding
             ▲                                                        │
             └──────── repair, with the reason ◄── rejected ──────────┘   phase A: concurrent
    survivors ──► expert's verdicts ──► duplicates ──► decontamination ──► kept   phase B: in order
                  (closed-book: second questions about a fact need a kept first one)

What phase B rejects may be repaired too; then A and B run once more, and earlier survivors stay.
Training examples that overlap held-out data, or whose label is too frequent, are rejected last and
are not repaired.
factory/generation/judging.py says who judges, and in which order. Schema, grounding and the vote
are those of the slot's task, followed by the task's own filters, such as relevance for a small
teacher.

A slot ends in exactly one of kept, rejected, unfinished. Rejection is a value (a Verdict with a
reason); a call that fails is an exception, and its slot is unfinished.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

from factory.calls.accounting import GaveUp
from factory.calls.client import TeacherClient
from factory.calls.worker_pool import run_jobs
from factory.core.errors import TeacherFailed
from factory.core.records import FINAL_PASS, Cost, Example, Slot, SlotResult, Unfinished, Verdict
from factory.core.schemas import Embed
from factory.core.settings import FilterSettings, RepairSettings
from factory.generation.judging import ExampleJudge, Roles, never_answered
from factory.generation.label_balance import surplus_examples
from factory.generation.repair import (
    RepairLog,
    RepairRound,
    TryResult,
    TryTotals,
    add_tries,
    attempt,
    first_try,
    repair_try,
)
from factory.generation.slot_store import REJECTED, SURVIVED, TO_REPAIR, UNFINISHED, SlotStore
from factory.planning.slot_table import slot_groups
from factory.tasks import Draft, Tasks
from factory.tasks.closed_book import check_taught, first_slot_id
from factory.teachers import Request
from filters.duplicates.duplicates import file_order, judge_duplicates
from filters.text.corpus_names import IsKnownName, no_known_names


@dataclass(
    frozen=True, repr=False
)  # asyncio.run asks for the repr of what it returns: gigabytes of it
class Outcome:
    """Every slot in exactly one of three lists: kept ones by split (held-out first) and ID, the
    others in order of the slots.

    They are stored on disk and read on demand.
    """

    kept: Sequence[Example]
    rejected: Sequence[Example]
    unfinished: Sequence[Unfinished]
    surplus: int  # examples that the teacher wrote beyond those asked for
    repairs: list[RepairRound]
    stopped: str = ""  # why repair stopped before its rounds were over


def no_leaks(_: Sequence[Example]) -> Mapping[int, Verdict]:
    return {}


@dataclass(frozen=True)
class GenerationEngine:
    """Turn slots into kept, rejected and unfinished examples.

    `seen`: called with every judged slot. `mender`: asks for repairs, if that is not `asker`.
    `folder`: where judged slots are stored meanwhile, since there are too many for memory. `embed`:
    embeds texts to find paraphrases, if they are looked for. `known`: the names in the documents as
    a whole. `leaks`: verdicts, by index, on kept examples that must not be trained on. `balance`:
    by task, how many times as frequent as the rarest label a label may be in training.
    """

    asker: TeacherClient
    tasks: Tasks
    filters: FilterSettings
    teacher: str
    seen: Callable[[SlotResult], None] = lambda _: None
    mender: TeacherClient | None = None
    folder: Path | None = None
    embed: Embed | None = None
    roles: Roles = Roles()
    known: IsKnownName = no_known_names
    leaks: Callable[[Sequence[Example]], Mapping[int, Verdict]] = no_leaks
    balance: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def judging(self) -> ExampleJudge:
        return ExampleJudge(
            self.tasks, self.filters.draws, self.roles, self.filters.without, self.known
        )

    async def make(
        self, slots: Iterable[Slot], repair: RepairSettings, review: Callable[[Example], Example]
    ) -> Outcome:
        """Run phases A and B, and both once more for what B rejected. `review` adds an expert's
        verdict if there is one.

        The slots of a chunk must be adjacent.
        """
        store = SlotStore(self.folder)
        fresh, surplus = await self.round_zero(slots, store)
        log = RepairLog(fresh, repair)
        await self.mend(store, store.places(TO_REPAIR), log)
        kept = self.without_untaught(
            store, self.conclude(store, [], store.places(SURVIVED), review)
        )
        if not store.places(UNFINISHED):  # else what repeats what is not settled yet
            fallen = [
                place for place in store.places(TO_REPAIR) if store.rejection(place) in FINAL_PASS
            ]
            await self.mend(store, fallen, log)
            kept = self.conclude(
                store, kept, [place for place in fallen if store.state(place) == SURVIVED], review
            )
            kept = self.without_untaught(store, kept)
        return Outcome(
            store.examples(
                self.balanced(store, self.without_untaught(store, self.clean(store, kept)))
            ),
            store.examples(store.places(TO_REPAIR, REJECTED)),
            store.unfinished(store.places(UNFINISHED)),
            surplus,
            log.rounds,
            log.stopped,
        )

    async def round_zero(self, slots: Iterable[Slot], store: SlotStore) -> tuple[TryTotals, int]:
        """Write and judge every slot, and store the results. Returns the totals, and how many
        surplus examples were dropped.
        """
        fresh, surplus = TryTotals(), 0

        async def write(job: tuple[range, list[Slot]]) -> None:
            nonlocal fresh, surplus
            places, group = job
            judged, more = await self.write(group)
            store.put(places.start, group, judged)
            fresh, surplus = add_tries(fresh, map(first_try, judged)), surplus + more

        await run_jobs(slot_groups(self.tasks, slots), write, self.asker.workers)
        return fresh, surplus

    async def mend(self, store: SlotStore, places: Sequence[int], log: RepairLog) -> None:
        """Run rounds of repair on these slots, until none is left that may be tried, or repair no
        longer pays.
        """
        mender = self.mender or self.asker
        for _ in range(log.most):
            rejected = [
                place
                for place in places
                if store.state(place) == TO_REPAIR and self._may_mend(*store.get(place), log.most)
            ]
            if (
                not rejected or log.stopped or self.asker.waiting or mender.waiting
            ):  # answers to come belong to the round before
                break
            log.note(await run_jobs(rejected, partial(self._mend, store), mender.workers))

    def _may_mend(self, slot: Slot, rejected: SlotResult, most: int) -> bool:
        verdict = rejected.rejection if isinstance(rejected, Example) else None
        return (
            verdict is not None
            and len(rejected.attempts) < most
            and self.tasks[slot.task].mends(verdict)
        )

    async def _mend(self, store: SlotStore, place: int) -> TryResult:
        """Repair one rejected example in the store."""
        slot, rejected = store.get(place)
        assert isinstance(rejected, Example)
        mended = await self.repair(rejected, slot)
        store.put(place, [slot], [mended])
        return repair_try(rejected, mended)

    def conclude(
        self,
        store: SlotStore,
        earlier: list[int],
        places: Sequence[int],
        review: Callable[[Example], Example],
    ) -> list[int]:
        """Run phase B on the survivors among `places`: the expert's verdicts, then duplicates.
        Returns everything that is kept.

        They follow the earlier ones, held-out splits first, then by ID: the first of several equal
        examples is kept.
        """
        if not places:
            return earlier
        for place in places:
            slot, example = store.get(place)
            if isinstance(example, Example) and (reviewed := review(example)) is not example:
                store.put(place, [slot], [reviewed])
        fresh = sorted(
            (p for p in places if store.state(p) == SURVIVED),
            key=lambda place: _turn(store.get(place)[0]),
        )
        survivors, new = [*earlier, *fresh], frozenset(fresh)
        for name, task in self.tasks.items() if "duplicates" not in self.filters.without else ():
            mine = (
                survivors
                if len(self.tasks) == 1
                else [place for place in survivors if store.get(place)[0].task == name]
            )
            unique = judge_duplicates(
                store.examples(mine), self.filters.duplicates.jaccard, self.embed, task.subject
            )
            for place, example in zip(mine, unique, strict=True):
                if place in new:
                    store.put(place, [store.get(place)[0]], [example])
        return [place for place in survivors if store.state(place) == SURVIVED]

    def without_untaught(self, store: SlotStore, kept: list[int]) -> list[int]:
        """Keep a second closed-book question about a fact only if a first one is kept, which trains
        it.
        """
        again = [place for place in kept if first_slot_id(store.get(place)[0])]
        chunks = {store.get(place)[0].chunk.digest for place in again}
        trained: dict[tuple[str, str], list[int]] = {}
        for place in kept if again else ():
            slot = store.get(place)[0]
            if slot.split == "train" and slot.chunk.digest in chunks:
                trained.setdefault((slot.task, slot.chunk.digest), []).append(place)
        for place in again:
            slot, example = store.get(place)
            assert isinstance(example, Example)
            firsts = sorted(
                store.examples(trained.get((slot.task, slot.chunk.digest), [])),
                key=lambda e: e.id != first_slot_id(slot),
            )
            store.put(
                place,
                [slot],
                [example.judged(check_taught(example, firsts, self.tasks[slot.task].agree))],
            )
        return [place for place in kept if store.state(place) == SURVIVED]

    def balanced(self, store: SlotStore, kept: list[int]) -> list[int]:
        """Reject training examples of labels that are too frequent, if the recipe balances them. No
        repair can help against that.
        """
        for name, most in self.balance.items():
            mine = [
                place
                for place in kept
                if (slot := store.get(place)[0]).task == name and slot.split == "train"
            ]
            for number, verdict in list(surplus_examples(store.examples(mine), most)):
                slot, example = store.get(mine[number])
                assert isinstance(example, Example)
                store.put(mine[number], [slot], [example.judged(verdict)])
        return [place for place in kept if store.state(place) == SURVIVED]

    def clean(self, store: SlotStore, kept: list[int]) -> list[int]:
        """Reject kept examples that leak, held-out ones coming first, and return the rest."""
        kept = sorted(kept, key=lambda place: file_order(store.get(place)[0]))
        examples = store.examples(kept)
        for number, verdict in self.leaks(examples).items():
            store.put(
                kept[number], [store.get(kept[number])[0]], [examples[number].judged(verdict)]
            )
        return [place for place in kept if store.state(place) == SURVIVED]

    async def write(self, group: list[Slot]) -> tuple[list[SlotResult], int]:
        """Write the drafts of a group of slots in one call and judge each separately. The writing
        and its draws are one attempt.
        """
        task = self.tasks[group[0].task]
        request = self._signed(task.write(group), task.name)
        async with self.asker.attempt(lambda: [request, *self.judging.requests(group)]) as ask:
            try:
                answer = await ask(request)
            except TeacherFailed as error:
                return [self._ended(self._unanswered(slot, error)) for slot in group], 0
            drafts, surplus = task.drafts(answer.value, group)
            shares = _shared(answer.cost, len(group))
            examples = [self._example(*parts) for parts in zip(group, drafts, shares, strict=True)]
            # Together, so that their chunk is read once.
            examples = [self.judging.by_code(e) for e in examples]
            judged = [
                await self.judging.judge(e, slot, ask)
                for e, slot in zip(examples, group, strict=True)
            ]
            return [self._ended(e) for e in judged], surplus

    async def repair(self, rejected: Example, slot: Slot) -> SlotResult:
        """Send an example back to the teacher with the reason. Every attempt is recorded. What
        can't be written again stays rejected.
        """
        verdict = rejected.rejection
        if verdict is None:
            return rejected
        task = self.tasks[slot.task]
        request = self._signed(task.repair(slot, rejected, verdict), task.name)
        async with (self.mender or self.asker).attempt(
            lambda: [request, *self.judging.requests([slot])]
        ) as ask:
            try:
                answer = await ask(request)
            except GaveUp:
                return rejected
            except TeacherFailed as error:
                return Unfinished(
                    slot=slot, reason=str(error), attempts=(*rejected.attempts, attempt(rejected))
                )
            (draft,), _ = task.drafts(answer.value, [slot])
            fresh = self._example(slot, draft, answer.cost)
            fresh = fresh.model_copy(update={"attempts": (*rejected.attempts, attempt(rejected))})
            return self._ended(await self.judging.judge(self.judging.by_code(fresh), slot, ask))

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
        missing = Verdict(
            filter="schema",
            passed=False,
            reason="The teacher wrote fewer examples than it was asked for.",
        )
        return example if draft else example.judged(missing)

    def _unanswered(self, slot: Slot, error: TeacherFailed) -> SlotResult:
        if isinstance(error, GaveUp):
            return self._example(slot, Draft("", ""), Cost()).judged(never_answered(error))
        return Unfinished(slot=slot, reason=str(error))

    def _signed(self, request: Request, task: str) -> Request:
        """Address the request to the teacher that writes the task."""
        writer = self.roles.writers.get(task)
        return replace(request, teacher=writer) if writer else request

    def _ended(self, judged: SlotResult) -> SlotResult:
        self.seen(judged)
        return judged


def _turn(slot: Slot) -> tuple[bool, int, str]:
    """Return the sort key by which the first of several equal examples is kept. A second question
    about a fact comes after the first one.
    """
    return first_slot_id(slot) is not None, *file_order(slot)


def _shared(cost: Cost, count: int) -> list[Cost]:
    """Split a call's cost evenly; the remainder goes to the first, so that the shares add up."""
    share = Cost(
        tokens_in=cost.tokens_in // count,
        tokens_out=cost.tokens_out // count,
        nanousd=cost.nanousd // count,
    )
    others = count - 1
    first = Cost(
        calls=cost.calls,
        tokens_in=cost.tokens_in - share.tokens_in * others,
        tokens_out=cost.tokens_out - share.tokens_out * others,
        nanousd=cost.nanousd - share.nanousd * others,
    )
    return [first, *[share] * others]
