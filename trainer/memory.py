"""Memory: what a student's training needs, in bytes and by parts, told from its outline before any weight is loaded.

The parts, after "Reducing Activation Recomputation in Large Transformer Models" (Korthikanti et al. 2022, section 4: what a block
keeps for its backward pass), for a base that stands still and an adapter that learns (LoRA, PEFT 0.21):

weights      two bytes a number (four on a CPU); in NF4 half a byte and the scales' 0.127 bit (QLoRA, Dettmers et al. 2023, section 3)
             for the blocks' linear layers, which is what bitsandbytes quantises
adapter      float32 with its gradient and Adam's two moments: 16 bytes a number
activations  a frozen layer keeps nothing of its input, but an adapter does, and so do norms (in float32), attention (query, key,
             value, output) and the MLP (gate, up and what the activation makes of it); with gradient checkpointing
             a block keeps its input alone, and one block at a time is computed again
capped       attention that caps its scores softly (Gemma 2) keeps 8 bytes a score: tanh's, softmax's and the cast ones
logits       of the learnt tokens alone in the head's own precision; a part of them at a time in float32, with its gradient
passing      what the widest block holds for a moment on its way back

That is what tensors take; the process on a CPU was measured to take a fifth to a third more, by how its memory is handed out.
"""

from typing import NamedTuple

import psutil
import torch
from pydantic import BaseModel
from transformers import PreTrainedModel

from factory.core.training_settings import TrainSettings
from trainer.layers import linear
from trainer.loss import AT_ONCE

ADAM = 16  # bytes for each number of the adapter: itself, its gradient, two moments, all in float32
NF4 = 0.5 + 0.127 / 8  # bytes a number, with doubly quantised scales
CLOSING = ("o_proj", "out_proj", "down_proj", "c_proj", "dense", "dense_4h_to_h", "fc2", "w2", "wo")  # back to the block's width

FUSED = ("qkv_proj", "query_key_value", "c_attn")
DELTA_WIDE, DELTA_CHUNKS, DELTA_CHUNK = 21, 5, 64  # fitted to what transformers 5.17 keeps at four widths, within 5 %


class Store(NamedTuple):
    """How numbers are kept while training."""

    four_bits: bool  # the base's linear layers
    bytes: int = 2  # of a weight or an activation: bfloat16 on a GPU, float32 on a CPU


