"""Formulas of web pages: one line each, never flattened and never doubled."""

import pytest

from factory.documents.formats.html.reader import html_text
from factory.documents.formats.math.tex import linear_tex

POWER = "<msup><mn>10</mn><mn>6</mn></msup>"
TEX = '<annotation encoding="application/x-tex">{\\displaystyle 10^{6}}</annotation>'
MATH = f"<math>{POWER}</math>"
FLAT = "<span class=mord>10</span><span class=msupsub><span class=mord>6</span></span>"
KATEX = (
    f"<span class=katex-mathml><math><semantics><mrow>{POWER}</mrow>{TEX}</semantics></math></span>"
)


def line(body: str) -> str:
    return html_text(f"<p>About {body} cells.</p>").removeprefix("About ").removesuffix(" cells.")


@pytest.mark.parametrize(
    "written",
    [
        MATH,
        f"<math><semantics>{POWER}{TEX}</semantics></math>",
        f"<math><semantics><mrow><mtable><mtr><mtd>1</mtd></mtr><mtr><mtd>2</mtd></mtr></mtable></mrow>{TEX}</semantics></math>",
        "<m:math><m:msup><m:mn>10</m:mn><m:mn>6</m:mn></m:msup></m:math>",
        "<math><apply><power/><cn>10</cn><cn>6</cn></apply></math>",
        f"<span class=katex>{KATEX}<span class=katex-html aria-hidden=true>{FLAT}</span></span>",
        f"<span class=katex>{KATEX}</span>",
        f"<mjx-container><mjx-math aria-hidden=true>106</mjx-math><mjx-assistive-mml>{MATH}</mjx-assistive-mml></mjx-container>",
        "<mjx-container data-latex='10^6'><svg><text>106</text></svg></mjx-container>",
        "<span class=MathJax_Preview>106</span><span class=MathJax id=MathJax-Element-1-Frame><nobr aria-hidden=true>106</nobr>"
        f"<span class=MJX_Assistive_MathML>{MATH}</span></span><script type='math/tex' id=MathJax-Element-1>10^6</script>",
        "<span class=MathJax data-mathml='&lt;math&gt;&lt;msup&gt;&lt;mn&gt;10&lt;/mn&gt;&lt;mn&gt;6&lt;/mn&gt;&lt;/msup&gt;'>106</span>",
        "<script type='math/tex'>10^6</script>",
        f"<span class=mwe-math-element><span style='display: none'>{MATH}</span><img class=mwe-math-fallback-image-inline "
        "alt='{\\displaystyle 10^{6}}'></span>",
        "<img class=mwe-math-fallback-image-inline aria-hidden=true alt='{\\displaystyle 10^{6}}'>",
        "<img class=tex alt='10^6'>",
        "<img src='https://latex.codecogs.com/gif.latex?10%5E6' alt='10^6'>",
        "10<sup>6</sup>",
        "10<span style='font-size:.6em; vertical-align: super'>6</span>",
    ],
)
def test_a_power_is_written_once_with_a_raised_exponent(written: str) -> None:
    assert line(written) == "10⁶"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<mfrac><mn>3</mn><mn>4</mn></mfrac>", "3/4"),
        ("<mn>2</mn><mfrac><mn>3</mn><mn>4</mn></mfrac>", "2 3/4"),
        ("<msqrt><mn>25</mn></msqrt>", "√25"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot>", "∛x"),
        (
            "<msup><mrow><mo>(</mo><mi>a</mi><mo>+</mo><mi>b</mi><mo>)</mo></mrow><mn>2</mn></msup>",
            "(a+b)²",
        ),
        ("<msup><mrow><mi>a</mi><mi>b</mi></mrow><mn>2</mn></msup>", "(ab)²"),
        ("<msub><mi>H</mi><mn>2</mn></msub><mi>O</mi>", "H₂O"),
        ("<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>", "x_i²"),
        ("<mmultiscripts><mi>C</mi><mprescripts/><mn>6</mn><mn>14</mn></mmultiscripts>", "¹⁴₆C"),
        ("<mover><mi>x</mi><mo>¯</mo></mover>", "x̄"),
        ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", "(a,b)"),
        ("<mn>1</mn><mphantom><mn>9</mn></mphantom>", "1"),
        (
            "<mo>(</mo><mtable><mtr><mtd>1</mtd></mtr><mtr><mtd>2</mtd></mtr></mtable><mo>)</mo>",
            "[formula]",
        ),
        ("<mfrac linethickness=0><mi>n</mi><mi>k</mi></mfrac>", "[formula]"),
        ("<munder><mi>x</mi><mi>y</mi></munder>", "[formula]"),
        ("<menclose notation=updiagonalstrike><mn>3</mn></menclose>", "[formula]"),
        ("<mfrac><mn>3</mn></mfrac>", "[formula]"),
        ("<cn type=rational>3<sep/>4</cn>", "3/4"),
        ("<apply><root/><cn>25</cn></apply>", "√25"),
        ("<apply><divide/><cn>3</cn><apply><plus/><ci>a</ci><cn>4</cn></apply></apply>", "3/(a+4)"),
        ("<apply><int/><bvar><ci>x</ci></bvar><ci>x</ci></apply>", "[formula]"),
        ("<msup>" * 500 + "<mn>1</mn>", "[formula]"),
    ],
)
def test_notation_is_written_in_a_line_or_marked(written: str, shown: str) -> None:
    assert line(f"<math>{written}</math>") == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("250<sup>9</sup>", "250⁹"),
        ("250<sup>9, 10</sup>", "250⁹, ¹⁰"),
        ("250<sup><a href='#n'>[9]</a></sup>", "250[9]"),
        ("10<sup>-6</sup>", "10⁻⁶"),
        ("10<sup>6.5</sup>", "10^6.5"),
        ("10<sup>x</sup>", "10^x"),
        ("2<sup>3<sup>4</sup></sup>", "2^3⁴"),
        ("<sup>3</sup>&frasl;<sub>4</sub>", "3/4"),
        ("1<sup>3</sup>/<sub>4</sub>", "1 3/4"),
        ("2&frac34;", "2¾"),
        ("SO<sub>4</sub><sup>2-</sup>", "SO₄²⁻"),
        ("1010<sub>2</sub>", "1010₂"),
        ("the 1<sup>st</sup>", "the 1st"),
        (f"5{MATH}", "5 10⁶"),
        (
            f"<span class=katex><span class=katex-html aria-hidden=true>{FLAT}</span></span>",
            "[formula]",
        ),
        ("<mjx-container><svg></svg></mjx-container>", "[formula]"),
    ],
)
def test_raised_and_lowered_digits_never_run_into_others(written: str, shown: str) -> None:
    assert line(written) == shown


