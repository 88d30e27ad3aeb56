"""Read a conversation from one instruction, and judge each of its turns.

The instruction is the conversation before the last answer: alternating lines of the user (`User: `)
and the assistant (`Assistant: `), the last by the user. The response is the last answer. So a
conversation is generated, repaired, reviewed and used as gold like any other example.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from factory.core.records import Example, Span, Verdict
from filters.chain import Filter
from filters.grounding.grounding import grounding
from filters.schema.schema import schema
from filters.text.corpus_names import IsKnownName

SPEAKERS = ("User: ", "Assistant: ")
MIN_TURNS = 2  # questions of a conversation
_SPACE = re.compile(r"\s+")


class ConversationTurn(NamedTuple):
    question: str
    answer: str
    spans: tuple[Span, ...]
    before: str = ""  # the earlier questions, which this one may refer to


def join_turns(messages: Sequence[str]) -> str:
    """Write alternating messages as one line each. White space apart, it reverses `split_turns`."""
    return "\n".join(
        f"{SPEAKERS[i % 2]}{collapse_whitespace(one)}" for i, one in enumerate(messages)
    )


def collapse_whitespace(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def split_turns(instruction: str) -> list[str]:
    """Return the messages without their speakers.

    Raises ValueError if the lines are not those of a conversation.
    """
    lines = instruction.split("\n")
    if len(lines) % 2 == 0 or not all(
        line.startswith(SPEAKERS[i % 2]) for i, line in enumerate(lines)
    ):
        raise ValueError(
            "its instruction is not a conversation; write alternating lines "
            '"User: …" and "Assistant: …" that end with the user'
        )
    return [line.removeprefix(SPEAKERS[i % 2]) for i, line in enumerate(lines)]


def turn_field(number: int) -> str:
    """Return the field of the turn's spans; turns count from 1."""
    return f"turn {number}"


def read_turns(example: Example) -> list[ConversationTurn]:
    """Return each question with its answer and the spans of its turn."""
    lines = [*split_turns(example.instruction), example.response]
    asked, answers = lines[::2], lines[1::2]
    return [
        ConversationTurn(
            question,
            answer,
            tuple(s for s in example.spans if s.field == turn_field(n)),
            " ".join(asked[: n - 1]),
        )
        for n, (question, answer) in enumerate(zip(asked, answers, strict=True), 1)
    ]


def conversation_schema_filter(prompts: tuple[str, ...]) -> Filter:
    """Return a schema filter for all turns; only the first question must make sense by itself."""
    return partial(_judge_schema, prompts=prompts)


def _judge_schema(example: Example, prompts: tuple[str, ...]) -> Verdict:
    found = read_turns(example)
    reason = (
        f"The conversation has {len(found)} turn, must have {MIN_TURNS} or more."
        if len(found) < MIN_TURNS
        else ""
    )
    for number, turn in enumerate(found, 1):
        alone = _of(example, turn)
        verdict = schema(alone, prompts=prompts, follows=number > 1)
        reason = reason or ("" if verdict.passed else f"Turn {number}: {verdict.reason}")
    asked = [turn.question.casefold() for turn in found]
    reason = reason or (
        "Two questions of the conversation are the same." if len(set(asked)) < len(asked) else ""
    )
    return Verdict(filter="schema", passed=not reason, reason=reason)


def conversation_grounding_filter(support: float, known: IsKnownName) -> Filter:
    """Return a grounding filter that judges each turn against its own evidence.

    A question may refer to earlier ones.
    """
    return partial(_judge_grounding, support=support, known=known)


def _judge_grounding(example: Example, support: float, known: IsKnownName) -> Verdict:
    score, evidence = 1.0, []
    for number, turn in enumerate(read_turns(example), 1):
        # By itself, or with the questions that it refers to.
        asked = (
            turn.question,
            *([f"{turn.before} {turn.question}"] if turn.before else []),
        )
        verdicts = [
            grounding(_of(example, turn._replace(question=one)), support=support, known=known)
            for one in asked
        ]
        verdict = next((one for one in verdicts if one.passed), verdicts[0])
        if not verdict.passed:
            return verdict.model_copy(update={"reason": f"Turn {number}: {verdict.reason}"})
        score = min(score, verdict.score or 0.0)
        evidence += [s.model_copy(update={"field": turn_field(number)}) for s in verdict.evidence]
    return Verdict(filter="grounding", passed=True, score=score, evidence=tuple(evidence))


def _of(example: Example, turn: ConversationTurn) -> Example:
    return example.model_copy(
        update={"instruction": turn.question, "response": turn.answer, "spans": turn.spans}
    )
