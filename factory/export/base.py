"""A student's base as others can find it: a name of the hub, never a path of this machine, and the licence where it is known."""

import re
from pathlib import Path

from pydantic import BaseModel

from factory.models.files import known
from factory.models.gguf import metadata

_FRONT = re.compile(r"\A---\n.*?^license:\s*[\"']?([\w.-]+)", re.DOTALL | re.MULTILINE)


class Base(BaseModel, frozen=True):
    name: str  # a repository of the hub, or the name of a folder or file that others must be given
    file: str = ""  # of the repository, where the base is a GGUF
    licence: str = ""  # "": not known here
    on_hub: bool = True

    @property
    def told(self) -> str:
        if not self.on_hub:
            kind = "file" if self.file else "folder"
            return f"`{self.name}`, a local {kind} that is not on the hub: whoever loads the adapter must have it"
        return f"`{self.name}`" + (f", its file `{self.file}`" if self.file else "")


def base_of(named: str, place: str) -> Base:
    """`named` as in the recipe; `place` is where it lies here: a folder, a .gguf file, or the name of a hub repository."""
    path = Path(place)
    if model := known(named):
        return Base(name=model.hub, file=model.file, licence=model.licence.lower())
    if path.suffix.lower() == ".gguf":
        owner, _, rest = named.partition("/")
        repository, _, file = rest.partition("/")
        on_hub = bool(file) and not (Path(named).is_file() or named.startswith((".", "/", "~")))
        name = f"{owner}/{repository}" if on_hub else path.name
        return Base(name=name, file=file if on_hub else path.name, licence=_of_gguf(path), on_hub=on_hub)
    if path.is_dir():
        return Base(name=path.resolve().name, licence=_of_card(path / "README.md"), on_hub=False)
    return Base(name=named, licence=_of_hub(named))


def _of_gguf(path: Path) -> str:
    try:
        return str(metadata(path, ("general.license",)).get("general.license", "")).lower()
    except (OSError, ValueError):
        return ""


def _of_hub(name: str) -> str:
    """Only what lies here already; nothing is fetched."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(name, "README.md")
    return _of_card(Path(found)) if isinstance(found, str) else ""


def _of_card(path: Path) -> str:
    try:
        found = _FRONT.search(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return ""
    return found[1].lower() if found else ""
