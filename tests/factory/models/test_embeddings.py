"""Sentence embeddings are read from a folder or the extra's package."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from factory.core.errors import StoppedEarly
from factory.core.schemas import Embed
from factory.models import embeddings
from tests.world import mistake

pytest.importorskip("safetensors")
pytest.importorskip("tokenizers")

WORDS = {"[UNK]": 0, "tram": 1, "wash": 2, "key": 3}


def embedder(name: str, home: Path = Path()) -> Embed:
    return embeddings.load_embedder(name, home, lambda _: None)


def folder(at: Path, words: dict[str, int] = WORDS, **tensors: object) -> Path:
    """A model as model2vec writes it."""
    from safetensors.numpy import save_file

    model = {"type": "WordLevel", "vocab": words, "unk_token": "[UNK]"}
    told = {
        "version": "1.0",
        "added_tokens": [],
        "pre_tokenizer": {"type": "Whitespace"},
        "model": model,
    }
    (at / "tokenizer.json").write_text(json.dumps(told), encoding="utf-8")
    save_file(
        {name: np.array(tensor, np.float32) for name, tensor in tensors.items()},
        at / "model.safetensors",
    )
    return at


def test_a_sentence_is_the_mean_of_its_words_at_length_1(tmp_path: Path) -> None:
    embed = embedder(
        folder(tmp_path, embeddings=[[0, 0], [3, 0], [0, 3], [1, 1]]).name, tmp_path.parent
    )
    assert np.round(10 * embed(["tram wash", "tram tram", ""])).tolist() == [
        [7, 7],
        [10, 0],
        [0, 0],
    ]


def test_weights_and_a_mapping_of_words_to_vectors_count(tmp_path: Path) -> None:
    embed = embedder(
        str(
            folder(
                tmp_path,
                embeddings=[[0, 0], [1, 0], [0, 1]],
                mapping=[0, 1, 2, 1],
                weights=[0, 2, 2, 0],
            )
        )
    )
    assert np.round(embed(["key tram", "wash"])).tolist() == [[1, 0], [0, 1]]


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    said = mistake(lambda: embedder("none", tmp_path))
    assert said.startswith("embeddings none: can't be read (")
    assert said.endswith("must hold tokenizer.json and model.safetensors")


def test_a_tokenizer_that_is_none_is_named(tmp_path: Path) -> None:
    folder(tmp_path, embeddings=[[0.0]])
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    assert mistake(lambda: embedder(str(tmp_path))).endswith(
        "must be a tokenizer.json of the package tokenizers"
    )


def test_a_model_without_a_table_is_named(tmp_path: Path) -> None:
    said = f"{tmp_path / 'model.safetensors'}: has no table of vectors, must have one called embeddings or embedding.weight"
    assert mistake(lambda: embedder(str(folder(tmp_path, other=[[0.0]])))) == said


def test_a_table_that_is_too_short_is_named(tmp_path: Path) -> None:
    said = f"{tmp_path / 'model.safetensors'}: has 1 vectors for 4 words, must have one for each"
    assert mistake(lambda: embedder(str(folder(tmp_path, embeddings=[[0.0]])))) == said


def test_a_name_of_the_hub_is_fetched_file_by_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = folder(tmp_path, embeddings=[[0, 0], [3, 0], [0, 3], [1, 1]])
    monkeypatch.setattr(
        "huggingface_hub.hf_hub_download",
        lambda repository, file: str(hub / file) if repository == "finch/words" else "",
    )
    assert embedder("finch/words", tmp_path / "away")(["tram"]).tolist() == [[1, 0]]


def test_a_folder_comes_before_a_name_of_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "finch/words").mkdir(parents=True)
    folder(tmp_path / "finch/words", embeddings=[[0, 0], [3, 0], [0, 3], [1, 1]])
    monkeypatch.setattr(
        "huggingface_hub.hf_hub_download", lambda *_: pytest.fail("the hub was asked")
    )
    assert embedder("finch/words", tmp_path)(["wash"]).tolist() == [[0, 1]]


def test_a_hub_that_can_not_be_reached_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: str) -> str:
        raise OSError("the hub can't be reached")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", unreachable)
    with pytest.raises(StoppedEarly) as stopped:
        embedder("finch/words", tmp_path)
    said = 'embeddings "finch/words": there is no such folder, and the download from the hub failed (the hub can\'t be reached)'
    assert str(stopped.value) == f"{said}; try again, or name a local folder"


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("factory.models.embeddings.find_spec", lambda _: None)
    said = 'embeddings bundled: their package is not installed; run pip install "docstill[paraphrases]"'
    assert mistake(lambda: embedder("bundled")) == said


@pytest.mark.skipif(not find_spec("wordllama"), reason="the extra paraphrases is not installed")
def test_the_bundled_table_tells_a_paraphrase_from_another_question() -> None:
    lost, told, paid = embedder("bundled")(
        [
            "Who must be told of a lost badge?",
            "Who has to be informed when a badge is lost?",
            "What is the charge for night work?",
        ]
    )
    assert (float(lost @ told) > 0.6, float(lost @ paid) < 0.3) == (True, True)
