"""Training's speed: docstill's shipped preset beside the defaults of TRL and of Unsloth, on one student with random weights.

    python benchmarks/training.py DIR --shape 3b            all three, each in a process of its own; DIR: scratch, 8 GB at 3b, 20 GB at 7b
    python benchmarks/training.py DIR --shape 3b --sides docstill --steps 24 --batch 32      every card that CUDA_VISIBLE_DEVICES shows

Rows: random letters, each a token, in chat form; lengths lognormal (sigma 0.4) between 120 and 1,900 tokens, scaled to a mean of 635,
a fifth of it the answer. TRL and Unsloth: QLoRA in NF4, rank 16 on all seven linear layers, 4 rows at once and 4 times that a step,
gradient checkpointing, as their examples have it (TRL: SFTConfig's own values but for 4 x 4 and a length at which nothing is cut;
Unsloth: its notebooks'). docstill: [train] as it ships, so its preset for the shape. Tokens a second count real tokens, without
padding, after the first steps; utilisation is of the operations that such a training takes (trainer/work.py), not of what was
computed twice, against the card's dense bfloat16 peak.
"""

import argparse
import json
import math
import random
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from string import ascii_lowercase
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # before this folder
if "unsloth" in sys.argv:
    import unsloth  # noqa: F401 -- before everything that it patches

from factory.core.training_settings import StudentSettings, TrainSettings  # noqa: E402
from trainer import layers, work  # noqa: E402
from trainer.loop import Clock  # noqa: E402
from trainer.report import peak_memory  # noqa: E402
from trainer.train import train  # noqa: E402

SIDES = ("docstill", "trl", "unsloth")
SHAPES = {
    "3b": {"hidden_size": 2048, "num_hidden_layers": 36, "num_attention_heads": 16, "num_key_value_heads": 2, "intermediate_size": 11008,
           "vocab_size": 151936, "tie_word_embeddings": True},
    "7b": {"hidden_size": 3584, "num_hidden_layers": 28, "num_attention_heads": 28, "num_key_value_heads": 4, "intermediate_size": 18944,
           "vocab_size": 152064, "tie_word_embeddings": False},
    "tiny": {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 128,
             "vocab_size": 2048, "tie_word_embeddings": True},
}  # fmt: skip
MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
MEAN, SIGMA, LEAST, MOST, ANSWER = 635, 0.4, 120, 1900, 0.2
LENGTH = 2048
ROWS_A_STEP, ROWS_AT_ONCE = 16, 4
TOLD = ("tokens_per_second", "utilisation", "peak_memory", "backend", "devices", "tokens_at_once", "gradient_checkpointing", "packed")
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role[0] }}{{ m.content }}<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>a{% endif %}"
)
FRAME = 6  # tokens of the template in a row


def make(folder: Path, shape: str, rows: int) -> None:
    """The student and a run's rows, unless they are there."""
    if not (folder / "base" / "config.json").is_file():
        _make_tokenizer(folder / "base")
        _make_weights(folder / "base", shape)
    _make_rows(folder / "run" / "train.jsonl", rows)


def _make_weights(folder: Path, shape: str) -> None:
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(0)
    config = Qwen2Config(**SHAPES[shape], max_position_embeddings=32768, bos_token_id=0, eos_token_id=2, pad_token_id=0)
    torch.set_default_dtype(torch.bfloat16)
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        model = Qwen2ForCausalLM(config)
    model.save_pretrained(folder)


