"""The loss: cross-entropy over a large vocabulary, in float32 but a part at a time."""

from typing import Any

import torch

from trainer.chat import IGNORED

AT_ONCE = 2048  # logits in float32 at once, in tokens: 1.2 GB over 152,000 words


class _Summed(torch.autograd.Function):
    """Keeps the logits as they came and turns them into their own gradient, so that no second copy of them ever stands in memory."""

    @staticmethod
    def forward(ctx: Any, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:  # noqa: ANN401
        lifts = torch.empty(len(labels), dtype=torch.float32, device=logits.device)
        total = torch.zeros((), dtype=torch.float32, device=logits.device)
        for start in range(0, len(labels), AT_ONCE):
            part, wanted = logits[start : start + AT_ONCE].float(), labels[start : start + AT_ONCE]
            lift = part.logsumexp(dim=-1)
            said = part.gather(1, wanted.clamp(min=0)[:, None])[:, 0]
            total += ((lift - said) * (wanted != IGNORED)).sum()
            lifts[start : start + AT_ONCE] = lift
        ctx.save_for_backward(logits, labels, lifts)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:  # noqa: ANN401
        logits, labels, lifts = ctx.saved_tensors
        for start in range(0, len(labels), AT_ONCE):
            rows = slice(start, start + AT_ONCE)
            part, wanted = (logits[rows].float() - lifts[rows, None]).exp_(), labels[rows]
            part.scatter_add_(1, wanted.clamp(min=0)[:, None], torch.full_like(part[:, :1], -1.0))
            logits[rows] = part.mul_(gradients[0] * (wanted != IGNORED)[:, None]).to(logits.dtype)
        return logits, None


def summed(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross-entropy in nats, summed over the labels that are not IGNORED; logits (tokens, words) are gone after the backward pass."""
    return _Summed.apply(logits, labels)  # type: ignore[no-any-return, no-untyped-call]
