"""Taxonomy: a classification names one of the client's labels, and what it quotes stands in the text."""

from collections.abc import Sequence
from functools import partial

from factory.core.records import Example, Verdict
from filters.chain import Filter
from filters.consistency.labels import same_label
from filters.consistency.vote import consistency
from filters.schema.schema import schema
from filters.text.segment import content, words

LEAST_WORDS = 8  # of a written text
SHARED = 2  # words of content that a written text must have of its chunk
RUN = 12  # words in a row that are copied, and no chance or name
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


def written(labels: Sequence[str], prompts: tuple[str, ...] = ()) -> Filter:
    """A schema filter of written texts: the instruction is a text, and the response one of the labels."""
    return partial(_written, labels=tuple(labels), prompts=prompts)


def _written(example: Example, labels: tuple[str, ...], prompts: tuple[str, ...]) -> Verdict:
    verdict = schema(example.model_copy(update={"instruction": "", "response": example.instruction}), asked=False, prompts=prompts)
    reason = verdict.reason.replace("The answer", "The text")
    count = len(words(example.instruction))
    reason = reason or (f"The text has {count} words, must have {LEAST_WORDS} or more." if count < LEAST_WORDS else "")
    if not reason and (copied := _copied(example.instruction, example.chunk.text)):
        reason = f'The text copies its excerpt ("{copied}"); write it in words of its own.'
    return Verdict(filter="schema", passed=not reason, reason=reason) if reason else _one_of(example, labels)


def _copied(text: str, source: str) -> str:
    """So many words in a row of the source that stand in the text; of a source that is itself such a text nothing."""
    told, known = words(text), words(source)
    runs = {tuple(known[i : i + RUN]) for i in range(len(known) - RUN + 1)}
    found = (told[i : i + RUN] for i in range(len(told) - RUN + 1)) if told != known else ()
    return next((" ".join(run) for run in found if tuple(run) in runs), "")


def of_subject(example: Example) -> Verdict:
    """A grounding filter: the text is about the chunk's subject. It is made up, so there is no evidence of what it tells."""
    shared = frozenset(content(example.instruction)) & frozenset(content(" . ".join((*example.chunk.headings, example.chunk.text))))
    reason = "" if len(shared) >= SHARED else "The text is about something else than the excerpt; use its names and terms."
    return Verdict(filter="grounding", passed=not reason, reason=reason)


def as_meant(example: Example) -> Verdict:
    """Consistency of a written text: its readers elect the label that it was written for, which is the first draw's."""
    verdict = labels_agree(example)
    meant, *readers = [d.response for d in example.draws]
    if not verdict.passed or any(same_label(meant, one, "") for one in readers):
        return verdict
    reason = f'The text was written for "{meant}", and readers took it for "{readers[0]}".'
    return verdict.model_copy(update={"passed": False, "reason": reason})
