"""A student's tokenizer as it is shipped: with its template, and marked as what it is."""

import json
from collections.abc import Mapping
from pathlib import Path

from transformers import PreTrainedTokenizerBase

from trainer import template
from trainer.pretokens import mend_tokenizer

LOCAL = ("name_or_path", "is_local", "local_files_only")  # of the machine that loaded it


def save_tokenizer(tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Its template has built in what training set: no thinking, one date, a place for the system message. A server that knows
    nothing of them then asks as it was trained."""
    if tokenizer.chat_template:
        text = template.template_of(tokenizer).text
        tokenizer.chat_template = settled(text, template.options(tokenizer), template.prelude(tokenizer))
    tokenizer.save_pretrained(folder)
    mend_tokenizer(folder / "tokenizer.json", "")  # of an adapter that an earlier docstill trained
    _forget_machine(folder / "tokenizer_config.json")


def settled(text: str, options: Mapping[str, bool], more: str = "") -> str:
    lines = "".join(f"{{% set {name} = {str(value).lower()} %}}" for name, value in options.items()) + more
    return text if text.startswith(lines) else lines + text


def _forget_machine(path: Path) -> None:
    found = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({k: v for k, v in found.items() if k not in LOCAL}, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
