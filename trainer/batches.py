"""Packs as tensors: what the student reads, where its examples lie, and which of its words are learnt."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from transformers import PreTrainedTokenizerBase

from trainer.attention import placed
from trainer.chat import IGNORED, SHOWN_ROWS, Lesson
from trainer.packs import Pack, Step

Batch = dict[str, Any]


class Form(NamedTuple):
    """How a backend wants its packs."""

    packed: bool = True  # else padded rows
    whole: bool = False  # labels for each token, for a backend with a loss of its own; else logits where something is learnt
    pad: int = 0


class Batches(torch.utils.data.Dataset[Batch]):
    """All packs of all steps, in order; made when asked for, so that resuming skips what is done for nothing."""

    def __init__(self, lessons: Sequence[Lesson], steps: Sequence[Step], form: Form, devices: int) -> None:
        self._rows = [(torch.tensor(one.input_ids), _learnt(one)) for one in lessons]
        learnt = [int(mask.sum()) for _, mask in self._rows]
        self._packs = [pack for step in steps for pack in step]
        self._shares = [devices / max(1, sum(learnt[row] for one in step for row in one)) for step in steps for _ in step]
        self._form = form

    def __len__(self) -> int:
        return len(self._packs)

    def __getitem__(self, number: int) -> Batch:
        """The pack, and what each of its words counts: devices' gradients are averaged, so a step's words count 1 together."""
        batch = collated([self._rows[row] for row in self._packs[number]], self._form)
        return {**batch, "share": self._shares[number]}


def _learnt(lesson: Lesson) -> torch.Tensor:
    """An example's first token has no word before it that could say it."""
    return torch.tensor([0, *lesson.completion_mask[1:]], dtype=torch.bool)


def judged(lessons: Sequence[Lesson], packs: Sequence[Pack], form: Form) -> Batches:
    """Validation: the mean over its packs' losses is the mean over its words, however they are packed."""
    return Batches(lessons, [tuple(packs)], form, len(packs))


def only(batches: Sequence[Batch]) -> Batch:
    (batch,) = batches
    return batch


def collated(rows: Sequence[tuple[torch.Tensor, torch.Tensor]], form: Form) -> Batch:
    """rows: tokens and what of them is learnt; none: one token of which nothing is, so that every device has something to do."""
    if not rows:
        rows = [(torch.tensor([form.pad]), torch.tensor([False]))]
    ids, learnt = (_packed if form.packed else _padded)(rows, form.pad)
    labels = torch.where(learnt, ids, IGNORED)
    batch: Batch = {"input_ids": ids}
    if form.packed:
        lengths = [len(one) for one, _ in rows]
        batch |= _for_unsloth(lengths) if form.whole else placed(lengths)
    else:
        batch["attention_mask"] = torch.stack([torch.arange(ids.shape[1]) < len(one) for one, _ in rows]).long()
    if form.whole:
        return {**batch, "labels": labels}
    kept = learnt.any(dim=0).nonzero()[:, 0] - 1  # the word before says it
    return {**batch, "labels": labels[:, kept + 1], "logits_to_keep": kept}


def _for_unsloth(lengths: list[int]) -> Batch:
    return {"position_ids": placed(lengths)["position_ids"], "packed_seq_lengths": torch.tensor(lengths, dtype=torch.int32)}


def _packed(rows: Sequence[tuple[torch.Tensor, torch.Tensor]], _: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.cat([ids for ids, _ in rows])[None], torch.cat([learnt for _, learnt in rows])[None]


def _padded(rows: Sequence[tuple[torch.Tensor, torch.Tensor]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    padding = torch.nn.utils.rnn.pad_sequence
    ids, learnt = [one for one, _ in rows], [one for _, one in rows]
    return padding(ids, batch_first=True, padding_value=pad), padding(learnt, batch_first=True, padding_value=False)


def show(batch: Batch, tokenizer: PreTrainedTokenizerBase) -> str:
    """A pack in words, taken from its tensors: what is read, and between the marks what is learnt, example by example."""
    shown: list[str] = []
    for ids, learnt in _examples(batch):
        read = ids[~learnt]
        shown.append(
            f"----- read, not learnt ({len(read)} tokens)\n{tokenizer.decode(read)}\n"
            f"----- learnt ({int(learnt.sum())} tokens)\n{tokenizer.decode(ids[learnt])}\n"
        )
    return "\n".join(shown[:SHOWN_ROWS])


def _examples(batch: Batch) -> list[tuple[torch.Tensor, torch.Tensor]]:
    ids, labels = batch["input_ids"], batch["labels"]
    learnt = torch.zeros_like(ids, dtype=torch.bool)
    if "logits_to_keep" in batch:
        learnt[:, batch["logits_to_keep"] + 1] = labels != IGNORED
    else:
        learnt = labels != IGNORED
    if "attention_mask" in batch:
        return [(row[on], learnt_of[on]) for row, learnt_of, on in zip(ids, learnt, batch["attention_mask"].bool(), strict=True)]
    starts = (batch["position_ids"][0] == 0).nonzero()[:, 0].tolist()
    ends = [*starts[1:], ids.shape[1]]
    return [(ids[0, start:end], learnt[0, start:end]) for start, end in zip(starts, ends, strict=True)]
