"""Work: the floating-point operations of a training step, and how long they take on this machine."""

import time
from collections.abc import Sequence
from typing import NamedTuple

import torch
from transformers import PreTrainedModel

from factory.core.training_settings import TrainSettings
from trainer.layers import linear
from trainer.memory import features

TRIED_SECONDS = 0.3  # of multiplying matrices, to know the device's rate: long enough for its clock to settle
SIDE = {"cuda": 4096, "cpu": 1024}  # of the matrices
# Share of that rate that training reaches. CPU: SmolLM2-135M in float32, packs of 512 tokens, measured 0.73 to 0.78. GPU: an H100, which
# multiplies at some 778e12 operations a second, reached 0.30 of it at 3B, 0.45 at 7B (benchmarks/RESULTS.md); a student below 1B keeps no
# such card busy and takes longer than this says.
USED = {"cpu": 0.75, "cuda": 0.3}


class Work(NamedTuple):
    """Operations of one token: through the blocks, through the head where it is learnt, and for each token that it looks back at."""

    blocks: int
    adapters: int
    head: int
    looking: int

    def step(self, lengths: Sequence[int], learnt: int, checkpointing: bool) -> int:
        """Of rows of these lengths. A frozen layer computes its output and its input's gradient, 2 operations a weight each; an adapter its
        own gradient as well; with gradient checkpointing the way there is computed twice (Chowdhery et al. 2022, PaLM, appendix B)."""
        tokens, pairs = sum(lengths), sum(one * one for one in lengths) // 2
        there = 2 * (self.blocks + self.adapters) * tokens + 4 * self.looking * pairs
        back = (2 * self.blocks + 4 * self.adapters) * tokens + 8 * self.looking * pairs
        return there * (2 if checkpointing else 1) + back + 4 * self.head * learnt

    def judged(self, lengths: Sequence[int], learnt: int) -> int:
        """Of validation rows: the way there alone."""
        pairs = sum(one * one for one in lengths) // 2
        return 2 * (self.blocks + self.adapters) * sum(lengths) + 4 * self.looking * pairs + 2 * self.head * learnt


def work_of(outline: PreTrainedModel, settings: TrainSettings) -> Work:
    layers = linear(outline)
    adapted = [features(one) for name, one in layers.items() if name.rpartition(".")[2] in settings.modules]
    config = outline.config
    heads = int(config.num_attention_heads) * int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)
    return Work(
        blocks=sum(into * out for into, out in map(features, layers.values())),
        adapters=settings.rank * sum(map(sum, adapted)),
        head=int(config.hidden_size) * int(config.vocab_size),
        looking=heads * int(config.num_hidden_layers),
    )


def rate_here() -> float:
    """Operations a second that this device reaches in multiplying matrices of the kind that training does."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    side, dtype = SIDE[device], torch.bfloat16 if device == "cuda" else torch.float32
    one = torch.ones(side, side, dtype=dtype, device=device)
    times, start = 0, 0.0
    while times < 3 or time.monotonic() - start < TRIED_SECONDS:
        torch.mm(one, one)
        if device == "cuda":
            torch.cuda.synchronize()
        times += 1
        if times == 2:  # the first ones load kernels
            start, times = time.monotonic(), 2
    return 2 * side**3 * (times - 2) / (time.monotonic() - start)


def used_here() -> float:
    return USED["cuda" if torch.cuda.is_available() else "cpu"]


# Dense bfloat16 products with float32 sums, in 1e12 operations a second, by the vendors' datasheets; the first name that fits
PEAKS = (
    ("H100 PCIe", 756),
    ("H100 NVL", 835),
    ("H100", 989),
    ("H200", 989),
    ("GH200", 989),
    ("B200", 2250),
    ("A100", 312),
    ("A10G", 70),
    ("A10", 125),
    ("A40", 150),
    ("L40S", 362),
    ("L4", 121),
    ("RTX 5090", 210),
    ("RTX 4090", 165),
    ("RTX 3090", 71),
)


def peak_here() -> float | None:
    """Of this card, in operations a second; None on a CPU and for a card that is not known."""
    if not torch.cuda.is_available():
        return None
    name = torch.cuda.get_device_name()
    return next((peak * 1e12 for card, peak in PEAKS if card in name), None)
