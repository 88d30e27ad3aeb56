"""Check that a classification has one of the client's labels and quotes its text exactly."""

from collections.abc import Sequence
from functools import partial

from factory.core.records import Example, Verdict
from filters.chain import Filter
from filters.consistency.labels import same_label
from filters.consistency.vote import consistency
from filters.schema.schema import schema
from filters.text.segment import content_stems, words

MIN_TEXT_WORDS = 8  # of a text that a teacher wrote for a label
TEXT_MIN_SHARED = 2  # content words that such a text must share with its chunk
COPIED_RUN_WORDS = 12  # consecutive words that make a copy rather than chance or a name
MAX_SHOWN_LABELS = 12  # in a reason


def label_schema_filter(labels: Sequence[str]) -> Filter:
    """Return a schema filter: the answer must be one label, spelled as the client spells it."""
    return partial(_one_of, labels=tuple(labels))


def _one_of(example: Example, labels: tuple[str, ...]) -> Verdict:
    known = ", ".join(labels[:MAX_SHOWN_LABELS]) + (", …" if len(labels) > MAX_SHOWN_LABELS else "")
    reason = ""
    if not example.response.strip():
        reason = f"The answer has no label; answer with one of: {known}."
    elif example.response not in labels:
        reason = f'"{example.response[:60]}" is none of the labels; answer with one of: {known}.'
    return Verdict(filter="schema", passed=not reason, reason=reason)


def label_consistency(example: Example) -> Verdict:
    """Check that the draws agree on a label.

    The question is the client's, so the reason does not ask for another one.
    """
    verdict = consistency(example, same_label)
    if verdict.passed:
        return verdict
    labels = ", ".join(f'"{d.response[:60]}"' for d in example.draws)
    return verdict.model_copy(
        update={"reason": f"Readers of the text chose different labels: {labels}."}
    )


def label_grounding(example: Example) -> Verdict:
    """Check that the chunk has each quote; it need not have the words of the label."""
    text = example.chunk.text
    wrong = next((s for s in example.spans if not s.text or text[s.start : s.end] != s.text), None)
    reason = f'The quote "{wrong.text[:60]}" does not stand in the chunk.' if wrong else ""
    return Verdict(filter="grounding", passed=not reason, reason=reason, evidence=example.spans)


def written_text_schema_filter(labels: Sequence[str], prompts: tuple[str, ...] = ()) -> Filter:
    """Return a schema filter for texts that a teacher wrote for a label.

    The instruction is the text, and the response is the label.
    """
    return partial(_written, labels=tuple(labels), prompts=prompts)


def _written(example: Example, labels: tuple[str, ...], prompts: tuple[str, ...]) -> Verdict:
    verdict = schema(
        example.model_copy(update={"instruction": "", "response": example.instruction}),
        asked=False,
        prompts=prompts,
    )
    reason = verdict.reason.replace("The answer", "The text")
    count = len(words(example.instruction))
    reason = reason or (
        f"The text has {count} words, must have {MIN_TEXT_WORDS} or more."
        if count < MIN_TEXT_WORDS
        else ""
    )
    if not reason and (copied := _copied(example.instruction, example.chunk.text)):
        reason = f'The text copies its excerpt ("{copied}"); write it in words of its own.'
    return (
        Verdict(filter="schema", passed=not reason, reason=reason)
        if reason
        else _one_of(example, labels)
    )


def _copied(text: str, source: str) -> str:
    """Return the first COPIED_RUN_WORDS consecutive words that the text copies, or "".

    A text that equals its source is not a copy.
    """
    own, known = words(text), words(source)
    runs = {
        tuple(known[i : i + COPIED_RUN_WORDS]) for i in range(len(known) - COPIED_RUN_WORDS + 1)
    }
    found = (
        (own[i : i + COPIED_RUN_WORDS] for i in range(len(own) - COPIED_RUN_WORDS + 1))
        if own != known
        else ()
    )
    return next((" ".join(run) for run in found if tuple(run) in runs), "")


def written_text_grounding(example: Example) -> Verdict:
    """Check that a written text is about the chunk's subject.

    The text is invented, so there is no evidence for its statements.
    """
    shared = frozenset(content_stems(example.instruction)) & frozenset(
        content_stems(" . ".join((*example.chunk.headings, example.chunk.text)))
    )
    reason = (
        ""
        if len(shared) >= TEXT_MIN_SHARED
        else "The text is about something else than the excerpt; use its names and terms."
    )
    return Verdict(filter="grounding", passed=not reason, reason=reason)


def written_text_consistency(example: Example) -> Verdict:
    """Check that the readers of a written text choose its label, given by the first draw."""
    verdict = label_consistency(example)
    meant, *readers = [d.response for d in example.draws]
    if not verdict.passed or any(same_label(meant, one, "") for one in readers):
        return verdict
    reason = f'The text was written for "{meant}", and readers took it for "{readers[0]}".'
    return verdict.model_copy(update={"passed": False, "reason": reason})
