"""The student as it learns: its base loaded by a backend, an adapter on it, and both as quick as the memory allows."""

import importlib.util
from typing import Any, NamedTuple, cast

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from factory.core.errors import UserMistake
from factory.core.training_settings import TrainSettings
from trainer import attention, lora, student
from trainer.batches import Form
from trainer.fill import Fill


class Learner(NamedTuple):
    model: PeftModel
    tokenizer: PreTrainedTokenizerBase
    form: Form
    backend: str


def backend_of(settings: TrainSettings) -> str:
    """ "unsloth" or "trl". Raises UserMistake for Unsloth asked for where it can't run, or on several GPUs, which was never tried."""
    if settings.backend == "unsloth":
        if not torch.cuda.is_available():
            raise UserMistake("backend unsloth: needs an NVIDIA GPU, and there is none here; leave it out, or say trl")
        if (cards := torch.cuda.device_count()) > 1:
            raise UserMistake(
                f"backend unsloth: trains on one GPU, and {cards} are in sight; set CUDA_VISIBLE_DEVICES=0, or say backend trl"
            )
        if importlib.util.find_spec("unsloth") is None:
            raise UserMistake("backend unsloth: is not installed; pip install unsloth, leave it out, or say trl")
        return "unsloth"
    return "trl"


def learner(folder: str, settings: TrainSettings, fill: Fill, longest: int, seed: int) -> Learner:
    """Raises UserMistake where packing is asked for by name and the student's layers can't be told where examples end."""
    if backend_of(settings) == "unsloth":
        return _by_unsloth(folder, settings, fill, longest, seed)
    base, tokenizer = student.load(folder, settings.quantize)
    if fill.unpacked:
        unpack(base)
    packed = _isolating(base, settings, folder)
    if fill.checkpointing:
        base.gradient_checkpointing_enable({"use_reentrant": False})
    model = cast(PeftModel, get_peft_model(base, _lora(settings)))
    lora.quicken(model)
    return Learner(model, tokenizer, Form(packed=packed, pad=cast(int, tokenizer.pad_token_id)), "trl")


def _isolating(base: PreTrainedModel, settings: TrainSettings, folder: str) -> bool:
    if settings.packing is False:
        return False
    reason = attention.obstacle(base)
    if reason and settings.packing:
        raise UserMistake(f"[train] packing = true: {folder} can't keep packed examples apart, because {reason}; leave it out")
    return reason is None


def _lora(settings: TrainSettings) -> LoraConfig:
    return LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=list(settings.modules),
        task_type="CAUSAL_LM",
    )


def unpack(model: PreTrainedModel) -> None:
    """Four-bit layers become plain ones of the numbers that they stood for."""
    for name, layer in list(model.named_modules()):
        if getattr(getattr(layer, "weight", None), "quant_state", None) is not None:
            weight = lora.standing(layer)
            plain = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False, device="meta")
            plain.weight = torch.nn.Parameter(weight, requires_grad=False)
            plain.bias = cast(Any, layer).bias
            parent, _, short = name.rpartition(".")
            setattr(model.get_submodule(parent), short, plain)
    loaded = cast(Any, model)
    loaded.hf_quantizer, loaded.is_quantized, loaded.is_loaded_in_4bit = None, False, False
    if hasattr(loaded.config, "quantization_config"):
        del loaded.config.quantization_config


def _by_unsloth(folder: str, settings: TrainSettings, fill: Fill, longest: int, seed: int) -> Learner:
    from unsloth import FastLanguageModel

    base, tokenizer = FastLanguageModel.from_pretrained(
        folder, max_seq_length=max(fill.tokens, longest), dtype=student.compute_dtype(), load_in_4bit=settings.quantize
    )
    if fill.unpacked:
        unpack(base)
    model = FastLanguageModel.get_peft_model(
        base,
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=list(settings.modules),
        use_gradient_checkpointing="unsloth" if fill.checkpointing else False,
        random_state=seed,
        max_seq_length=max(fill.tokens, longest),
    )
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.float()  # in bfloat16, late, small updates would round away
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    return Learner(model, tokenizer, Form(packed=settings.packing is not False, whole=True, pad=pad), "unsloth")
