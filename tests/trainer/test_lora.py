"""The quick adapter layer computes what PEFT's does, forwards and backwards."""

from pathlib import Path
from typing import Any

import pytest

from tests.trainer.students import causal, tiny

torch = pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")

from peft import LoraConfig, PeftModel, get_peft_model  # noqa: E402

from trainer import learner, lora  # noqa: E402


def adapted(name: str, quick: bool) -> PeftModel:
    torch.manual_seed(0)
    config = LoraConfig(r=4, lora_alpha=6, target_modules="all-linear", task_type="CAUSAL_LM")
    model = get_peft_model(causal(tiny(name)), config)
    for weight in model.parameters():
        if weight.requires_grad:
            torch.nn.init.normal_(weight, std=0.3)
    if quick:
        lora.quicken(model)
    return model


def learnt(model: PeftModel) -> tuple[Any, list[Any]]:
    logits = model(input_ids=torch.arange(24).view(2, 12)).logits
    logits.float().logsumexp(-1).sum().backward()
    return logits.detach(), [one.grad for one in model.parameters() if one.requires_grad]


@pytest.mark.parametrize("name", ["Qwen2.5-3B", "Phi-4-mini", "Gemma-2-9B"])
def test_logits_and_gradients_are_pefts(name: str) -> None:
    (plain, wanted), (quick, found) = (learnt(adapted(name, quick)) for quick in (False, True))
    assert torch.allclose(plain, quick, atol=1e-4)
    assert all(torch.allclose(one, other, rtol=1e-3, atol=1e-4) for one, other in zip(wanted, found, strict=True))


def test_dropout_leaves_out_a_share_of_what_the_adapter_sees_and_nothing_of_what_the_base_does() -> None:
    layer: Any = torch.nn.Sequential(torch.nn.Linear(400, 3))
    model: Any = get_peft_model(layer, LoraConfig(r=2, target_modules=["0"], lora_dropout=0.25))
    quick = model.base_model.model[0]
    torch.nn.init.ones_(quick.lora_A["default"].weight)
    torch.nn.init.ones_(quick.lora_B["default"].weight)
    lora.quicken(model)
    x = torch.ones(50, 400, requires_grad=True)
    out = quick(x) - layer[0].get_base_layer()(x)
    assert out.std() > 0
    assert float(out.mean()) == pytest.approx(400 * 2 * quick.scaling["default"], rel=0.02)
    out.sum().backward()
    assert x.grad is not None


def test_an_adapter_switched_off_is_off() -> None:
    model = adapted("Qwen2.5-3B", quick=True)
    ids = torch.arange(12)[None]
    with model.disable_adapter():
        off = model(input_ids=ids).logits
    assert torch.equal(off, causal_alone(ids))


def causal_alone(ids: Any) -> Any:  # noqa: ANN401
    torch.manual_seed(0)
    return causal(tiny("Qwen2.5-3B"))(input_ids=ids).logits


def test_four_bits_unpacked_are_the_same_numbers(tmp_path: Path) -> None:
    pytest.importorskip("bitsandbytes", reason="four bits need bitsandbytes: pip install docstill[train]")
    from trainer import student

    torch.manual_seed(0)
    causal(tiny("Qwen2.5-3B")).save_pretrained(tmp_path)
    student_tokens = torch.arange(16)[None].to(student.device_here())
    model = student._load_model(str(tmp_path), student._nf4())
    packed = model(input_ids=student_tokens).logits
    learner.unpack(model)
    assert not any("4bit" in type(one).__name__ for one in model.modules())
    close = 1e-5 if packed.dtype == torch.float32 else 1e-2 * float(packed.abs().max())  # sums in another order
    assert torch.allclose(model(input_ids=student_tokens).logits, packed, atol=close)


def test_in_bfloat16_gradients_are_as_near_to_float32_as_pefts() -> None:
    def error(quick: bool) -> float:
        models = narrow(None, False), narrow(torch.bfloat16, quick)
        wanted, found = (torch.cat([one.float().flatten() for one in learnt(model)[1]]) for model in models)
        return float((wanted - found).norm() / wanted.norm())

    assert error(quick=True) <= 1.5 * error(quick=False) < 0.05


def narrow(dtype: Any, quick: bool) -> PeftModel:  # noqa: ANN401
    """A base in that precision, adapters in float32 and small, as a training has them."""
    torch.manual_seed(0)
    base: Any = causal(tiny("Qwen2.5-3B"))
    config = LoraConfig(r=4, lora_alpha=6, target_modules="all-linear", task_type="CAUSAL_LM")
    model = get_peft_model(base.to(dtype) if dtype else base, config)
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = torch.randn(weight.shape) * 0.05
    if quick:
        lora.quicken(model)
    return model