def test_raised_digits_of_a_style_sheet_and_of_preformatted_text_are_written() -> None:
    sheet = "<head><style>.c3 { vertical-align: super }</style></head>"
    assert (
        html_text(f"{sheet}<p>10<span class=c3>6</span></p><pre>10<sup>6</sup>\nx</pre>")
        == "10⁶\n\n```\n10⁶\nx\n```"
    )


@pytest.mark.parametrize(
    ("tex", "shown"),
    [
        ("10^6", "10⁶"),
        ("$10^{6}$", "10⁶"),
        (r"\(\frac{3}{4}\)", "3/4"),
        (r"2\frac{3}{4}", "2 3/4"),
        (r"\frac34", "3/4"),
        (r"\sqrt{25}", "√25"),
        (r"\sqrt[3]{x}", "∛x"),
        (r"\mathrm{H}_2\mathrm{O}", "H₂O"),
        (r"5\,\text{m}", "5 m"),
        (r"3 \times 10^{-6}", "3×10⁻⁶"),
        (r"\begin{matrix}1\\2\end{matrix}", r"\begin{matrix}1\\2\end{matrix}"),
        (r"\frac{3", r"\frac{3"),
        ("{" * 5000, "{" * 5000),
    ],
)
def test_tex_is_written_in_a_line_or_stays(tex: str, shown: str) -> None:
    assert linear_tex(tex) == shown
