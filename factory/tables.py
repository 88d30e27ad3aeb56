"""What a run came to, in tables: the funnel, the reasons, repair, splits, cost, time and scores."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from factory.errors import UserMistake
from factory.repair import NEVER_ANSWERED
from factory.report import Report
from factory.run import Run
from factory.why import FINAL_PASS, Line, lines_of, plain
from trainer.settings import ENOUGH_EXAMPLES

Read = TypeVar("Read", bound=BaseModel)

# The field's rule of thumb, in percent: what survives of a teacher's first writing, what repair recovers of the rest.
USUAL_SURVIVING = (30, 40)
USUAL_RECOVERED = (15, 20)
REASONS_SHOWN = 8  # of one filter; the others are counted together


class Interval(BaseModel, frozen=True):
    """A paired difference with its 95 % interval."""

    mean: float
    low: float
    high: float


class ScoreSet(BaseModel, frozen=True):
    """Scores on one held-out set: models {model: {metric: value}}, paired {"student-base": {metric: interval}}."""

    n: int
    models: dict[str, dict[str, float | None]]
    paired: dict[str, dict[str, Interval]] = {}

    @property
    def metrics(self) -> list[str]:
        return list(dict.fromkeys(metric for scores in self.models.values() for metric in scores))

    def scores_of(self, metric: str) -> list[str]:
        return [f"{value:.3f}" if (value := scores.get(metric)) is not None else "–" for scores in self.models.values()]

    @property
    def differences(self) -> list[tuple[str, str, Interval]]:
        return [(pair, metric, one) for pair, found in self.paired.items() for metric, one in found.items()]


class Evaluation(BaseModel, frozen=True):
    """evaluation.json."""

    sets: dict[str, ScoreSet]
    verdict: str
    needed_n: int | None = None


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
    report = _read(run, "report.json", Report)
    if report is None:
        raise UserMistake(f"{run.folder / 'report.json'}: is missing, run `docstill make` to its end first")
    evaluation, training = _read(run, "evaluation.json", Evaluation), _read(run, "adapter/training.json", Training)
    return Account(Path(run.folder).resolve().name, report, lines_of(run), evaluation, training)


def _read(run: Run, name: str, shape: type[Read]) -> Read | None:
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
    fixed = ("schema", "grounding", "consistency", *FINAL_PASS, NEVER_ANSWERED)
    return ["schema", "grounding", *(n for n in named if n not in fixed), "consistency"]


def _dropped(line: Line) -> str:
    """The judge of the final pass that rejected it; a duplicate that could not be repaired stays one."""
    return line.fell_last if line.fell_last in ("", *FINAL_PASS) else "duplicates"


def yields(lines: Sequence[Line]) -> tuple[Yield, Yield]:
    """What survived as first written, and what repair recovered of what it tried."""
    written = [line for line in lines if line.fell_first != NEVER_ANSWERED]
    surviving = sum(not line.fell_first for line in written)
    tried = [line for line in written if line.fell_first and line.attempts]
    return (
        Yield("survives as first written", surviving, len(written), USUAL_SURVIVING),
        Yield("recovered by repair", sum(line.recovered for line in tried), len(tried), USUAL_RECOVERED),
    )


def report_tables(run: Run) -> list[RenderableType]:
    """The tables of `docstill report`. Raises UserMistake."""
    told = account(run)
    few = [Text(told.few, "yellow")] if told.few else []
    tables = [table(told) for table in (_funnel, _yields, _reasons, _repair, _splits, _cost, _seconds)]
    return [Text(told.sum, "bold"), *few, *tables, *_scores(told)]


def _table(title: str, *columns: str) -> Table:
    """Columns named with `#` hold numbers and stand to the right."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(Text(name.lstrip("#")), justify="right" if name.startswith("#") else "left", overflow="fold")
    return table


