"""Merging: the adapters of several runs on one base become one, by their deltas and not by their factors."""

import json
import math
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from peft.utils.merge_utils import dare_linear, ties
from pydantic import BaseModel, ConfigDict
from safetensors.torch import load_file, save_file
from torch import Tensor

from factory.core.errors import UserMistake
from factory.core.training_settings import MergeSettings
from trainer.files import replace

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
REPORT = "merge.json"
A, B = ".lora_A.weight", ".lora_B.weight"
# What the first adapter's folder holds of its own training, and what is written anew.
NOT_ITS_OWN = (WEIGHTS, CONFIG, REPORT, "training.json", "first_batch.txt", "README.md", "checkpoints", "curves*")


class Pair(NamedTuple):
    """One layer's adapter: its delta is b @ a, `scaling` already in `a`. a: rank x inputs, b: outputs x rank."""

    a: Tensor
    b: Tensor


class MergeReport(BaseModel):
    """What was merged; also OUT/adapter/merge.json."""

    model_config = ConfigDict(frozen=True)

    adapters: tuple[str, ...]
    method: str
    weights: tuple[float, ...]
    density: float | None
    rank: int
    lost: float  # share of the merged deltas' squared norm that the adapter's rank does not hold; 0: it is exact
    seed: int


def merge(adapters: Sequence[Path], folder: Path, settings: MergeSettings, seed: int) -> MergeReport:
    """Writes the merged adapter into `folder`, with the first one's tokenizer; its scaling is 1.

    linear: the weighted sum of the deltas, exactly, by standing the factors side by side (PEFT's `cat`); with a rank, the nearest
    adapter of that rank (truncated singular values; Eckart and Young 1936). ties: Yadav et al. 2023, dare: Yu et al. 2023, both on
    the full deltas (PEFT's `_svd` variants), which have no small rank and are cut to one. One layer at a time is in memory.
    Raises UserMistake for adapters that don't fit together or are no plain LoRA.
    """
    configs = [_config(path) for path in adapters]
    given = [_pairs(path, config) for path, config in zip(adapters, configs, strict=True)]
    _must_fit(adapters, given)
    torch.manual_seed(seed)  # DARE drops by chance
    merged, lost = _merged(given, settings)
    report = MergeReport(
        adapters=tuple(str(path) for path in adapters),
        method=settings.method,
        weights=settings.weighed(len(adapters)),
        density=None if settings.method == "linear" else settings.density,
        rank=max(pair.a.shape[0] for pair in merged.values()),
        lost=round(lost, 6),
        seed=seed,
    )
    _write(adapters[0], folder, merged, report)
    return report


def into_run(run: Path, adapters: Sequence[Path], settings: MergeSettings, seed: int) -> MergeReport:
    """Merges into RUN/adapter; the one before stays in place until the new one is whole, and its answers go with it."""
    part = run / "adapter.part"
    shutil.rmtree(part, ignore_errors=True)
    report = merge(adapters, part, settings, seed)
    replace(run, part)
    return report


class _Config(BaseModel):
    """What an adapter's own settings say of it."""

    base_model_name_or_path: str
    peft_type: str
    r: int
    lora_alpha: float
    use_rslora: bool = False
    use_dora: bool = False
    bias: str = "none"
    fan_in_fan_out: bool = False
    modules_to_save: list[str] | None = None
    rank_pattern: dict[str, int] = {}
    alpha_pattern: dict[str, float] = {}

    @property
    def scaling(self) -> float:
        return self.lora_alpha / (math.sqrt(self.r) if self.use_rslora else self.r)

    @property
    def odd(self) -> list[str]:
        """What of it is more than plain LoRA, and has no place in a sum of deltas."""
        beyond = {"use_dora": self.use_dora, "bias": self.bias != "none", "fan_in_fan_out": self.fan_in_fan_out}
        several = {"modules_to_save": self.modules_to_save, "rank_pattern": self.rank_pattern, "alpha_pattern": self.alpha_pattern}
        return [*([self.peft_type] if self.peft_type != "LORA" else []), *(name for name, set_ in (beyond | several).items() if set_)]


