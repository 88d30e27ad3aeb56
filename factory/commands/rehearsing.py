"""The command `rehearse`."""

from pydantic import RootModel
from rich.console import Console

from factory.commands.progress import ProgressDisplay
from factory.core.errors import UserMistake
from factory.core.run_folder import Run
from factory.rehearsal import ABLATED_FILTERS, Rehearsal, rehearse
from factory.rehearsal.setup import RehearsalSettings
from factory.rehearsal.tables import rehearsal_tables

__all__ = ["RehearsalSettings", "run_rehearsal"]

FIGURES = "rehearsal.json"

out = Console()


def run_rehearsal(script: RehearsalSettings) -> None:
    if odd := next((name for name in script.without if name not in ABLATED_FILTERS), ""):
        raise UserMistake(
            f"--without {odd}: must be one of {', '.join(ABLATED_FILTERS[:-1])} or "
            f"{ABLATED_FILTERS[-1]}"
        )
    with ProgressDisplay(out) as watch:
        found = rehearse(script, watch.ears)
    for table in rehearsal_tables(found):
        out.print(table)
    Run(script.out).write(
        FIGURES, RootModel[list[Rehearsal]](found).model_dump_json(indent=1) + "\n"
    )
    figures = (
        f"figures: {script.out / FIGURES}; each pass is a run: docstill report "
        f"{found[0].folder}/seed-{script.seed}"
    )
    out.print(figures, highlight=False, markup=False, soft_wrap=True)
