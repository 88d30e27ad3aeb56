"""Label the items of HTML lists, as a legal text refers to them: 3., (a), (ii), B."""

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborNode

from factory.documents.formats.html.css import LABEL, LIST
from factory.documents.formats.office.docx_numbering import format_number

ITEM_LABEL = "data-item"  # the attribute that holds an item's label
_TYPES = {
    "a": "lower-alpha",
    "A": "upper-alpha",
    "i": "lower-roman",
    "I": "upper-roman",
    "1": "decimal",
}
_STYLES = re.compile(
    r"(?i)\b(lower-alpha|upper-alpha|lower-latin|upper-latin|lower-roman|upper-roman|lower-greek|"
    r"decimal-leading-zero|decimal|none|disc|circle|square)\b"
)
_COUNTERS = re.compile(
    r"""(?i)(["'])(.*?)\1|counter(s?)\(\s*[\w-]+\s*(?:,\s*["'](.*?)["']\s*)?(?:,\s*([\w-]+)\s*)?\)"""
)
_OWN = re.compile(
    r"(?:\(?(?P<sign>[a-z]{1,2}|[ivxlc]{1,6}|\d{1,3}|[A-Z]|[IVXLC]{1,6})[.)]|(?P<path>\d+(?:\.\d+)+)\.?)(?=\s)"
)
_GREEK = "αβγδεζηθικλμνξοπρστυφχψω"
_BULLETS = ("disc", "circle", "square")
_LISTS = ("ol", "ul", "menu", "dir")


def label_items(body: LexborNode) -> None:
    """Set the label of each item that shows one, as an attribute."""
    for node in body.css("ol, ul"):
        items = [child for child in node.iter() if child.tag == "li"]
        style = _style(node)
        if (
            node.tag == "ul"
            and style == ""
            and not any(_style(item) or LABEL in item.attributes for item in items)
        ):
            continue
        counts = _counts(node, items)
        own = _text_has_labels(items, counts)
        for item, count in zip(items, counts, strict=True):
            item.attrs["data-count"] = str(count)
            item.attrs[ITEM_LABEL] = "" if own else _label(item, count, _style(item) or style)


def _style(node: LexborNode) -> str:
    given = node.attributes
    if found := _STYLES.search(given.get(LIST) or ""):
        return found[1].lower().replace("latin", "alpha")
    kind = given.get("type") or ""
    if kind.lower() in _BULLETS:
        return kind.lower()
    return _TYPES.get(kind, "" if node.tag != "ol" else "decimal")


def _counts(node: LexborNode, items: Sequence[LexborNode]) -> list[int]:
    backwards = "reversed" in node.attributes
    count = int_attribute(node, "start", len(items) if backwards else 1)
    found = []
    for item in items:
        count = int_attribute(item, "value", count)
        found.append(count)
        count += -1 if backwards else 1
    return found


def _label(item: LexborNode, count: int, style: str) -> str:
    content = item.attributes.get(LABEL)
    if content and (shown := _css_counter_label(item, count, content)):
        return shown
    if style == "none":
        return "" if _OWN.match(_beginning(item)) else "-"
    shown = counter_text(count, style)
    if style in _BULLETS or not shown:
        return "-"
    return f"({shown})" if style.startswith("lower-") and shown.isalpha() else f"{shown}."


def _css_counter_label(item: LexborNode, count: int, content: str) -> str:
    """Build a label from the counters of a style sheet: `"(" counter(item, lower-alpha) ")"`."""
    parts = list(_COUNTERS.finditer(content))
    above = [*_counts_above(item), count]
    used = sum(1 for part in parts if not part[1])
    shown = ""
    for part in parts:
        if part[1]:
            shown += part[2]
        elif part[3]:
            shown += (part[4] or ".").join(counter_text(n, part[5] or "decimal") for n in above)
        else:
            shown += counter_text(
                above[-used] if used <= len(above) else count, part[5] or "decimal"
            )
            used -= 1
    return " ".join(shown.split())


def _counts_above(item: LexborNode) -> list[int]:
    """Return the counts of the items around an item, outermost first."""
    found: list[int] = []
    parent = item.parent
    while parent is not None and len(found) < 20:
        if parent.tag == "li" and (count := parent.attributes.get("data-count")):
            found.insert(0, int(count))
        parent = parent.parent
    return found


def counter_text(count: int, style: str) -> str:
    """Write a count in a CSS style, or in digits if the style has no sign for it."""
    if style in _BULLETS or style == "none":
        return ""
    style = style.lower().replace("latin", "alpha")
    if style == "decimal-leading-zero":
        return f"{count:02}"
    if not 0 < count < 4000 or not style.endswith(("alpha", "roman", "greek")):
        return str(count)
    if style.endswith("roman"):
        shown = format_number(count, "lowerRoman")
    else:
        shown = _letters(count, _GREEK if style.endswith("greek") else "abcdefghijklmnopqrstuvwxyz")
    return shown.upper() if style.startswith("upper") else shown


def _letters(count: int, alphabet: str) -> str:
    """Write a count as a to z, then aa, ab and so on, as browsers do."""
    shown = ""
    while count:
        count, place = divmod(count - 1, len(alphabet))
        shown = alphabet[place] + shown
    return shown


def _text_has_labels(items: Sequence[LexborNode], counts: Sequence[int]) -> bool:
    """Check whether the text of each item begins with its label, so that it needs no second one."""
    if not items:
        return False
    for item, count in zip(items, counts, strict=True):
        found = _OWN.match(_beginning(item))
        if found is None:
            return False
        sign = (found["sign"] or found["path"].rpartition(".")[2]).lower()
        if sign not in (
            str(count),
            counter_text(count, "lower-alpha"),
            counter_text(count, "lower-roman"),
        ):
            return False
    return True


def _beginning(item: LexborNode) -> str:
    words = ""
    for node in item.traverse(include_text=True):
        if node.tag in _LISTS:
            break
        if node.tag == "-text":
            words = (words + (node.text_content or "")).lstrip()
            if len(words) > 20:
                break
    return words[:20] + " "


def int_attribute(node: LexborNode, name: str, otherwise: int) -> int:
    """Return the integer at the beginning of an attribute."""
    found = re.match(r"\s*(-?\d{1,9})", node.attributes.get(name) or "")
    return int(found[1]) if found else otherwise
