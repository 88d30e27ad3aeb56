"""A student's tokenizer as it is shipped: with its template, and marked as what it is."""

import json
from collections.abc import Mapping
from pathlib import Path

from transformers import PreTrainedTokenizerBase

from trainer import chat

LOCAL = ("name_or_path", "is_local", "local_files_only")  # of the machine that loaded it


def save_tokenizer(tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Its template has the switches of training built in: a server that knows nothing of them asks as it was trained."""
    if isinstance(tokenizer.chat_template, str):
        tokenizer.chat_template = settled(tokenizer.chat_template, chat.options(tokenizer))
    tokenizer.save_pretrained(folder)
    _mark_bytes(folder / "tokenizer.json")
    _forget_machine(folder / "tokenizer_config.json")


def settled(template: str, options: Mapping[str, bool]) -> str:
    lines = "".join(f"{{% set {name} = {str(value).lower()} %}}" for name, value in options.items())
    return template if template.startswith(lines) else lines + template


def _mark_bytes(path: Path) -> None:
    """transformers 5.17 marks the byte-level BPE that it reads from a GGUF as one that falls back to bytes.

    It writes the same tokens either way, but llama.cpp's converter would take it for SentencePiece and write a GGUF that does not.
    """
    if not path.is_file():
        return
    found = json.loads(path.read_text(encoding="utf-8"))
    model, before = found["model"], found["pre_tokenizer"] or {}
    if model["type"] != "BPE" or not model.get("byte_fallback") or before.get("type") != "ByteLevel":
        return
    model["byte_fallback"] = False
    found["decoder"] = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")


def _forget_machine(path: Path) -> None:
    found = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({k: v for k, v in found.items() if k not in LOCAL}, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
