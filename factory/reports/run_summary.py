"""Summarise a run from its files: funnel, yields, training and scores."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from factory.audit.results import AUDIT_FILE as AUDIT
from factory.audit.results import Audit, digest_of_audited
from factory.core.errors import UserMistake
from factory.core.outcomes import End, OutcomeLine, outcome_lines, rejection
from factory.core.records import FINAL_PASS, NEVER_ANSWERED
from factory.core.run_folder import Run
from factory.core.training_settings import ENOUGH_EXAMPLES
from factory.evaluation.evaluate import Evaluation
from factory.reports.diverse_sample import DiverseSample
from factory.reports.loss_chart import LossCurves
from factory.reports.report import Report, reason_kind
from factory.review.comparison_results import COMPARISON_FILE as COMPARED
from factory.review.comparison_results import Comparison
from factory.review.findings import FINDINGS_FILE as REVIEW
from factory.review.findings import Findings

Read = TypeVar("Read", bound=BaseModel)

# The field's rules of thumb, in percent: first drafts that survive, and rejected ones that repair
# recovers.
USUAL_SURVIVING = (30, 40)
USUAL_RECOVERED = (15, 20)
EXAMPLES_SHOWN = 12  # examples of each kind: enough for an impression, few enough to read
REASONS_SHOWN = 8  # per filter; the others are counted together


class AdapterSettings(BaseModel, frozen=True):
    """The settings that describe an adapter; others in the file are ignored."""

    rank: int
    alpha: int
    dropout: float
    batch: int
    modules: tuple[str, ...]


class Training(BaseModel, frozen=True):
    """The part of adapter/training.json used here; the trainer's own class would import torch."""

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
    settings: AdapterSettings | None = None  # with what a preset filled in


class FunnelStep(BaseModel, frozen=True):
    """One step of the funnel: the slots left, and the change to the step before."""

    name: str
    left: int
    change: int = 0
    total: bool = False  # a subtotal, not a filter

    def then(self, name: str, change: int) -> "FunnelStep":
        return FunnelStep(name=name, left=self.left + change, change=change)


@dataclass(frozen=True)
class RunSummary:
    """Everything that reports show of a run."""

    name: str
    report: Report
    lines: Sequence[OutcomeLine]
    counts: "LineCounts"
    evaluation: Evaluation | None
    training: Training | None
    audit: Audit | None = None
    changed: bool = False  # whether the run changed since the audit
    review: Findings | None = None
    compared: Comparison | None = None  # two models' answers, rated by people
    curves: LossCurves | None = None

    @property
    def sum(self) -> str:
        r = self.report
        sign = "=" if r.asked == r.kept + r.rejected + r.unfinished else "≠"
        return (
            f"{r.asked:,} asked {sign} {r.kept:,} kept + {r.rejected:,} rejected + "
            f"{r.unfinished:,} unfinished"
        )

    @property
    def seconds(self) -> dict[str, float]:
        every = {
            **({"train": self.training.seconds} if self.training else {}),
            **self.report.seconds,
        }
        # make is the only stage known to be first
        return dict(sorted(every.items(), key=lambda pair: pair[0] != "make"))

    @property
    def unfinished(self) -> dict[str, int]:
        return self.counts.unfinished

    @property
    def few(self) -> str:
        """A warning if the recipe allows fewer examples than docstill advises, else empty."""
        rows = f"{self.report.train_rows} here, of which {self.report.replay_rows} are replay"
        few = f"The recipe allowed training on fewer than {ENOUGH_EXAMPLES} examples ({rows})."
        return few if self.report.few_examples_allowed else ""


@dataclass(frozen=True)
class Yield:
    """A share of this run and the usual range in the field, in percent."""

    name: str
    part: int
    whole: int
    usual: tuple[int, int]

    @property
    def percent(self) -> float | None:
        return 100 * self.part / self.whole if self.whole else None

    @property
    def words(self) -> str:
        return (
            f"{self.percent:.0f} % ({self.part:,} of {self.whole:,})"
            if self.percent is not None
            else "none tried"
        )


def summarise_run(run: Run) -> RunSummary:
    """Read the files of a run. Raises UserMistake if one is missing or broken."""
    report = read_optional(run, "report.json", Report)
    if report is None:
        raise UserMistake(
            f"{run.folder / 'report.json'}: is missing; let `docstill make` finish first"
        )
    evaluation, training = (
        read_optional(run, "evaluation.json", Evaluation),
        read_optional(run, "adapter/training.json", Training),
    )
    audit, lines = read_optional(run, AUDIT, Audit), outcome_lines(run)
    changed = audit is not None and audit.of != digest_of_audited(run)
    review, curves = (
        read_optional(run, REVIEW, Findings),
        read_optional(run, "adapter/curves.json", LossCurves),
    )
    return RunSummary(
        name=Path(run.folder).resolve().name,
        report=report,
        lines=lines,
        counts=count_lines(lines),
        evaluation=evaluation,
        training=training,
        audit=audit,
        changed=changed,
        review=review,
        compared=read_optional(run, COMPARED, Comparison),
        curves=curves,
    )


