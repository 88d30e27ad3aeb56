"""A student's layers, named from its config alone."""

import json
from pathlib import Path

import pytest

from factory.core.errors import UserMistake
from tests.trainer.students import SHAPES, causal, tiny, true

pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")

import torch

from factory.core import student_presets
from factory.core.training_settings import TrainSettings
from trainer import layers


def folder(path: Path, model_type: str, **sizes: object) -> str:
    from transformers import AutoConfig

    AutoConfig.for_model(model_type, **sizes).save_pretrained(path)
    return str(path)


@pytest.mark.parametrize("name", SHAPES)
def test_a_true_shape_has_the_published_size_and_its_own_preset(name: str) -> None:
    outline = layers.outline_of(true(name), name)
    size = layers.parameters(outline)
    assert size == pytest.approx(SHAPES[name][3], rel=0.005)
    assert [one.name for one in student_presets.presets_for(("auto",), outline.config.model_type, size / 1e9)] == [name]


@pytest.mark.parametrize("name", SHAPES)
def test_a_presets_modules_are_adapted_and_learn(name: str) -> None:
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    modules = TrainSettings(preset=name).filled([one for one in student_presets.all_presets() if one.name == name]).modules
    model = get_peft_model(causal(tiny(name)), LoraConfig(r=2, target_modules=list(modules)))
    ids = torch.arange(24)[None]
    model(input_ids=ids, labels=ids).loss.backward()
    learning = {key.split(".")[-4] for key, one in model.named_parameters() if "lora_B" in key and one.grad is not None and one.grad.any()}
    assert learning == set(modules)


@pytest.mark.parametrize("name", [name for name in SHAPES if name not in ("SmolLM2-135M", "Qwen3.5-9B")])
def test_inspection_names_what_a_preset_names(name: str) -> None:
    own = next(one for one in student_presets.all_presets() if one.name == name).train.modules
    assert set(layers.named(layers.outline_of(tiny(name), name), name)) == set(own or ())


@pytest.mark.parametrize(
    ("model_type", "modules"),
    [
        ("mistral", ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")),
        ("gpt2", ("c_attn", "c_proj", "c_fc")),
        ("gpt_neox", ("query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h")),
        ("mixtral", ("q_proj", "k_proj", "v_proj", "o_proj")),
    ],
)
def test_an_ordinary_student_without_a_preset_has_its_layers_named(tmp_path: Path, model_type: str, modules: tuple[str, ...]) -> None:
    assert layers.fitted(folder(tmp_path, model_type), TrainSettings()).settings.modules == modules


@pytest.mark.parametrize(
    ("model_type", "kind"),
    [("mamba", "linear_attention"), ("jamba", "linear_attention"), ("falcon_h1", "hybrid"), ("rwkv", "Rwkv")],
)
def test_a_student_of_unknown_layers_is_refused(tmp_path: Path, model_type: str, kind: str) -> None:
    with pytest.raises(UserMistake, match=f"layers that docstill has no preset for .{kind}.*; choose another student, or name the layers"):
        layers.fitted(folder(tmp_path, model_type), TrainSettings())


def test_layers_that_the_recipe_names_are_taken_as_they_are(tmp_path: Path) -> None:
    settings = TrainSettings(modules=("in_proj", "out_proj"))
    assert layers.fitted(folder(tmp_path, "mamba"), settings).settings.modules == ("in_proj", "out_proj")


def test_a_layer_that_a_student_lacks_is_named_beside_those_it_has(tmp_path: Path) -> None:
    sentence = r"\[train\] modules: .* has no layer named qkv_proj; name layers that it has: q_proj, k_proj, v_proj, o_proj"
    with pytest.raises(UserMistake, match=sentence):
        layers.fitted(folder(tmp_path, "llama"), TrainSettings(modules=("qkv_proj",)))


def test_an_encoder_is_no_student(tmp_path: Path) -> None:
    with pytest.raises(UserMistake, match="is no causal language model that transformers knows"):
        layers.fitted(folder(tmp_path, "t5"), TrainSettings())


def test_a_config_of_no_known_type_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "tram"}))
    with pytest.raises(UserMistake, match="its config can't be read"):
        layers.fitted(str(tmp_path), TrainSettings())
