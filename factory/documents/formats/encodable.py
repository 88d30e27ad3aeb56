"""Make any text writable as UTF-8; the last step of every reader."""

import re

# Surrogate pairs, lone surrogates, and control characters that no text needs. Tabs and line ends
# stay, as do form feeds and U+0085, which end lines in text files.
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_HALF = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff]")


def writable(text: str) -> str:
    """Remove control characters, join surrogate pairs, and replace lone surrogates by U+FFFD."""
    if _HALF.search(text):
        text = _HALF.sub("\ufffd", _PAIR.sub(_joined, text))
    return _CONTROL.sub("", text)


def _joined(pair: re.Match[str]) -> str:
    return pair.group().encode("utf-16", "surrogatepass").decode("utf-16")
