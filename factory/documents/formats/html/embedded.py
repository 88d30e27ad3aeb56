"""Inline the parts of a web page that an attribute or a template contains: frames, shadow trees."""

import html
import re
from collections.abc import Iterator

MAX_FRAMES = 200
MAX_FRAME_DEPTH = 3
_FRAME = re.compile(r"""<iframe\b((?:[^<>"']|"[^"]*"|'[^']*')*)>""", re.IGNORECASE)
_PAGE = re.compile(r"""\bsrcdoc\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_END = re.compile(r"</iframe\s*>", re.IGNORECASE)
_TINY = re.compile(r"""\b(?:width|height)\s*=\s*["']?[01](?:px)?(?=["'\s/]|$)""", re.IGNORECASE)
_TEMPLATE = re.compile(r"<(/?)template\b([^<>]*)>", re.IGNORECASE)
_SHADOW = re.compile(r"""\bshadowroot(?:mode)?\s*=\s*["']?(?:open|closed)\b""", re.IGNORECASE)


def inline_embedded_pages(source: str) -> str:
    """Put the pages of frames (`srcdoc`) and shadow trees in their places, as in saved pages."""
    return _inline_shadow_trees(_inline_frames(source))


def _inline_frames(source: str, depth: int = 0) -> str:
    if depth >= MAX_FRAME_DEPTH or "srcdoc" not in source and "SRCDOC" not in source:
        return source
    return "".join(_pieces(source, depth))


def _pieces(source: str, depth: int) -> Iterator[str]:
    """Yield the source between frames, and each frame with a page as an element with its body."""
    end = at = 0
    for _ in range(MAX_FRAMES):
        frame = _FRAME.search(source, at)
        if frame is None or (close := _END.search(source, frame.end())) is None:
            break
        at = close.end()
        if page := _PAGE.search(frame[1]):
            attributes = frame[1][: page.start()] + frame[1][page.end() :]
            inside = "" if _TINY.search(attributes) else html.unescape(page[1] or page[2] or "")
            yield source[end : frame.start()]
            yield f"<div {attributes.rstrip('/')}>{_inline_frames(inside, depth + 1)}</div>"
            end = at
    yield source[end:]


def _inline_shadow_trees(source: str) -> str:
    """Make each template that a browser shows as a shadow tree a part of the page."""
    if not _SHADOW.search(source):
        return source
    shadows: list[bool] = []

    def written(tag: re.Match[str]) -> str:
        if not tag[1]:
            shadows.append(bool(_SHADOW.search(tag[2])))
            return "<span>" if shadows[-1] else tag[0]
        return "</span>" if shadows and shadows.pop() else tag[0]

    return _TEMPLATE.sub(written, source)
