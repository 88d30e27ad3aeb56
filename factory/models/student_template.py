"""Read the chat template of a recipe's student without torch and without its weights.

The template comes from a folder, a GGUF file or the hub.
"""

import json
from functools import cache
from pathlib import Path

from factory.core.errors import UserMistake
from factory.models.files import find_known_model, find_local_gguf
from factory.models.gguf import read_gguf_metadata

# In the order in which transformers looks for them.
TEMPLATE_FILES = ("chat_template.jinja", "tokenizer_config.json")
CHAT_TEMPLATE_KEY = "tokenizer.chat_template"  # in a GGUF
HUB_TIMEOUT_SECONDS = 3.0


class TemplateUnavailable(Exception):
    """The student's template can't be read on this machine; the text says why."""


def student_chat_template(base: str, online: bool) -> str:
    """Return the template's text, "" if the student has none.

    Raises UserMistake if the base is a folder or file that can't be read, and TemplateUnavailable
    if it is not on this machine.
    """
    path = Path(base)
    if find_known_model(base) or path.suffix.lower() == ".gguf":
        return _template_of_gguf(base)
    if path.is_dir():
        return _template_of_folder(path)
    if base.startswith((".", "/", "~")) or base.count("/") > 1:
        raise TemplateUnavailable("there is no such folder here")
    return _template_of_hub(base, online)


def _template_of_gguf(base: str) -> str:
    path = find_local_gguf(base, Path())
    if path is None:
        raise TemplateUnavailable("its file is not on this machine yet")
    try:
        return str(read_gguf_metadata(path, (CHAT_TEMPLATE_KEY,)).get(CHAT_TEMPLATE_KEY, ""))
    except (OSError, ValueError) as error:
        raise UserMistake(
            f"{path}: can't be read as a GGUF ({error}); choose another [student] base"
        ) from error


def _template_of_folder(folder: Path) -> str:
    if not (folder / "config.json").is_file():
        raise UserMistake(
            f"{folder}: contains no config.json; "
            "[student] base must be a folder that save_pretrained wrote"
        )
    found = {name: _text(folder / name) for name in TEMPLATE_FILES if (folder / name).is_file()}
    return _pick_template(found, str(folder))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserMistake(
            f"{path}: can't be read ({error}); choose another [student] base"
        ) from error


def _pick_template(found: dict[str, str], where: str) -> str:
    """Pick the template: its own file before the tokenizer's settings, and "default" of several."""
    if TEMPLATE_FILES[0] in found:
        return found[TEMPLATE_FILES[0]]
    try:
        config = json.loads(found.get(TEMPLATE_FILES[1], "{}"))
        template = config.get("chat_template") or ""
    except (ValueError, AttributeError, RecursionError) as error:
        raise UserMistake(
            f"{where}: its {TEMPLATE_FILES[1]} can't be read ({error}); "
            "choose another [student] base"
        ) from error
    if isinstance(template, list):
        named = {
            str(one.get("name")): one.get("template") for one in template if isinstance(one, dict)
        }
        template = named.get("default", "")
    return template if isinstance(template, str) else ""


def _template_of_hub(name: str, online: bool) -> str:
    found = {
        file: text for file in TEMPLATE_FILES if (text := _read_hub_cache(name, file)) is not None
    }
    if TEMPLATE_FILES[1] not in found and online:
        found = dict(_fetch_from_hub(name))
    if not found:
        raise TemplateUnavailable(
            "it is not on this machine" + ("" if online else ", and the hub was not asked")
        )
    return _pick_template(found, name)


def _read_hub_cache(name: str, file: str) -> str | None:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(name, file)
    except HFValidationError as error:
        raise TemplateUnavailable(
            "it is neither a folder here nor the name of a hub repository"
        ) from error
    return _text(Path(found)) if isinstance(found, str) else None


@cache
def _fetch_from_hub(name: str) -> tuple[tuple[str, str], ...]:
    """Fetch the two small files, once. Raises TemplateUnavailable."""
    import httpx2 as httpx
    from huggingface_hub import constants, hf_hub_url
    from huggingface_hub.utils._headers import build_hf_headers

    if constants.is_offline_mode():
        raise TemplateUnavailable(
            "it is not on this machine, and offline mode forbids asking the hub"
        )
    found = []
    try:
        for file in TEMPLATE_FILES:
            reply = httpx.get(
                hf_hub_url(name, file),
                headers=build_hf_headers(),
                timeout=HUB_TIMEOUT_SECONDS,
                follow_redirects=True,
            )
            if reply.status_code == httpx.codes.OK:
                found.append((file, reply.text))
            elif reply.status_code != httpx.codes.NOT_FOUND:
                raise TemplateUnavailable(f"the hub answered with status {reply.status_code}")
    except httpx.HTTPError as error:
        raise TemplateUnavailable(
            f"the hub could not be reached ({type(error).__name__})"
        ) from error
    return tuple(found)
