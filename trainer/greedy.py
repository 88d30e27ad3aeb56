"""Greedy writing: prompts in tokens in, what a model says to each out, in batches by tokens."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

import torch

from trainer import chat
from trainer.student import Student

TOKENS_AT_ONCE = 4096  # rows x the longest, with what is written: more is no faster on two cores, and bounds a card's memory


class Said(NamedTuple):
    text: str
    tokens: int
    ended: bool  # by the model itself: else it was cut


def batches(lengths: Sequence[int]) -> list[list[int]]:
    """Places in order of length, in batches of TOKENS_AT_ONCE with their padding; a longer one is a batch alone."""
    found: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lambda place: (lengths[place], place)):
        if found and (len(found[-1]) + 1) * lengths[place] <= TOKENS_AT_ONCE:
            found[-1].append(place)
        else:
            found.append([place])
    return found


def padded(asked: Student, rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and mask, padded on the left, so that all rows end side by side."""
    width, pad = max(map(len, rows)), cast(int, asked.tokenizer.pad_token_id)
    device = asked.model.device
    ids = torch.tensor([[pad] * (width - len(row)) + [*row] for row in rows], device=device)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], device=device)
    return ids, mask


@torch.inference_mode()
def write(asked: Student, prompts: Sequence[Sequence[int]], most: Sequence[int]) -> list[Said]:
    """One batch, padded on the left, so that every answer begins where its prompt ends; each has at most so many tokens."""
    ids, mask = padded(asked, prompts)
    stops = _stops(asked)
    whole = cast(Any, asked.model).generate(
        input_ids=ids,
        attention_mask=mask,
        do_sample=False,
        num_beams=1,
        temperature=None,  # set by some models' own generation settings; greedy knows neither
        top_p=None,
        top_k=None,
        repetition_penalty=1.0,
        max_new_tokens=max(most),
        eos_token_id=sorted(stops),
        pad_token_id=asked.tokenizer.pad_token_id,
    )
    return [_read_off(asked, row[ids.shape[1] :].tolist()[:room], stops) for row, room in zip(whole, most, strict=True)]


def _stops(asked: Student) -> set[int]:
    """The template's end of a turn, the tokenizer's EOS and the model's: whichever comes first ends the answer."""
    own = getattr(asked.model.generation_config, "eos_token_id", None)
    several: Iterable[int] = own if isinstance(own, list) else [] if own is None else [own]
    return {chat.end_ids(asked.tokenizer)[-1], cast(int, asked.tokenizer.eos_token_id), *several}


def _read_off(asked: Student, written: list[int], stops: set[int]) -> Said:
    end = next((place for place, token in enumerate(written) if token in stops), len(written))
    # No clean-up: it takes spaces before punctuation away, which the model did write.
    words = asked.tokenizer.decode(written[:end], skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return Said(cast(str, words).strip(), min(end + 1, len(written)), end < len(written))
