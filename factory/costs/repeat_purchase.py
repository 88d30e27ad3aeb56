"""Tell what a changed recipe or document would make the teacher write, and bill, again."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import RootModel

from factory.calls.ledger import open_ledger
from factory.calls.prices import recipe_price
from factory.core.errors import UserMistake
from factory.core.lazy import select_view
from factory.core.recipe import Recipe
from factory.core.records import Slot
from factory.core.run_folder import Run
from factory.costs.estimate import Estimate, estimate
from factory.planning.call_keys import WRITE_KEYS_FILE, write_calls
from factory.tasks.build import build_tasks


@dataclass(frozen=True)
class RepeatPurchase:
    """Writing calls that would be bought again, and their estimated cost with draws and repairs."""

    calls: int
    estimate: Estimate


def repeat_purchase(
    run: Run, ledger_path: Path, recipe: Recipe, slots: Sequence[Slot]
) -> RepeatPurchase | None:
    """Return what an earlier recipe or document had bought in this run and these slots would buy
    again; None if nothing.
    """
    if not run.has(WRITE_KEYS_FILE) or not ledger_path.is_file():
        return None
    try:
        before = run.read(WRITE_KEYS_FILE, RootModel[dict[str, list[str]]]).root
    except UserMistake:  # damaged: this make rewrites it, and the ledger still buys nothing twice
        return None
    tasks = build_tasks(recipe)
    # By document, since an edited text or another size of chunks gives other slots.
    now: dict[str, dict[str, range]] = {}
    each_key_once = {key: (name, at) for key, name, at in write_calls(slots, tasks, recipe)}
    for key, (name, places) in each_key_once.items():
        now.setdefault(name, {})[key] = places
    again: list[range] = []
    with open_ledger(ledger_path, run.folder) as ledger:
        for name, had in before.items():
            calls = now.get(name, {})
            lost = sum(ledger.has(key) for key in had if key not in calls)
            new = [at for key, at in calls.items() if key not in had and not ledger.has(key)]
            again += new[:lost]
    if not again:
        return None
    wanted = select_view(slots, (place for places in again for place in places))
    return RepeatPurchase(len(again), estimate(wanted, tasks, recipe, recipe_price(recipe)))
