"""Which tokens chunks are counted in: the teacher's own where its tokenizer is at hand, else an estimate."""

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
from factory.models.files import Say, at_hand
from factory.models.files import gguf as find_gguf
from factory.models.pretokenizers import PATTERNS, Pretokens, Stretches, signs_of

Stretch = Callable[[int, int], int]
ENCODINGS = "https://openaipublic.blob.core.windows.net/encodings"  # where tiktoken has its files from


class Tokens(Protocol):
    """Counts texts. `of(text)(start, end)` counts `text[start:end]` as if it stood alone."""

    name: str

    def count(self, text: str) -> int: ...

    def of(self, text: str) -> Stretch: ...


def token_count(text: str) -> int:
    """Tokens of a text, estimated: 4 characters or 0.75 words a token, whichever gives more."""
    return max(len(text) // 4, round(len(text.split()) / 0.75))


class Counted:
    """By a function of a text alone."""

    def __init__(self, name: str, count: Callable[[str], int]) -> None:
        self.name = name
        self.count = count

    def of(self, text: str) -> Stretch:
        return lambda start, end: self.count(text[start:end])


class ByPretokens:
    """By the pieces of a byte-level tokenizer; exact, and a hundred times cheaper for stretches of a text that was counted already."""

    def __init__(self, name: str, pretokens: Pretokens) -> None:
        self.name = name
        self.count = pretokens.count
        self._pretokens = pretokens

    def of(self, text: str) -> Stretch:
        return Stretches(text, self._pretokens)

    def fresh(self) -> "ByPretokens":
        """The same, with nothing remembered: what a measurement begins with."""
        return ByPretokens(self.name, self._pretokens.fresh())


ESTIMATE = Counted("an estimate (4 characters or 0.75 words a token)", token_count)


def tokens_of(recipe: Recipe, home: Path) -> Tokens:
    """By `chunks.tokenizer`, else of the first teacher, as far as its tokenizer is on this machine. Raises UserMistake."""
    if named := recipe.chunks.tokenizer:
        return _of_file(named, home)
    provider, _, model = recipe.asked[0].model.partition("/")
    if provider == "local" and (path := at_hand(model, home)):
        return gguf_tokens(path, path.stat().st_mtime_ns) or ESTIMATE
    if provider == "openai":
        return _of_openai(model) or ESTIMATE
    return ESTIMATE


def fetched(recipe: Recipe, home: Path, say: Say) -> None:
    """A local teacher's file is needed before its chunks are cut. Raises UserMistake or StoppedEarly."""
    provider, _, model = recipe.asked[0].model.partition("/")
    if provider == "local" and not recipe.chunks.tokenizer:
        find_gguf(model, home, say)


@cache
def gguf_tokens(path: Path, _changed: int) -> ByPretokens | None:
    """None where the file's way of splitting texts is not one of those that are known here."""
    from tokenizers.models import BPE

    keys = {f"tokenizer.ggml.{key}": key for key in ("model", "pre", "tokens", "merges")}
    try:
        found = {keys[key]: value for key, value in gguf.metadata(path, keys).items()}
    except ValueError:
        return None  # the teacher will say what is wrong with it
    pre, words, merges = found.get("pre"), found.get("tokens"), found.get("merges")
    if found.get("model") != "gpt2" or pre not in PATTERNS or not isinstance(words, tuple) or not isinstance(merges, tuple):
        return None
    pairs = [(left, right) for left, _, right in (m.partition(" ") for m in merges)]
    bpe = BPE({w: n for n, w in enumerate(words)}, pairs, ignore_merges=pre == "llama-bpe")

    def sizes(pieces: Sequence[str]) -> list[int]:
        return [len(bpe.tokenize(signs_of(piece))) for piece in pieces]

    return ByPretokens(f"those of {path.name}", Pretokens(str(pre), sizes))


def _of_file(named: str, home: Path) -> Tokens:
    from tokenizers import Tokenizer

    path = (home / named).expanduser()
    path = path / "tokenizer.json" if path.is_dir() else path
    try:
        tokenizer = Tokenizer.from_file(str(path)) if path.is_file() else Tokenizer.from_pretrained(named)
    except Exception as error:  # noqa: BLE001 - the library raises nothing narrower
        why = (str(error) or type(error).__name__).splitlines()[0][:120]
        raise UserMistake(
            f'chunks.tokenizer = "{named}": can\'t be read ({why}), must be a tokenizer.json, a folder with one, or a repository of the hub'
        ) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return Counted(f"those of {named}", lambda text: len(tokenizer.encode(text, add_special_tokens=False)))


def _of_openai(model: str) -> Tokens | None:
    """None without tiktoken or its encoding file, which is looked for where tiktoken keeps it and never fetched."""
    try:
        import tiktoken
        from tiktoken import registry
    except ImportError:
        return None
    try:
        name = tiktoken.encoding_name_for_model(model)
    except KeyError:
        return None
    if name not in registry.ENCODINGS and not _kept_by_tiktoken(name):
        return None
    encoding = tiktoken.get_encoding(name)
    return Counted(f"those of {name}", lambda text: len(encoding.encode_ordinary(text)))


def _kept_by_tiktoken(name: str) -> bool:
    """Its cache names a file by the digest of the address that it came from."""
    folder = os.environ.get("TIKTOKEN_CACHE_DIR") or os.environ.get("DATA_GYM_CACHE_DIR") or Path(gettempdir()) / "data-gym-cache"
    return Path(folder, hashlib.sha1(f"{ENCODINGS}/{name}.tiktoken".encode(), usedforsecurity=False).hexdigest()).is_file()
