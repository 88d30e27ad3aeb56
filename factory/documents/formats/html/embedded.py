"""Parts of a web page that are written inside an attribute or a template: frames with their page, shadow trees."""

import html
import re
from collections.abc import Iterator

FRAMES = 200  # that are opened
NESTED = 3  # frames inside one another
_FRAME = re.compile(r"""<iframe\b((?:[^<>"']|"[^"]*"|'[^']*')*)>""", re.IGNORECASE)
_PAGE = re.compile(r"""\bsrcdoc\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_END = re.compile(r"</iframe\s*>", re.IGNORECASE)
_TINY = re.compile(r"""\b(?:width|height)\s*=\s*["']?[01](?:px)?(?=["'\s/]|$)""", re.IGNORECASE)
_TEMPLATE = re.compile(r"<(/?)template\b([^<>]*)>", re.IGNORECASE)
_SHADOW = re.compile(r"""\bshadowroot(?:mode)?\s*=\s*["']?(?:open|closed)\b""", re.IGNORECASE)


def opened(source: str) -> str:
    """The source with the pages of frames (`srcdoc`) and shadow trees in place, as saved pages hold them."""
    return _shadows(_frames(source))


def _frames(source: str, depth: int = 0) -> str:
    if depth >= NESTED or "srcdoc" not in source and "SRCDOC" not in source:
        return source
    return "".join(_pieces(source, depth))


def _pieces(source: str, depth: int) -> Iterator[str]:
    """What stands between the frames, and each frame that holds a page as an element that holds its body."""
    end = at = 0
    for _ in range(FRAMES):
        frame = _FRAME.search(source, at)
        if frame is None or (close := _END.search(source, frame.end())) is None:
            break
        at = close.end()
        if page := _PAGE.search(frame[1]):
            attributes = frame[1][: page.start()] + frame[1][page.end() :]
            inside = "" if _TINY.search(attributes) else html.unescape(page[1] or page[2] or "")
            yield source[end : frame.start()]
            yield f"<div {attributes.rstrip('/')}>{_frames(inside, depth + 1)}</div>"
            end = at
    yield source[end:]


def _shadows(source: str) -> str:
    """Every template that a browser shows as the shadow tree of its element becomes a part of the page."""
    if not _SHADOW.search(source):
        return source
    shadows: list[bool] = []

    def written(tag: re.Match[str]) -> str:
        if not tag[1]:
            shadows.append(bool(_SHADOW.search(tag[2])))
            return "<span>" if shadows[-1] else tag[0]
        return "</span>" if shadows and shadows.pop() else tag[0]

    return _TEMPLATE.sub(written, source)
