"""Write the formulas of web pages once and in one line: MathML, KaTeX, MathJax, TeX pictures."""

import re
from collections.abc import Iterable

from selectolax.lexbor import LexborHTMLParser, LexborNode

from factory.documents.formats.html.trees import class_and_id, outermost
from factory.documents.formats.math import linear, raised_words
from factory.documents.formats.math.mathml import linear_math
from factory.documents.formats.math.mathml_parts import local_name
from factory.documents.formats.math.tex import convert_tex, linear_tex

# These hold a formula several times: for the eye, for screen readers, as a picture.
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


def replace_formulas(body: LexborNode) -> None:
    """Replace each formula by one line."""
    _replace_math_scripts(body)
    for node in outermost(body.css(_WRAPPERS)):
        node.replace_with(raised_words.mark_formula(_formula_in_wrapper(node)))
    for node in outermost(node for node in body.css("*") if local_name(node) == "math"):
        node.replace_with(raised_words.mark_formula(_mathml(node)))
    for node in body.css("img[alt]"):
        given = node.attributes
        alt = given.get("alt") or ""
        if alt.strip() and (
            _PICTURES.search(class_and_id(node)) or _SERVICES.search(given.get("src") or "")
        ):
            node.replace_with(raised_words.mark_formula(linear_tex(alt)))


def _replace_math_scripts(body: LexborNode) -> None:
    """Replace TeX in scripts, which MathJax 2 shows in an element of its own before them."""
    found = body.css('script[type^="math/tex"], script[type^="math/mml"]')
    if not found:
        return
    frames = {node.attributes.get("id") or "": node for node in body.css('[id^="MathJax-Element"]')}
    for node in found:
        source = node.text() or ""
        name = node.attributes.get("id") or "-"
        frame = frames.pop(f"{name}-Frame", None)
        tex = "tex" in (node.attributes.get("type") or "")
        line_of_math = linear_tex(source) if tex else _parse_mathml(source)
        if frame is not None and frame.css_first("math") is not None:
            line_of_math = _mathml(_math_elements(frame)[0])
        if frame is not None:
            frame.decompose()
        node.replace_with(raised_words.mark_formula(line_of_math))
    for preview in outermost(body.css(_PREVIEWS)):
        if preview.parent is None or preview.parent.tag != "mjx-container":
            preview.decompose()  # one of MathJax 3 is the only text of its formula


def _formula_in_wrapper(node: LexborNode) -> str:
    """Return the formula of an element that holds it several times."""
    if found := _math_elements(node):
        return _mathml(found[0])
    for one in (node, *node.css("[data-mathml], " + ", ".join(f"[{name}]" for name in _TEX))):
        given = one.attributes
        if source := given.get("data-mathml"):
            return _parse_mathml(source)
        if tex := next((given[name] for name in _TEX if given.get(name)), None):
            return linear_tex(tex)
    for one in node.css("annotation, img[alt]"):
        if source := one.text() if one.tag == "annotation" else one.attributes.get("alt") or "":
            return linear_tex(source)
    return linear_tex(node.text() or "") if node.tag == "math-renderer" else _drawn_formula(node)


def _drawn_formula(node: LexborNode) -> str:
    """Return a drawn formula if it is one number or letter; of others the scripts are unknown."""
    texts = [one.text_content or "" for one in node.traverse(include_text=True) if one.is_text_node]
    words = [text.strip() for text in texts if text.strip("\u200b \n")]
    alone = len(words) == 1 and re.fullmatch(r"\d+(?:[.,]\d+)*|[^\W\d_]", words[0])
    return words[0] if alone else linear.FORMULA


def _math_elements(node: LexborNode) -> list[LexborNode]:
    return [one for one in node.css("*") if local_name(one) == "math"]


def _mathml(node: LexborNode) -> str:
    """Write MathML in one line, or its TeX if only that can be written."""
    line_of_math = linear_math(node)
    if line_of_math and line_of_math != linear.FORMULA:
        return line_of_math
    sources: Iterable[str | None] = (
        *(one.text() for one in node.css("annotation") if _is_tex(one)),
        node.attributes.get("alttext"),
    )
    return next(
        (line for source in sources if source and (line := convert_tex(source))), line_of_math
    )


def _is_tex(annotation: LexborNode) -> bool:
    return "tex" in (annotation.attributes.get("encoding") or "").lower()


def _parse_mathml(source: str) -> str:
    body = LexborHTMLParser(source).body
    found = _math_elements(body) if body is not None else []
    return _mathml(found[0]) if found else linear.FORMULA
