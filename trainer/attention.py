"""Attention that isolates: examples that lie one behind the other in a pack don't see each other."""

import inspect
from collections.abc import Sequence
from functools import cache
from typing import Any, cast

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import repeat_kv, sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

Three = tuple[torch.Tensor, torch.Tensor, torch.Tensor]  # query, key, value
NAME = "isolating"  # among transformers' attention implementations
KINDS = {"full_attention", "sliding_attention"}  # of layers; any other mixes tokens outside the attention function
FLASH_WIDTH = 256  # of a head, at most
TRIED = (5, 7, 6)  # tokens of the examples of the trial
LEAKED = 1e-5  # of a logit's size: as long as shapes are the same, what stands before an example changes nothing of it, not even roundings
APART = 0.1  # of their size: so far may packed and single logits be apart in bfloat16 through many layers, where sums come in another order


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **given: Any,  # noqa: ANN401 -- transformers' protocol
) -> tuple[torch.Tensor, None]:
    """transformers' attention function. With bounds (cu_seq_lens_q, as its FlashAttention takes them), each example by itself;
    without them, what sdpa would do. Shapes (1, heads, tokens, width) in, (1, tokens, heads, width) out."""
    bounds: torch.Tensor | None = given.get("cu_seq_lens_q")
    scale, window, tokens = given.get("scaling"), given.get("sliding_window"), query.shape[2]
    if bounds is None and window and attention_mask is None and window < tokens == key.shape[2]:
        return _one_by_one((query, key, value), [0, tokens], scale, window), None
    if bounds is None:
        return sdpa_attention_forward(module, query, key, value, attention_mask, **given)
    longest = given["max_length_q"]
    if _flash(query):
        return _varlen((query, key, value), bounds, longest, scale, window), None
    return _one_by_one((query, key, value), bounds.tolist(), scale, window), None


def _flash(query: torch.Tensor) -> bool:
    narrow = query.shape[-1] <= FLASH_WIDTH and query.shape[-1] % 8 == 0
    return query.is_cuda and narrow and query.dtype in (torch.bfloat16, torch.float16) and _kernel() is not None


@cache
def _kernel() -> tuple[Any, frozenset[str]] | None:
    """torch's FlashAttention for examples of different lengths, and the words it knows: it came with 2.10, windows with 2.11."""
    try:
        from torch.nn.attention.varlen import varlen_attn
    except ImportError:
        return None
    words = frozenset(inspect.signature(varlen_attn).parameters)
    return (varlen_attn, words) if {"window_size"} & words and torch.backends.cuda.is_flash_attention_available() else None


def _varlen(three: Three, bounds: torch.Tensor, longest: int, scale: float | None, window: int | None) -> torch.Tensor:
    query, key, value = three
    found = _kernel()
    assert found is not None
    kernel, words = found
    groups = query.shape[1] // key.shape[1]
    more: dict[str, Any] = {"scale": scale, "window_size": (-1 if window is None or window >= longest else window - 1, 0)}
    if groups > 1 and "enable_gqa" in words:
        more["enable_gqa"] = True
    elif groups > 1:  # torch 2.11
        key, value = repeat_kv(key, groups), repeat_kv(value, groups)
    flat = [one[0].transpose(0, 1) for one in (query, key, value)]
    return kernel(*flat, bounds, bounds, longest, longest, **more)[None]  # type: ignore[no-any-return]


def _one_by_one(three: Three, bounds: list[int], scale: float | None, window: int | None) -> torch.Tensor:
    """As many calls as examples: a CPU has no kernel for them together, and no need of one."""
    query, key, value = three
    groups = query.shape[1] // key.shape[1]
    if groups > 1:
        key, value = repeat_kv(key, groups), repeat_kv(value, groups)
    found: list[torch.Tensor] = []
    for start, end in zip(bounds, bounds[1:], strict=False):
        mask = _windowed(end - start, window, query.device) if window is not None and window < end - start else None
        q, k, v = (one[:, :, start:end] for one in (query, key, value))
        found.append(scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None, scale=scale))
    return torch.cat(found, dim=2).transpose(1, 2).contiguous()


def _windowed(tokens: int, window: int, device: torch.device) -> torch.Tensor:
    place = torch.arange(tokens, device=device)
    behind = place[:, None] - place[None, :]
    return (behind >= 0) & (behind < window)


def _mask(**given: Any) -> torch.Tensor | None:  # noqa: ANN401 -- transformers' protocol
    """None for a pack, whose bounds say enough; for padded rows sdpa's own."""
    return sdpa_mask(**given) if given.get("attention_mask") is not None else None


AttentionInterface.register(NAME, attend)
AttentionMaskInterface.register(NAME, _mask)


def obstacle(model: PreTrainedModel) -> str | None:
    """What in a student keeps examples in a pack from being isolated; None: nothing, and it may be set to NAME.

    Told from the config where that says it, and else found out by a trial, so that a kind of layer that nobody here has
    heard of is not trusted. Leaves the model's attention at NAME only if there is no obstacle.
    """
    config = model.config.get_text_config()
    if getattr(config, "attn_logit_softcapping", None):
        return "its attention caps its scores softly, which FlashAttention for packed rows can't"
    if others := set(getattr(config, "layer_types", None) or ()) - KINDS:
        return f"its layers of {', '.join(sorted(others))} carry what was read from one example into the next"
    if any(hasattr(one, "sinks") for one in model.modules()):
        return "its attention has sinks, which FlashAttention for packed rows can't"
    before = config._attn_implementation
    one, two = _words(model, 0), _words(model, 1)
    alone = torch.cat([_logits(model, [example]) for example in one])
    model.set_attn_implementation(NAME)
    if config._attn_implementation == NAME:
        packed, behind = _logits(model, one), _logits(model, [two[0], *one[1:]])
        leaked, apart = _apart(behind[TRIED[0] :], packed[TRIED[0] :]), _apart(packed, alone)
        if leaked <= LEAKED and apart <= APART:
            return None
    model.set_attn_implementation(before)
    return "an example packed behind another one is answered differently from the same one alone"


def _words(model: PreTrainedModel, seed: int) -> list[torch.Tensor]:
    """A few short examples for the trial."""
    chance = torch.Generator().manual_seed(seed)
    return [torch.randint(model.config.get_text_config().vocab_size, (length,), generator=chance) for length in TRIED]


def _apart(some: torch.Tensor, others: torch.Tensor) -> float:
    return float((some - others).norm() / others.norm())


@torch.no_grad()
def _logits(model: PreTrainedModel, examples: Sequence[torch.Tensor]) -> torch.Tensor:
    """Of all examples in one pack, (tokens, words); of one alone by the attention that the student came with."""
    training = model.training
    model.train(False)
    more = placed([len(one) for one in examples]) if len(examples) > 1 else {}
    there = {name: one.to(model.device) if isinstance(one, torch.Tensor) else one for name, one in more.items()}
    logits = model(input_ids=torch.cat([*examples])[None].to(model.device), use_cache=False, **there).logits[0]
    model.train(training)
    return cast(torch.Tensor, logits.float())


def placed(lengths: Sequence[int]) -> dict[str, Any]:
    """What tells a student where the examples of a pack lie, in the words of transformers' FlashAttention."""
    bounds = torch.tensor([0, *lengths]).cumsum(0).to(torch.int32)
    return {
        "position_ids": torch.cat([torch.arange(length) for length in lengths])[None],
        "cu_seq_lens_q": bounds,
        "cu_seq_lens_k": bounds,
        "max_length_q": max(lengths),
        "max_length_k": max(lengths),
    }
