r"""Convert Word's EQ fields (`EQ \f(3;4)`) to text of one line.

An EQ field holds a formula in its instruction.
"""

import re

from factory.documents.formats.math.linear import (
    FORMULA,
    Term,
    bracket,
    fraction,
    index,
    join_terms,
    power,
    root,
)

MAX_SWITCH_NESTING = 20  # of switches
_SWITCH = re.compile(r"\\([a-z]+)(?:[+-]?\d+)?\s*", re.IGNORECASE)
_PLAIN = re.compile(r"[^\\();,]+")


class _Unknown(Exception):
    """The field holds something that can't be written in a line."""


def equation_text(instruction: str) -> str:
    """Return the formula of an EQ field, or `[formula]` if it can't be written in a line."""
    source = re.sub(r"^\s*EQ\b", "", instruction, flags=re.IGNORECASE).strip()
    # A comma separates arguments only if it was the list separator of the author's Windows.
    separator = ";" if ";" in source else ","
    try:
        words = _Parser(source, separator).formula()
    except _Unknown:
        return FORMULA
    return " ".join(words.split())


class _Parser:
    """Reads an instruction from left to right."""

    def __init__(self, source: str, separator: str) -> None:
        self._source = source
        self._separator = separator
        self._at = 0

    def formula(self) -> str:
        words = self._terms(0, closing=False)
        if self._at < len(self._source):
            raise _Unknown
        return words

    def _terms(self, depth: int, closing: bool) -> str:
        """Read terms up to a separator or the closing bracket of their list."""
        if depth > MAX_SWITCH_NESTING:
            raise _Unknown
        terms: list[Term] = []
        while self._at < len(self._source):
            sign = self._source[self._at]
            if closing and sign in (self._separator, ")"):
                break
            if sign == "\\":
                terms.append(self._escaped(depth))
            elif plain := _PLAIN.match(self._source, self._at):
                self._at = plain.end()
                terms.append(Term(plain[0]))
            else:
                terms.append(Term(self._bracket(sign, depth)))
        return join_terms(terms)

    def _bracket(self, sign: str, depth: int) -> str:
        """Read a bracket, comma or semicolon that is text."""
        self._at += 1
        if sign != "(":
            return sign
        inside = self._terms(depth + 1, closing=True)
        while self._source[self._at : self._at + 1] == self._separator:
            self._at += 1
            inside += self._separator + self._terms(depth + 1, closing=True)
        self._close()
        return f"({inside})"

    def _escaped(self, depth: int) -> Term:
        following = self._source[self._at + 1 : self._at + 2]
        if following and following in "\\(),;":
            self._at += 2
            return Term(following)
        return self._switch(depth)

    def _switch(self, depth: int) -> Term:
        names: list[str] = []
        brackets = ""  # named by \bc, \lc and \rc
        while found := _SWITCH.match(self._source, self._at):
            names.append(found[1].lower())
            self._at = found.end()
            if names[-1] in ("bc", "lc", "rc") and self._source[self._at : self._at + 1] == "\\":
                brackets += self._source[self._at + 1 : self._at + 2]
                self._at = min(self._at + 2, len(self._source))
                self._blanks()
        if not names or self._source[self._at : self._at + 1] != "(":
            raise _Unknown
        return _written(names, brackets, self._arguments(depth + 1))

    def _arguments(self, depth: int) -> list[str]:
        self._at += 1
        found = [self._terms(depth, closing=True)]
        while self._source[self._at : self._at + 1] == self._separator:
            self._at += 1
            found.append(self._terms(depth, closing=True))
        self._close()
        return [one.strip() for one in found]

    def _close(self) -> None:
        if self._source[self._at : self._at + 1] != ")":
            raise _Unknown
        self._at += 1

    def _blanks(self) -> None:
        while self._source[self._at : self._at + 1] == " ":
            self._at += 1


def _written(names: list[str], brackets: str, given: list[str]) -> Term:
    match names[0], given:
        case "f", [above, below]:
            return Term(fraction(above, below), fraction=True)
        case "r", [radicand]:
            return Term(root("", radicand))
        case "r", [degree, radicand]:
            return Term(root(degree, radicand))
        case "s", [raised] if "up" in names:
            return Term(power("", raised))
        case "s", [lowered] if "do" in names:
            return Term(index("", lowered))
        case "s", [above, below]:
            return Term(power("", above) + index("", below))
        case "b", [inside]:
            return Term(_bracketed(inside, names, brackets))
        case "i", [below, above, of]:
            return Term(_operator(names, below, above) + f" {of}")
        case (("l" | "x" | "d"), _):
            return Term(",".join(given))
        case _:
            raise _Unknown


def _bracketed(inside: str, names: list[str], brackets: str) -> str:
    if not brackets:
        return f"({inside})"
    pair = {"(": ")", "[": "]", "{": "}", "<": ">"}.get(brackets[0], brackets[0])
    begin = brackets[0] if "bc" in names or "lc" in names else ""
    end = pair if "bc" in names else brackets[-1] if "rc" in names else ""
    return f"{begin}{inside}{end}"


def _operator(names: list[str], below: str, above: str) -> str:
    sign = "∑" if "su" in names else "∏" if "pr" in names else "∫"
    lower = f"_{bracket(below)}" if below else ""
    return sign + lower + (f"^{bracket(above)}" if above else "")