def _funnel(told: Account) -> Table:
    table = _table("From asked to kept", "step", "#left", "#change")
    for step in funnel(told.lines):
        change = "" if step.total else f"{step.change:+,}" if step.change else "0"
        table.add_row(step.name, f"{step.left:,}", change, style="bold" if step.total else "")
    return table


def _yields(told: Account) -> Table:
    table = _table("Beside the field", "share", "#here", "#usual")
    for share in yields(told.lines):
        table.add_row(share.name, share.words, f"{share.usual[0]}-{share.usual[1]} %")
    return table


def _reasons(told: Account) -> Table:
    table = _table("Why answers were rejected, over all attempts", "filter", "reason", "#count")
    groups = [(name, f"of {count.asked:,} judged", count.reasons) for name, count in told.report.filters.items()]
    for name, text, reasons in [*groups, ("unfinished", "", told.unfinished)]:
        table.add_row(name, text, f"{sum(reasons.values()):,}", style="bold")
        for reason, times in shown_reasons(reasons):
            table.add_row("", Text(plain(reason)), f"{times:,}")
    return table


def shown_reasons(reasons: dict[str, int]) -> Iterator[tuple[str, int]]:
    """The commonest reasons, then the count of all others."""
    ordered = sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    yield from ordered[:REASONS_SHOWN]
    if rest := ordered[REASONS_SHOWN:]:
        yield f"{len(rest)} other reasons", sum(times for _, times in rest)


def _repair(told: Account) -> Table:
    title = "Repair" if told.report.repair else "Repair: none tried"
    table = _table(title, "#round", "rejected by", "#tried", "#recovered", "#tokens")
    for one in told.report.repair:
        table.add_row(str(one.round), one.reason, f"{one.tried:,}", f"{one.recovered:,}", f"{one.tokens:,}")
    return table


def _splits(told: Account) -> Table:
    table, report = _table("Splits", "split", "#documents", "#examples"), told.report
    for split, names in report.splits.items():
        table.add_row(split, f"{len(names):,}", f"{report.kept_by_split.get(split, 0):,}")
    table.add_row(f"replay ({100 * report.replay_share:.1f} % of train)", "", f"{report.replay_rows:,}")
    return table


def _cost(told: Account) -> Table:
    table = _table("What it took", "", "#calls", "#from the ledger", "#tokens in", "#tokens out")
    here, every = told.report.cost, told.report.value
    table.add_row("this run", *map("{:,}".format, (here.calls, here.cached_calls, here.tokens_in, here.tokens_out)))
    table.add_row("behind all examples", f"{every.calls:,}", "", f"{every.tokens_in:,}", f"{every.tokens_out:,}")
    return table


def _seconds(told: Account) -> Table:
    table = _table("Time", "stage", "#seconds")
    for stage, seconds in told.seconds.items():
        table.add_row(stage, f"{seconds:,.1f}")
    return table


def verdict_words(evaluation: Evaluation) -> str:
    words = {"better": "The student is better than its base.", "worse": "The student is worse than its base."}
    needed = f" About {evaluation.needed_n:,} questions would be needed to decide." if evaluation.needed_n else ""
    return words.get(evaluation.verdict, f"Whether the student is better than its base is undecided.{needed}")


def _scores(told: Account) -> Iterator[RenderableType]:
    if told.evaluation is None:
        return
    for name, found in told.evaluation.sets.items():
        table = _table(f"Scores on {name}, n = {found.n:,}", "metric", *(f"#{model}" for model in found.models))
        for metric in found.metrics:
            table.add_row(Text(metric), *found.scores_of(metric))
        yield table
        table = _table(f"Differences on {name}, paired, 95 % intervals", "pair", "metric", "#mean", "#low", "#high")
        for pair, metric, one in found.differences:
            table.add_row(Text(pair), Text(metric), *map("{:+.3f}".format, (one.mean, one.low, one.high)))
        yield table
    yield Text(verdict_words(told.evaluation), "bold")
