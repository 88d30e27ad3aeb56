"""Forgetting: what a student has lost of general knowledge, arithmetic and code beside its base, in bits per answer token."""

import re
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from pydantic import BaseModel, Field

from factory.core.run_folder import Run
from factory.core.settings import EvaluateSettings
from factory.core.stats import Interval, paired_interval, rounded
from factory.dataset.general_questions import Question, general_rows

QUESTIONS = "general.jsonl"  # of the run: the questions that are measured
MEASURED = "forgetting/{}.jsonl"  # of the run, by model: what the trainer measured

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?")
_ARTICLE = re.compile(r"^(?:the|an|a) ", re.I)








class Recall(BaseModel, frozen=True):
    """One line of a file of the trainer's: what the reference costs, and what the model says itself."""

    id: str
    bits: float
    tokens: int
    response: str


class Memory(BaseModel, frozen=True):
    """Of one model: bits per token of the references, their ends included; the share of its own answers that are right."""

    bits: float
    accuracy: float


class Forgetting(BaseModel, frozen=True):
    """Part of evaluation.json. `paired`: student less base, resampled by question; a rise in bits is what was forgotten."""

    n: int
    base: Memory
    student: Memory
    paired: dict[str, Interval]
    kinds: "dict[str, Forgetting]" = Field({}, exclude_if=lambda kinds: not kinds)
    allowed: float | None = Field(None, exclude_if=lambda allowed: allowed is None)  # of the whole, not of its kinds

    @property
    def broken(self) -> str:
        """The promise that was not kept, in words; empty where it was."""
        rise = self.paired["bits"]
        if self.allowed is None or rise.low <= self.allowed:
            return ""
        more = f"general answers cost it {rise.mean:.3f} bits a token more than base, at least {rise.low:.3f}"
        return f"the student has forgotten too much: {more}, at most [evaluate] forgetting = {self.allowed:g} is allowed"

    @property
    def rows(self) -> "Iterator[tuple[str, Forgetting]]":
        """The whole and its kinds, as they are shown."""
        yield "all", self
        yield from self.kinds.items()


def write_questions(run: Run, settings: EvaluateSettings) -> None:
    """The questions that come with docstill, as many as the recipe says, evenly over their kinds."""
    every = general_rows()
    n = min(settings.general, len(every))
    run.write_lines(QUESTIONS, (every[place * len(every) // n] for place in range(n)))




def forgetting(run: Run, allowed: float, seed: int) -> Forgetting | None:
    """Student beside base; None where one of them was not measured."""
    models = {name: _recalls(run, name) for name in ("base", "student")}
    if not run.has(QUESTIONS) or not all(models.values()):
        return None
    questions = list(run.rows(QUESTIONS, Question))
    if any(question.meta.id not in found for question in questions for found in models.values()):
        return None
    by_kind = {kind: [q for q in questions if q.meta.kind == kind] for kind in dict.fromkeys(q.meta.kind for q in questions)}
    kinds = {kind: _compared(mine, models, seed) for kind, mine in by_kind.items()}
    return _compared(questions, models, seed).model_copy(update={"kinds": kinds, "allowed": allowed})


def _recalls(run: Run, name: str) -> dict[str, Recall]:
    file = MEASURED.format(name)
    found = run.rows(file, Recall) if run.has(file) else ()
    return {one.id: one for one in found}


def _compared(questions: Sequence[Question], models: Mapping[str, Mapping[str, Recall]], seed: int) -> Forgetting:
    """Bits are means over tokens: of each token those of its answer's mean, so that a question is drawn with all its tokens."""
    base, student = ([models[name][q.meta.id] for q in questions] for name in ("base", "student"))
    tokens = [(q.meta.id, (s.bits - b.bits) / b.tokens) for q, b, s in zip(questions, base, student, strict=True) for _ in range(b.tokens)]
    one, other = (_rights(questions, found) for found in (student, base))
    return Forgetting(
        n=len(questions),
        base=_memory(base, other),
        student=_memory(student, one),
        paired={
            "bits": paired_interval([rise for _, rise in tokens], [id for id, _ in tokens], seed),
            "accuracy": paired_interval([a - b for a, b in zip(one, other, strict=True)], [q.meta.id for q in questions], seed),
        },
    )


def _memory(recalls: Sequence[Recall], rights: Sequence[float]) -> Memory:
    bits = sum(one.bits for one in recalls) / sum(one.tokens for one in recalls)
    return Memory(bits=rounded(bits), accuracy=rounded(fmean(rights)))


def _rights(questions: Sequence[Question], recalls: Sequence[Recall]) -> list[float]:
    return [float(right(one.response, q.messages[-1].content, q.meta.kind == "code")) for q, one in zip(questions, recalls, strict=True)]


def right(response: str, reference: str, code: bool = False) -> bool:
    """A number: the last one that is said, by value. Else the reference stands there between other words; of code with its capitals."""
    if _NUMBER.fullmatch(reference):
        said = _NUMBER.findall(response)
        return bool(said) and float(said[-1].replace(",", "")) == float(reference.replace(",", ""))
    wanted, said_ = (_plain(text, code) for text in (_ARTICLE.sub("", reference) if not code else reference, response))
    return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", said_) is not None


def _plain(text: str, code: bool) -> str:
    plain = " ".join(text.replace('"', "'").split())
    return plain if code else plain.casefold()


def forgetting_sentence(found: Forgetting) -> str:
    """What it came to, with its figures."""
    rise, accuracy = found.paired["bits"], (found.base.accuracy, found.student.accuracy)
    claim = "has forgotten" if rise.low > 0 else "has got surer of" if rise.high < 0 else "is not shown to have forgotten"
    allowed = f"; at most {found.allowed:+g} is allowed" if found.allowed is not None else ""
    return (
        f"student {claim} general answers: {found.base.bits:.3f} -> {found.student.bits:.3f} bits a token, "
        f"difference {rise.mean:+.3f} (95 % interval {rise.low:+.3f} to {rise.high:+.3f}, n = {found.n}){allowed}; "
        f"right {accuracy[0]:.3f} -> {accuracy[1]:.3f}"
    )
