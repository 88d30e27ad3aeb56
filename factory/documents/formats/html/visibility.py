"""Decide which hidden elements of a web page are text, because a click shows them."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from factory.documents.formats.html.trees import (
    ancestors,
    class_and_id,
    count_words_below,
    outermost,
)

# A larger share of a page's words is covered by something, or a script shows it.
MAX_HIDDEN_SHARE = 0.5
MIN_FOLDED_WORDS = 3
_CONCEALED = re.compile(
    r"(?i)(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))\b"
)
_CONTROLS = (
    "[aria-controls], [aria-expanded], [data-target], [data-bs-target], [data-toggle], "
    "[data-bs-toggle], [role=tab], "
    '[data-tab], [data-tab-target], a[href^="#"], [aria-owns]'
)
_NAMES_A_TARGET = (
    "aria-controls",
    "aria-owns",
    "data-target",
    "data-bs-target",
    "data-tab",
    "data-tab-target",
    "href",
)
_FOLDS = re.compile(
    r"(?i)accordi|collaps|faq|toggle|tab-?(?:pane|panel|content)|tabs?[-_]{1,2}(?:pane|panel|content|body)|expand|"
    r"spoiler|reveal|disclosure|answer|fold|read-?more|more-?(?:text|content|info)|details|et_pb_tab|slidedown"
)
_NOISE = re.compile(
    r"(?ix) \b(?:modal|pop-?up|overlay|lightbox|tooltip|popover|toast|snackbar|loader|loading"
    r"|spinner|off-?canvas|drawer|"
    r"search|login|newsletter|honeypot|templates?|cloned?|duplicate|cookies?|consent|gdpr|share|social|adverts?|ads?|"
    r"captcha|recaptcha|validation|invalid|error|success|dropdown-menu|mobile-(?:menu|nav)|mega-?menu|sub-?menu|"
    r"print-only|skip|no-?results?|menu|navigation|navbar)(?:\b|[-_]) | slick-cloned"
    r" | swiper-slide-duplicate | wpcf7-response"
)
_UNSEEN = re.compile(
    r"(?i)(?:^|[\s_-])(?:sr-only|visually-?hidden|hidden-visually|screen-?reader(?:-text|-only)?|a11y-hidden|show-for-sr|"
    r"element-invisible|assistive-text|offscreen|accessibility-text)(?=\s|$)"
)
_HEADS = frozenset("dt summary h1 h2 h3 h4 h5 h6 button label legend".split())
_TITLED = re.compile(r"(?i)title|header|heading|trigger|question|toggle|toggler|button|btn|label")
_INLINE = frozenset(
    "a abbr b big cite code em font i img kbd label mark nobr q s small span strong sub sup svg "
    "time tt u var wbr".split()
)
_MORE = re.compile(  # labels of buttons that only fold
    r"(?i)\s*(?:(?:show|read|view|see|load|learn)\s+(?:more|less|all)|more|less|mehr\b.*|weniger|"
    r"weiterlesen|lire la suite|voir plus|leer más|(?:expand|collapse)(?: all)?|[+\-−–▾▼▸›»×✕]|"
    r"close|open|menu|toggle\b.*)\s*"
)


class HiddenElements:
    """The hidden elements of a page; some are text, since a click shows them."""

    def __init__(self, body: LexborNode) -> None:
        self._body = body
        self._hidden = [
            node for node in body.css("[hidden], [aria-hidden], [style]") if is_concealed(node)
        ]
        self._targets = frozenset(_targets(body) if self._hidden else ())
        self._words = count_words_below(body) if self._hidden else {}

    def to_remove(self) -> list[LexborNode]:
        """Return the hidden elements that are not text of the page."""
        found = [node for node in self._hidden if not self._covered(node)]
        gone = [node for node in found if not self._opens(node)]
        return [*gone, *self._doubled(found, gone), *_screen_reader_only(self._body)]

    def _covered(self, node: LexborNode) -> bool:
        whole = self._words.get(self._body.mem_id, 0)
        most = self._words.get(node.mem_id, 0) > MAX_HIDDEN_SHARE * whole
        return node.tag in ("body", "main", "article") or (
            most and not _NOISE.search(class_and_id(node))
        )

    def _opens(self, node: LexborNode) -> bool:
        """Check whether a click shows a hidden element."""
        given = node.attributes
        if given.get("hidden") == "until-found":
            return True
        if (
            self._words.get(node.mem_id, 0) == 0
            or node.tag in _INLINE
            and (given.get("id") or "-") not in self._targets
        ):
            return False
        if given.get("role") in (
            "menu",
            "menubar",
            "dialog",
            "alertdialog",
            "navigation",
            "search",
            "tooltip",
            "status",
            "alert",
        ):
            return False
        if given.get("role") == "tabpanel" or node.tag == "dd":
            return True
        if _NOISE.search(given.get("class") or "") and not _FOLDS.search(given.get("class") or ""):
            return False
        return (given.get("id") or "-") in self._targets or self._folded(node)

    def _folded(self, node: LexborNode) -> bool:
        """Check the element's name, its place and what precedes it."""
        around = [node, *ancestors(node, 3)]
        if any(
            _FOLDS.search(one.attributes.get("class") or "")
            for one in around
            if one.tag not in ("body", "main", "html")
        ):
            return True
        if node.tag == "li":
            return self._words.get(node.mem_id, 0) >= MIN_FOLDED_WORDS
        before = _neighbour(node)
        if before is not None and (_is_fold_control(before) or _is_question(before)):
            return True
        if _is_visible_on_screen(node):
            return self._words.get(node.mem_id, 0) >= MIN_FOLDED_WORDS
        after = _neighbour(node, forwards=True)
        return (
            after is not None
            and after.tag in ("a", "button")
            and bool(_MORE.fullmatch(after.text() or "-"))
        )

    def _doubled(self, found: list[LexborNode], gone: list[LexborNode]) -> Iterator[LexborNode]:
        """Yield folded parts that repeat what the page shows: a second layout for small screens."""
        away = {node.mem_id for node in gone}
        kept = outermost(node for node in found if node.mem_id not in away)
        if not kept:
            return
        inside = {node.mem_id for node in kept} | {node.mem_id for node in outermost(gone)}
        shown = _shown_text(self._body, inside)
        room = 200_000_000  # characters to search
        for node in kept:
            text = _without_blanks(node.text() or "")
            room -= len(shown)
            if room > 0 and len(text) > 20 and text in shown:
                yield node


