"""Remove HTML tags that take parsers quadratic time: nested too deep, too many attributes."""

import re
from collections import Counter

MAX_NESTING = 500  # browsers stop at 512
MAX_ATTRIBUTES = 200  # of one element
_TAG = re.compile(r"<(/?)([A-Za-z][^\s/<>]*)([^<>]*)>")
_LONG = re.compile(r"<[A-Za-z][^<>]{4000,}")
_ATTRIBUTE = re.compile(r"""[^\s=>"'/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"']+))?""")
# Elements without content, and those that the next of their kind closes.
_FLAT = frozenset(
    "area base br col embed hr img input link meta param source track wbr p li dt dd option "
    "optgroup tr td "
    "th thead tbody tfoot colgroup caption rt rp rb html head body script style title "
    "textarea".split()
)
# Elements that a slash at the end of their tag does not close.
_OPEN = frozenset("a b big code div em font i s section small span strong table u ul ol dl".split())


def limit_nesting(source: str) -> str:
    """Remove tags that are nested deeper and attributes beyond the limit; their text stays."""
    source = _LONG.sub(lambda found: _shortened(found[0]), source)
    return _flattened(source) if _deep(source) else source


def _shortened(tag: str) -> str:
    attributes = _ATTRIBUTE.finditer(tag)
    end = len(tag)
    for _, found in zip(range(MAX_ATTRIBUTES + 1), attributes, strict=False):
        end = found.end()
    rest = sum(1 for _ in attributes)
    return tag[:end] if rest else tag


def _opens(slash: str, name: str, rest: str) -> bool:
    return not slash and name not in _FLAT and (not rest.endswith("/") or name in _OPEN)


def _deep(source: str) -> bool:
    """Check whether elements may be nested deeper than MAX_NESTING, unclosed ones included."""
    depth = 0
    for slash, name, rest in _TAG.findall(source):
        name = name.lower()
        if _opens(slash, name, rest):
            depth += 1
            if depth > MAX_NESTING:
                return True
        elif slash and name not in _FLAT and depth:
            depth -= 1
    return False


def _flattened(source: str) -> str:
    open_tags: list[str] = []
    counts, left_out = Counter[str](), Counter[str]()

    def kept(found: re.Match[str]) -> str:
        slash, name, rest = found[1], found[2].lower(), found[3]
        if _opens(slash, name, rest):
            if len(open_tags) >= MAX_NESTING:
                left_out[name] += 1
                return " "
            open_tags.append(name)
            counts[name] += 1
        elif slash and left_out[name]:
            left_out[name] -= 1
            return " "
        elif slash and counts[name]:
            while (closed := open_tags.pop()) != name:
                counts[closed] -= 1
            counts[name] -= 1
        return found[0]

    return _TAG.sub(kept, source)
