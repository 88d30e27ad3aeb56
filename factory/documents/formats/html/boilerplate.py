"""What of a web page is its text: hidden parts, menus, banners, dialogs, head and foot are taken away."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from factory.documents.formats.html import css, form_fields, formulas, list_labels
from factory.documents.formats.html.trees import ancestors, named, outermost, removed, words_below
from factory.documents.formats.html.visibility import Folds, shows

# What shows no text of its own, or only where scripts don't run.
_SILENT = (
    "script, style, noscript, template, svg, canvas, iframe, object, embed, audio, video, picture, "
    "img, map, head, title, link, meta, button, input, select, textarea, datalist, option, progress, meter, rp, dialog:not([open])"
)
_STRUCK = "s, strike, del, [data-struck=true], .line-through, .text-decoration-line-through, [role=deletion]"
_ROLES = (
    "navigation",
    "search",
    "menu",
    "menubar",
    "toolbar",
    "banner",
    "contentinfo",
    "complementary",
)
_AROUND = "nav, header, footer, aside, search, " + ", ".join(f'[role="{role}"]' for role in _ROLES)
_DIALOGS = "dialog, [role=dialog], [role=alertdialog], [aria-modal=true], .modal"
_CONSENT = re.compile(
    r"""(?ix) \b(?:onetrust|cybotcookiebot|usercentrics|didomi|osano|cc-window|qc-cmp2|sp_message_container|truste|
    iubenda-cs|cmplz|cky-consent|termly|borlabs|klaro|fc-consent|tarteaucitron)"""
)
_NAMED = re.compile(
    r"""(?ix)
    \b(?:cookie|consent|gdpr|ccpa)s?[-_]?(?:\w*[-_])?(?:banner|bar|notice|popup|pop-up|modal|dialog|overlay|message|wall|bot)\b
    | \b(?:onetrust|cybotcookiebotdialog|cc-window|didomi|usercentrics|osano)\b
    | \b(?:breadcrumbs?|navbar|skip-?(?:link|nav|to-content)|pagination|share-buttons|social-share)\b
    """
)
_SKIPS = re.compile(
    r"(?i)\s*(?:skip|jump)\s+(?:to|over)\b.{0,40}|\s*(?:zum (?:haupt)?inhalt|zur (?:haupt)?navigation)\b.{0,20}"
)
MOST = 0.5  # of a page's text that menus and banners never are: what holds more was misnamed, and stays
LEFT = 8  # words that a page has beside a dialog: with fewer, the dialog is the page


def stripped(body: LexborNode, sheets: str = "") -> None:
    """Writes formulas and fields in a line and takes away what is no text of the page."""
    formulas.written(body)
    form_fields.written(body)
    css.applied(body, sheets)
    removed(
        [
            *body.css(_STRUCK),
            *(node for node in body.css(_SILENT) if node.tag != "button" or not shows(node)),
        ]
    )
    list_labels.labelled(body)
    removed(_dialogs(body))
    removed(Folds(body).hidden())
    removed(node for node in body.css('a[href^="#"]') if _SKIPS.fullmatch(node.text() or ""))
    whole = _removed_around(body)
    named_so = [node for node in body.css("[class], [id]") if _NAMED.search(named(node))]
    if named_so:
        sizes = words_below(body)
        removed(node for node in named_so if sizes.get(node.mem_id, 0) <= MOST * whole)


def _removed_around(body: LexborNode) -> float:
    """Takes away menus, banners and the like; returns how many words there were before."""
    sizes = words_below(body)
    whole = sizes.get(body.mem_id, 0)
    for node in outermost(
        node
        for node in body.css(_AROUND)
        if _around(node) and sizes.get(node.mem_id, 0) <= MOST * whole
    ):
        _removed(node, body)
    return whole


def main_text(body: LexborNode) -> LexborNode:
    """The element that the page calls its main text, if that holds most of what is left; else all of it."""
    found = body.css("main, [role=main]") or body.css("article")
    return (
        found[0]
        if len(found) == 1 and _size(found[0]) > MOST * _size(body) and not _heads(body, found[0])
        else body
    )


def _heads(body: LexborNode, main: LexborNode) -> bool:
    """Whether the page's heading stands outside of its main text."""
    return body.css_first("h1") is not None and main.css_first("h1") is None


def _dialogs(body: LexborNode) -> Iterator[LexborNode]:
    """The dialogs over a page, however long they are, unless the page is nothing else."""
    consent = (node for node in body.css("[class], [id]") if _CONSENT.search(named(node)))
    found = outermost(
        node for node in [*body.css(_DIALOGS), *consent] if node.tag not in ("body", "html", "main")
    )
    if not found:
        return
    sizes = words_below(body)
    around = sum(
        sizes.get(node.mem_id, 0)
        for node in outermost([*body.css("nav, header, footer, [role=navigation]"), *found])
    )
    if sizes.get(body.mem_id, 0) - around >= min(LEFT, sizes.get(body.mem_id, 0) // 3):
        yield from found


def _around(node: LexborNode) -> bool:
    """A head, foot or side note inside the text belongs to it; a menu never does."""
    if node.tag in ("header", "footer", "aside") or node.attributes.get("role") in (
        "banner",
        "contentinfo",
        "complementary",
    ):
        inside = ("main", "article", "section", "blockquote")
        return not any(
            one.tag in inside or one.attributes.get("role") == "main" for one in ancestors(node)
        )
    return True


def _removed(node: LexborNode, body: LexborNode) -> None:
    """Takes a page's head away, but for the heading that stands in it where there is no other."""
    titles = node.css("h1")
    if titles and len(titles) == len(body.css("h1")):
        removed(node.css("nav, ul, form, p"))
        return
    node.decompose()


def _size(node: LexborNode) -> int:
    return len((node.text() or "").split())