def is_concealed(node: LexborNode) -> bool:
    given = node.attributes
    return (
        "hidden" in given
        or given.get("aria-hidden") == "true"
        or bool(_CONCEALED.search(given.get("style") or ""))
    )


def is_fold_heading(button: LexborNode) -> bool:
    """Check whether a button's words are the heading of a part that it folds, as in an FAQ."""
    given = button.attributes
    if given.get("aria-haspopup") not in (None, "false") or _MORE.fullmatch(button.text() or ""):
        return False
    if any(one.tag in ("nav", "form") for one in ancestors(button, 30)):
        return False
    toggles = {given.get("data-toggle"), given.get("data-bs-toggle")}
    if toggles & {"modal", "dropdown", "tooltip", "popover", "offcanvas"}:
        return False
    folds = (
        "aria-expanded" in given
        or given.get("role") == "tab"
        or toggles & {"collapse", "tab", "pill"}
    )
    if folds or _FOLDS.search(given.get("class") or ""):
        return True
    parent = button.parent
    return parent is not None and (parent.tag or "") in ("h2", "h3", "h4", "h5", "h6", "dt")


def _targets(body: LexborNode) -> Iterator[str]:
    """Yield the ids that controls name."""
    for node in body.css(_CONTROLS):
        given = node.attributes
        for name in _NAMES_A_TARGET:
            for one in (given.get(name) or "").split():
                yield one.removeprefix("#")
    for node in body.css("[onclick]"):
        yield from re.findall(r"[\w-]+", (node.attributes.get("onclick") or "")[:500])


def _neighbour(node: LexborNode, forwards: bool = False) -> LexborNode | None:
    """Return the next or previous element, past blanks."""
    one = node.next if forwards else node.prev
    for _ in range(10):
        if one is None or not (one.tag or "-").startswith("-"):
            return one
        if one.tag == "-text" and (one.text_content or "").strip():
            return None
        one = one.next if forwards else one.prev
    return None


def _is_fold_control(node: LexborNode) -> bool:
    """Check whether an element is a heading that folds what follows it."""
    if node.tag in _HEADS or _control(node):
        return True
    inside = node.css("button, summary, [aria-expanded], [role=button], [onclick], [aria-controls]")
    return bool(inside) and len((node.text() or "").split()) <= 40


def _control(node: LexborNode) -> bool:
    given = node.attributes
    if any(name in given for name in ("aria-expanded", "aria-controls", "onclick")):
        return True
    if given.get("role") in ("button", "tab") or _TITLED.search(given.get("class") or ""):
        return True
    return node.tag == "a" and (given.get("href") or "").startswith(("#", "javascript:"))


def _is_question(node: LexborNode) -> bool:
    words = (node.text() or "").strip()
    return words.endswith("?") and len(words) < 400


def _is_visible_on_screen(node: LexborNode) -> bool:
    """Check whether an element is hidden from screen readers only."""
    given = node.attributes
    return "hidden" not in given and not _CONCEALED.search(given.get("style") or "")


def _screen_reader_only(body: LexborNode) -> Iterator[LexborNode]:
    """Yield elements for screen readers only, except headings and texts of icons."""
    for node in body.css("[class]"):
        if not _UNSEEN.search(node.attributes.get("class") or "") or node.tag in (
            "h1",
            "h2",
            "h3",
            "caption",
            "legend",
        ):
            continue
        beside = (_neighbour(node), _neighbour(node, forwards=True))
        if not any(
            one is not None and one.attributes.get("aria-hidden") == "true" and one.text().strip()
            for one in beside
        ):
            yield node


def _without_blanks(words: str) -> str:
    return "".join(words.split())


def _shown_text(body: LexborNode, without: set[int]) -> str:
    """Return the page's words without blanks and without some elements."""
    words: list[str] = []
    pending = [body]
    while pending:
        node = pending.pop()
        if node.mem_id in without:
            continue
        if node.tag == "-text":
            words.append(_without_blanks(node.text_content or ""))
        else:
            pending.extend(reversed(list(node.iter(include_text=True))))
    return "".join(words)
