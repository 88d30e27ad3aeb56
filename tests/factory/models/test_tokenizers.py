"""Token counts are exact with the teacher's tokenizer, for a text and for a span of one."""

import struct
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, pre_tokenizers
from tokenizers.models import BPE

from factory.core.recipe import Recipe
from factory.core.settings import ChunkSettings
from factory.documents.chunker import chunk, sections
from factory.documents.reader import normalise
from factory.models import gguf
from factory.models.tokenizers import (
    ESTIMATE,
    TokenCounter,
    gguf_token_counter,
    token_count,
    token_counter_for,
)
from tests.world import LAW, document, mistake

SPLIT = {
    "qwen2": [
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ],
    "llama-bpe": [
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ],
    "gpt-2": [r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"],
    "smollm": [
        r"\p{N}",
        r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    ],
}
MERGES = [
    "t r",
    "tr a",
    "tra m",
    "Ġ tram",
    "Ġ Ġ",
    "ĠĠ ĠĠ",
    "Ċ Ċ",
    "d e",
    "de p",
    "Ġ d",
    "1 2",
    "12 3",
    ". Ċ",
]
WORDS = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *(m.replace(" ", "") for m in MERGES)]
LETTERS = (
    "tram DEPOTdepot 123½Ⅷ٤éñ\u0301ſ'sS.,-_§|#\n\r\t\x0b\x1c\x85\xa0\u2028\u3000😀👩日の本ملا€"
)
FRAGMENTS = st.sampled_from([*LETTERS, " tram", "  ", "\n\n", "'S", "'ll", ". ", " depot"])
TEXTS = st.lists(FRAGMENTS | st.characters(codec="utf-8"), max_size=60)
SIZES = st.integers(4, 40)


def string(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def strings(key: str, texts: Sequence[str]) -> bytes:
    return string(key) + struct.pack("<IIQ", 9, 8, len(texts)) + b"".join(map(string, texts))


def write_gguf(path: Path, pre: str) -> Path:
    named = [
        string(f"tokenizer.ggml.{key}") + struct.pack("<I", 8) + string(value)
        for key, value in (("model", "gpt2"), ("pre", pre))
    ]
    numbers = (
        string("odd.numbers")
        + struct.pack("<IIQ3i", 9, 5, 3, 1, -2, 3)
        + string("odd.real")
        + struct.pack("<Id", 12, 0.5)
    )
    parts = [
        *named,
        numbers,
        strings("tokenizer.ggml.tokens", WORDS),
        strings("tokenizer.ggml.merges", MERGES),
    ]
    path.write_bytes(struct.pack("<4sIQQ", b"GGUF", 3, 0, 6) + b"".join(parts))
    return path


@pytest.fixture(scope="module", params=sorted(SPLIT))
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TokenCounter, Tokenizer]:
    """What is counted here, and the same tokenizer as the library splits for it."""
    pre = str(request.param)
    found = gguf_token_counter(write_gguf(tmp_path_factory.mktemp("gguf") / f"{pre}.gguf", pre), 0)
    if found is None:
        raise ValueError(pre)
    pairs = [(a, b) for a, b in (m.split(" ") for m in MERGES)]
    reference = Tokenizer(
        BPE({w: n for n, w in enumerate(WORDS)}, pairs, ignore_merges=pre == "llama-bpe")
    )
    cuts = [pre_tokenizers.Split(Regex(r), "isolated") for r in SPLIT[pre]]
    reference.pre_tokenizer = pre_tokenizers.Sequence(
        [*cuts, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    return found, reference


def alone(reference: Tokenizer, text: str) -> int:
    return len(reference.encode(text, add_special_tokens=False))


@LAW
@given(st.lists(FRAGMENTS, max_size=80).map("".join))
def test_a_text_is_counted_as_the_library_counts_it(
    both: tuple[TokenCounter, Tokenizer], text: str
) -> None:
    found, reference = both
    assert found.count(text) == alone(reference, text)


@LAW
@given(TEXTS.map("".join), st.data())
def test_a_stretch_is_counted_as_if_it_stood_alone(
    both: tuple[TokenCounter, Tokenizer], text: str, data: st.DataObject
) -> None:
    found, _ = both
    of = found.of(text)
    for _ in range(3):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, len(text)))
        assert of(start, end) == found.count(text[start:end])


