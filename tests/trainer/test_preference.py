"""The pairs of preference.jsonl, as they are written and exported, in a real step of TRL's DPOTrainer."""

from math import isfinite, log
from pathlib import Path

import pytest
from datasets import load_dataset

from factory.core.run_folder import Run
from factory.core.task_settings import TaskSettings
from factory.dataset.preference_pairs import PREFERENCE_FILE, preference_pairs
from factory.export import preference
from factory.tasks.qa import QA
from tests.factory.generation.test_roles import recipe
from tests.world import draws, example


def test_the_pairs_take_a_step_of_dpo_and_move_the_model(base: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")
    trl = pytest.importorskip("trl", reason="training is an extra: pip install docstill[train]")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    run = Run(tmp_path / "run")
    disputed = example(draws=draws("within 14 days", "within 15 days", "14 days"))
    run.write_lines(PREFERENCE_FILE, preference_pairs([disputed], {"qa": QA(TaskSettings(), False, 3)}))
    preference(run, recipe(), tmp_path)
    written = run.folder / "exports" / "preference" / PREFERENCE_FILE
    rows = load_dataset("json", data_files=str(written), split="train", cache_dir=str(tmp_path / "cache"))
    model = AutoModelForCausalLM.from_pretrained(base)
    before = model.lm_head.weight.detach().clone()
    settings = trl.DPOConfig(output_dir=str(tmp_path / "out"), max_steps=1, learning_rate=0.1, use_cpu=True, bf16=False, report_to=[])
    trainer = trl.DPOTrainer(model=model, args=settings, train_dataset=rows, processing_class=AutoTokenizer.from_pretrained(base))
    told = trainer.train()
    assert told.global_step == 1
    assert told.training_loss == pytest.approx(log(2), abs=1e-3)  # of a model that is still its own reference
    assert isfinite(model.lm_head.weight.sum().item())
    assert not torch.equal(before, model.lm_head.weight.detach())
