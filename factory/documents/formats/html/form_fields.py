"""Write the form fields of a web page as text: what is filled in, selected and ticked."""

import re

from selectolax.lexbor import LexborNode

from factory.documents.formats.html.trees import ancestors, class_and_id

TICKED, UNTICKED = "☒", "☐"
_TYPED = frozenset("text email tel url number date datetime-local month week time".split())
_TICKS = ("checkbox", "radio")
_ROLES = ("checkbox", "radio", "switch", "menuitemcheckbox", "menuitemradio")
# Names of boxes that fold a part of the page.
_TOGGLE = re.compile(r"(?i)toggle|accord|collaps|menu|nav|\btabs?\b|spoiler|drawer|sidebar|theme")


def replace_form_fields(body: LexborNode) -> None:
    """Replace each field that shows a value by its text."""
    for node in body.css("input, textarea, select"):
        shown = _field_text(node)
        if shown:
            node.replace_with(f" {shown} ")
    for node in body.css("[aria-checked]"):
        if node.attributes.get("role") in _ROLES:
            (node.child or node).insert_before(
                f" {_tick(node.attributes.get('aria-checked') == 'true')} "
            )


def _field_text(node: LexborNode) -> str:
    given = node.attributes
    if "hidden" in given or given.get("aria-hidden") == "true":
        return ""
    if node.tag == "select":
        return ", ".join(_selected_options(node))
    if node.tag == "textarea":
        return " ".join((node.text() or "").split())
    kind = (given.get("type") or "text").strip().lower()
    if kind in _TICKS:
        return "" if _is_toggle(node) else _tick("checked" in given)
    searched = given.get("role") in ("searchbox", "combobox") or given.get("name") in (
        "q",
        "s",
        "search",
    )
    return " ".join((given.get("value") or "").split()) if kind in _TYPED and not searched else ""


def _tick(on: bool) -> str:
    return TICKED if on else UNTICKED


def _selected_options(node: LexborNode) -> list[str]:
    """Return the options marked as selected; the first of a list is only shown, not selected."""
    found = node.css("option[selected]")
    if "multiple" not in node.attributes:
        found = found[-1:]
    labels = (
        " ".join((one.attributes.get("label") or one.text() or "").split())
        for one in found
        if "disabled" not in one.attributes
    )
    return [words for words in labels if words and words.strip("-–— .…")]


def _is_toggle(node: LexborNode) -> bool:
    """Check whether a checkbox only folds a part of the page, without a script."""
    if _TOGGLE.search(class_and_id(node)) or re.search(
        r"display\s*:\s*none", node.attributes.get("style") or ""
    ):
        return True
    return any(one.tag == "nav" for one in ancestors(node, 20))
