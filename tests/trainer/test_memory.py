"""Memory by the formula, held against what a real student keeps for its backward pass."""

from importlib.resources import files

import pytest

from tests.trainer.students import SHAPES, causal, tiny, true

pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")

import torch

from factory.core import student_presets
from factory.core.training_settings import TrainSettings
from trainer import layers, lora, memory
from trainer.fill import fill

GB = 1e9


def settings(name: str, **changes: object) -> TrainSettings:
    return TrainSettings.model_validate(changes).filled([one for one in student_presets.all_presets() if one.name == name])


def kept(name: str, chosen: TrainSettings) -> float:
    """Bytes a token that autograd keeps, measured: the growth from 96 tokens to 160."""
    from peft import LoraConfig, get_peft_model

    whole = causal(tiny(name))
    config = LoraConfig(r=chosen.rank, target_modules=list(chosen.modules), lora_dropout=chosen.dropout)
    model = get_peft_model(whole, config)
    lora.quicken(model)
    model.enable_input_require_grads()
    few, many = (_saved(model.train(), tokens) for tokens in (96, 160))
    return (many - few) / 64


def _saved(model: torch.nn.Module, tokens: int) -> int:
    weights = {one.untyped_storage().data_ptr() for one in model.parameters()}
    seen: dict[int, torch.Tensor] = {}  # holding on to each, lest its address be given to another

    def keep(one: torch.Tensor) -> torch.Tensor:
        if one.untyped_storage().data_ptr() not in weights:
            seen[one.untyped_storage().data_ptr()] = one
        return one

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda one: one):
        model.base_model.model.model(input_ids=torch.arange(tokens)[None] % 64)  # type: ignore[union-attr, operator]
    return sum(one.untyped_storage().nbytes() for one in seen.values())


@pytest.mark.parametrize("dropout", [0.0, 0.05])
@pytest.mark.parametrize("name", SHAPES)
def test_a_tokens_activations_are_those_that_autograd_keeps(name: str, dropout: float) -> None:
    chosen = settings(name, dropout=dropout, rank=8)
    found = memory.memory_of(layers.outline_of(tiny(name), name), chosen, memory.Store(False, 4))
    whole = found.kept + found.capped * (96 + 160)  # scores grow with the square
    assert whole == pytest.approx(kept(name, chosen), rel=0.12)


def test_an_adapters_numbers_cost_sixteen_bytes_each() -> None:
    from peft import LoraConfig, get_peft_model

    chosen = settings("Phi-4-mini", rank=8)
    model = get_peft_model(causal(tiny("Phi-4-mini")), LoraConfig(r=8, target_modules=list(chosen.modules)))
    numbers = sum(one.numel() for one in model.parameters() if one.requires_grad)
    outline = layers.outline_of(tiny("Phi-4-mini"), "")
    assert memory.memory_of(outline, chosen, memory.Store(False)).adapter == 16 * numbers


def test_four_bits_keep_the_head_and_the_embeddings_whole() -> None:
    outline = layers.outline_of(true("Llama-3.x-8B"), "")
    small, whole = (memory.memory_of(outline, settings("Llama-3.x-8B"), memory.Store(four)).weights / GB for four in (True, False))
    assert (round(small, 1), round(whole, 1)) == (5.7, 16.1)


def test_tokens_within_are_the_most_that_fit() -> None:
    found = memory.memory_of(layers.outline_of(true("Qwen2.5-3B"), ""), settings("Qwen2.5-3B"), memory.Store(True))
    for free in (3e9, 12e9, 70e9):
        tokens = found.tokens_within(int(free), 1024, False)
        assert found.needed(tokens, tokens, 1024, False) <= free < found.needed(tokens + 2, tokens + 2, 1024, False)


def test_no_token_fits_where_the_weights_do_not() -> None:
    found = memory.memory_of(layers.outline_of(true("Qwen2.5-3B"), ""), settings("Qwen2.5-3B"), memory.Store(True))
    assert found.tokens_within(int(1e9), 1024, True) == 0


def table(name: str) -> str:
    """GB for one row by rank and length, as a GPU keeps numbers."""
    rows = []
    for rank in (8, 16, 64):
        chosen = settings(name, rank=rank)
        found = memory.memory_of(layers.outline_of(true(name), name), chosen, memory.Store(chosen.quantize))
        sizes = "  ".join(f"{found.needed(n, n, n, True) / GB:5.1f}" for n in (512, 1024, 2048, 4096))
        rows.append(f"# memory        rank {rank:>2}: {sizes}\n")
    return "".join(rows)


@pytest.mark.parametrize("name", SHAPES)
def test_the_tables_of_the_presets_are_what_the_formula_says(name: str) -> None:
    assert f'name = "{name}"\n{table(name)}' in files("data").joinpath("students.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("backend", "most"), [("trl", 2048), ("unsloth", 512)])
def test_a_pack_of_unsloth_is_no_longer_than_the_student_can_read(base: str, backend: str, most: int) -> None:
    asked = layers.fitted(base, TrainSettings(backend=backend))
    assert fill(asked, [40] * 100, 0.2, 10**12).tokens == most
    assert fill(layers.fitted(base, TrainSettings(backend=backend, micro_batch_tokens=2048)), [40] * 100, 0.2, 10**12).tokens == most


@pytest.mark.skipif(torch.cuda.is_available(), reason="a card's memory is counted by tensors")
@pytest.mark.parametrize("free", [1.2e9, 1.6e9, 2.2e9, 3e9])
def test_a_process_that_takes_a_third_more_than_its_tensors_fits_into_a_machines_memory(free: float) -> None:
    outline = layers.outline_of(true("SmolLM2-135M"), "")
    chosen = settings("SmolLM2-135M", quantize=False)
    full = fill(layers.Fitted(outline, (), chosen), [256] * 100, 0.25, int(free))
    needed = memory.memory_of(outline, chosen, memory.Store(False, 4)).needed(full.tokens, full.tokens // 4, 256, full.checkpointing)
    assert full.tokens > 256
    assert needed * 4 / 3 <= free