def test_a_text_beyond_the_window_is_counted_whole(both: tuple[TokenCounter, Tokenizer]) -> None:
    found, reference = both
    text = "The tram, 1234 of them:  depot\n\n" * 9000
    assert found.of(text)(3, len(text)) == alone(reference, text[3:])


@LAW
@given(TEXTS.map("".join).map(normalise), SIZES, st.integers(0, 2))
def test_every_chunk_is_within_the_size_and_nothing_but_space_lies_between(
    both: tuple[TokenCounter, Tokenizer], text: str, size: int, overlap: int
) -> None:
    found, reference = both
    settings = ChunkSettings.model_construct(tokens=size, overlap=overlap * size // 4)
    chunks = chunk(document(text), settings, found)
    assert [c.shown for c in chunks if alone(reference, c.shown) > size] == []
    assert [c.text for c in chunks] == [text[c.start : c.end] for c in chunks]
    assert all(
        a.start < b.start and a.end < b.end for a, b in zip(chunks, chunks[1:], strict=False)
    )
    chunked = {place for c in chunks for place in range(c.start, c.end)}
    parts = sections(text, document().ref.name)
    assert [
        n
        for s in parts
        for n in range(s.start, s.end)
        if n not in chunked and not text[n].isspace()
    ] == []


def test_a_gguf_says_what_was_asked_for_and_nothing_else(tmp_path: Path) -> None:
    found = gguf.read_gguf_metadata(
        write_gguf(tmp_path / "a.gguf", "qwen2"), ("odd.numbers", "odd.real", "tokenizer.ggml.pre")
    )
    assert found == {"tokenizer.ggml.pre": "qwen2", "odd.numbers": (1, -2, 3), "odd.real": 0.5}


@pytest.mark.parametrize(
    "content",
    [b"no GGUF, but long enough for its head", b"GGUF", struct.pack("<4sIQQ", b"GGUF", 3, 0, 5)],
)
def test_what_is_no_whole_gguf_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.gguf").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.gguf"):
        gguf.read_gguf_metadata(tmp_path / "a.gguf", ())


def recipe(model: str, **chunks: object) -> Recipe:
    given = {
        "documents": {"paths": ["d"]},
        "student": {"base": "x"},
        "teachers": [{"name": "a", "model": model}],
        "chunks": chunks,
    }
    return Recipe.model_validate(given)


def test_a_local_teachers_tokens_are_those_of_its_file(tmp_path: Path) -> None:
    write_gguf(tmp_path / "own.gguf", "qwen2")
    assert token_counter_for(recipe("local/own.gguf"), tmp_path).name == "those of own.gguf"


@pytest.mark.parametrize(
    "model", ["local/away.gguf", "local/odd.gguf", "anthropic/claude-x", "openai/no-such-model"]
)
def test_where_no_tokenizer_is_at_hand_tokens_are_estimated(tmp_path: Path, model: str) -> None:
    write_gguf(tmp_path / "odd.gguf", "another-way")
    assert token_counter_for(recipe(model), tmp_path) is ESTIMATE


def test_a_tokenizer_of_the_recipes_own_counts_for_any_teacher(
    tmp_path: Path, both: tuple[TokenCounter, Tokenizer]
) -> None:
    both[1].save(str(tmp_path / "tokenizer.json"))
    found = token_counter_for(recipe("anthropic/claude-x", tokenizer="."), tmp_path)
    assert found.count("tram tram") == alone(both[1], "tram tram")


def test_a_tokenizer_that_cant_be_read_is_the_users_mistake(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text("{}")
    said = mistake(lambda: token_counter_for(recipe("anthropic/x", tokenizer="t.json"), tmp_path))
    assert said.startswith('chunks.tokenizer = "t.json": can\'t be read (')


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("tram", 1), ("a b c d e f", 8), ("x" * 400, 100)]
)
def test_tokens_are_estimated_by_characters_or_words_whichever_gives_more(
    text: str, tokens: int
) -> None:
    assert token_count(text) == tokens
