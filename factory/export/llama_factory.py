"""Export the rows and the recipe's settings for LLaMA-Factory.

The rows are in its sharegpt format with OpenAI's tags. Keys follow data/README.md and
examples/train_lora of hiyouga/LLaMA-Factory.
"""

import json
from pathlib import Path

from factory.core.recipe import Recipe
from factory.core.run_folder import Run
from factory.core.training_settings import learning_rate_for
from factory.export.settings import (
    TRAINER_FILES,
    WARM_UP,
    filled_train_settings,
    left_out_rows_comment,
    write_messages,
    yaml,
)

LLAMA_FACTORY_COMMAND = "llamafactory-cli train train.yaml"  # run in the export folder
TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "system_tag": "system",
}
# Without a template name, LLaMA-Factory reads the base's own chat template, which must have a
# system turn. These families have none. The keys are parts of the base's name, in this order.
TEMPLATES = {
    "gemma-3": "gemma3",
    "gemma-2": "gemma2",
    "gemma": "gemma",
    "mistral": "mistral",
}


def llama_factory(run: Run, recipe: Recipe, folder: Path) -> str:
    """Write the export and return the training command."""
    system = recipe.student.system
    rows, val = (
        write_messages(run, name, f"exports/llama-factory/{name}", system) for name in TRAINER_FILES
    )
    info = {
        "docstill_train": _info("train.jsonl"),
        **({"docstill_val": _info("val.jsonl")} if val else {}),
    }
    run.write("exports/llama-factory/dataset_info.json", json.dumps(info, indent=2) + "\n")
    run.write("exports/llama-factory/train.yaml", yaml(llama_factory_settings(recipe, rows, val)))
    return LLAMA_FACTORY_COMMAND + left_out_rows_comment(run, TRAINER_FILES)


def _info(name: str) -> dict[str, object]:
    return {
        "file_name": name,
        "formatting": "sharegpt",
        "columns": {"messages": "messages"},
        "tags": TAGS,
    }


def llama_factory_settings(recipe: Recipe, rows: int, val: int) -> dict[str, object]:
    """Return LLaMA-Factory's settings; `rows` and `val` count training and validation rows."""
    student = recipe.student
    train, modules = filled_train_settings(recipe)
    template = next(
        (name for word, name in TEMPLATES.items() if word in student.base.casefold()), ""
    )
    validation: dict[str, object] = (
        {"eval_dataset": "docstill_val", "eval_strategy": "epoch"} if val else {}
    )
    return {
        "model_name_or_path": student.base,
        "stage": "sft",
        "do_train": True,
        "finetuning_type": "lora",
        **({"quantization_bit": 4, "quantization_method": "bnb"} if train.quantize else {}),
        "lora_rank": train.rank,
        "lora_alpha": train.alpha,
        "lora_dropout": train.dropout,
        "lora_target": ",".join(modules) or "all",
        "dataset_dir": ".",
        "dataset": "docstill_train",
        **validation,
        **({"template": template} if template else {}),
        "cutoff_len": student.max_seq_length,
        "mask_history": True,  # only the last answer is learnt, as in docstill's own training
        "per_device_train_batch_size": train.rows_at_once,
        "gradient_accumulation_steps": max(1, train.batch // train.rows_at_once),
        "num_train_epochs": train.epochs,
        **({"max_steps": train.max_steps} if train.max_steps else {}),
        "learning_rate": learning_rate_for(train, rows),
        "lr_scheduler_type": "cosine",
        "warmup_ratio": WARM_UP,
        "bf16": True,
        "seed": recipe.seed,
        "output_dir": "output",
    }
