"""Export the rows and the recipe's QLoRA settings for Axolotl.

Keys follow Axolotl's configuration reference (docs.axolotl.ai/docs/config-reference.html)
and its page on chat_template datasets.
"""

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

AXOLOTL_COMMAND = "axolotl train axolotl.yaml"  # run in the export folder
LEARNT = "learnt"  # key of each message


def axolotl(run: Run, recipe: Recipe, folder: Path) -> str:
    """Write the export and return the training command."""
    system = recipe.student.system
    rows, val = (
        write_messages(run, name, f"exports/axolotl/{name}", system, LEARNT)
        for name in TRAINER_FILES
    )
    run.write("exports/axolotl/axolotl.yaml", yaml(axolotl_settings(recipe, rows, val)))
    return AXOLOTL_COMMAND + left_out_rows_comment(run, TRAINER_FILES)


def axolotl_settings(recipe: Recipe, rows: int, val: int) -> dict[str, object]:
    """Return Axolotl's settings; `rows` and `val` count training and validation rows."""
    student = recipe.student
    train, modules = filled_train_settings(recipe)
    validation: dict[str, object] = (
        {"test_datasets": [_dataset("val.jsonl")], "eval_strategy": "epoch"}
        if val
        else {"val_set_size": 0}
    )
    return {
        "base_model": student.base,
        "adapter": "qlora" if train.quantize else "lora",
        "load_in_4bit": train.quantize,
        "chat_template": "tokenizer_default",
        "datasets": [_dataset("train.jsonl")],
        **validation,
        "sequence_len": student.max_seq_length,
        "sample_packing": False,
        "lora_r": train.rank,
        "lora_alpha": train.alpha,
        "lora_dropout": train.dropout,
        **({"lora_target_modules": list(modules)} if modules else {"lora_target_linear": True}),
        "micro_batch_size": train.rows_at_once,
        "gradient_accumulation_steps": max(1, train.batch // train.rows_at_once),
        "num_epochs": train.epochs,
        **({"max_steps": train.max_steps} if train.max_steps else {}),
        "learning_rate": learning_rate_for(train, rows),
        "optimizer": "adamw_torch",
        "lr_scheduler": "cosine",
        "warmup_ratio": WARM_UP,
        "bf16": "auto",
        "seed": recipe.seed,
        "output_dir": "output",
    }


def _dataset(name: str) -> dict[str, object]:
    return {
        "path": name,
        "ds_type": "json",
        "split": "train",  # the split name of a JSONL file
        "type": "chat_template",
        "field_messages": "messages",
        "message_property_mappings": {"role": "role", "content": "content"},
        "message_field_training": LEARNT,
        "roles_to_train": ["assistant"],
    }