def read_optional(run: Run, name: str, shape: type[Read]) -> Read | None:
    """Read a file of the run; None if it is missing. Raises UserMistake if it is broken."""
    return run.read(name, shape) if run.has(name) else None


@dataclass(frozen=True)
class LineCounts:
    """Counts from one pass over a run's lines; they may be more than fit into memory."""

    asked: int
    filters: tuple[str, ...]  # in judging order
    fell: Counter[str]  # first attempts by rejecting filter; "": none
    dropped: Counter[str]  # what reached the final pass, by the pass that rejected it; "": none
    repaired: Counter[bool]  # repaired slots, by whether they were recovered
    unfinished: Counter[str]  # by reason
    # indexes of examples to show: kept ones from many documents, rejected ones with many faults
    shown: dict[End, list[int]]


def count_lines(lines: Iterable[OutcomeLine]) -> LineCounts:
    fell, dropped, unfinished, repaired = (
        Counter[str](),
        Counter[str](),
        Counter[str](),
        Counter[bool](),
    )
    named: dict[str, None] = {}
    some: dict[End, DiverseSample] = {
        "kept": DiverseSample(EXAMPLES_SHOWN),
        "rejected": DiverseSample(EXAMPLES_SHOWN),
    }
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
            some[line.ending].add(
                line.document.name if line.ending == "kept" else _fault(line), (line.id, place)
            )
    shown = {end: [place for _, place in spread.chosen()] for end, spread in some.items()}
    return LineCounts(fell.total(), _filters(named), fell, dropped, repaired, unfinished, shown)


def _filters(named: Iterable[str]) -> tuple[str, ...]:
    """Return the filters in judging order; a task's own come before consistency."""
    fixed = ("schema", "grounding", "consistency", "judge", *FINAL_PASS, NEVER_ANSWERED)
    return (
        "schema",
        "grounding",
        *(n for n in named if n not in fixed),
        "consistency",
        *(n for n in named if n == "judge"),
    )


def _fault(line: OutcomeLine) -> str:
    verdict = rejection(line)
    return f"{verdict.filter} {reason_kind(verdict.reason)}" if verdict else ""


def funnel(counts: LineCounts) -> list[FunnelStep]:
    """Return the steps from asked to kept; each is the previous one plus its change."""
    steps = [FunnelStep(name="asked", left=counts.asked, total=True)]
    if silent := counts.fell[NEVER_ANSWERED]:
        steps.append(steps[-1].then("answered by the teacher", -silent))
    for name in counts.filters:
        steps.append(steps[-1].then(f"passed {name}", -counts.fell[name]))
    steps.append(FunnelStep(name="kept before repair", left=steps[-1].left, total=True))
    steps.append(steps[-1].then("recovered by repair", counts.dropped.total() - steps[-1].left))
    if refused := counts.dropped["expert"]:
        steps.append(steps[-1].then("rejected by the expert", -refused))
    steps.append(steps[-1].then("duplicates", -counts.dropped["duplicates"]))
    if untaught := counts.dropped["taught"]:
        steps.append(steps[-1].then("about a fact in the training data", -untaught))
    if leaked := counts.dropped["decontamination"]:
        steps.append(steps[-1].then("overlaps a held-out set", -leaked))
    if beyond := counts.dropped["balance"]:
        steps.append(steps[-1].then("label is too frequent", -beyond))
    return [*steps, FunnelStep(name="kept", left=steps[-1].left, total=True)]


def _dropped(line: OutcomeLine) -> str:
    """Return the final pass that rejected a line, even if a later repair failed elsewhere."""
    if line.fell_last in ("", *FINAL_PASS):
        return line.fell_last
    found = (verdict.filter for tried in line.tries if (verdict := rejection(tried)))
    return next((name for name in found if name in FINAL_PASS), "duplicates")


def yields(counts: LineCounts) -> tuple[Yield, Yield]:
    """Return the shares of first drafts that survived, and of repairs that succeeded."""
    return (
        Yield(
            "survives as first written",
            counts.fell[""],
            counts.asked - counts.fell[NEVER_ANSWERED],
            USUAL_SURVIVING,
        ),
        Yield(
            "recovered by repair", counts.repaired[True], counts.repaired.total(), USUAL_RECOVERED
        ),
    )


def shown_reasons(reasons: dict[str, int]) -> Iterator[tuple[str, int]]:
    """Yield the commonest reasons, then the count of all others."""
    ordered = sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    yield from ordered[:REASONS_SHOWN]
    if rest := ordered[REASONS_SHOWN:]:
        yield f"{len(rest)} other reasons", sum(times for _, times in rest)
