"""A student's outline: its layers by name and size without their weights, and which of them an adapter goes into."""

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple, cast

import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedConfig, PreTrainedModel
from transformers.pytorch_utils import Conv1D

from factory.core import student_presets
from factory.core.errors import UserMistake
from factory.core.student_presets import Preset
from factory.core.training_settings import TrainSettings

ATTENDING = {"full_attention", "sliding_attention", "chunked_attention"}  # what PEFT and packing are known to suit
MIXERS = re.compile("Mamba|SSM|Rwkv|Delta|LinearAttention|Recurrent|Retention|ShortConv|Hyena|Lightning|^Conv1d$")
ROUTER = re.compile(r"router|^gate$|_gate$")  # of a mixture of experts: adapting it changes which expert is asked


class Fitted(NamedTuple):
    """A student's outline, and the training settings with what its presets say."""

    outline: PreTrainedModel  # on torch's meta device: shapes without numbers
    chosen: tuple[Preset, ...]
    settings: TrainSettings

    @property
    def preset(self) -> str:
        return " + ".join(one.name for one in self.chosen) or "none"


def fitted(base: str, settings: TrainSettings) -> Fitted:
    """Reads the base's config and nothing else of it. base: a folder, a hub name or a GGUF.

    Raises UserMistake for a config that can't be read, and for a student whose layers docstill can't name.
    """
    outline = outline_of(config_of(base), base)
    model_type = str(outline.config.model_type)
    chosen = student_presets.presets_for(settings.presets, model_type, parameters(outline) / 1e9)
    filled = settings.filled(chosen)
    if "modules" not in filled.model_fields_set:
        filled = filled.model_copy(update={"modules": named(outline, base)})
    _must_have(outline, filled.modules, base)
    return Fitted(outline, chosen, filled)


def config_of(base: str) -> PreTrainedConfig:
    """The config of a base; a GGUF's stands in its header."""
    where = Path(base)
    try:
        if where.suffix.lower() == ".gguf":
            return cast(PreTrainedConfig, AutoConfig.from_pretrained(str(where.parent), gguf_file=where.name))
        return cast(PreTrainedConfig, AutoConfig.from_pretrained(base))
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise UserMistake(f"{base}: its config can't be read ({reason}); give a local folder, a .gguf file or a hub name") from error


def outline_of(config: PreTrainedConfig, base: str) -> PreTrainedModel:
    try:
        with torch.device("meta"):
            return cast(PreTrainedModel, AutoModelForCausalLM.from_config(config))  # type: ignore[no-untyped-call]
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise UserMistake(f"{base}: is no causal language model that transformers knows ({reason}); choose another student") from error


def parameters(outline: PreTrainedModel) -> int:
    return sum(one.numel() for one in outline.parameters())


def named(outline: PreTrainedModel, base: str) -> tuple[str, ...]:
    """The linear layers of the blocks of an ordinary student without a preset. Raises UserMistake for one that mixes in other ways."""
    if strange := strangers(outline):
        raise UserMistake(
            f"{base}: has layers that docstill has no preset for ({', '.join(strange)}); choose another student, "
            'or name the layers to adapt yourself: [train] modules = ["…"]'
        )
    blocks = max(Counter(_in_block(name) for name in linear(outline)).values(), default=0)
    counted = Counter(name.rpartition(".")[2] for name in linear(outline) if _in_block(name))
    found = tuple(name for name, times in counted.items() if times * 2 >= blocks and not ROUTER.search(name))
    if not found:
        raise UserMistake(f'{base}: has no linear layers that can be adapted by name; say which in [train] modules = ["…"]')
    return found


def linear(outline: torch.nn.Module) -> dict[str, torch.nn.Module]:
    """Name and layer, of all linear layers but the head."""
    head = outline.get_output_embeddings() if isinstance(outline, PreTrainedModel) else None  # type: ignore[no-untyped-call]
    return {name: one for name, one in outline.named_modules() if isinstance(one, torch.nn.Linear | Conv1D) and one is not head}


def strangers(outline: PreTrainedModel) -> list[str]:
    """What of a student is neither attention nor an MLP: kinds of layers by the config, mixers and convolutions by their classes."""
    told = set(getattr(outline.config, "layer_types", None) or ()) - ATTENDING
    mixing = {type(one).__name__ for one in outline.modules() if MIXERS.search(type(one).__name__)}
    return sorted(told) or sorted(mixing, key=len)[:3]


def _in_block(name: str) -> str:
    """A numbered block's layer without the number, such as `model.layers.self_attn.q_proj`; empty outside the blocks."""
    return re.sub(r"\.\d+\.", ".", name) if re.search(r"\.\d+\.", name) else ""


def _must_have(outline: PreTrainedModel, modules: tuple[str, ...], base: str) -> None:
    present = {name.rpartition(".")[2] for name, _ in outline.named_modules()}
    missing = [name for name in modules if name not in present]
    if missing:
        there = ", ".join(dict.fromkeys(name.rpartition(".")[2] for name in linear(outline)))
        raise UserMistake(f"[train] modules: {base} has no layer named {', '.join(missing)}; name layers that it has: {there}")
