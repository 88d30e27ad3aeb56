"""Reduce a web page to its text, without hidden parts, menus, banners, dialogs and footer."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from factory.documents.formats.html import css, form_fields, formulas, list_labels
from factory.documents.formats.html.trees import (
    ancestors,
    class_and_id,
    count_words_below,
    outermost,
    remove_elements,
)
from factory.documents.formats.html.visibility import HiddenElements, is_fold_heading

# Elements that show no text of their own, or only if scripts don't run.
_SILENT = (
    "script, style, noscript, template, svg, canvas, iframe, object, embed, audio, video, picture, "
    "img, map, head, title, link, meta, button, input, select, textarea, datalist, option, "
    "progress, meter, rp, dialog:not([open])"
)
_STRUCK = (
    "s, strike, del, [data-struck=true], .line-through, .text-decoration-line-through, "
    "[role=deletion]"
)
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
_BOILERPLATE = "nav, header, footer, aside, search, " + ", ".join(
    f'[role="{role}"]' for role in _ROLES
)
_DIALOGS = "dialog, [role=dialog], [role=alertdialog], [aria-modal=true], .modal"
_CONSENT = re.compile(
    r"""(?ix) \b(?:onetrust|cybotcookiebot|usercentrics|didomi|osano|cc-window|qc-cmp2
    |sp_message_container|truste|iubenda-cs|cmplz|cky-consent|termly|borlabs|klaro|fc-consent|tarteaucitron)"""
)
_BOILERPLATE_NAME = re.compile(
    r"""(?ix)
    \b(?:cookie|consent|gdpr|ccpa)s?[-_]?(?:\w*[-_])?(?:banner|bar|notice|popup|pop-up|modal|dialog|overlay|message|wall|bot)\b
    | \b(?:onetrust|cybotcookiebotdialog|cc-window|didomi|usercentrics|osano)\b
    | \b(?:breadcrumbs?|navbar|skip-?(?:link|nav|to-content)
      |pagination|share-buttons|social-share)\b
    """
)
_SKIP_LINK = re.compile(
    r"(?i)\s*(?:skip|jump)\s+(?:to|over)\b.{0,40}"
    r"|\s*(?:zum (?:haupt)?inhalt|zur (?:haupt)?navigation)\b.{0,20}"
)
# Menus and banners are never more than this share of a page's words: a larger element was misnamed
# and is kept.
MAX_BOILERPLATE_SHARE = 0.5
MIN_WORDS_BESIDE_DIALOG = 8  # with fewer, the dialog is the page


def strip_boilerplate(body: LexborNode, sheets: str = "") -> None:
    """Write formulas and form fields as text, and remove all that is not text of the page."""
    formulas.replace_formulas(body)
    form_fields.replace_form_fields(body)
    css.apply_styles(body, sheets)
    remove_elements(
        [
            *body.css(_STRUCK),
            *(
                node
                for node in body.css(_SILENT)
                if node.tag != "button" or not is_fold_heading(node)
            ),
        ]
    )
    list_labels.label_items(body)
    remove_elements(_dialogs(body))
    remove_elements(HiddenElements(body).to_remove())
    remove_elements(
        node for node in body.css('a[href^="#"]') if _SKIP_LINK.fullmatch(node.text() or "")
    )
    whole = _remove_boilerplate(body)
    named_so = [
        node for node in body.css("[class], [id]") if _BOILERPLATE_NAME.search(class_and_id(node))
    ]
    if named_so:
        sizes = count_words_below(body)
        remove_elements(
            node for node in named_so if sizes.get(node.mem_id, 0) <= MAX_BOILERPLATE_SHARE * whole
        )


def _remove_boilerplate(body: LexborNode) -> float:
    """Remove menus, banners and the like; return the number of words before."""
    sizes = count_words_below(body)
    whole = sizes.get(body.mem_id, 0)
    for node in outermost(
        node
        for node in body.css(_BOILERPLATE)
        if _is_boilerplate(node) and sizes.get(node.mem_id, 0) <= MAX_BOILERPLATE_SHARE * whole
    ):
        _remove_page_header(node, body)
    return whole


def main_text(body: LexborNode) -> LexborNode:
    """Return the element that is marked as the main text if it has most words, else the body."""
    found = body.css("main, [role=main]") or body.css("article")
    return (
        found[0]
        if len(found) == 1
        and _size(found[0]) > MAX_BOILERPLATE_SHARE * _size(body)
        and not _heading_is_outside(body, found[0])
        else body
    )


def _heading_is_outside(body: LexborNode, main: LexborNode) -> bool:
    """Check whether the page's heading is outside of its main text."""
    return body.css_first("h1") is not None and main.css_first("h1") is None


def _dialogs(body: LexborNode) -> Iterator[LexborNode]:
    """Yield the dialogs over a page, however long, unless the page has little else."""
    consent = (node for node in body.css("[class], [id]") if _CONSENT.search(class_and_id(node)))
    found = outermost(
        node for node in [*body.css(_DIALOGS), *consent] if node.tag not in ("body", "html", "main")
    )
    if not found:
        return
    sizes = count_words_below(body)
    around = sum(
        sizes.get(node.mem_id, 0)
        for node in outermost([*body.css("nav, header, footer, [role=navigation]"), *found])
    )
    if sizes.get(body.mem_id, 0) - around >= min(
        MIN_WORDS_BESIDE_DIALOG, sizes.get(body.mem_id, 0) // 3
    ):
        yield from found


def _is_boilerplate(node: LexborNode) -> bool:
    """Check an element by its place: a header, footer or aside inside the text belongs to it."""
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


def _remove_page_header(node: LexborNode, body: LexborNode) -> None:
    """Remove a page's header, except its heading if the page has no other."""
    titles = node.css("h1")
    if titles and len(titles) == len(body.css("h1")):
        remove_elements(node.css("nav, ul, form, p"))
        return
    node.decompose()


def _size(node: LexborNode) -> int:
    return len((node.text() or "").split())
