"""The student's weights: a folder, a hub name or a GGUF becomes a model, for learning or for answering."""

import contextlib
import io
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from peft import PeftModel
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    PreTrainedModel,
)
from transformers import PreTrainedTokenizerBase as Tokenizer

from factory.core.errors import UserMistake
from trainer import progress
from trainer.pretokens import mend

HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


class Student(NamedTuple):
    model: PreTrainedModel
    tokenizer: Tokenizer


def weights(path: str) -> str:
    """A folder or hub name as it is; a GGUF as the folder of safetensors made of it, once, beside it."""
    where = Path(path)
    if where.suffix.lower() == ".gguf":
        return str(_unpacked(where))
    if where.is_dir():
        if not (where / "config.json").is_file():
            raise UserMistake(f"{path}: holds no config.json; give a folder that save_pretrained wrote")
        return path
    if not HUB_NAME.fullmatch(path):
        raise UserMistake(f"{path}: there is no such folder; give a local folder, a .gguf file or a hub name")
    return path


def unpacked_already(gguf: Path) -> bool:
    folder = gguf.with_name(gguf.name + ".hf")
    return folder.is_dir() and folder.stat().st_mtime >= gguf.stat().st_mtime


def _unpacked(gguf: Path) -> Path:
    """The folder made of a GGUF, kept as long as it is newer than the file (make's rule)."""
    if not gguf.is_file():
        raise UserMistake(f"{gguf}: there is no such file; give a local folder, a .gguf file or a hub name")
    folder = gguf.with_name(gguf.name + ".hf")
    if unpacked_already(gguf):
        mend(folder, gguf)  # what an earlier docstill unpacked
        return folder
    progress.VOICE.info("%s: unpacking for training, once; about a minute", gguf.name)
    part = Path(tempfile.mkdtemp(prefix=folder.name, dir=gguf.parent))
    try:
        _unpack(gguf, part)
        part.chmod(0o755)  # mkdtemp's is private, but the cache is as public as the file beside it
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def _unpack(gguf: Path, folder: Path) -> None:
    """Saved in float32: GGUF scales are float16, so bfloat16 would answer a little unlike the file itself."""
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # its progress bar knows no switch
            model: Any = AutoModelForCausalLM.from_pretrained(str(gguf.parent), gguf_file=gguf.name, dtype=torch.float32)
            tokenizer = AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name)
    except (OSError, ValueError, KeyError) as error:
        raise UserMistake(f"{gguf}: transformers can't load it ({error}); give the model's own folder") from error
    # The weights are plain by now; what still says "quantized" makes save_pretrained refuse or lie.
    del model.config.quantization_config
    model.hf_quantizer, model.is_quantized = None, False
    # transformers 5.17 takes a GGUF's first special token for its EOS; the file's own number is in the config.
    tokenizer.eos_token = tokenizer.convert_ids_to_tokens(model.config.eos_token_id)
    tokenizer.pad_token = tokenizer.eos_token
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    mend(folder, gguf)


def load(base_folder: str, quantized: bool) -> Student:
    """The base, ready for LoRA: in NF4 or as it is. See trainer/learner.py for what else a backend does."""
    return _load(base_folder, _nf4() if quantized else None)


def _nf4() -> BitsAndBytesConfig:
    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute_dtype(),
    )


def compute_dtype() -> torch.dtype:
    """float32 on a CPU, where most have no fast bfloat16; bfloat16 on a GPU."""
    return torch.bfloat16 if torch.cuda.is_available() else torch.float32


def device_here() -> torch.device:
    """This process's own card, where several of them train together."""
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if torch.cuda.is_available() else torch.device("cpu")


def load_for_answers(base_folder: str, adapter: Path | None) -> Student:
    """Unquantised, with the adapter merged: what is answered with is what is shipped."""
    model, tokenizer = _load(base_folder, None)
    if adapter is not None:
        merged = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()
        model = cast(PreTrainedModel, merged)
    model.train(False)
    return Student(model, tokenizer)


def tokenizer_of(folder: str) -> Tokenizer:
    """Of a folder or hub name, or out of a GGUF's header. Raises UserMistake."""
    where = Path(folder)
    try:
        if where.suffix.lower() == ".gguf":
            tokenizer = AutoTokenizer.from_pretrained(str(where.parent), gguf_file=where.name)
        else:
            tokenizer = AutoTokenizer.from_pretrained(folder)
    except Exception as error:  # noqa: BLE001 - a broken tokenizer.json raises nothing narrower
        raise _not_loaded(folder, error) from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _not_loaded(folder: str, error: Exception) -> UserMistake:
    reason = (str(error) or type(error).__name__).splitlines()[0]
    return UserMistake(f"{folder}: can't be loaded as a student ({reason}); give a local folder, a .gguf file or a hub name")


def _attention(folder: str) -> str:
    """Soft caps on scores (Gemma 2) are left out by every attention of transformers but the plain one, without a word."""
    config = AutoConfig.from_pretrained(folder).get_text_config()
    return "eager" if getattr(config, "attn_logit_softcapping", None) else "sdpa"


def _load(folder: str, quantization: BitsAndBytesConfig | None) -> Student:
    return Student(_load_model(folder, quantization), tokenizer_of(folder))


def _load_model(folder: str, quantization: BitsAndBytesConfig | None) -> PreTrainedModel:
    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=compute_dtype(),
            quantization_config=quantization,
            device_map={"": device_here()},
            attn_implementation=_attention(folder),
        )
    except OSError as error:
        raise _not_loaded(folder, error) from error
    return cast(PreTrainedModel, model)
