"""The command `docstill`: arguments in, exit codes out; all work is done elsewhere."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from factory.errors import DocstillError, StoppedEarly
from factory.make import Order, make
from factory.progress import Watch
from factory.recipe import read_recipe
from factory.run import Run

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
out = Console()

RecipePath = Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe in TOML.")]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")]
Out = Annotated[Path, typer.Option("--out", help="The folder of the run; running again continues it.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="At most so many slots, spread over the splits.")]
LedgerPath = Annotated[Path | None, typer.Option("--ledger", help="A ledger shared with other runs; default RUN/ledger.db.")]
Changes = Annotated[list[str] | None, typer.Option("--set", help="Change the recipe: key=value, such as train.epochs=2.")]


@app.command("init")
def init_command(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")]) -> None:
    """A starter recipe, sample documents and gold questions, ready to run."""
    out.print(f"{folder}")


@app.command("make")
def make_command(recipe: RecipePath, out_folder: Out, limit: Limit = None, ledger: LedgerPath = None, changes: Changes = None) -> None:
    """Documents in, judged training data out."""
    _made(recipe, out_folder, limit, ledger, changes)


def _made(recipe: Path, folder: Path, limit: int | None, ledger: Path | None, changes: list[str] | None) -> None:
    settings, text = read_recipe(recipe, tuple(changes or ()))
    order = Order(settings, text, recipe.resolve().parent, Run(folder), ledger or folder / "ledger.db", limit)
    with Watch(out) as watch:
        report = make(order, watch.ears)
    out.print(report.model_dump())
    if report.unfinished:
        raise StoppedEarly(f"{report.unfinished} of {report.asked} slots are unfinished; run the same command again to go on")


def main() -> None:
    """Run the command; every error of docstill is one sentence on stderr and its exit code."""
    try:
        app()
    except DocstillError as error:
        Console(stderr=True).print(str(error), highlight=False, markup=False, soft_wrap=True)
        raise SystemExit(error.exit_code) from error
