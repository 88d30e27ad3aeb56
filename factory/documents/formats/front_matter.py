"""Split front matter (settings in YAML, TOML or JSON) from the text of a page."""

import json
import re
import tomllib

import yaml

MAX_FRONT_MATTER = 1 << 16  # characters
MAX_TITLE = 1000  # characters of a title
_FENCED = re.compile(
    r"\A\ufeff?(?:(---)[ \t]*\n(.*?)^(?:---|\.\.\.)|(\+\+\+)[ \t]*\n(.*?)^\+\+\+)[ \t]*(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
_KEY = re.compile(r"[A-Za-z_][\w .-]*:(?:[ \t]|$)")
_TITLE = re.compile(r"""(?mi)^title[ \t]*[:=][ \t]*(.*?)[ \t]*$""")


def split_front_matter(text: str) -> tuple[str, str]:
    """Return the title of the front matter, "" if there is none, and the text after it."""
    head = text[: MAX_FRONT_MATTER + 1]
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
    return words if len(words := " ".join(str(title).split())) <= MAX_TITLE else ""


def _yaml(source: str) -> dict[str, object] | None:
    """Return the values of a block as text, or None if it is not a block of settings."""
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
    """Read settings that are not valid YAML, such as `title: {{ page }}: rules`, line by line."""
    lines = [line for line in source.split("\n") if line.strip()]
    top_level = [line for line in lines if not line.startswith((" ", "\t", "-", "#", "]", "}"))]
    if not top_level or not all(_KEY.match(line) for line in top_level):
        return None
    found = _TITLE.search(source)
    title = found[1].strip("\"'") if found else ""
    return {"title": "" if "{{" in title or "{%" in title else title}


def _json(text: str, head: str) -> tuple[str, str]:
    """Split Hugo's JSON front matter: an object before an empty line."""
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
