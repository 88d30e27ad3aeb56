"""An adapter's layer in fewer passes over memory: base and low-rank product in one output, nothing kept that isn't needed."""

from functools import partial
from typing import Any, NamedTuple, cast

import torch
from peft import PeftModel
from peft.tuners.lora import LoraLayer
from torch.nn.functional import linear


class Base(NamedTuple):
    """Of one adapted layer: the base's, which stand still, and the adapter's scale."""

    layer: torch.nn.Linear
    scale: float


class _Adapted(torch.autograd.Function):
    """x W' + bias + scale (seen A') B', seen being x or x with dropout. PEFT's own way writes the wide low-rank product, its scaled
    copy and the sum beside the output, and casts x to float32 for float32 adapters; this keeps seen and seen A' and adds in place."""

    @staticmethod
    def forward(  # noqa: PLR0913 -- torch wants each tensor that may have a gradient by itself
        ctx: Any,  # noqa: ANN401 -- anything may be kept on it
        x: torch.Tensor,
        seen: torch.Tensor | None,
        down: torch.Tensor,
        up: torch.Tensor,
        base: Base,
    ) -> torch.Tensor:
        a, b = down.to(x.dtype), up.to(x.dtype)
        out = linear(x, standing(base.layer), base.layer.bias)
        source = x if seen is None else seen
        narrow = linear(source, a)
        out.view(-1, out.shape[-1]).addmm_(narrow.view(-1, len(a)), b.T, alpha=base.scale)
        ctx.save_for_backward(source, narrow, down, up)
        ctx.base, ctx.dropped = base, seen is not None
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # noqa: ANN401
        source, narrow, down, up = ctx.saved_tensors
        a, b = down.to(source.dtype), up.to(source.dtype)
        gradient = gradients[0].reshape(-1, len(up))
        through = (gradient @ b).mul_(ctx.base.scale)
        of_down = through.T @ source.view(-1, source.shape[-1])
        of_up = (gradient.T @ narrow.view(-1, len(down))).mul_(ctx.base.scale)
        of_x: torch.Tensor | None = None
        of_seen = (through @ a).view_as(source) if ctx.dropped and ctx.needs_input_grad[1] else None
        if ctx.needs_input_grad[0]:
            of_x = gradient @ standing(ctx.base.layer)
            if not ctx.dropped:
                of_x.addmm_(through, a)
            of_x = of_x.view_as(source)
        return of_x, of_seen, of_down.to(down.dtype), of_up.to(up.dtype), None


def standing(layer: torch.nn.Module) -> torch.Tensor:
    """The weight of a linear layer that stands still; out of four bits in the precision it computes in."""
    weight = cast(Any, layer.weight)
    if getattr(weight, "quant_state", None) is None:
        return cast(torch.Tensor, weight)
    from bitsandbytes.functional import dequantize_4bit

    unpacked: torch.Tensor = dequantize_4bit(weight.data, weight.quant_state)
    return unpacked.to(cast(Any, layer).compute_dtype or unpacked.dtype)


def quicken(model: PeftModel) -> None:
    """Lets each plain adapter's linear layer compute so; adapters with more to them (DoRA, biases) stay PEFT's."""
    for layer in model.modules():
        if isinstance(layer, LoraLayer) and isinstance(layer.get_base_layer(), torch.nn.Linear) and _plain(layer):
            cast(Any, layer).forward = partial(_forward, layer)


def _plain(layer: LoraLayer) -> bool:
    return not layer.lora_variant and all(one.bias is None for one in layer.lora_B.values()) and len(layer.lora_A) == 1


def _forward(layer: Any, x: torch.Tensor, *further: Any, **given: Any) -> torch.Tensor:  # noqa: ANN401 -- as PEFT's
    if layer.disable_adapters or layer.merged or further or given:
        return cast(torch.Tensor, type(layer).forward(layer, x, *further, **given))
    (name,) = layer.active_adapters
    dropout, base = layer.lora_dropout[name], Base(layer.get_base_layer(), layer.scaling[name])
    seen = dropout(x) if layer.training and isinstance(dropout, torch.nn.Dropout) and dropout.p > 0 else None
    adapted = _Adapted.apply(x, seen, layer.lora_A[name].weight, layer.lora_B[name].weight, base)  # type: ignore[no-untyped-call]
    return cast(torch.Tensor, adapted)
