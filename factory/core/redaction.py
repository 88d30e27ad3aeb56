"""Remove API keys from outside text before it is printed, logged or stored.

A key is found whole, URL-encoded, JSON-escaped, in hexadecimal or in base64 (as in a header of
Basic authentication), and masked, such as sk-ab...wxyz12, if more than four of its characters are
left.
"""

import base64
import json
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus

VARIABLES = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "COMPATIBLE_API_KEY", "HF_TOKEN")
MARK = "[key]"
SHORTEST = 8  # characters; servers without keys get a word such as EMPTY, which texts hold too
SHOWN = 5  # a masked form that shows this many characters is removed
_MASK = re.compile(r"(?:\.{2,}|…|[*•·]|#{2,}|x{3,}|_{3,}|-{3,}|\[\w*\]|<\w*>)+", re.IGNORECASE)
# Spaces, line breaks and invisible characters.
_BETWEEN = "[\\s\\u00ad\\u200b-\\u200f\\u2060\\ufeff]"
# Any key of the usual form; for errors only, since a document may hold "sk-learn".
_ECHOED = re.compile(r"\bsk-[\w*.…-]+")

Keys = tuple[str, ...]


def keys_in_use() -> Keys:
    """Return the keys in this process's environment."""
    found = (os.environ.get(name, "").strip() for name in VARIABLES)
    return tuple(dict.fromkeys(key for key in found if len(key) >= SHORTEST))


def scrub(text: str, keys: Keys | None = None) -> str:
    """Remove the keys from a text, by default those of the environment."""
    for key in keys_in_use() if keys is None else keys:
        text = _unmasked(_whole(key).sub(MARK, text), key)
    return text


def scrub_error(text: str, keys: Keys | None = None) -> str:
    """Also remove words that begin or end a key, which documents may hold but errors don't."""
    keys = keys_in_use() if keys is None else keys
    text = scrub(text, keys)
    for key in keys:
        text = _part(key).sub(MARK, text)
    return _ECHOED.sub(MARK, text)


def scrub_json(value: object, keys: Keys | None = None) -> object:
    """Scrub every text in a JSON value, field names included."""
    keys = keys_in_use() if keys is None else keys
    return _scrubbed(value, keys) if keys else value


def _scrubbed(value: object, keys: Keys) -> object:
    if isinstance(value, str):
        return scrub(value, keys)
    if isinstance(value, dict):
        return {scrub(name, keys): _scrubbed(one, keys) for name, one in value.items()}
    return [_scrubbed(one, keys) for one in value] if isinstance(value, list) else value


@lru_cache(maxsize=16)
def _whole(key: str) -> re.Pattern[str]:
    forms = sorted(set(_forms(key)), key=len, reverse=True)
    apart = rf"{_BETWEEN}{{1,8}}".join(map(re.escape, key))  # with something between all characters
    broken = rf"{_BETWEEN}{{0,8}}".join(map(re.escape, key))  # a wrapped line breaks it anywhere
    return re.compile("|".join((*map(re.escape, forms), apart, broken)), re.IGNORECASE)


def _forms(key: str) -> Iterator[str]:
    """Yield the forms in which a whole key may be written."""
    quoted = json.dumps(key)[1:-1]
    yield from (key, quoted, quoted.replace("/", "\\/"), "".join(f"\\u{ord(c):04x}" for c in key))
    yield from (quote(key, safe=""), quote(key), quote_plus(key), key.encode().hex())
    for before in range(3):  # text before the key, such as "user:", shifts its base64
        raw = base64.b64encode(b"\0" * before + key.encode()).decode().rstrip("=")
        rest = (before + len(key.encode())) % 3
        # Without characters that share bits with neighbours.
        plain = raw[(0, 2, 3)[before] : -1 if rest else None]
        yield from (plain, plain.replace("+", "-").replace("/", "_"))


def _unmasked(text: str, key: str) -> str:
    pieces: list[str] = []
    done = 0
    for mask in _MASK.finditer(text):
        left = _beginning(text[max(done, mask.start() - len(key)) : mask.start()], key)
        right = _end(text[mask.end() : mask.end() + len(key)], key)
        if left + right >= SHOWN:
            pieces += (text[done : mask.start() - left], MARK)
            done = mask.end() + right
    return "".join((*pieces, text[done:]))


def _beginning(before: str, key: str) -> int:
    """Return how many of the key's first characters end a text."""
    low, before = key.lower(), before.lower()
    if before[-1:] not in low:  # most matches are just dots and stars in a text
        return 0
    return next(
        (n for n in range(min(len(before), len(key)), 0, -1) if before.endswith(low[:n])), 0
    )


def _end(after: str, key: str) -> int:
    """Return how many of the key's last characters begin a text."""
    low, after = key.lower(), after.lower()
    if after[:1] not in low:
        return 0
    return next(
        (n for n in range(min(len(after), len(key)), 0, -1) if after.startswith(low[-n:])), 0
    )


@lru_cache(maxsize=16)
def _part(key: str) -> re.Pattern[str]:
    parts = {key[:n] for n in range(SHOWN, len(key))} | {key[-n:] for n in range(SHOWN, len(key))}
    return re.compile(
        rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(parts, key=len, reverse=True)))})(?!\w)",
        re.IGNORECASE,
    )
