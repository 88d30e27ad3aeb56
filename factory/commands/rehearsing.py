"""`docstill rehearse`: the rehearsals of a recipe's tasks, their tables and their figures."""

from pydantic import RootModel
from rich.console import Console

from factory.commands.progress import Watch
from factory.core.errors import UserMistake
from factory.core.run_folder import Run
from factory.rehearsal import FILTERS, Rehearsal, rehearse
from factory.rehearsal.setup import Script
from factory.rehearsal.tables import rehearsal_tables

__all__ = ["Script", "run_rehearsal"]

FIGURES = "rehearsal.json"

out = Console()


def run_rehearsal(script: Script) -> None:
    if odd := next((name for name in script.without if name not in FILTERS), ""):
        raise UserMistake(f"--without {odd}: must be {', '.join(FILTERS[:-1])} or {FILTERS[-1]}")
    with Watch(out) as watch:
        found = rehearse(script, watch.ears)
    for table in rehearsal_tables(found):
        out.print(table)
    Run(script.out).write(FIGURES, RootModel[list[Rehearsal]](found).model_dump_json(indent=1) + "\n")
    told = f"figures: {script.out / FIGURES}; each pass is a run: docstill report {found[0].folder}/seed-{script.seed}"
    out.print(told, highlight=False, markup=False, soft_wrap=True)
