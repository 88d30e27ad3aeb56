"""Dialogue: several turns in one instruction, one a line, and the filters that judge each of them.

The instruction of a conversation is what was said before its last answer: lines in turn by the user (`User: `) and the assistant
(`Assistant: `), the last by the user. The response is the last answer. So a conversation flows, is repaired, reviewed and given as gold
like any other example.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from factory.core.records import Example, Span, Verdict
from filters.chain import Filter
from filters.grounding.grounding import grounding
from filters.schema.schema import schema
from filters.text.corpus_names import Known

SPEAKERS = ("User: ", "Assistant: ")
LEAST = 2  # questions of a conversation
_SPACE = re.compile(r"\s+")


class Turn(NamedTuple):
    question: str
    answer: str
    spans: tuple[Span, ...]
    before: str = ""  # the questions before it, which it may refer to


def told(said: Sequence[str]) -> str:
    """What was said in turn, one line each. The inverse of `said`, but for white space."""
    return "\n".join(f"{SPEAKERS[i % 2]}{flat(one)}" for i, one in enumerate(said))


def flat(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def said(instruction: str) -> list[str]:
    """What was said in turn, without the speakers. Raises ValueError where the lines are not those of a conversation."""
    lines = instruction.split("\n")
    if len(lines) % 2 == 0 or not all(line.startswith(SPEAKERS[i % 2]) for i, line in enumerate(lines)):
        raise ValueError('its instruction is no conversation, must be lines "User: …" and "Assistant: …" in turn, the last by the user')
    return [line.removeprefix(SPEAKERS[i % 2]) for i, line in enumerate(lines)]


def field(number: int) -> str:
    """Under which a turn's spans stand; turns count from 1."""
    return f"turn {number}"


def turns(example: Example) -> list[Turn]:
    """Each question with its answer and the spans of its turn."""
    lines = [*said(example.instruction), example.response]
    asked, answers = lines[::2], lines[1::2]
    return [
        Turn(question, answer, tuple(s for s in example.spans if s.field == field(n)), " ".join(asked[: n - 1]))
        for n, (question, answer) in enumerate(zip(asked, answers, strict=True), 1)
    ]


def sound(prompts: tuple[str, ...]) -> Filter:
    """A schema filter over all turns; only the first question must be understood by itself."""
    return partial(_sound, prompts=prompts)


def _sound(example: Example, prompts: tuple[str, ...]) -> Verdict:
    found = turns(example)
    reason = f"The conversation has {len(found)} turn, must have {LEAST} or more." if len(found) < LEAST else ""
    for number, turn in enumerate(found, 1):
        alone = _of(example, turn)
        verdict = schema(alone, prompts=prompts, follows=number > 1)
        reason = reason or ("" if verdict.passed else f"Turn {number}: {verdict.reason}")
    asked = [turn.question.casefold() for turn in found]
    reason = reason or ("Two questions of the conversation are the same." if len(set(asked)) < len(asked) else "")
    return Verdict(filter="schema", passed=not reason, reason=reason)


def grounded(support: float, known: Known) -> Filter:
    """A grounding filter over all turns, each against its own evidence; what a question refers to stands in the ones before it."""
    return partial(_grounded, support=support, known=known)


def _grounded(example: Example, support: float, known: Known) -> Verdict:
    score, evidence = 1.0, []
    for number, turn in enumerate(turns(example), 1):
        asked = (turn.question, *([f"{turn.before} {turn.question}"] if turn.before else []))  # as it stands, or with what it refers to
        verdicts = [grounding(_of(example, turn._replace(question=one)), support=support, known=known) for one in asked]
        verdict = next((one for one in verdicts if one.passed), verdicts[0])
        if not verdict.passed:
            return verdict.model_copy(update={"reason": f"Turn {number}: {verdict.reason}"})
        score = min(score, verdict.score or 0.0)
        evidence += [s.model_copy(update={"field": field(number)}) for s in verdict.evidence]
    return Verdict(filter="grounding", passed=True, score=score, evidence=tuple(evidence))


def _of(example: Example, turn: Turn) -> Example:
    return example.model_copy(update={"instruction": turn.question, "response": turn.answer, "spans": turn.spans})
