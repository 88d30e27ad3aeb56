"""Taxonomy: a classification names one of the client's labels, and what it quotes stands in the text."""

from collections.abc import Sequence
from functools import partial

from factory.records import Example, Verdict
from filters.chain import Filter
from filters.consistency import consistency
from filters.labels import same_label

SHOWN = 12  # labels in a reason


def one_of(labels: Sequence[str]) -> Filter:
    """A schema filter: the answer is one label, spelled as the client spells it."""
    return partial(_one_of, labels=tuple(labels))


def _one_of(example: Example, labels: tuple[str, ...]) -> Verdict:
    known = ", ".join(labels[:SHOWN]) + (", …" if len(labels) > SHOWN else "")
    reason = ""
    if not example.response.strip():
        reason = f"The answer has no label; answer with one of: {known}."
    elif example.response not in labels:
        reason = f'"{example.response[:60]}" is none of the labels; answer with one of: {known}.'
    return Verdict(filter="schema", passed=not reason, reason=reason)


def labels_agree(example: Example) -> Verdict:
    """Consistency of labels: the question is the client's, so the reason asks for no other one."""
    verdict = consistency(example, same_label)
    if verdict.passed:
        return verdict
    told = ", ".join(f'"{d.response[:60]}"' for d in example.draws)
    return verdict.model_copy(update={"reason": f"Readers of the text chose different labels: {told}."})


def standing(example: Example) -> Verdict:
    """A grounding filter: a label's word need not stand in the text, but each passage quoted for it must."""
    text = example.chunk.text
    wrong = next((s for s in example.spans if not s.text or text[s.start : s.end] != s.text), None)
    reason = f'The quote "{wrong.text[:60]}" does not stand in the chunk.' if wrong else ""
    return Verdict(filter="grounding", passed=not reason, reason=reason, evidence=example.spans)
