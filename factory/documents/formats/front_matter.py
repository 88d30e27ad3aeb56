"""Front matter: settings of a page before its text, in YAML, TOML or JSON."""

import json
import re
import tomllib

import yaml

LARGEST = 1 << 16  # characters
LONGEST = 1000  # characters of a title
_FENCED = re.compile(
    r"\A\ufeff?(?:(---)[ \t]*\n(.*?)^(?:---|\.\.\.)|(\+\+\+)[ \t]*\n(.*?)^\+\+\+)[ \t]*(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
_KEY = re.compile(r"[A-Za-z_][\w .-]*:(?:[ \t]|$)")
_TITLE = re.compile(r"""(?mi)^title[ \t]*[:=][ \t]*(.*?)[ \t]*$""")


def split(text: str) -> tuple[str, str]:
    """The title that front matter gives, and the text without it; without one, the text as it is."""
    head = text[: LARGEST + 1]
    if head.lstrip("\ufeff").startswith("{"):
        return _json(text, head)
    found = _FENCED.match(head)
    if found is None:
        return "", text
    source = found[2] if found[1] else found[4]
    values = _yaml(source) if found[1] else _toml(source)
    if values is None:
        return "", text
    return _title(values), text[found.end() :]


def _title(values: dict[str, object]) -> str:
    named = {str(key).lower(): value for key, value in values.items()}
    title = named.get("title")
    if isinstance(title, bool) or not isinstance(title, str | int | float):
        return ""
    return words if len(words := " ".join(str(title).split())) <= LONGEST else ""


def _yaml(source: str) -> dict[str, object] | None:
    """The values of a block, every one as text; None where it is no block of settings."""
    try:
        found = yaml.load(source, Loader=yaml.BaseLoader)  # makes texts, lists and mappings
    except (yaml.YAMLError, ValueError, RecursionError):
        return _by_line(source)
    if isinstance(found, dict):
        return found
    only_comments = all(
        not line.strip() or line.lstrip().startswith("#") for line in source.split("\n")
    )
    return {} if found in (None, "") and only_comments else None


def _toml(source: str) -> dict[str, object] | None:
    try:
        return tomllib.loads(source)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError):
        found = _TITLE.search(source)
        return {"title": found[1].strip("\"'")} if found else None


def _by_line(source: str) -> dict[str, object] | None:
    """Settings that are no YAML, such as a template's `title: {{ page }}: rules`, by their lines."""
    lines = [line for line in source.split("\n") if line.strip()]
    told = [line for line in lines if not line.startswith((" ", "\t", "-", "#", "]", "}"))]
    if not told or not all(_KEY.match(line) for line in told):
        return None
    found = _TITLE.search(source)
    title = found[1].strip("\"'") if found else ""
    return {"title": "" if "{{" in title or "{%" in title else title}


def _json(text: str, head: str) -> tuple[str, str]:
    """Hugo's JSON: an object before an empty line."""
    at = head.index("{")
    try:
        found, end = json.JSONDecoder().raw_decode(head, at)
    except (ValueError, RecursionError):
        return "", text
    if (
        not isinstance(found, dict)
        or "title" not in found
        or not re.match(r"[ \t]*\n", text[end:] or "\n")
    ):
        return "", text
    return _title(found), text[end:].lstrip("\n")
