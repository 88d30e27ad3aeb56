"""Effects of a review before the next make: exports leave out rejected rows, and accepted test rows
become gold.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from factory.core.lazy import select_view
from factory.core.recipe import Recipe
from factory.core.records import SPLIT_FILES, Row, digest
from factory.core.run_folder import Run
from factory.review import ExpertVerdict, majority_verdict, read_expert_verdicts

GOLD_FILE = "gold.jsonl"


def rows_not_rejected(run: Run, name: str) -> Sequence[Row]:
    """Return the rows of a file, without those whose answer experts have rejected since it was
    written.
    """
    rows, said = run.lines(name), _verdict_by_answer(run)
    return (
        select_view(rows, [place for place, row in enumerate(rows) if not _is_rejected(row, said)])
        if said
        else rows
    )


def write_reviewed_gold(run: Run, recipe: Recipe) -> int | None:
    """Write the test rows that experts accepted or corrected to gold.jsonl, and return their
    number.

    Return None and leave the file alone if there are none, or if the recipe names its own gold.
    """
    said = _verdict_by_answer(run)
    if recipe.evaluate.gold or not said or not run.has(SPLIT_FILES["test"]):
        return None
    rows = [gold for row in run.lines(SPLIT_FILES["test"]) if (gold := _as_gold(row, said))]
    if rows:
        run.write_lines(GOLD_FILE, rows)
    return len(rows) or None


VerdictByAnswer = Mapping[tuple[str, str], ExpertVerdict]


def _verdict_by_answer(run: Run) -> VerdictByAnswer:
    """Return the decisive verdict by id and digest of the answer that was read."""
    found: dict[tuple[str, str], list[ExpertVerdict]] = {}
    for one in read_expert_verdicts(run):
        found.setdefault((one.id, one.judged), []).append(one)
    return {key: majority_verdict(some) for key, some in found.items()}


def _key(row: Row) -> tuple[str, str]:
    messages, meta = (
        cast("list[dict[str, str]]", row["messages"]),
        cast("dict[str, str]", row["meta"]),
    )
    return meta["id"], digest(messages[-1]["content"])


def _is_rejected(row: Row, said: VerdictByAnswer) -> bool:
    one = said.get(_key(row))
    return one is not None and one.verdict == "reject"


def _as_gold(row: Row, said: VerdictByAnswer) -> Row | None:
    """Return the row as gold.

    If it was corrected before the last make, the verdict on its older answer says so.
    """
    one = said.get(_key(row)) or next(
        (
            v
            for (id, _), v in said.items()
            if id == _key(row)[0] and digest(v.fixed) == _key(row)[1]
        ),
        None,
    )
    if one is None or one.verdict == "reject":
        return None
    messages = cast("list[dict[str, str]]", row["messages"])
    right = {**messages[-1], "content": one.fixed or messages[-1]["content"]}
    return {
        "messages": [*messages[:-1], right],
        "meta": {**cast("dict[str, object]", row["meta"]), "reviewer": one.reviewer},
    }
