"""Formulas of web pages, each once and in one line: MathML, KaTeX, MathJax, pictures of TeX."""

import re
from collections.abc import Iterable

from selectolax.lexbor import LexborHTMLParser, LexborNode

from factory.documents.formats.html.trees import named, outermost
from factory.documents.formats.math import linear, raised_words
from factory.documents.formats.math.mathml import linear_math
from factory.documents.formats.math.mathml_parts import local
from factory.documents.formats.math.tex import converted, linear_tex

# What holds a formula several times over: for the eye, for screen readers, as a picture.
_WRAPPERS = (
    ".katex, mjx-container, .MathJax, .MathJax_SVG, .MathJax_CHTML, .MathJax_MathML, "
    ".mwe-math-element, math-renderer"
)
_PICTURES = re.compile(r"(?i)\b(?:tex|latex|math|mwe-math-\S+|ltx_math|formula|equation|mathtex)\b")
_SERVICES = re.compile(
    r"(?i)latex\.codecogs\.com|/mathtex\b|/mimetex\b|chart\?.*cht=tx|/media/math/render|latex\.php"
)
_TEX = ("data-latex", "data-tex", "data-expr", "data-original", "alttext")
_PREVIEWS = ".MathJax_Preview, .MJX_Assistive_MathML, mjx-assistive-mml"


def written(body: LexborNode) -> None:
    """Puts one line in place of each formula."""
    _scripts(body)
    for node in outermost(body.css(_WRAPPERS)):
        node.replace_with(raised_words.formula(_wrapped(node)))
    for node in outermost(node for node in body.css("*") if local(node) == "math"):
        node.replace_with(raised_words.formula(_mathml(node)))
    for node in body.css("img[alt]"):
        given = node.attributes
        alt = given.get("alt") or ""
        if alt.strip() and (
            _PICTURES.search(named(node)) or _SERVICES.search(given.get("src") or "")
        ):
            node.replace_with(raised_words.formula(linear_tex(alt)))


def _scripts(body: LexborNode) -> None:
    """TeX in scripts, which MathJax 2 shows in an element of its own before them."""
    found = body.css('script[type^="math/tex"], script[type^="math/mml"]')
    if not found:
        return
    frames = {node.attributes.get("id") or "": node for node in body.css('[id^="MathJax-Element"]')}
    for node in found:
        source = node.text() or ""
        name = node.attributes.get("id") or "-"
        frame = frames.pop(f"{name}-Frame", None)
        tex = "tex" in (node.attributes.get("type") or "")
        said = linear_tex(source) if tex else _parsed(source)
        if frame is not None and frame.css_first("math") is not None:
            said = _mathml(_maths(frame)[0])
        if frame is not None:
            frame.decompose()
        node.replace_with(raised_words.formula(said))
    for preview in outermost(body.css(_PREVIEWS)):
        if preview.parent is None or preview.parent.tag != "mjx-container":
            preview.decompose()  # one of MathJax 3 is the only text of its formula


def _wrapped(node: LexborNode) -> str:
    """The formula of an element that holds it several times over."""
    if found := _maths(node):
        return _mathml(found[0])
    for one in (node, *node.css("[data-mathml], " + ", ".join(f"[{name}]" for name in _TEX))):
        given = one.attributes
        if source := given.get("data-mathml"):
            return _parsed(source)
        if tex := next((given[name] for name in _TEX if given.get(name)), None):
            return linear_tex(tex)
    for one in node.css("annotation, img[alt]"):
        if source := one.text() if one.tag == "annotation" else one.attributes.get("alt") or "":
            return linear_tex(source)
    return linear_tex(node.text() or "") if node.tag == "math-renderer" else _drawn(node)


def _drawn(node: LexborNode) -> str:
    """What is only drawn: a single number or letter, else there is no telling what is raised."""
    texts = [one.text_content or "" for one in node.traverse(include_text=True) if one.is_text_node]
    words = [text.strip() for text in texts if text.strip("\u200b \n")]
    alone = len(words) == 1 and re.fullmatch(r"\d+(?:[.,]\d+)*|[^\W\d_]", words[0])
    return words[0] if alone else linear.FORMULA


def _maths(node: LexborNode) -> list[LexborNode]:
    return [one for one in node.css("*") if local(one) == "math"]


def _mathml(node: LexborNode) -> str:
    """MathML in one line; if only its TeX says what it shows, its TeX."""
    said = linear_math(node)
    if said and said != linear.FORMULA:
        return said
    sources: Iterable[str | None] = (
        *(one.text() for one in node.css("annotation") if _is_tex(one)),
        node.attributes.get("alttext"),
    )
    return next((line for source in sources if source and (line := converted(source))), said)


def _is_tex(annotation: LexborNode) -> bool:
    return "tex" in (annotation.attributes.get("encoding") or "").lower()


def _parsed(source: str) -> str:
    body = LexborHTMLParser(source).body
    found = _maths(body) if body is not None else []
    return _mathml(found[0]) if found else linear.FORMULA
