"""Measure how much general knowledge, arithmetic and code a student has lost.

The unit is bits per answer token, compared with the base.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from pydantic import BaseModel, Field

from factory.core.run_folder import Run
from factory.core.settings import EvaluateSettings
from factory.core.stats import Interval, paired_interval, rounded
from factory.dataset.general_questions import GeneralQuestion, general_rows

GENERAL_QUESTIONS = "general.jsonl"  # in the run folder
MEASURED = "forgetting/{}.jsonl"  # in the run folder, by model; written by the trainer

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?")
_ARTICLE = re.compile(r"^(?:the|an|a) ", re.I)


class GeneralAnswer(BaseModel, frozen=True):
    """One line of the trainer's file: bits of the reference answer, and the model's own answer."""

    id: str
    bits: float
    tokens: int
    response: str


class GeneralScore(BaseModel, frozen=True):
    """One model's result.

    `bits`: per token of the reference answers, their end tokens included. `accuracy`: share of the
    model's own answers that are right.
    """

    bits: float
    accuracy: float


class Forgetting(BaseModel, frozen=True):
    """Part of evaluation.json.

    `paired`: student minus base, resampled by question. A rise in bits is forgetting.
    """

    n: int
    base: GeneralScore
    student: GeneralScore
    paired: dict[str, Interval]
    kinds: "dict[str, Forgetting]" = Field({}, exclude_if=lambda kinds: not kinds)
    # for all kinds together; the single kinds have none
    allowed: float | None = Field(None, exclude_if=lambda allowed: allowed is None)

    @property
    def broken(self) -> str:
        """The broken promise as a sentence; empty if it was kept."""
        rise = self.paired["bits"]
        if self.allowed is None or rise.low <= self.allowed:
            return ""
        return (
            f"the student has forgotten too much: general answers cost it {rise.mean:.3f} bits per "
            f"token more than its base (at least {rise.low:.3f}), and [evaluate] forgetting allows "
            f"{self.allowed:g}"
        )

    @property
    def rows(self) -> "Iterator[tuple[str, Forgetting]]":
        """Yield the total, then each kind."""
        yield "all", self
        yield from self.kinds.items()


def write_general_questions(run: Run, settings: EvaluateSettings) -> None:
    """Write the recipe's number of general questions, spread evenly over their kinds."""
    every = general_rows()
    n = min(settings.general, len(every))
    run.write_lines(GENERAL_QUESTIONS, (every[place * len(every) // n] for place in range(n)))


def measure_forgetting(run: Run, allowed: float, seed: int) -> Forgetting | None:
    """Compare student and base; None unless both were measured."""
    models = {name: _recalls(run, name) for name in ("base", "student")}
    if not run.has(GENERAL_QUESTIONS) or not all(models.values()):
        return None
    questions = list(run.rows(GENERAL_QUESTIONS, GeneralQuestion))
    if any(question.meta.id not in found for question in questions for found in models.values()):
        return None
    by_kind = {
        kind: [q for q in questions if q.meta.kind == kind]
        for kind in dict.fromkeys(q.meta.kind for q in questions)
    }
    kinds = {kind: _compared(mine, models, seed) for kind, mine in by_kind.items()}
    return _compared(questions, models, seed).model_copy(
        update={"kinds": kinds, "allowed": allowed}
    )


def _recalls(run: Run, name: str) -> dict[str, GeneralAnswer]:
    file = MEASURED.format(name)
    found = run.rows(file, GeneralAnswer) if run.has(file) else ()
    return {one.id: one for one in found}


def _compared(
    questions: Sequence[GeneralQuestion],
    models: Mapping[str, Mapping[str, GeneralAnswer]],
    seed: int,
) -> Forgetting:
    """Compare on some questions. Each token counts with its answer's mean bits.

    The bootstrap then draws a question with all its tokens.
    """
    base, student = ([models[name][q.meta.id] for q in questions] for name in ("base", "student"))
    tokens = [
        (q.meta.id, (s.bits - b.bits) / b.tokens)
        for q, b, s in zip(questions, base, student, strict=True)
        for _ in range(b.tokens)
    ]
    one, other = (_rights(questions, found) for found in (student, base))
    return Forgetting(
        n=len(questions),
        base=_memory(base, other),
        student=_memory(student, one),
        paired={
            "bits": paired_interval([rise for _, rise in tokens], [id for id, _ in tokens], seed),
            "accuracy": paired_interval(
                [a - b for a, b in zip(one, other, strict=True)],
                [q.meta.id for q in questions],
                seed,
            ),
        },
    )


def _memory(recalls: Sequence[GeneralAnswer], rights: Sequence[float]) -> GeneralScore:
    bits = sum(one.bits for one in recalls) / sum(one.tokens for one in recalls)
    return GeneralScore(bits=rounded(bits), accuracy=rounded(fmean(rights)))


def _rights(questions: Sequence[GeneralQuestion], recalls: Sequence[GeneralAnswer]) -> list[float]:
    return [
        float(is_right(one.response, q.messages[-1].content, q.meta.kind == "code"))
        for q, one in zip(questions, recalls, strict=True)
    ]


def is_right(response: str, reference: str, code: bool = False) -> bool:
    """Check an answer: a number by the last one in it, anything else by containing the reference.

    Case counts only for code.
    """
    if _NUMBER.fullmatch(reference):
        numbers = _NUMBER.findall(response)
        return bool(numbers) and float(numbers[-1].replace(",", "")) == float(
            reference.replace(",", "")
        )
    wanted = _plain(reference if code else _ARTICLE.sub("", reference), code)
    return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", _plain(response, code)) is not None


def _plain(text: str, code: bool) -> str:
    plain = " ".join(text.replace('"', "'").split())
    return plain if code else plain.casefold()


def forgetting_sentence(found: Forgetting) -> str:
    """Return the result with its figures."""
    rise, accuracy = found.paired["bits"], (found.base.accuracy, found.student.accuracy)
    if rise.low > 0:
        claim = "has forgotten general answers"
    elif rise.high < 0:
        claim = "assigns a higher probability to the general answers"
    else:
        claim = "is not shown to have forgotten general answers"
    allowed = f"; at most {found.allowed:+g} is allowed" if found.allowed is not None else ""
    return (
        f"student {claim}: {found.base.bits:.3f} -> {found.student.bits:.3f} bits per token, "
        f"difference {rise.mean:+.3f} (95 % interval {rise.low:+.3f} to {rise.high:+.3f}, "
        f"n = {found.n}){allowed}; right answers {accuracy[0]:.3f} -> {accuracy[1]:.3f}"
    )
