"""What a run came to, read from its files: the funnel, what survived and what repair recovered, training and scores."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from factory.audit.found import NAME as AUDIT
from factory.audit.found import Audit, audited
from factory.errors import UserMistake
from factory.evaluate import Evaluation
from factory.repair import NEVER_ANSWERED
from factory.report import Report
from factory.run import Run
from factory.why import FINAL_PASS, Line, lines_of, rejection
from trainer.settings import ENOUGH_EXAMPLES

Read = TypeVar("Read", bound=BaseModel)

# The field's rule of thumb, in percent: what survives of a teacher's first writing, what repair recovers of the rest.
USUAL_SURVIVING = (30, 40)
USUAL_RECOVERED = (15, 20)
REASONS_SHOWN = 8  # of one filter; the others are counted together


class Training(BaseModel, frozen=True):
    """What of adapter/training.json is told here; the trainer's own record would bring torch along."""

    base: str
    device: str
    quantized: bool
    rows: int
    steps: int
    seconds: float
    first_loss: float
    last_loss: float
    best_val_loss: float | None = None


class Step(BaseModel, frozen=True):
    """One step of the funnel: how many slots are left, and how many left or came back."""

    name: str
    left: int
    change: int = 0
    total: bool = False  # a milestone instead of a filter

    def then(self, name: str, change: int) -> "Step":
        return Step(name=name, left=self.left + change, change=change)


@dataclass(frozen=True)
class Account:
    """All that is told of a run."""

    name: str
    report: Report
    lines: list[Line]
    evaluation: Evaluation | None
    training: Training | None
    audit: Audit | None = None
    changed: bool = False  # since the audit

    @property
    def sum(self) -> str:
        r = self.report
        sign = "=" if r.asked == r.kept + r.rejected + r.unfinished else "≠"
        return f"{r.asked:,} asked {sign} {r.kept:,} kept + {r.rejected:,} rejected + {r.unfinished:,} unfinished"

    @property
    def seconds(self) -> dict[str, float]:
        every = {**({"train": self.training.seconds} if self.training else {}), **self.report.seconds}
        return dict(sorted(every.items(), key=lambda pair: pair[0] != "make"))  # the only stage known to be first

    @property
    def unfinished(self) -> dict[str, int]:
        return Counter(line.reason for line in self.lines if line.ending == "unfinished")

    @property
    def few(self) -> str:
        """A plain line where the recipe allows what docstill advises against; empty elsewhere."""
        few = f"The recipe allowed training on fewer than {ENOUGH_EXAMPLES} examples ({self.report.train_rows} here)."
        return few if self.report.few_examples_allowed else ""


@dataclass(frozen=True)
class Yield:
    """A share in percent, None of nothing, beside the field's usual one."""

    name: str
    part: int
    whole: int
    usual: tuple[int, int]

    @property
    def percent(self) -> float | None:
        return 100 * self.part / self.whole if self.whole else None

    @property
    def words(self) -> str:
        return f"{self.percent:.0f} % ({self.part:,} of {self.whole:,})" if self.percent is not None else "none tried"


def account(run: Run) -> Account:
    """Reads what a run holds. Raises UserMistake where a file is missing or not readable as what it should be."""
    report = read(run, "report.json", Report)
    if report is None:
        raise UserMistake(f"{run.folder / 'report.json'}: is missing, run `docstill make` to its end first")
    evaluation, training = read(run, "evaluation.json", Evaluation), read(run, "adapter/training.json", Training)
    audit = read(run, AUDIT, Audit)
    changed = audit is not None and audit.of != audited(run)
    return Account(Path(run.folder).resolve().name, report, lines_of(run), evaluation, training, audit, changed)


def read(run: Run, name: str, shape: type[Read]) -> Read | None:
    """A file of the run, None where it is not there. Raises UserMistake where it is not readable as that."""
    if not run.has(name):
        return None
    try:
        return shape.model_validate_json((run.folder / name).read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        fault = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise UserMistake(f"{run.folder / name}: {fault}; must be as docstill writes it") from error


def funnel(lines: Sequence[Line]) -> list[Step]:
    """From the slots asked to the examples kept; every step is the one before plus its change."""
    fell = Counter(line.fell_first for line in lines)
    steps = [Step(name="asked", left=len(lines), total=True)]
    if fell[NEVER_ANSWERED]:
        steps.append(steps[-1].then("answered by the teacher", -fell[NEVER_ANSWERED]))
    for name in _filters(lines):
        steps.append(steps[-1].then(f"passed {name}", -fell[name]))
    steps.append(Step(name="kept before repair", left=steps[-1].left, total=True))
    pool = [line for line in lines if not line.fell_first or line.recovered]
    steps.append(steps[-1].then("recovered by repair", len(pool) - steps[-1].left))
    dropped = Counter(_dropped(line) for line in pool)
    if dropped["expert"]:
        steps.append(steps[-1].then("rejected by the expert", -dropped["expert"]))
    steps.append(steps[-1].then("duplicates", -dropped["duplicates"]))
    return [*steps, Step(name="kept", left=steps[-1].left, total=True)]


def _filters(lines: Sequence[Line]) -> list[str]:
    """Those of the first attempts, in the order in which they judge: a task's own stand before consistency."""
    named = dict.fromkeys(v.filter for line in lines for tried in line.tries[:1] for v in tried.verdicts)
    fixed = ("schema", "grounding", "consistency", "judge", *FINAL_PASS, NEVER_ANSWERED)
    return ["schema", "grounding", *(n for n in named if n not in fixed), "consistency", *(n for n in named if n == "judge")]


def _dropped(line: Line) -> str:
    """The judge of the final pass that rejected it; what could not be repaired then is still that one's."""
    if line.fell_last in ("", *FINAL_PASS):
        return line.fell_last
    found = (verdict.filter for tried in line.tries if (verdict := rejection(tried)))
    return next((name for name in found if name in FINAL_PASS), "duplicates")


def yields(lines: Sequence[Line]) -> tuple[Yield, Yield]:
    """What survived as first written, and what repair recovered of what it tried."""
    written = [line for line in lines if line.fell_first != NEVER_ANSWERED]
    surviving = sum(not line.fell_first for line in written)
    tried = [line for line in written if line.fell_first and line.attempts]
    return (
        Yield("survives as first written", surviving, len(written), USUAL_SURVIVING),
        Yield("recovered by repair", sum(line.recovered for line in tried), len(tried), USUAL_RECOVERED),
    )


def shown_reasons(reasons: dict[str, int]) -> Iterator[tuple[str, int]]:
    """The commonest reasons, then the count of all others."""
    ordered = sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    yield from ordered[:REASONS_SHOWN]
    if rest := ordered[REASONS_SHOWN:]:
        yield f"{len(rest)} other reasons", sum(times for _, times in rest)
