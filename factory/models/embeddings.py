"""Embed a sentence as the mean of its words' vectors.

The table of vectors comes from the extra `paraphrases`, a folder or the Hugging Face hub.
"""

import re
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from factory.core.errors import StoppedEarly, UserMistake
from factory.core.schemas import Embed
from factory.models.files import Notify, download_from_hub

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BUNDLED = "bundled"  # the table in wordllama's wheel, 16 MB; the package itself is not imported
INSTALL_HINT = 'pip install "docstill[paraphrases]"'
_FILES = ("tokenizer.json", "model.safetensors")
_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")  # owner/repository
_TABLES = ("embeddings", "embedding.weight")  # as model2vec and wordllama call them


def load_embedder(name: str, home: Path, say: Notify) -> Embed:
    """Return a function from texts to unit vectors, shape (texts, dimensions).

    `name` is "bundled", or a folder (relative to `home`) or an owner/repository of the hub with the
    two files that model2vec writes. Raises UserMistake if the table can't be read, and StoppedEarly
    if it can't be fetched now.
    """
    words, table = _bundled_files() if name == BUNDLED else _named_files(name, home, say)
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file
    except ImportError as error:
        raise UserMistake(
            f"embeddings need a package that is not installed ({error.name}); run {INSTALL_HINT}"
        ) from error
    try:
        text, tensors = words.read_text(encoding="utf-8"), load_file(table)
    except (OSError, UnicodeDecodeError, SafetensorError) as error:
        raise UserMistake(
            f"embeddings {name}: can't be read ({error}), must hold {' and '.join(_FILES)}"
        ) from error
    return _mean_embedder(_tokenizer(text, words), tensors, table)


def _bundled_files() -> tuple[Path, Path]:
    found = find_spec("wordllama")
    if not found or not found.origin:
        raise UserMistake(f"embeddings bundled: their package is not installed; run {INSTALL_HINT}")
    folder = Path(found.origin).parent
    return (
        folder / "tokenizers" / "l2_supercat_tokenizer_config.json",
        folder / "weights" / "l2_supercat_256.safetensors",
    )


def _named_files(name: str, home: Path, say: Notify) -> tuple[Path, Path]:
    folder = (home / name).expanduser()
    if folder.is_dir() or not _HUB.fullmatch(name):
        return folder / _FILES[0], folder / _FILES[1]
    words, table = (download_from_hub(name, file, say) for file in _FILES)
    if isinstance(words, Path) and isinstance(table, Path):
        return words, table
    why = next(found for found in (words, table) if isinstance(found, str))
    raise StoppedEarly(
        f'embeddings "{name}": there is no such folder, and the download from the hub failed '
        f"({why}); try again, or name a local folder"
    )


def _tokenizer(text: str, path: Path) -> "Tokenizer":
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise UserMistake(
            f"embeddings need a package that is not installed ({error.name}); run {INSTALL_HINT}"
        ) from error
    try:
        found = Tokenizer.from_str(text)
    except Exception as error:  # noqa: BLE001 - tokenizers raises no narrower one
        raise UserMistake(
            f"{path}: is not a tokenizer ({error}), "
            "must be a tokenizer.json of the package tokenizers"
        ) from error
    found.no_padding()
    found.no_truncation()
    return found


def _mean_embedder(
    tokenizer: "Tokenizer", tensors: Mapping[str, NDArray[np.float32]], path: Path
) -> Embed:
    """Return the embedder, with model2vec's weights and mapping of words to rows if present."""
    table = next((tensors[name] for name in _TABLES if name in tensors), None)
    if table is None or table.ndim != 2:
        raise UserMistake(
            f"{path}: has no table of vectors, must have one called {' or '.join(_TABLES)}"
        )
    vectors = table.astype(np.float32)
    if "mapping" in tensors:
        vectors = vectors[tensors["mapping"].astype(np.int64)]
    if "weights" in tensors:
        vectors = vectors * tensors["weights"].astype(np.float32)[:, None]
    if len(vectors) < tokenizer.get_vocab_size():
        raise UserMistake(
            f"{path}: has {len(vectors)} vectors for {tokenizer.get_vocab_size()} words, "
            "must have one for each"
        )

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        found = np.zeros((len(texts), vectors.shape[1]), np.float32)
        for mean, encoded in zip(
            found, tokenizer.encode_batch_fast(list(texts), add_special_tokens=False), strict=True
        ):
            if encoded.ids:
                mean[:] = vectors[encoded.ids].mean(axis=0)
        lengths = np.sqrt((found**2).sum(axis=1, keepdims=True))
        found /= np.where(lengths > 0, lengths, 1)
        return found

    return embed
