"""Merging adapters: the sum of their deltas, as PEFT has it on a real model; what does not fit is refused."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pytest

from factory.core.errors import UserMistake
from factory.core.training_settings import MergeSettings

torch = pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")
peft = pytest.importorskip("peft")

from trainer.merge import MergeReport, merge  # noqa: E402 - needs torch

Method = Literal["linear", "ties", "dare"]
MODULES = ("q_proj", "up_proj")


def adapter(base: str, folder: Path, seed: int, rank: int = 4, modules: Sequence[str] = MODULES) -> Path:
    """As a training leaves it, both factors other than zero."""
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    config = peft.LoraConfig(r=rank, lora_alpha=8, target_modules=list(modules), task_type="CAUSAL_LM", init_lora_weights=False)
    peft.get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(str(folder))
    (folder / "training.json").write_text("{}")
    return folder


@pytest.fixture
def two(base: str, tmp_path: Path) -> tuple[Path, Path]:
    return adapter(base, tmp_path / "one", 1), adapter(base, tmp_path / "two", 2, rank=3)


def deltas(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    config = json.loads((folder / "adapter_config.json").read_text())
    found = load_file(folder / "adapter_model.safetensors")
    layers = {name.removesuffix(".lora_A.weight") for name in found if name.endswith(".lora_A.weight")}
    scale = config["lora_alpha"] / config["r"]
    return {layer: scale * found[layer + ".lora_B.weight"] @ found[layer + ".lora_A.weight"] for layer in layers}


def by_peft(base: str, folders: Sequence[Path], weights: Sequence[float], kind: str, density: float | None) -> dict[str, Any]:
    from transformers import AutoModelForCausalLM

    model = peft.PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), str(folders[0]), adapter_name="0")
    for number, folder in enumerate(folders[1:], 1):
        model.load_adapter(str(folder), adapter_name=str(number))
    torch.manual_seed(0)
    rank = None if kind == "cat" else 64
    names = [str(number) for number in range(len(folders))]
    model.add_weighted_adapter(names, list(weights), "merged", combination_type=kind, svd_rank=rank, density=density)
    return {
        f"{name}": layer.get_delta_weight("merged").detach()
        for name, layer in model.named_modules()
        if hasattr(layer, "get_delta_weight") and "merged" in layer.lora_A
    }


def merged(folders: Sequence[Path], out: Path, method: Method = "linear", **changes: object) -> MergeReport:
    return merge(folders, out, MergeSettings.model_validate({"method": method, **changes}), seed=0)


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(torch.allclose(one[name], other[name], atol=1e-5) for name in one)


def test_linear_is_the_weighted_sum_of_the_deltas_and_loses_nothing(two: tuple[Path, Path], tmp_path: Path) -> None:
    report = merged(two, tmp_path / "out", weights=(0.7, 0.3))
    first, second = map(deltas, two)
    assert same(deltas(tmp_path / "out"), {layer: 0.7 * first[layer] + 0.3 * second[layer] for layer in first})
    assert (report.rank, report.lost, report.weights) == (7, 0.0, (0.7, 0.3))


@pytest.mark.parametrize(("method", "kind"), [("linear", "cat"), ("ties", "ties_svd"), ("dare", "dare_linear_svd")])
def test_a_merge_is_what_peft_makes_of_the_adapters_on_the_base(
    base: str, two: tuple[Path, Path], tmp_path: Path, method: Method, kind: str
) -> None:
    rank = None if method == "linear" else 64
    merged(two, tmp_path / "out", method, weights=(0.7, 0.3), density=0.4, rank=rank)
    theirs = by_peft(base, two, (0.7, 0.3), kind, None if method == "linear" else 0.4)
    ours = deltas(tmp_path / "out")
    if method == "dare":  # both drop by chance, layer by layer in an order of their own
        assert ours.keys() == theirs.keys()
    else:
        assert same(ours, theirs)


def test_dare_keeps_its_share_of_a_delta_and_scales_it_up(base: str, two: tuple[Path, Path], tmp_path: Path) -> None:
    merged(two[:1], tmp_path / "out", "dare", density=0.4, rank=64)
    before, after = deltas(two[0]), deltas(tmp_path / "out")
    kept = {layer: after[layer].abs() > 1e-5 for layer in after}
    share = sum(int(mask.sum()) for mask in kept.values()) / sum(mask.numel() for mask in kept.values())
    assert abs(share - 0.4) < 0.02
    assert all(torch.allclose(after[layer][kept[layer]], before[layer][kept[layer]] / 0.4, atol=1e-4) for layer in kept)


def test_the_same_seed_drops_the_same(two: tuple[Path, Path], tmp_path: Path) -> None:
    for name in ("a", "b"):
        merged(two, tmp_path / name, "dare")
    assert same(deltas(tmp_path / "a"), deltas(tmp_path / "b"))


@pytest.mark.filterwarnings("ignore:The density 1.0")
@pytest.mark.parametrize("method", ["linear", "ties"])
def test_an_adapter_merged_with_itself_stays_what_it_is(two: tuple[Path, Path], tmp_path: Path, method: Method) -> None:
    merged((two[0], two[0]), tmp_path / "out", method, density=1.0)
    assert same(deltas(tmp_path / "out"), deltas(two[0]))


def test_a_smaller_rank_keeps_the_largest_part_and_says_what_it_loses(two: tuple[Path, Path], tmp_path: Path) -> None:
    merged(two, tmp_path / "whole")
    report = merged(two, tmp_path / "out", rank=3)
    whole, cut = deltas(tmp_path / "whole"), deltas(tmp_path / "out")
    gone = sum(float(((whole[layer] - cut[layer]) ** 2).sum()) for layer in whole)
    best = sum(float((torch.linalg.svdvals(whole[layer])[3:] ** 2).sum()) for layer in whole)
    norm = sum(float((whole[layer] ** 2).sum()) for layer in whole)
    assert (report.rank, round(gone, 3)) == (3, round(best, 3))
    assert abs(report.lost - best / norm) < 1e-4


def test_a_layer_that_one_adapter_leaves_alone_takes_the_other_ones_part(base: str, two: tuple[Path, Path], tmp_path: Path) -> None:
    other = adapter(base, tmp_path / "other", 5, modules=("v_proj",))
    merged((two[0], other), tmp_path / "out")
    assert same(deltas(tmp_path / "out"), {layer: delta / 2 for layer, delta in (deltas(two[0]) | deltas(other)).items()})


def test_a_merged_adapter_is_loaded_and_says_what_its_deltas_say(base: str, two: tuple[Path, Path], tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    merged(two, tmp_path / "out")
    ids = torch.tensor([[4, 5, 6, 7]])
    model = AutoModelForCausalLM.from_pretrained(base)
    plain = model(ids).logits
    for name, delta in deltas(tmp_path / "out").items():
        model.get_submodule(name.removeprefix("base_model.model.")).weight.data += delta
    by_hand = model(ids).logits
    loaded = peft.PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), str(tmp_path / "out"))(ids).logits
    assert torch.allclose(loaded, by_hand, atol=1e-4)
    assert not torch.allclose(loaded, plain, atol=1e-4)


def test_a_merged_folder_tells_of_its_merge_and_of_no_training(two: tuple[Path, Path], tmp_path: Path) -> None:
    report = merged(two, tmp_path / "out", "ties")
    assert not (tmp_path / "out" / "training.json").exists()
    assert MergeReport.model_validate_json((tmp_path / "out" / "merge.json").read_text()) == report
    assert (report.method, report.weights, report.density, report.rank) == ("ties", (1.0, 1.0), 0.5, 4)


def test_adapters_of_other_sizes_are_refused(two: tuple[Path, Path], tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(two[1] / "adapter_model.safetensors")
    save_file({name: tensor[:, :-1].contiguous() for name, tensor in tensors.items()}, two[1] / "adapter_model.safetensors")
    with pytest.raises(UserMistake, match=r"/two: .*\.up_proj has \(128, 63\), .*/one has \(128, 64\); both must be trained on the same"):
        merged(two, tmp_path / "out")


@pytest.mark.parametrize(
    "change", [{"use_dora": True}, {"modules_to_save": ["lm_head"]}, {"alpha_pattern": {"q_proj": 4}}, {"bias": "all"}]
)
def test_what_is_more_than_plain_lora_is_refused(two: tuple[Path, Path], tmp_path: Path, change: dict[str, object]) -> None:
    path = two[1] / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UserMistake, match=f"adapter_config.json: has {next(iter(change))}, must be plain LoRA"):
        merged(two, tmp_path / "out")


def test_a_folder_without_an_adapter_is_refused(two: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(UserMistake, match="nothing: there is no adapter"):
        merged((two[0], tmp_path / "nothing"), tmp_path / "out")
