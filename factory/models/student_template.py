"""The chat template of a recipe's student, read without torch and without its weights: from a folder, a GGUF or the hub."""

import json
from functools import cache
from pathlib import Path

from factory.core.errors import UserMistake
from factory.models.files import at_hand, known
from factory.models.gguf import metadata

FILES = ("chat_template.jinja", "tokenizer_config.json")  # where transformers looks, in this order
KEY = "tokenizer.chat_template"  # of a GGUF
SECONDS = 3.0  # for the hub to answer


class NotChecked(Exception):
    """Nothing can be said of the student here; the text says why."""


def template_of(base: str, online: bool) -> str:
    """The template's text, empty where the student has none.

    Raises UserMistake where the base is a folder or file that can't be read, and NotChecked where it lies elsewhere.
    """
    path = Path(base)
    if known(base) or path.suffix.lower() == ".gguf":
        return _of_gguf(base)
    if path.is_dir():
        return _of_folder(path)
    if base.startswith((".", "/", "~")) or base.count("/") > 1:
        raise NotChecked("there is no such folder here")
    return _of_hub(base, online)


def _of_gguf(base: str) -> str:
    path = at_hand(base, Path())
    if path is None:
        raise NotChecked("its file is not on this machine yet")
    try:
        return str(metadata(path, (KEY,)).get(KEY, ""))
    except (OSError, ValueError) as error:
        raise UserMistake(
            f"{path}: can't be read as a GGUF ({error}); choose another [student] base"
        ) from error


def _of_folder(folder: Path) -> str:
    if not (folder / "config.json").is_file():
        raise UserMistake(
            f"{folder}: holds no config.json; [student] base must be a folder that save_pretrained wrote"
        )
    found = {name: _text(folder / name) for name in FILES if (folder / name).is_file()}
    return _within(found, str(folder))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserMistake(
            f"{path}: can't be read ({error}); choose another [student] base"
        ) from error


def _within(found: dict[str, str], where: str) -> str:
    """A file of its own counts before the tokenizer's settings; of several templates the one called default."""
    if FILES[0] in found:
        return found[FILES[0]]
    try:
        told = json.loads(found.get(FILES[1], "{}"))
        template = told.get("chat_template") or ""
    except (ValueError, AttributeError, RecursionError) as error:
        raise UserMistake(
            f"{where}: its {FILES[1]} can't be read ({error}); choose another [student] base"
        ) from error
    if isinstance(template, list):
        named = {
            str(one.get("name")): one.get("template") for one in template if isinstance(one, dict)
        }
        template = named.get("default", "")
    return template if isinstance(template, str) else ""


def _of_hub(name: str, online: bool) -> str:
    found = {file: text for file in FILES if (text := _cached(name, file)) is not None}
    if FILES[1] not in found and online:
        found = dict(_fetched(name))
    if not found:
        raise NotChecked(
            "it is not on this machine" + ("" if online else ", and the hub is not asked")
        )
    return _within(found, name)


def _cached(name: str, file: str) -> str | None:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(name, file)
    except HFValidationError as error:
        raise NotChecked("it is neither a folder here nor a name of the hub") from error
    return _text(Path(found)) if isinstance(found, str) else None


@cache
def _fetched(name: str) -> tuple[tuple[str, str], ...]:
    """The two small files, asked for once. Raises NotChecked."""
    import httpx2 as httpx
    from huggingface_hub import constants, hf_hub_url
    from huggingface_hub.utils._headers import build_hf_headers

    if constants.is_offline_mode():
        raise NotChecked("it is not on this machine, and the hub must not be asked")
    found = []
    try:
        for file in FILES:
            reply = httpx.get(
                hf_hub_url(name, file),
                headers=build_hf_headers(),
                timeout=SECONDS,
                follow_redirects=True,
            )
            if reply.status_code == httpx.codes.OK:
                found.append((file, reply.text))
            elif reply.status_code != httpx.codes.NOT_FOUND:
                raise NotChecked(f"the hub answers {reply.status_code}")
    except httpx.HTTPError as error:
        raise NotChecked(f"the hub could not be reached ({type(error).__name__})") from error
    return tuple(found)
