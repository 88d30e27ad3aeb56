"""Apply the style rules of a web page that strike, raise or lower words or label lists."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode, SelectolaxError

STRUCK, SHIFT, LIST, LABEL = "data-struck", "data-shift", "data-list", "data-label"
MAX_STYLE_SHEETS = 4 << 20  # characters of style sheets that are read
MAX_RULES = 400  # each takes a pass over the page
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_DECLARATIONS = {
    STRUCK: re.compile(r"(?i)(?:^|[;\s])text-decoration(?:-line)?\s*:([^;]*)"),
    SHIFT: re.compile(r"(?i)(?:^|[;\s])vertical-align\s*:\s*([a-z]+)"),
    LIST: re.compile(r"(?i)(?:^|[;\s])list-style(?:-type)?\s*:([^;]*)"),
    LABEL: re.compile(r"(?i)(?:^|[;\s])content\s*:([^;]*\bcounters?\([^;]*)"),
}
_RELEVANT = re.compile(r"(?i)text-decoration|vertical-align|list-style|counters?\(")
_BEFORE = re.compile(r"(?i)::?(?:before|marker)$")
_SILENT = re.compile(r"(?i)@(?:media[^{]*\bprint\b|keyframes|font-face|page|supports)")


def apply_styles(body: LexborNode, sheets: str) -> None:
    """Mark the elements that style sheets and style attributes change; later rules win."""
    if _RELEVANT.search(sheets):
        for selector, name, value in _changes(sheets[:MAX_STYLE_SHEETS]):
            for node in _matching(body, selector):
                node.attrs[name] = value
    for node in body.css("[style]"):
        for name, value in _read_declarations(node.attributes.get("style") or ""):
            node.attrs[name] = value


def _changes(sheets: str) -> list[tuple[str, str, str]]:
    """Return selector, attribute and value of each relevant rule, the last of each selector."""
    found: dict[tuple[str, str], str] = {}
    for selectors, declarations in _rules(_COMMENT.sub(" ", sheets)):
        for name, value in _read_declarations(declarations):
            for selector in selectors.split(","):
                found.pop((selector.strip(), name), None)
                found[selector.strip(), name] = value
    wanted = [
        (selector, name, value)
        for (selector, name), value in found.items()
        if value or name == STRUCK
    ]
    wanted = [one for one in wanted if one[1] != STRUCK or one[2] or _names_class_or_id(one[0])]
    return wanted[-MAX_RULES:]


def _names_class_or_id(selector: str) -> bool:
    """Check whether a selector names a class or an id, unlike `a {text-decoration: none}`."""
    return "." in selector or "#" in selector


def _rules(sheets: str) -> Iterator[tuple[str, str]]:
    """Yield selectors and declarations, except those for print and fonts."""
    groups: list[bool] = []  # whether each open group of rules counts
    for piece in sheets.split("}"):
        head, brace, declarations = piece.rpartition("{")
        if not brace:
            if groups:
                groups.pop()
            continue
        *opened, selectors = head.split("{")
        groups += [not _SILENT.search(one) for one in opened]
        selectors = selectors.rpartition(";")[2].strip()
        if (
            all(groups)
            and selectors
            and _RELEVANT.search(declarations)
            and not selectors.startswith("@")
        ):
            yield selectors, declarations


def _read_declarations(declarations: str) -> Iterator[tuple[str, str]]:
    for name, pattern in _DECLARATIONS.items():
        for found in pattern.findall(declarations):
            value = found.strip()
            if name == STRUCK:
                value = "true" if "line-through" in value.lower() else ""
            elif name == SHIFT:
                value = {"super": "sup", "sub": "sub", "text-top": "", "baseline": ""}.get(
                    value.lower(), ""
                )
            yield name, value


def _matching(body: LexborNode, selector: str) -> list[LexborNode]:
    bare = _BEFORE.sub("", selector)
    if not bare or ":" in bare or len(bare) > 200 or len(re.findall(r"[\s>+~]+", bare)) > 4:
        return []
    try:
        return body.css(bare)
    except SelectolaxError:
        return []
