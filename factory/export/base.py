"""Describe a student's base for others: its hub name and licence, never a local path."""

import re
from pathlib import Path

from pydantic import BaseModel

from factory.models.files import find_known_model
from factory.models.gguf import read_gguf_metadata

_FRONT = re.compile(r"\A---\n.*?^license:\s*[\"']?([\w.-]+)", re.DOTALL | re.MULTILINE)


class PublicBase(BaseModel, frozen=True):
    name: str  # hub repository, or the name of a local folder or file
    file: str = ""  # GGUF file in the repository
    licence: str = ""  # "" if unknown
    on_hub: bool = True

    @property
    def description(self) -> str:
        if not self.on_hub:
            kind = "file" if self.file else "folder"
            return (
                f"`{self.name}`, a local {kind} that is not on the hub; whoever loads the adapter "
                "needs it"
            )
        return f"`{self.name}`" + (f", its file `{self.file}`" if self.file else "")


def public_base(named: str, place: str) -> PublicBase:
    """Find the public name and licence of a base.

    `named`: its name in the recipe. `place`: a folder, a .gguf file or a hub repository.
    """
    path = Path(place)
    if model := find_known_model(named):
        return PublicBase(name=model.hub, file=model.file, licence=model.licence.lower())
    if path.suffix.lower() == ".gguf":
        owner, _, rest = named.partition("/")
        repository, _, file = rest.partition("/")
        on_hub = bool(file) and not (Path(named).is_file() or named.startswith((".", "/", "~")))
        name = f"{owner}/{repository}" if on_hub else path.name
        return PublicBase(
            name=name, file=file if on_hub else path.name, licence=_of_gguf(path), on_hub=on_hub
        )
    if path.is_dir():
        return PublicBase(
            name=path.resolve().name, licence=_of_card(path / "README.md"), on_hub=False
        )
    return PublicBase(name=named, licence=_of_hub(named))


def _of_gguf(path: Path) -> str:
    try:
        return str(
            read_gguf_metadata(path, ("general.license",)).get("general.license", "")
        ).lower()
    except (OSError, ValueError):
        return ""


def _of_hub(name: str) -> str:
    """Look in the local cache only; nothing is downloaded."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(name, "README.md")
    return _of_card(Path(found)) if isinstance(found, str) else ""


def _of_card(path: Path) -> str:
    try:
        found = _FRONT.search(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return ""
    return found[1].lower() if found else ""
