"""What a run came to, read from its files: the funnel, what survived and what repair recovered, training and scores."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from factory.audit.results import NAME as AUDIT
from factory.audit.results import Audit, audited
from factory.core.errors import UserMistake
from factory.core.outcomes import End, Line, lines_of, rejection
from factory.core.records import FINAL_PASS, NEVER_ANSWERED
from factory.core.run_folder import Run
from factory.core.training_settings import ENOUGH_EXAMPLES
from factory.evaluation.evaluate import Evaluation
from factory.reports.diverse_sample import Spread
from factory.reports.loss_chart import Curves
from factory.reports.report import Report, kind_of
from factory.review.comparison_results import FOUND as COMPARED
from factory.review.comparison_results import Comparison
from factory.review.findings import NAME as REVIEW
from factory.review.findings import Findings

Read = TypeVar("Read", bound=BaseModel)

# The field's rule of thumb, in percent: what survives of a teacher's first writing, what repair recovers of the rest.
USUAL_SURVIVING = (30, 40)
USUAL_RECOVERED = (15, 20)
SHOWN = 12  # examples of each kind: enough for an impression, few enough to read
REASONS_SHOWN = 8  # of one filter; the others are counted together


class Adapted(BaseModel, frozen=True):
    """What of the settings tells an adapter's form; whatever else stood in them when it was trained is let by."""

    rank: int
    alpha: int
    dropout: float
    batch: int
    modules: tuple[str, ...]


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
    left_out: tuple[str, ...] = ()  # ids of rows that were too long
    val_rows: int = 0
    stopped_early: bool = False
    watched: str = ""  # how the validation loss was watched, or why it was not
    settings: Adapted | None = None  # with what a preset filled in


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
    lines: Sequence[Line]
    counts: "Counts"
    evaluation: Evaluation | None
    training: Training | None
    audit: Audit | None = None
    changed: bool = False  # since the audit
    review: Findings | None = None
    compared: Comparison | None = None  # two models' answers, by people
    curves: Curves | None = None

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
        return self.counts.unfinished

    @property
    def few(self) -> str:
        """A plain line where the recipe allows what docstill advises against; empty elsewhere."""
        rows = f"{self.report.train_rows} here, {self.report.replay_rows} of them replay"
        few = f"The recipe allowed training on fewer than {ENOUGH_EXAMPLES} examples ({rows})."
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
    audit, lines = read(run, AUDIT, Audit), lines_of(run)
    changed = audit is not None and audit.of != audited(run)
    review, curves = read(run, REVIEW, Findings), read(run, "adapter/curves.json", Curves)
    return Account(
        name=Path(run.folder).resolve().name,
        report=report,
        lines=lines,
        counts=counted(lines),
        evaluation=evaluation,
        training=training,
        audit=audit,
        changed=changed,
        review=review,
        compared=read(run, COMPARED, Comparison),
        curves=curves,
    )


def read(run: Run, name: str, shape: type[Read]) -> Read | None:
    """A file of the run, None where it is not there. Raises UserMistake where it is not readable as that."""
    return run.read(name, shape) if run.has(name) else None


@dataclass(frozen=True)
class Counts:
    """What the lines of a run come to, each read once: they may be more than memory holds."""

    asked: int
    filters: tuple[str, ...]  # in the order in which they judge
    fell: Counter[str]  # by the filter that the first attempt fell at; "": none
    dropped: Counter[str]  # what came as far as the final pass, by its judge; "": none
    repaired: Counter[bool]  # what repair tried, by whether it recovered it
    unfinished: Counter[str]  # by reason
    shown: dict[End, list[int]]  # places of examples to read: of kept ones over documents, of rejected ones over faults


def counted(lines: Iterable[Line]) -> Counts:
    fell, dropped, unfinished, repaired = Counter[str](), Counter[str](), Counter[str](), Counter[bool]()
    named: dict[str, None] = {}
    some: dict[End, Spread] = {"kept": Spread(SHOWN), "rejected": Spread(SHOWN)}
    for place, line in enumerate(lines):
        named.update(dict.fromkeys(v.filter for v in line.first.verdicts))
        fell[line.fell_first] += 1
        if not line.fell_first or line.recovered:
            dropped[_dropped(line)] += 1
        if line.attempts and line.fell_first not in ("", NEVER_ANSWERED):
            repaired[line.recovered] += 1
        if line.ending == "unfinished":
            unfinished[line.reason] += 1
        else:
            some[line.ending].add(line.document.name if line.ending == "kept" else _fault(line), (line.id, place))
    shown = {end: [place for _, place in spread.chosen()] for end, spread in some.items()}
    return Counts(fell.total(), _filters(named), fell, dropped, repaired, unfinished, shown)


def _filters(named: Iterable[str]) -> tuple[str, ...]:
    """Those of the first attempts, in the order in which they judge: a task's own stand before consistency."""
    fixed = ("schema", "grounding", "consistency", "judge", *FINAL_PASS, NEVER_ANSWERED)
    return ("schema", "grounding", *(n for n in named if n not in fixed), "consistency", *(n for n in named if n == "judge"))


def _fault(line: Line) -> str:
    verdict = rejection(line)
    return f"{verdict.filter} {kind_of(verdict.reason)}" if verdict else ""


def funnel(counts: Counts) -> list[Step]:
    """From the slots asked to the examples kept; every step is the one before plus its change."""
    steps = [Step(name="asked", left=counts.asked, total=True)]
    if silent := counts.fell[NEVER_ANSWERED]:
        steps.append(steps[-1].then("answered by the teacher", -silent))
    for name in counts.filters:
        steps.append(steps[-1].then(f"passed {name}", -counts.fell[name]))
    steps.append(Step(name="kept before repair", left=steps[-1].left, total=True))
    steps.append(steps[-1].then("recovered by repair", counts.dropped.total() - steps[-1].left))
    if refused := counts.dropped["expert"]:
        steps.append(steps[-1].then("rejected by the expert", -refused))
    steps.append(steps[-1].then("duplicates", -counts.dropped["duplicates"]))
    if untaught := counts.dropped["taught"]:
        steps.append(steps[-1].then("about a fact that is trained", -untaught))
    if leaked := counts.dropped["decontamination"]:
        steps.append(steps[-1].then("stands in what is held out", -leaked))
    if beyond := counts.dropped["balance"]:
        steps.append(steps[-1].then("of a label that is too frequent", -beyond))
    return [*steps, Step(name="kept", left=steps[-1].left, total=True)]


def _dropped(line: Line) -> str:
    """The judge of the final pass that rejected it; what could not be repaired then is still that one's."""
    if line.fell_last in ("", *FINAL_PASS):
        return line.fell_last
    found = (verdict.filter for tried in line.tries if (verdict := rejection(tried)))
    return next((name for name in found if name in FINAL_PASS), "duplicates")


def yields(counts: Counts) -> tuple[Yield, Yield]:
    """What survived as first written, and what repair recovered of what it tried."""
    return (
        Yield("survives as first written", counts.fell[""], counts.asked - counts.fell[NEVER_ANSWERED], USUAL_SURVIVING),
        Yield("recovered by repair", counts.repaired[True], counts.repaired.total(), USUAL_RECOVERED),
    )


def shown_reasons(reasons: dict[str, int]) -> Iterator[tuple[str, int]]:
    """The commonest reasons, then the count of all others."""
    ordered = sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    yield from ordered[:REASONS_SHOWN]
    if rest := ordered[REASONS_SHOWN:]:
        yield f"{len(rest)} other reasons", sum(times for _, times in rest)
