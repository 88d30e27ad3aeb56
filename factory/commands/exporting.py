"""The command `export`: a run's rows for other tools, and its student for deployment."""

from pathlib import Path

from factory.commands import open_run, say
from factory.commands.student import run_ship
from factory.core.errors import UserMistake


def run_export(folder: Path, to: str, repo: str | None, private: bool) -> None:
    from factory.export import export  # pyarrow takes a while to import
    from factory.export.forms import FORMS
    from factory.export.hub import push

    if to != "hub" and (repo or private):
        raise UserMistake(f"--to {to}: --repo and --private only apply to --to hub; leave them out")
    if to in FORMS:
        run_ship(folder, (to,))
        return
    run, recipe = open_run(folder)
    with run.locked():
        written, then = export(run, recipe, "parquet" if to == "hub" else to)
    say(
        f"{to}: {push(written, repo, private)}"
        if to == "hub"
        else f"{written}; use it with  {then.replace('FOLDER', str(written))}"
    )