def _config(adapter: Path) -> _Config:
    try:
        found = _Config.model_validate_json((adapter / CONFIG).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserMistake(f"{adapter}: there is no adapter; run `docstill train` first") from error
    if found.odd:
        raise UserMistake(f"{adapter / CONFIG}: has {', '.join(found.odd)}, must be plain LoRA to be merged")
    return found


def _pairs(adapter: Path, config: _Config) -> dict[str, Pair]:
    """By layer, in float32."""
    tensors = {name: tensor.float() for name, tensor in load_file(adapter / WEIGHTS).items()}
    layers = sorted(name.removesuffix(A) for name in tensors if name.endswith(A))
    if len(tensors) != 2 * len(layers):
        odd = sorted(tensors.keys() - {layer + end for layer in layers for end in (A, B)})
        raise UserMistake(f"{adapter / WEIGHTS}: holds {odd[0]}, must hold pairs of {A} and {B} alone")
    return {layer: Pair(tensors[layer + A] * config.scaling, tensors[layer + B]) for layer in layers}


def _must_fit(adapters: Sequence[Path], given: Sequence[Mapping[str, Pair]]) -> None:
    """Raises UserMistake where layers of one name have other sizes: they stand on other bases."""
    sizes: dict[str, tuple[int, int]] = {}
    for path, pairs in zip(adapters, given, strict=True):
        for layer, pair in pairs.items():
            size = (pair.b.shape[0], pair.a.shape[1])
            if sizes.setdefault(layer, size) != size:
                raise UserMistake(f"{path}: {layer} has {size}, {adapters[0]} has {sizes[layer]}; both must be trained on the same base")


def _layer(pairs: Sequence[Pair], settings: MergeSettings) -> tuple[Pair, float, float]:
    """One layer merged; with the squared norm of its delta, and how much of that is lost."""
    weights, rank = settings.weighed(len(pairs)), settings.rank
    if settings.method == "linear":
        weighted = [weight * pair.a for pair, weight in zip(pairs, weights, strict=True)]
        beside = Pair(torch.cat(weighted), torch.cat([pair.b for pair in pairs], dim=1))
        return (beside, 0.0, 0.0) if rank is None else _nearest(beside, rank)
    deltas = [pair.b @ pair.a for pair in pairs]
    combine = ties if settings.method == "ties" else dare_linear
    whole = combine(deltas, torch.tensor(weights), settings.density)
    u, s, v = torch.linalg.svd(whole, full_matrices=False)
    return _cut(u, s, v, rank or max(pair.a.shape[0] for pair in pairs))


def _nearest(pair: Pair, rank: int) -> tuple[Pair, float, float]:
    """By the singular values of a core as small as both factors, never of the whole delta."""
    left, upper = torch.linalg.qr(pair.b)
    right, lower = torch.linalg.qr(pair.a.T)
    u, s, v = torch.linalg.svd(upper @ lower.T, full_matrices=False)
    return _cut(left @ u, s, v @ right.T, rank)


def _cut(u: Tensor, s: Tensor, v: Tensor, rank: int) -> tuple[Pair, float, float]:
    root, squares = s[:rank].sqrt(), s.double() ** 2
    return Pair(root[:, None] * v[:rank], u[:, :rank] * root), float(squares.sum()), float(squares[rank:].sum())


def _empty(of: Pair) -> Pair:
    """The adapter of a layer that an adapter leaves as it is."""
    return Pair(torch.zeros(1, of.a.shape[1]), torch.zeros(of.b.shape[0], 1))


def _merged(given: Sequence[Mapping[str, Pair]], settings: MergeSettings) -> tuple[dict[str, Pair], float]:
    merged, norm, lost = {}, 0.0, 0.0
    for layer in sorted({layer for pairs in given for layer in pairs}):
        some = next(pairs[layer] for pairs in given if layer in pairs)
        pair, square, gone = _layer([pairs.get(layer) or _empty(some) for pairs in given], settings)
        merged[layer], norm, lost = pair, norm + square, lost + gone
    return merged, lost / norm if norm else 0.0


def _write(first: Path, folder: Path, merged: Mapping[str, Pair], report: MergeReport) -> None:
    """An adapter has one rank: a layer of less gets zeros."""
    shutil.copytree(first, folder, ignore=shutil.ignore_patterns(*NOT_ITS_OWN))
    tensors = {}
    for layer, pair in merged.items():
        missing = report.rank - pair.a.shape[0]
        tensors[layer + A] = torch.nn.functional.pad(pair.a, (0, 0, 0, missing)).contiguous()
        tensors[layer + B] = torch.nn.functional.pad(pair.b, (0, missing)).contiguous()
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    config = json.loads((first / CONFIG).read_text(encoding="utf-8"))
    modules = sorted({layer.rpartition(".")[2] for layer in merged})
    config |= {"r": report.rank, "lora_alpha": report.rank, "use_rslora": False, "target_modules": modules}
    (folder / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    (folder / REPORT).write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
