"""The command `init`: copy sample documents, gold questions and recipes into a new folder."""

from importlib.resources import as_file, files
from pathlib import Path
from shutil import copytree

from factory.core.errors import UserMistake

PARTS = ("documents", "gold", "recipes")


def init(folder: Path) -> None:
    """Copy the sample project. Raises UserMistake if the folder is not empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserMistake(f"{folder}: is not empty; choose a new or an empty folder")
    try:
        for part in PARTS:
            with as_file(files("data").joinpath(part)) as source:
                copytree(source, folder / part)
    except OSError as error:
        why = error.strerror or "some files were not copied"  # copytree's own error names no reason
        raise UserMistake(
            f"{folder} can't be written ({why}); name a folder that you may write to"
        ) from error
