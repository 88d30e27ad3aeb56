"""The loss in parts is the whole cross-entropy, and so is its gradient."""

import pytest

torch = pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")

from trainer import loss  # noqa: E402


@pytest.mark.parametrize("at_once", [3, 7, 100])
def test_loss_and_gradient_are_those_of_cross_entropy(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(loss, "AT_ONCE", at_once)
    torch.manual_seed(0)
    logits = torch.randn(20, 50, requires_grad=True)
    labels = torch.randint(50, (20,))
    labels[[2, 3, 11]] = -100
    whole = torch.nn.functional.cross_entropy(logits, labels, reduction="sum") * 0.3
    (wanted,) = torch.autograd.grad(whole, logits)
    found = loss.summed(logits.clone(), labels) * 0.3
    (gradient,) = torch.autograd.grad(found, logits)
    assert torch.allclose(found, whole)
    assert torch.allclose(gradient, wanted, atol=1e-6)


def test_bfloat16_logits_are_summed_in_float32() -> None:
    torch.manual_seed(0)
    logits, labels = torch.randn(30, 40).bfloat16(), torch.randint(40, (30,))
    assert torch.allclose(loss.summed(logits.clone(), labels), torch.nn.functional.cross_entropy(logits.float(), labels, reduction="sum"))


def test_nothing_learnt_is_no_loss_and_no_gradient() -> None:
    logits = torch.zeros(0, 5, requires_grad=True)
    found = loss.summed(logits * 1, torch.zeros(0, dtype=torch.long))
    torch.autograd.backward(found)
    assert found.item() == 0
