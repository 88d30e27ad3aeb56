"""Compare a run with its goal: how many training examples are enough, and what more documents or a
higher per_chunk would add.
"""

from math import ceil
from typing import Literal

from pydantic import BaseModel

from factory.core.recipe import Recipe
from factory.core.records import Chunk
from factory.core.settings import Goal
from factory.core.stats import Proportion
from factory.documents.checkable_facts import find_facts
from factory.planning.plan import Plan
from factory.tasks import Tasks
from factory.tasks.qa import QA

# Training examples. A tone is one habit; a task has several cases, and each must be seen;
# knowledge needs one example per fact.
WANTED: dict[Goal, tuple[int, int]] = {
    "tone": (200, 500),
    "task": (500, 2_000),
    "knowledge": (3_000, 10_000),
}
MOST_PER_CHUNK = 20  # beyond, a chunk of 512 tokens is asked the same again


class GoalNeeds(BaseModel, frozen=True):
    """Two ways to reach the goal: more documents or a higher per_chunk; null if it can't. For
    documents, at the observed yield and at the ends of its interval.
    """

    documents: int | None = None
    documents_range: tuple[int, int | None] | None = None
    per_chunk: int | None = None


class GoalProgress(BaseModel, frozen=True):
    """Part of report.json about training examples. `share`: kept of those asked, with its 95 %
    interval.
    """

    goal: Goal = "task"
    wanted: tuple[int, int] = WANTED["task"]
    have: int = 0
    asked: int = 0
    standing: Literal["below", "within", "above"] = "below"
    share: tuple[float, float, float] | None = None  # low, mean, high
    needs: GoalNeeds = GoalNeeds()
    bounded: bool = False  # by the facts of the chunks: a higher per_chunk finds too few of them

    @property
    def words(self) -> str:
        """The progress in one or two sentences."""
        low, high = self.wanted
        said = (
            f"{self.have:,} training examples are {self.standing} the {low:,} to {high:,} "
            f'that the goal "{self.goal}" takes'
        )
        if self.standing != "below":
            return f"{said}."
        if not self.have or self.share is None:
            return (
                f"{said}; nothing was kept for training, "
                "so it is unknown what more documents would bring."
            )
        ends = self.needs.documents_range or (0, None)
        most = f"{ends[1]:,}" if ends[1] is not None else "any number"
        more = f"some {self.needs.documents:,} more such documents ({ends[0]:,} to {most})"
        why = ", as the chunks hold too few facts" if self.bounded else ""
        higher = self.needs.per_chunk
        way = (
            f", or per_chunk = {higher}, would reach it"
            if higher
            else f" would reach it; a higher per_chunk can't{why}"
        )
        least, mean, top = (f"{100 * share:.0f}" for share in self.share)
        return f"{said}. By the yield seen ({mean} %, {least} to {top} %), {more}{way}."


def goal_progress(recipe: Recipe, tasks: Tasks, found: Plan, have: int) -> GoalProgress:
    """Compare the run with its goal. `have`: examples kept for training."""
    low, high = WANTED[recipe.goal]
    asked = sum(s.split == "train" for s in found.slots)
    place: Literal["below", "within", "above"] = (
        "below" if have < low else "within" if have <= high else "above"
    )
    share = Proportion(part=have, whole=asked) if asked else None
    ends = (share.low, share.mean, share.high) if share else None
    told = GoalProgress(
        goal=recipe.goal, wanted=(low, high), have=have, asked=asked, standing=place, share=ends
    )
    if place != "below" or not have or not share:
        return told
    chunks = [c for c in found.chunks if found.sides.of(c) == "train"]
    documents = len({c.document.digest for c in chunks}) or 1
    each, missing = asked / documents, low - have
    most = ceil(missing / (each * share.low)) if share.low else None
    least = ceil(missing / (each * share.high))
    per_chunk = _per_chunk(recipe, tasks, chunks, low / share.mean)
    needs = GoalNeeds(
        documents=ceil(missing / (each * share.mean)),
        documents_range=(least, most),
        per_chunk=per_chunk,
    )
    return told.model_copy(
        update={
            "needs": needs,
            "bounded": any(isinstance(t, QA) and t.one_fact for t in tasks.values()),
        }
    )


def _per_chunk(recipe: Recipe, tasks: Tasks, chunks: list[Chunk], slots: float) -> int | None:
    """Return the lowest per_chunk of all qa tasks that gives enough slots. A small teacher is given
    one fact per slot.
    """
    asking = [t for t in tasks.values() if isinstance(t, QA)]
    room = [len(find_facts(c)) if t.one_fact else MOST_PER_CHUNK for t in asking for c in chunks]
    fixed = sum(len(chunks) for t in tasks.values() if not isinstance(t, QA))
    now = max((t.per_chunk for t in recipe.tasks), default=1)
    return next(
        (
            k
            for k in range(now + 1, MOST_PER_CHUNK + 1)
            if fixed + sum(min(k, n) for n in room) >= slots
        ),
        None,
    )
