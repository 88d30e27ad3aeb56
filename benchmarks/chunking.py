"""Chunking with exact token sizes beside semchunk and chonkie, on the same texts with the same tokenizer, on one core.

    python benchmarks/chunking.py --data ../shared/data --model MODEL.gguf

Where semchunk or chonkie is missing (pip install semchunk chonkie), it says so. MB are 10^6 bytes of UTF-8; the best of the passes counts.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # before this folder, whose filters.py is another one
os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from tokenizers import Regex, Tokenizer  # noqa: E402 - after the number of threads
from tokenizers.models import BPE  # noqa: E402
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split  # noqa: E402

from factory.core.records import Document  # noqa: E402
from factory.core.settings import ChunkSettings, DocumentSettings  # noqa: E402
from factory.documents.chunker import chunk  # noqa: E402
from factory.documents.reader import read_documents  # noqa: E402
from factory.models import gguf  # noqa: E402
from factory.models.tokenizers import TokenCounter, gguf_token_counter  # noqa: E402

SIZE = 512
QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="a GGUF whose pre-tokenizer is qwen2")
    parser.add_argument("--megabytes", type=float, default=6)
    parser.add_argument("--passes", type=int, default=2)
    wanted = parser.parse_args()
    documents = _some(wanted.data.resolve() / "documents", wanted.megabytes)
    texts = [d.text for d in documents]
    megabytes = sum(len(t.encode()) for t in texts) / 1e6
    print(f"{len(texts)} documents, {megabytes:.1f} MB, chunks of at most {SIZE} tokens")
    reference = _tokenizer(wanted.model)

    def count(text: str) -> int:
        return len(reference.encode(text, add_special_tokens=False))

    own = gguf_token_counter(wanted.model, 0)
    if own is None:
        raise SystemExit(f"{wanted.model}: its pre-tokenizer is none of those known, name another GGUF")
    fresh = own.fresh
    ways: dict[str, Callable[[], object]] = {
        "counting alone, tokenizers": lambda: [reference.encode_batch_fast([t]) for t in texts],
        "counting alone, docstill": lambda: list(map(fresh().count, texts)),
        "docstill": lambda: _chunked(documents, fresh()),
        # semchunk remembers counts by the function: a new one each pass
        "semchunk": lambda: list(map(import_module("semchunk").chunkerify(lambda text: count(text), SIZE), texts)),
        "chonkie recursive": lambda: list(map(import_module("chonkie").RecursiveChunker(reference, chunk_size=SIZE), texts)),
    }
    seconds = {name: took for name, way in ways.items() if (took := _best(name, way, wanted.passes))}
    for name, took in seconds.items():
        print(f"{name:28}{megabytes / took:8.2f} MB/s   docstill is {took / seconds['docstill']:.2f} times as fast")
    found = _chunked(documents, fresh())
    sizes = [count(text) for text in found]
    print(f"docstill: {len(found)} chunks, {sum(sizes) / len(sizes):.0f} tokens in the mean, {sum(n > SIZE for n in sizes)} over the size")


def _some(folder: Path, megabytes: float) -> list[Document]:
    """Documents of every set in turn, up to the size."""
    sets = [read_documents(DocumentSettings(paths=(str(one),)), folder)[0] for one in sorted(folder.iterdir()) if one.is_dir()]
    turns = sorted((place, number) for number, documents in enumerate(sets) for place in range(len(documents)))
    found: list[Document] = []
    size = 0
    for place, number in turns:
        if size < megabytes * 1e6:
            found.append(sets[number][place])
            size += len(found[-1].text.encode())
    return found


def _tokenizer(path: Path) -> Tokenizer:
    found = gguf.read_gguf_metadata(path, ("tokenizer.ggml.tokens", "tokenizer.ggml.merges"))
    words, merges = (tuple(map(str, found[f"tokenizer.ggml.{key}"])) for key in ("tokens", "merges"))
    tokenizer = Tokenizer(BPE({w: n for n, w in enumerate(words)}, [(a, b) for a, b in (m.split(" ") for m in merges)]))
    tokenizer.pre_tokenizer = Sequence([Split(Regex(QWEN), "isolated"), ByteLevel(add_prefix_space=False, use_regex=False)])
    return tokenizer


def _chunked(documents: list[Document], tokens: TokenCounter) -> list[str]:
    return [c.text for d in documents for c in chunk(d, ChunkSettings(tokens=SIZE), tokens)]


def _best(name: str, way: Callable[[], object], passes: int) -> float:
    """CPU seconds; 0 where a package is missing."""
    took = []
    for _ in range(passes):
        began = time.process_time()
        try:
            way()
        except ImportError as error:
            print(f"{name}: left out, {error.name} is missing (pip install {error.name})")
            return 0
        took.append(time.process_time() - began)
    return min(took)


if __name__ == "__main__":
    main()
