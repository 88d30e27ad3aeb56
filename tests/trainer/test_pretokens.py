"""A tokenizer out of a GGUF, as transformers leaves it and as it is mended."""

import json
from pathlib import Path

import pytest
import tokenizers

pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")

from trainer.pretokens import mend_tokenizer


def left_by_transformers(folder: Path) -> Path:
    """Byte-level BPE whose one merge joins two line breaks."""
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    vocabulary = {letter: number for number, letter in enumerate([*sorted(alphabet), "ĊĊ"])}
    model = tokenizers.models.BPE(vocab=vocabulary, merges=[("Ċ", "Ċ")], byte_fallback=True)
    made = tokenizers.Tokenizer(model)
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.save(str(folder / "tokenizer.json"))
    return folder / "tokenizer.json"


def pieces(path: Path, text: str) -> list[str]:
    return list(tokenizers.Tokenizer.from_file(str(path)).encode(text).tokens)


def test_digits_stand_apart_where_the_file_says_so(tmp_path: Path) -> None:
    path = left_by_transformers(tmp_path)
    assert pieces(path, "\n\n5") == ["Ċ", "Ċ", "5"]
    mend_tokenizer(path, "smollm")
    assert pieces(path, "\n\n5") == ["ĊĊ", "5"]


def test_the_pattern_of_other_files_stays(tmp_path: Path) -> None:
    path = left_by_transformers(tmp_path)
    mend_tokenizer(path, "gpt-2")
    assert pieces(path, "\n\n5") == ["Ċ", "Ċ", "5"]


def test_a_byte_level_tokenizer_is_marked_as_one_and_mended_once(tmp_path: Path) -> None:
    path = left_by_transformers(tmp_path)
    mend_tokenizer(path, "smollm")
    once = path.read_bytes()
    assert not json.loads(once)["model"]["byte_fallback"]
    mend_tokenizer(path, "smollm")
    assert path.read_bytes() == once
    made = tokenizers.Tokenizer.from_file(str(path))
    assert made.decode(made.encode("café\n\n5").ids) == "café\n\n5"


def test_a_tokenizer_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel({"a": 0}, unk_token="a"))
    made.save(str(tmp_path / "tokenizer.json"))
    before = (tmp_path / "tokenizer.json").read_bytes()
    mend_tokenizer(tmp_path / "tokenizer.json", "smollm")
    assert (tmp_path / "tokenizer.json").read_bytes() == before
