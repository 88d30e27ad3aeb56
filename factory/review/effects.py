"""What a review changes before the next make: rejected rows stay out of exports, and read test rows become gold."""

from collections.abc import Mapping, Sequence
from typing import cast

from factory.core.lazy import picked
from factory.core.recipe import Recipe
from factory.core.records import FILES, Row, digest
from factory.core.run_folder import Run
from factory.review import ExpertVerdict, agreed, expert_verdicts

GOLD = "gold.jsonl"


def rows_of(run: Run, name: str) -> Sequence[Row]:
    """The rows of a file of the run, less those whose answer experts have rejected since it was written."""
    rows, said = run.lines(name), _said(run)
    return picked(rows, [place for place, row in enumerate(rows) if not _rejected(row, said)]) if said else rows


def write_reviewed_gold(run: Run, recipe: Recipe) -> int | None:
    """gold.jsonl of the test rows that experts have accepted or corrected, where the recipe names no gold of its own; how many.

    None where there are none: the file stays as it is.
    """
    said = _said(run)
    if recipe.evaluate.gold or not said or not run.has(FILES["test"]):
        return None
    rows = [gold for row in run.lines(FILES["test"]) if (gold := _read(row, said))]
    if rows:
        run.write_lines(GOLD, rows)
    return len(rows) or None


Said = Mapping[tuple[str, str], ExpertVerdict]


def _said(run: Run) -> Said:
    """The verdict that counts, by id and digest of the answer that was read."""
    found: dict[tuple[str, str], list[ExpertVerdict]] = {}
    for one in expert_verdicts(run):
        found.setdefault((one.id, one.judged), []).append(one)
    return {key: agreed(some) for key, some in found.items()}


def _key(row: Row) -> tuple[str, str]:
    messages, meta = cast("list[dict[str, str]]", row["messages"]), cast("dict[str, str]", row["meta"])
    return meta["id"], digest(messages[-1]["content"])


def _rejected(row: Row, said: Said) -> bool:
    one = said.get(_key(row))
    return one is not None and one.verdict == "reject"


def _read(row: Row, said: Said) -> Row | None:
    """The row as gold; one that was corrected before the last make says so by the verdict on its older answer."""
    one = said.get(_key(row)) or next((v for (id, _), v in said.items() if id == _key(row)[0] and digest(v.fixed) == _key(row)[1]), None)
    if one is None or one.verdict == "reject":
        return None
    messages = cast("list[dict[str, str]]", row["messages"])
    right = {**messages[-1], "content": one.fixed or messages[-1]["content"]}
    return {"messages": [*messages[:-1], right], "meta": {**cast("dict[str, object]", row["meta"]), "reviewer": one.reviewer}}