class Memory(BaseModel, frozen=True):
    """Bytes."""

    weights: int
    adapter: int
    kept: int  # of a token, by all blocks
    inputs: int  # of a token, by all blocks, with gradient checkpointing
    block: int  # of a token, by the widest block
    logits: int  # of a learnt token
    lifted: int  # of a learnt token, while its loss is counted: float32 and its gradient
    capped: int = 0  # of a token, by all blocks, for each token of its row: scores that are softly capped stand in memory whole
    blocks: int = 1
    unpacked: int  # the largest layer of four bits in 16, for its multiplication

    @property
    def standing(self) -> int:
        return self.weights + self.adapter + self.unpacked

    def each(self, length: int, checkpointing: bool) -> int:
        """A token's activations in rows of this length."""
        if checkpointing:
            return self.inputs + 2 * (self.block + self.capped * length // self.blocks)
        return self.kept + self.block + self.capped * length

    def needed(self, tokens: int, learnt: int, length: int, checkpointing: bool) -> int:
        """At the peak of a step: tokens at once, how many of them are learnt, and how long the rows are."""
        return self.standing + tokens * self.each(length, checkpointing) + self.logits * learnt + self.lifted * min(learnt, AT_ONCE)

    def tokens_within(self, free: int, length: int, checkpointing: bool, learnt: float = 1.0) -> int:
        """As many tokens at once as the free bytes allow, 0 for none, if this share of them is learnt."""
        each = self.each(length, checkpointing) + learnt * self.logits
        left = free - self.standing
        if left < AT_ONCE / max(learnt, 1e-9) * (each + learnt * self.lifted):
            return max(0, int(left / (each + learnt * self.lifted)))
        return int((left - AT_ONCE * self.lifted) / each)


def store_here(settings: TrainSettings) -> Store:
    return Store(settings.quantize, 2 if torch.cuda.is_available() else 4)


def free_here() -> int:
    """Bytes free on the card, or in the machine where there is none."""
    if torch.cuda.is_available():
        return int(torch.cuda.mem_get_info()[0])
    return int(psutil.virtual_memory().available)


def memory_of(outline: PreTrainedModel, settings: TrainSettings, store: Store) -> Memory:
    """outline: the student's on torch's meta device; settings: with the presets filled in."""
    layers = linear(outline)
    adapted = {name: one for name, one in layers.items() if name.rpartition(".")[2] in settings.modules}
    blocks = _blocks(outline)
    kept = [_kept(block, settings, store) for block in blocks]
    width = int(outline.config.hidden_size)
    largest = max((one.weight.numel() for one in layers.values()), default=0)  # type: ignore[operator]
    return Memory(
        weights=_weights(outline, layers, store),
        adapter=ADAM * sum(settings.rank * sum(features(one)) for one in adapted.values()),
        kept=sum(kept) + _width_outside(width, store),
        inputs=len(blocks) * width * store.bytes + _width_outside(width, store),
        block=max(kept, default=0),
        logits=int(outline.config.vocab_size) * store.bytes,
        lifted=int(outline.config.vocab_size) * (4 + 4),
        capped=8 * len(blocks) * int(outline.config.num_attention_heads) if getattr(outline.config, "attn_logit_softcapping", None) else 0,
        blocks=max(1, len(blocks)),
        unpacked=largest * store.bytes if store.four_bits else 0,
    )


def features(layer: torch.nn.Module) -> tuple[int, int]:
    """In and out; GPT-2's Conv1D keeps its weight the other way round."""
    rows, columns = layer.weight.shape  # type: ignore[misc]
    return (int(columns), int(rows)) if isinstance(layer, torch.nn.Linear) else (int(rows), int(columns))


def _weights(outline: PreTrainedModel, layers: dict[str, torch.nn.Module], store: Store) -> int:
    whole = sum(one.numel() for one in outline.parameters())
    small = sum(one.weight.numel() for one in layers.values()) if store.four_bits else 0  # type: ignore[operator, misc]
    return int((whole - small) * store.bytes + small * NF4)


def _blocks(outline: PreTrainedModel) -> list[torch.nn.Module]:
    """The longest list of layers in the model, which is its blocks."""
    lists = [one for one in outline.modules() if isinstance(one, torch.nn.ModuleList)]
    return list(max(lists, key=len, default=[]))


def _width_outside(width: int, store: Store) -> int:
    """Of a token before the first block and after the last: embedding and the last norm."""
    return width * (store.bytes + 4)


def _kept(block: torch.nn.Module, settings: TrainSettings, store: Store) -> int:
    """Bytes that a block keeps of a token."""
    layers = linear(block)
    total = _norms(block, {name.rpartition(".")[2]: features(one)[1] for name, one in layers.items()}) + _mixed(block)
    seen: set[tuple[str, int]] = set()  # what some adapter has kept already
    for name, layer in layers.items():
        parent, _, short = name.rpartition(".")
        into, out = features(layer)
        closing = short in CLOSING
        total += store.bytes * (into if closing else out)  # what attention or the activation gives; query, key, value, gate, up
        total += store.bytes * out if short in FUSED else 0  # the whole, of which the value is a view, beside query and key turned
        attended = closing and "mlp" not in parent  # attention keeps its output anyway
        if short in settings.modules:
            total += _read(into, settings, store, (parent, into) in seen or attended)
            seen.add((parent, into))
    return total


def _norms(block: torch.nn.Module, out: dict[str, int]) -> int:
    """In float32; norms of query and key are as wide as these, though they are named by a head."""
    total = 0
    for name, one in block.named_modules():
        if "norm" in type(one).__name__.lower() and isinstance(weight := getattr(one, "weight", None), torch.Tensor):
            short = name.rpartition(".")[2]
            wide = out.get(short.replace("_norm", "_proj"), 0) if short in ("q_norm", "k_norm") else 0
            total += 4 * (wide or weight.numel())
    return total


def _mixed(block: torch.nn.Module) -> int:
    """Of a gated delta net (Qwen3.5), in float32, as transformers computes it without kernels: its values and a chunk's scores, copied."""
    return sum(
        4 * (DELTA_WIDE * one.value_dim + DELTA_CHUNKS * DELTA_CHUNK * one.num_v_heads)  # type: ignore[operator, misc]
        for one in block.modules()
        if hasattr(one, "num_v_heads") and hasattr(one, "value_dim")
    )


def _read(width: int, settings: TrainSettings, store: Store, again: bool) -> int:
    """What an adapter keeps of its input: a copy of its own where dropout makes one, dropout's mask, and what A makes of it."""
    mask = (1 if store.bytes < 4 else 4) * width if settings.dropout else 0  # a GPU's is of bytes, a CPU's of float32
    return (store.bytes * width if settings.dropout or not again else 0) + mask + settings.rank * store.bytes
