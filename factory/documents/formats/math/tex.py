"""Write TeX formulas in one line: 10⁶ for 10^{6}, 3/4 for \\frac{3}{4}; keep others as they are."""

import re

from factory.documents.formats.math import linear

MAX_LENGTH = 2000  # characters; a longer formula is kept as it is
MAX_DEPTH = 30  # nested groups
_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[{}^_]|\s+|[^\\{}^_\s]")
_SIGNS = dict(
    pair.split("=", 1)
    for pair in (
        r"\times=× \cdot=· \div=÷ \pm=± \mp=∓ \le=≤ \leq=≤ \ge=≥ \geq=≥ \ne=≠ \neq=≠ \approx=≈ "
        r"\sim=∼ "
        r"\equiv=≡ \to=→ \rightarrow=→ \Rightarrow=⇒ \leftarrow=← \infty=∞ \circ=° \degree=° "
        r"\percent=% "
        r"\alpha=α \beta=β \gamma=γ \delta=δ \epsilon=ε \varepsilon=ε \eta=η \theta=θ \kappa=κ "
        r"\lambda=λ "
        r"\mu=μ \nu=ν \pi=π \rho=ρ \sigma=σ \tau=τ \phi=φ \varphi=φ \chi=χ \psi=ψ \omega=ω "
        r"\Delta=Δ "
        r"\Gamma=Γ \Lambda=Λ \Omega=Ω \Phi=Φ \Pi=Π \Psi=Ψ \Sigma=Σ \Theta=Θ \sum=∑ \prod=∏ \int=∫ "
        r"\partial=∂ \nabla=∇ \in=∈ \subset=⊂ \cup=∪ \cap=∩ \forall=∀ \exists=∃ \ell=ℓ \prime=′ "
        r"\dots=… \ldots=… \cdots=⋯ \sin=sin \cos=cos \tan=tan \log=log \ln=ln \exp=exp \lim=lim "
        r"\max=max "
        r"\min=min \%=% \$=$ \#=# \&=& \_=_ \{={ \}=} \|=‖ \langle=⟨ \rangle=⟩ \cdotp=·"
    ).split(" ")
)
_NOTHING = frozenset(
    r"\displaystyle \textstyle \scriptstyle \left \right \big \Big \bigg \! \limits "
    r"\nolimits".split()
)
_BLANK = frozenset([r"\,", r"\;", r"\:", r"\ ", r"\quad", r"\qquad", r"\thinspace", "~"])
_WORDS = frozenset(
    r"\text \mathrm \mathbf \mathit \textrm \mathsf \operatorname \mbox \textbf \mathop \ce".split()
)
_FRACTIONS = frozenset(r"\frac \tfrac \dfrac \cfrac \sfrac \nicefrac".split())
_RELATIONS = frozenset("=≈≠≤≥<>→⇒←≡∼")


class _Unsupported(Exception):
    """The formula contains TeX that can't be written in one line."""


def linear_tex(tex: str) -> str:
    """Write a formula in one line, or return its source if that can't be done."""
    return convert_tex(tex) or _strip_delimiters(tex)


def convert_tex(tex: str) -> str:
    """Write a formula in one line, or return "" if that can't be done."""
    source = _strip_delimiters(tex)
    if len(source) > MAX_LENGTH:
        return ""
    try:
        return " ".join(_Reader(source).row(0, closed=False).split())
    except _Unsupported:
        return ""


def _strip_delimiters(tex: str) -> str:
    """Remove the delimiters around a formula."""
    source = tex.strip()
    for before, after in (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]")):
        if (
            len(source) > len(before + after)
            and source.startswith(before)
            and source.endswith(after)
        ):
            source = source[len(before) : -len(after)].strip()
    found = re.fullmatch(r"\{\\(?:display|text)style\s?(.*)\}", source, re.DOTALL)
    return found[1].strip() if found else source


class _Reader:
    def __init__(self, source: str) -> None:
        self._tokens = _TOKEN.findall(source)[::-1]
        if r"\ce" in self._tokens:
            raise _Unsupported

    def row(self, depth: int, closed: bool = True, until: str = "}") -> str:
        """Write the terms up to the end of a group."""
        if depth > MAX_DEPTH:
            raise _Unsupported
        terms: list[linear.Term] = []
        while self._tokens:
            if self._tokens[-1] == until and closed:
                self._tokens.pop()
                return linear.join_terms(terms)
            token = self._tokens.pop()
            if token in "^_":
                self._script(terms, token, depth)
            elif term := self._term(token, depth):
                terms.append(linear.Term(term, token in _FRACTIONS))
        if closed:
            raise _Unsupported
        return linear.join_terms(terms)

    def _script(self, terms: list[linear.Term], token: str, depth: int) -> None:
        base = terms.pop().text if terms else ""
        while base.isspace() and terms:
            base = terms.pop().text
        while (
            base[-1:].isdigit() and terms and (terms[-1].text.isdigit() or terms[-1].text in ".,")
        ):
            base = terms.pop().text + base
        if not base:
            raise _Unsupported
        script = self._argument(depth)
        base = (
            base
            if base in (")", "]", "}", "|") or not terms and base.isdigit()
            else _bracketed_base(base)
        )
        terms.append(linear.Term((linear.power if token == "^" else linear.index)(base, script)))

    def _argument(self, depth: int) -> str:
        while self._tokens and self._tokens[-1].isspace():
            self._tokens.pop()
        if not self._tokens:
            raise _Unsupported
        return self._term(self._tokens.pop(), depth + 1)

    def _term(self, token: str, depth: int) -> str:
        if token == "{":
            return self.row(depth + 1)
        if token in "}^_&" or token == "\\\\":
            raise _Unsupported
        if not token.startswith("\\") and token != "~":
            return " " + token + " " if token in _RELATIONS else "" if token.isspace() else token
        return self._command(token, depth)

    def _command(self, token: str, depth: int) -> str:
        if token in _SIGNS:
            sign = _SIGNS[token]
            return (
                f" {sign} "
                if sign in _RELATIONS
                else f"{sign} "
                if sign.isascii() and sign.isalpha()
                else sign
            )
        if token in _NOTHING:
            return ""
        if token in _BLANK:
            return " "
        if token in _WORDS:
            return self._words(depth)
        if token in _FRACTIONS:
            above = self._argument(depth)
            return linear.fraction(above, self._argument(depth))
        if token == r"\sqrt":
            degree = ""
            if self._tokens and self._tokens[-1] == "[":
                self._tokens.pop()
                degree = self.row(depth + 1, until="]")
            return linear.root(degree, self._argument(depth))
        raise _Unsupported

    def _words(self, depth: int) -> str:
        """Return the words of a group as they are, with their blanks."""
        if not self._tokens or self._tokens[-1] != "{":
            return self._argument(depth)
        self._tokens.pop()
        words = ""
        while self._tokens and (token := self._tokens.pop()) != "}":
            if token in "{^_" or token.startswith("\\"):
                raise _Unsupported
            words += token
        return words


def _bracketed_base(base: str) -> str:
    return base if base.strip().isalnum() or len(base) == 1 else linear.bracket(base)