def _make_tokenizer(folder: Path) -> None:
    """A letter a token, so that lengths are what they are said to be."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    letters = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    inner = Tokenizer(models.BPE({letter: number for number, letter in enumerate(letters)}, []))
    inner.pre_tokenizer, inner.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    named = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "additional_special_tokens": special[1:]}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, **named)
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)


def _lengths(rows: int) -> list[int]:
    chance = random.Random(0)
    drawn = [chance.lognormvariate(0, SIGMA) for _ in range(rows)]
    scale = MEAN
    for _ in range(20):  # until the mean is right in spite of the bounds
        found = [min(MOST, max(LEAST, round(one * scale))) for one in drawn]
        scale *= MEAN / (sum(found) / len(found))
    return found


def _make_rows(path: Path, rows: int) -> None:
    chance = random.Random(1)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for number, length in enumerate(_lengths(rows)):
            answer = max(8, round(length * ANSWER))
            asked, told = ("".join(chance.choices(ascii_lowercase, k=n)) for n in (length - answer - FRAME, answer))
            messages = [{"role": "user", "content": asked}, {"role": "assistant", "content": told}]
            file.write(json.dumps({"messages": messages, "meta": {"id": f"r{number}"}}) + "\n")


def docstill(folder: Path, steps: int, seed: int, batch: int = ROWS_A_STEP) -> dict[str, Any]:
    base = str(folder / "base")
    settings = TrainSettings(min_examples=1, epochs=1, max_steps=steps, batch=batch)
    report = train(folder / "run", base, StudentSettings(base=base, max_seq_length=LENGTH), settings, seed)
    return {name: getattr(report, name) for name in TOLD}


def trl(folder: Path, steps: int, seed: int) -> dict[str, Any]:
    import torch
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
    from trl import SFTConfig, SFTTrainer

    from trainer.student import device_here

    base = str(folder / "base")
    four = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)
    model = AutoModelForCausalLM.from_pretrained(base, quantization_config=four, dtype=torch.bfloat16, device_map={"": device_here()})
    rows, lengths = _conversations(folder, steps)
    given = SFTConfig(output_dir=str(folder / "trl"), max_length=LENGTH, bf16=torch.cuda.is_available(), **_at_once(steps, seed))
    config = LoraConfig(r=16, lora_alpha=16, target_modules=list(MODULES), task_type="CAUSAL_LM")
    tokenizer = AutoTokenizer.from_pretrained(base)
    clock = _clock(lengths)
    SFTTrainer(model=model, args=given, processing_class=tokenizer, train_dataset=rows, peft_config=config, callbacks=[clock]).train()
    return _told(folder, clock)


def unsloth(folder: Path, steps: int, seed: int) -> dict[str, Any]:
    from unsloth import FastLanguageModel  # isort: skip -- it patches what follows
    from trl import SFTConfig, SFTTrainer

    model, tokenizer = FastLanguageModel.from_pretrained(str(folder / "base"), max_seq_length=LENGTH, load_in_4bit=True)
    model = FastLanguageModel.get_peft_model(model, r=16, target_modules=list(MODULES), lora_alpha=16, lora_dropout=0, bias="none",
                                             use_gradient_checkpointing="unsloth", random_state=seed)  # fmt: skip
    rows, lengths = _conversations(folder, steps)
    texts = [tokenizer.apply_chat_template(row["prompt"] + row["completion"], tokenize=False) for row in rows]
    rows = type(rows).from_list([{"text": text} for text in texts])
    given = SFTConfig(output_dir=str(folder / "unsloth"), dataset_text_field="text", warmup_steps=5, learning_rate=2e-4, optim="adamw_8bit",
                      weight_decay=0.001, lr_scheduler_type="linear", **_at_once(steps, seed))  # fmt: skip
    clock = _clock(lengths)
    SFTTrainer(model=model, tokenizer=tokenizer, train_dataset=rows, args=given, callbacks=[clock]).train()
    return _told(folder, clock)


def _at_once(steps: int, seed: int) -> dict[str, Any]:
    rows = {"per_device_train_batch_size": ROWS_AT_ONCE, "gradient_accumulation_steps": ROWS_A_STEP // ROWS_AT_ONCE}
    return {**rows, "max_steps": steps, "logging_steps": 1, "save_strategy": "no", "report_to": "none", "seed": seed}


def _conversations(folder: Path, steps: int) -> tuple[Any, list[int]]:
    """As TRL takes prompts and answers; and the rows' lengths."""
    from datasets import Dataset

    lines = [json.loads(line)["messages"] for line in (folder / "run" / "train.jsonl").read_text().splitlines()][: steps * ROWS_A_STEP]
    lengths = [sum(len(one["content"]) for one in line) + FRAME for line in lines]
    return Dataset.from_list([{"prompt": line[:-1], "completion": line[-1:]} for line in lines]), lengths


def _clock(lengths: list[int]) -> Clock:
    """Steps of TRL and Unsloth read the rows in an order of their own; over an epoch that is the mean length a row."""
    return Clock([round(ROWS_A_STEP * sum(lengths) / len(lengths))] * math.ceil(len(lengths) / ROWS_A_STEP))


def _told(folder: Path, clock: Clock) -> dict[str, Any]:
    student = layers.fitted(str(folder / "base"), TrainSettings(modules=MODULES))
    lengths = [len(one) for one in _answers(folder)]
    learnt = round(ROWS_A_STEP * sum(lengths) / len(lengths))
    rows = [MEAN] * ROWS_A_STEP
    seconds = sum(rows) / clock.tokens_per_second()
    peak = work.peak_here()
    used = work.work_of(student.outline, student.settings).step(rows, learnt, checkpointing=False) / seconds / peak if peak else None
    return {"tokens_per_second": round(clock.tokens_per_second(), 1), "utilisation": used and round(used, 4), "peak_memory": peak_memory()}


def _answers(folder: Path) -> list[str]:
    return [json.loads(line)["messages"][-1]["content"] for line in (folder / "run" / "train.jsonl").read_text().splitlines()]


def measure(folder: Path, side: str, steps: int, batch: int) -> dict[str, Any]:
    command = [sys.executable, __file__, str(folder), "--one", side, "--steps", str(steps), "--batch", str(batch)]
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("told ")]
    if done.returncode or not lines:
        raise SystemExit(f"{side} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return {"side": side, **json.loads(lines[-1].removeprefix("told ")), "wall": round(time.monotonic() - start, 1)}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--shape", choices=SHAPES, default="3b")
    asked.add_argument("--sides", default=",".join(SIDES))
    asked.add_argument("--steps", type=int, default=16)
    asked.add_argument("--batch", type=int, default=ROWS_A_STEP, help="rows a step, of docstill alone")
    asked.add_argument("--one", choices=("make", *SIDES))
    given = asked.parse_args()
    if given.one == "make":
        make(given.folder, given.shape, given.steps * given.batch)
    elif given.one:
        side = {"docstill": partial(docstill, batch=given.batch), "trl": trl, "unsloth": unsloth}[given.one]
        print("told " + json.dumps(side(given.folder, given.steps, 0)), flush=True)
    else:
        _beside(given)


def _beside(given: argparse.Namespace) -> None:
    numbers = ["--shape", given.shape, "--steps", str(given.steps), "--batch", str(given.batch)]
    making = [sys.executable, __file__, str(given.folder), "--one", "make", *numbers]
    subprocess.run(making, check=True)  # apart, so that it leaves nothing on the card
    ours = None
    for side in given.sides.split(","):  # docstill first, so that each of the others is told beside it; each as it ends
        one = measure(given.folder, side, given.steps, given.batch)
        ours = one["tokens_per_second"] if side == "docstill" else ours
        over = ours and round(ours / one["tokens_per_second"], 2)
        print(json.dumps({"shape": given.shape, "batch": given.batch, **one, "docstill_over_this": over}), flush=True)


if __name__ == "__main__":
    main()
