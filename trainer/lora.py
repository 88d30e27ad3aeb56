"""An adapter's layer in fewer passes over memory: base and low-rank product in one output, nothing kept that isn't needed."""

from functools import partial
from typing import Any, NamedTuple, cast

import torch
from peft import PeftModel
from peft.tuners.lora import LoraLayer
from torch.nn.functional import linear


class Base(NamedTuple):
    """Of one adapted layer: the base's, which stands still, the adapter in the precision that it computes in, and its scale."""

    layer: torch.nn.Linear
    down: torch.Tensor
    up: torch.Tensor
    scale: float


class _Adapted(torch.autograd.Function):
    """x W' + bias + scale (seen A') B', seen being x or x with dropout. PEFT's own way writes the wide low-rank product, its scaled
    copy and the sum beside the output, and casts x to float32 for float32 adapters; this keeps seen and seen A' and adds in place.
    Every small operation left out counts: a card waits for them to be launched. down and up are the float32 parameters."""

    @staticmethod
    def forward(  # noqa: PLR0913 -- torch wants each tensor that may have a gradient by itself
        ctx: Any,  # noqa: ANN401 -- anything may be kept on it
        x: torch.Tensor,
        seen: torch.Tensor | None,
        down: torch.Tensor,
        up: torch.Tensor,
        base: Base,
    ) -> torch.Tensor:
        out = linear(x, standing(base.layer), base.layer.bias)
        source = x if seen is None else seen
        narrow = linear(source, base.down)
        out.view(-1, out.shape[-1]).addmm_(narrow.view(-1, len(base.down)), base.up.T, alpha=base.scale)
        ctx.save_for_backward(source, narrow, base.down, base.up)
        ctx.base, ctx.dropped, ctx.precision = base, seen is not None, down.dtype
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # noqa: ANN401
        source, narrow, a, b = ctx.saved_tensors
        gradient = gradients[0].reshape(-1, len(b))
        through = gradient @ b
        narrow = narrow.view(-1, len(a))
        if ctx.base.scale != 1:
            through, narrow = through.mul_(ctx.base.scale), narrow * ctx.base.scale
        of_down = _product(through.T, source.view(-1, source.shape[-1]), ctx.precision)
        of_up = _product(gradient.T, narrow, ctx.precision)
        of_x: torch.Tensor | None = None
        of_seen = (through @ a).view_as(source) if ctx.dropped and ctx.needs_input_grad[1] else None
        if ctx.needs_input_grad[0]:
            of_x = gradient @ standing(ctx.base.layer)
            if not ctx.dropped:
                of_x.addmm_(through, a)
            of_x = of_x.view_as(source)
        return of_x, of_seen, of_down, of_up, None


def _product(one: torch.Tensor, other: torch.Tensor, precision: torch.dtype) -> torch.Tensor:
    """In the parameters' precision, as the multiplication's sums are anyway."""
    if one.dtype == precision:
        return one @ other
    return torch.mm(one, other, out_dtype=precision) if one.is_cuda else (one @ other).to(precision)


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
    adapted = [one for one in model.modules() if isinstance(one, LoraLayer) and isinstance(one.get_base_layer(), torch.nn.Linear)]
    layers = [one for one in adapted if _plain(one)]
    dtype = student_dtype(model)
    exact: list[torch.Tensor] = []
    narrow: list[torch.Tensor] = []
    for layer in layers:
        (name,) = layer.lora_A
        weights = [cast(torch.Tensor, part[name].weight) for part in (layer.lora_A, layer.lora_B)]
        same = all(one.dtype == dtype for one in weights)
        copies = weights if same else [torch.empty_like(one, dtype=dtype, requires_grad=False) for one in weights]
        cast(Any, layer).forward = partial(_forward, layer, copies)
        if not same:
            exact, narrow = [*exact, *weights], [*narrow, *copies]
    if narrow:
        model.register_forward_pre_hook(partial(_copied, narrow, exact))


def student_dtype(model: PeftModel) -> torch.dtype:
    """What the base's activations are in: the precision of its first weights, the embeddings, since four-bit layers hold whole numbers."""
    return next(one.dtype for name, one in model.named_parameters() if one.is_floating_point() and "lora_" not in name)


@torch.no_grad()
def _copied(narrow: list[torch.Tensor], exact: list[torch.Tensor], *_: object) -> None:
    """All adapters into the precision that they compute in, by one launch a pack instead of one a layer and use."""
    torch._foreach_copy_(narrow, exact)


def _plain(layer: LoraLayer) -> bool:
    return not layer.lora_variant and all(one.bias is None for one in layer.lora_B.values()) and len(layer.lora_A) == 1


def _forward(layer: Any, copies: list[torch.Tensor], x: torch.Tensor, *further: Any, **given: Any) -> torch.Tensor:  # noqa: ANN401 -- PEFT's
    if layer.disable_adapters or layer.merged or further or given:
        return cast(torch.Tensor, type(layer).forward(layer, x, *further, **given))
    (name,) = layer.active_adapters
    down, up = copies
    dropout, base = layer.lora_dropout[name], Base(layer.get_base_layer(), down, up, layer.scaling[name])
    seen = dropout(x) if layer.training and isinstance(dropout, torch.nn.Dropout) and dropout.p > 0 else None
    adapted = _Adapted.apply(x, seen, layer.lora_A[name].weight, layer.lora_B[name].weight, base)  # type: ignore[no-untyped-call]
    return cast(torch.Tensor, adapted)
