"""Packed examples are answered as they would be alone, or packing is refused."""

from typing import Any

import pytest

from factory.core.errors import UserMistake
from tests.trainer.students import causal, tiny

torch = pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")

from transformers import AutoConfig  # noqa: E402

from factory.core.training_settings import TrainSettings  # noqa: E402
from trainer import attention, learner  # noqa: E402
from trainer.batches import Form, collated  # noqa: E402

LENGTHS = (9, 30, 1, 17)
WINDOWS: dict[str, dict[str, object]] = {  # narrower than the longest example
    "Qwen2.5-3B": {"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 2},
    "Phi-4-mini": {"sliding_window": 8},
    "Gemma-2-9B": {"attn_logit_softcapping": None, "sliding_window": 8},
}


def student(name: str, dtype: Any, **changes: object) -> Any:  # noqa: ANN401
    torch.manual_seed(0)
    config = AutoConfig.for_model(**(tiny(name).to_dict() | changes))
    model: Any = causal(config)
    return model.to(device="cuda" if torch.cuda.is_available() else "cpu", dtype=dtype)


def examples() -> list[Any]:
    chance = torch.Generator().manual_seed(1)
    return [torch.randint(64, (length,), generator=chance) for length in LENGTHS]


@torch.no_grad()  # type: ignore[untyped-decorator]
def apart(model: Any) -> float:  # noqa: ANN401
    """Largest difference between the logits of packed examples and of the same ones alone."""
    alone = torch.cat([model(input_ids=one[None].to(model.device)).logits[0] for one in examples()])
    assert attention.obstacle(model) is None
    batch = collated([(one, torch.zeros(len(one), dtype=torch.bool)) for one in examples()], Form())
    given = {key: batch[key] for key in batch if key not in ("labels", "logits_to_keep")}
    given = {key: one.to(model.device) if isinstance(one, torch.Tensor) else one for key, one in given.items()}
    packed = model(**given, use_cache=False).logits[0]
    return float((packed - alone).abs().max())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32], ids=["bfloat16", "float32"])
@pytest.mark.parametrize("name", ["SmolLM2-135M", "Llama-3.x-8B", "Qwen2.5-3B", "Qwen3-4B", "Phi-4-mini"])
def test_logits_of_packed_examples_are_those_of_examples_alone(name: str, dtype: Any) -> None:  # noqa: ANN401
    assert apart(student(name, dtype)) <= (1e-2 if dtype == torch.bfloat16 else 1e-4)


@pytest.mark.parametrize("name", WINDOWS)
def test_a_window_stays_as_wide_as_it_was(name: str) -> None:
    assert apart(student(name, torch.float32, **WINDOWS[name])) <= 1e-4


@pytest.mark.parametrize(
    ("name", "reason"), [("Gemma-2-9B", "caps its scores softly"), ("Qwen3.5-9B", "linear_attention carry what was read")]
)
def test_what_cannot_be_isolated_is_told_and_left_as_it_was(name: str, reason: str) -> None:
    model = student(name, torch.float32)
    before = model.config._attn_implementation
    assert reason in str(attention.obstacle(model))
    assert model.config._attn_implementation == before


def test_an_unknown_layer_that_carries_something_over_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    model = student("SmolLM2-135M", torch.float32)
    layer = model.model.layers[1].mlp
    inner = layer.forward
    monkeypatch.setattr(layer, "forward", lambda x: inner(x + x.roll(1, dims=1)))
    assert "answered differently" in str(attention.obstacle(model))


def test_packing_asked_for_by_name_is_refused_where_it_cannot_be() -> None:
    model = student("Gemma-2-9B", torch.float32)
    with pytest.raises(UserMistake, match=r"\[train\] packing = true: g can't keep packed examples apart, because its attention caps"):
        learner._isolating(model, TrainSettings(packing=True), "g")
    assert learner._isolating(model, TrainSettings(), "g") is False


def test_padded_rows_are_answered_as_before_through_the_same_attention() -> None:
    model = student("Qwen3-4B", torch.float32)
    rows = examples()
    ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_side="left").to(model.device)
    ones = [torch.ones(len(one)) for one in rows]
    mask = torch.nn.utils.rnn.pad_sequence(ones, batch_first=True, padding_side="left").long().to(model.device)
    before = model(input_ids=ids, attention_mask=mask).logits
    assert attention.obstacle(model) is None
    assert torch.allclose(model(input_ids=ids, attention_mask=mask).logits[mask.bool()], before[mask.bool()], atol=1e-5)
