"""How full the device is made: tokens at once, and what is given up for them, by the memory that is free."""

import sys
from collections.abc import Sequence

import torch
from pydantic import BaseModel, ConfigDict

from trainer.layers import Fitted
from trainer.memory import Store, memory_of

FREE_SHARE = {"cuda": 0.85, "cpu": 0.7}  # of the free memory that is counted on; the rest goes into pieces, kernels and who else is there
ENOUGH = {"cuda": 4096, "cpu": 2048}  # tokens at once: with more, a device's arithmetic is hardly used any better


class Fill(BaseModel):
    """tokens: at once, and so a pack's at most. unpacked: four-bit weights in 16 bits, the same numbers at the speed of 16 bits."""

    model_config = ConfigDict(frozen=True)

    tokens: int
    checkpointing: bool
    unpacked: bool


def fill(student: Fitted, lengths: Sequence[int], learnt: float, free: int) -> Fill:
    """In the order of what it costs: 16-bit weights first, then four bits unpacked at each use (a fiftieth of a step), then blocks computed
    twice (a third of it). lengths: of the rows; learnt: the share of learnt tokens; free: bytes."""
    longest, settings = max(lengths), student.settings
    readable = max(longest, _readable(student))
    a_step = round(settings.batch * sum(lengths) / len(lengths))
    enough = min(readable, settings.micro_batch_tokens or max(longest, min(ENOUGH[_device()], a_step)))
    found = Fill(tokens=longest, checkpointing=True, unpacked=not settings.quantize)
    for checkpointing in (False, True):
        for four_bits in (False, True) if settings.quantize else (False,):
            memory = memory_of(student.outline, student.settings, Store(four_bits, numbers_here()))
            tokens = min(readable, memory.tokens_within(int(free * FREE_SHARE[_device()]), longest, checkpointing, learnt))
            if tokens >= enough:
                most = enough if settings.micro_batch_tokens else _useful(tokens, longest)
                return Fill(tokens=most, checkpointing=checkpointing, unpacked=not four_bits)
            if tokens > found.tokens:
                found = Fill(tokens=tokens, checkpointing=checkpointing, unpacked=not four_bits)
    return found


def _useful(tokens: int, longest: int) -> int:
    """On a CPU larger packs only leave its caches."""
    return tokens if _device() == "cuda" else max(longest, min(tokens, ENOUGH["cpu"]))


def _readable(student: Fitted) -> int:
    """Tokens of a pack that can be read. Unsloth stretches the positions of a student whose packs are longer than its own reach, so that
    it no longer knows any of them: SmolLM2 in packs of 113,191 tokens ended at a loss of 4.37, in packs of its own 8,192 at 0.29."""
    reach = getattr(student.outline.config.get_text_config(), "max_position_embeddings", None)
    return reach if reach and student.settings.backend == "unsloth" else sys.maxsize


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def numbers_here() -> int:
    """Bytes of a weight or an activation."""
    return 2 if torch.cuda.is_available() else 4
