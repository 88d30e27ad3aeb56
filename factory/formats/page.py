"""What of a web page is its text: hidden elements, menus, banners and the page's own head and foot are taken away."""

import re

from selectolax.lexbor import LexborNode

# What shows no text of its own, or only where scripts don't run; form fields show what a reader fills in.
_SILENT = (
    "script, style, noscript, template, svg, math annotation, canvas, iframe, object, embed, audio, video, picture, img, map, head, title, "
    "link, meta, button, input, select, textarea, datalist, option, progress, meter, rp, dialog:not([open])"
)
_ROLES = ("navigation", "search", "menu", "menubar", "toolbar", "dialog", "alertdialog", "banner", "contentinfo", "complementary")
_AROUND = "nav, header, footer, aside, search, " + ", ".join(f'[role="{role}"]' for role in _ROLES)
_CONCEALED = re.compile(r"(?i)(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))\b")
_NAMED = re.compile(
    r"""(?ix)
    \b(?:cookie|consent|gdpr|ccpa)s?[-_]?(?:\w*[-_])?(?:banner|bar|notice|popup|pop-up|modal|dialog|overlay|message|wall|bot)\b
    | \b(?:onetrust|cybotcookiebotdialog|cc-window|didomi|usercentrics|osano)\b
    | \b(?:breadcrumbs?|navbar|skip-?(?:link|nav|to-content)|pagination|share-buttons|social-share)\b
    """
)
MOST = 0.5  # of a page's text that menus and banners never are: what holds more was misnamed, and stays


def stripped(body: LexborNode) -> None:
    """Takes away what the page doesn't show as text, then what stands around its text."""
    for node in body.css(_SILENT):
        node.decompose()
    for node in body.css("[hidden], [aria-hidden], [style]"):
        if _hidden(node):
            node.decompose()
    whole = _size(body)
    for node in body.css(_AROUND):
        if _around(node) and _size(node) <= MOST * whole:
            _removed(node, body)
    for node in body.css("[class], [id]"):
        if _NAMED.search(f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''}") and _size(node) <= MOST * whole:
            node.decompose()


def main_text(body: LexborNode) -> LexborNode:
    """The element that the page calls its main text, if that holds most of what is left; else all of it."""
    found = body.css("main, [role=main]") or body.css("article")
    return found[0] if len(found) == 1 and _size(found[0]) > MOST * _size(body) and not _heads(body, found[0]) else body


def _heads(body: LexborNode, main: LexborNode) -> bool:
    """Whether the page's heading stands outside of its main text."""
    return body.css_first("h1") is not None and main.css_first("h1") is None


def _hidden(node: LexborNode) -> bool:
    given = node.attributes
    if "hidden" in given and given["hidden"] != "until-found":
        return True
    return given.get("aria-hidden") == "true" or bool(_CONCEALED.search(given.get("style") or ""))


def _around(node: LexborNode) -> bool:
    """A head, foot or side note inside the text belongs to it; a menu never does."""
    if node.tag in ("header", "footer", "aside") or node.attributes.get("role") in ("banner", "contentinfo", "complementary"):
        parent = node.parent
        while parent is not None:
            if parent.tag in ("main", "article", "section", "blockquote") or parent.attributes.get("role") == "main":
                return False
            parent = parent.parent
    return True


def _removed(node: LexborNode, body: LexborNode) -> None:
    """Takes a page's head away, but for the heading that stands in it where there is no other."""
    titles = node.css("h1")
    if titles and len(titles) == len(body.css("h1")):
        for one in node.css("nav, ul, form, p"):
            one.decompose()
        return
    node.decompose()


def _size(node: LexborNode) -> int:
    return len((node.text() or "").split())
