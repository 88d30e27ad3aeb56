"""A run of the fictional tram company, and a student small enough to train in a test."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SAID = "Excerpt Question When does the depot open opens at six seven eight nine It"
WORDS = (*SAID.split(), ".", "?", ":", "\n", "user", "assistant", "system")


def row(number: int, **changes: str) -> dict[str, object]:
    hour = ("six", "seven", "eight", "nine")[number % 4]
    asked = changes.get("asked", f"Excerpt: the depot opens at {hour}. Question: When does the depot open?")
    return {
        "messages": [
            {"role": "user", "content": asked},
            {"role": "assistant", "content": changes.get("answer", f"It opens at {hour}.")},
        ],
        "meta": {"id": f"q{number}"},
    }


def write(path: Path, rows: Sequence[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    return path


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    write(folder / "train.jsonl", [row(number) for number in range(8)])
    write(folder / "test.jsonl", [row(number) for number in range(5)])
    return folder


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    torch = pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|unk|>"]
    vocabulary = {word: number for number, word in enumerate([*special, *WORDS])}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<|unk|>"))
    words.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split("\n", "isolated"), pre_tokenizers.Split(" ", "removed"), pre_tokenizers.Punctuation()]
    )
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=words, eos_token="<|endoftext|>", unk_token="<|unk|>", additional_special_tokens=special[1:3]
    )
    tokenizer.chat_template = TEMPLATE
    torch.manual_seed(0)
    model = LlamaForCausalLM(  # type: ignore[no-untyped-call]
        LlamaConfig(
            vocab_size=len(vocabulary),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            max_position_embeddings=512,
            bos_token_id=1,
            eos_token_id=0,
            pad_token_id=0,
        )
    )
    folder = tmp_path_factory.mktemp("base")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def plant_adapter(run: Path, base: str) -> None:
    """RUN/adapter as `train` leaves it, of chance instead of lessons: far enough from its base to be told apart."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(1)
    settings = LoraConfig(r=4, lora_alpha=4, target_modules=["q_proj", "v_proj", "up_proj", "down_proj"], task_type="CAUSAL_LM")
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(base), settings)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.3)
    model.save_pretrained(str(run / "adapter"))
    AutoTokenizer.from_pretrained(base).save_pretrained(run / "adapter")
