"""Count tokens with the teacher's own tokenizer, if it is on this machine, else by an estimate."""

import hashlib
import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from tempfile import gettempdir
from typing import Protocol

from factory.core.errors import UserMistake
from factory.core.recipe import Recipe
from factory.models import gguf
from factory.models.files import Notify, find_local_gguf, resolve_gguf
from factory.models.pretokenizers import PATTERNS, PieceCounter, SpanTokenCounter, to_byte_level

CountSpan = Callable[[int, int], int]
# Where tiktoken downloads its files from.
ENCODINGS_URL = "https://openaipublic.blob.core.windows.net/encodings"


class TokenCounter(Protocol):
    """Counts tokens. `of(text)(start, end)` counts `text[start:end]` as a text of its own."""

    name: str

    def count(self, text: str) -> int: ...

    def of(self, text: str) -> CountSpan: ...


def token_count(text: str) -> int:
    """Estimate the tokens of a text: 4 characters or 0.75 words a token, whichever gives more."""
    return max(len(text) // 4, round(len(text.split()) / 0.75))


class FunctionTokenCounter:
    """Counts tokens with a function of the whole text."""

    def __init__(self, name: str, count: Callable[[str], int]) -> None:
        self.name = name
        self.count = count

    def of(self, text: str) -> CountSpan:
        return lambda start, end: self.count(text[start:end])


class BytePairTokenCounter:
    """Counts tokens by the pieces of a byte-level BPE tokenizer.

    Exact, and a hundred times cheaper for spans of a text that was counted already.
    """

    def __init__(self, name: str, pretokens: PieceCounter) -> None:
        self.name = name
        self.count = pretokens.count
        self._pretokens = pretokens

    def of(self, text: str) -> CountSpan:
        return SpanTokenCounter(text, self._pretokens)

    def fresh(self) -> "BytePairTokenCounter":
        """Return a counter with an empty cache, for measurements."""
        return BytePairTokenCounter(self.name, self._pretokens.fresh())


ESTIMATE = FunctionTokenCounter("an estimate (4 characters or 0.75 words a token)", token_count)


def token_counter_for(recipe: Recipe, home: Path) -> TokenCounter:
    """Return the counter for `chunks.tokenizer`, else for the first teacher's tokenizer.

    Returns the estimate if that tokenizer is not on this machine. Raises UserMistake if
    `chunks.tokenizer` can't be read.
    """
    if named := recipe.chunks.tokenizer:
        return _counter_from_file(named, home)
    provider, _, model = recipe.asked[0].model.partition("/")
    if provider == "local" and (path := find_local_gguf(model, home)):
        return gguf_token_counter(path, path.stat().st_mtime_ns) or ESTIMATE
    if provider == "openai":
        return _openai_counter(model) or ESTIMATE
    return ESTIMATE


def fetch_teacher_model(recipe: Recipe, home: Path, say: Notify) -> None:
    """Fetch a local teacher's file before chunks are cut. Raises UserMistake or StoppedEarly."""
    provider, _, model = recipe.asked[0].model.partition("/")
    if provider == "local" and not recipe.chunks.tokenizer:
        resolve_gguf(model, home, say)


@cache
def gguf_token_counter(path: Path, _changed: int) -> BytePairTokenCounter | None:
    """Return a counter for a GGUF file, or None if its pre-tokenizer is not known here."""
    from tokenizers.models import BPE

    keys = {f"tokenizer.ggml.{key}": key for key in ("model", "pre", "tokens", "merges")}
    try:
        found = {keys[key]: value for key, value in gguf.read_gguf_metadata(path, keys).items()}
    except ValueError:
        return None  # the teacher will say what is wrong with it
    pre, words, merges = found.get("pre"), found.get("tokens"), found.get("merges")
    if (
        found.get("model") != "gpt2"
        or pre not in PATTERNS
        or not isinstance(words, tuple)
        or not isinstance(merges, tuple)
    ):
        return None
    pairs = [(left, right) for left, _, right in (m.partition(" ") for m in merges)]
    bpe = BPE({w: n for n, w in enumerate(words)}, pairs, ignore_merges=pre == "llama-bpe")

    def sizes(pieces: Sequence[str]) -> list[int]:
        return [len(bpe.tokenize(to_byte_level(piece))) for piece in pieces]

    return BytePairTokenCounter(f"those of {path.name}", PieceCounter(str(pre), sizes))


def _counter_from_file(named: str, home: Path) -> TokenCounter:
    from tokenizers import Tokenizer

    path = (home / named).expanduser()
    path = path / "tokenizer.json" if path.is_dir() else path
    try:
        tokenizer = (
            Tokenizer.from_file(str(path)) if path.is_file() else Tokenizer.from_pretrained(named)
        )
    except Exception as error:  # noqa: BLE001 - the library raises nothing narrower
        why = (str(error) or type(error).__name__).splitlines()[0][:120]
        raise UserMistake(
            f'chunks.tokenizer = "{named}": can\'t be read ({why}), '
            "must be a tokenizer.json, a folder with one, or a repository of the hub"
        ) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return FunctionTokenCounter(
        f"those of {named}", lambda text: len(tokenizer.encode(text, add_special_tokens=False))
    )


def _openai_counter(model: str) -> TokenCounter | None:
    """Return None without tiktoken or its cached encoding file, which is never fetched."""
    try:
        import tiktoken
        from tiktoken import registry
    except ImportError:
        return None
    try:
        name = tiktoken.encoding_name_for_model(model)
    except KeyError:
        return None
    if name not in registry.ENCODINGS and not _is_cached_by_tiktoken(name):
        return None
    encoding = tiktoken.get_encoding(name)
    return FunctionTokenCounter(
        f"those of {name}", lambda text: len(encoding.encode_ordinary(text))
    )


def _is_cached_by_tiktoken(name: str) -> bool:
    """Check tiktoken's cache, which names a file by the digest of its URL."""
    folder = (
        os.environ.get("TIKTOKEN_CACHE_DIR")
        or os.environ.get("DATA_GYM_CACHE_DIR")
        or Path(gettempdir()) / "data-gym-cache"
    )
    return Path(
        folder,
        hashlib.sha1(
            f"{ENCODINGS_URL}/{name}.tiktoken".encode(), usedforsecurity=False
        ).hexdigest(),
    ).is_file()
