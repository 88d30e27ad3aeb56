"""A GGUF's tokenizer as llama.cpp reads it: what transformers 5.17 leaves out or marks wrongly when it takes one out of the file."""

import json
import os
from pathlib import Path

from gguf import GGUFReader

# Names of pre-tokenizers by which each digit stands alone before GPT-2's pattern is applied (llama.cpp, src/llama-vocab.cpp).
DIGITS_APART = ("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b")


MENDED = ".pretokens"  # in the folder made of a GGUF: the name of its pre-tokenizer, once its tokenizer is mended


def mend(folder: Path, gguf: Path) -> None:
    """Once, in the folder that was made of a GGUF.

    Without its digits apart SmolLM's tokenizer writes the empty line before "5.2" as two line breaks, where it was taught one token.
    """
    if (folder / MENDED).is_file():
        return
    field = GGUFReader(gguf).fields.get("tokenizer.ggml.pre")
    pre = str(field.contents()) if field else ""
    mend_tokenizer(folder / "tokenizer.json", pre)
    (folder / MENDED).write_text(pre + "\n", encoding="utf-8")


def mend_tokenizer(path: Path, pre: str) -> None:
    """Of byte-level BPE alone. It is marked as falling back to bytes: llama.cpp's converter would take it for SentencePiece."""
    if not path.is_file():
        return
    found = json.loads(path.read_text(encoding="utf-8"))
    model, before = found["model"], found["pre_tokenizer"] or {}
    if model["type"] != "BPE" or before.get("type") != "ByteLevel":
        return
    if model.get("byte_fallback"):
        model["byte_fallback"] = False
        found["decoder"] = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    if pre in DIGITS_APART:
        found["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, before]}
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(part, path)
