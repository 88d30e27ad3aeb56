"""Show scores in the terminal: sets, labels, fields, refusals, costs, marks, learning curve."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from factory.core.console import table_of
from factory.core.outcomes import visible_controls
from factory.core.stats import Interval
from factory.evaluation.evaluate import SETS, Evaluation, verdict_sentence
from factory.evaluation.forgetting import Forgetting, forgetting_sentence
from factory.evaluation.learning_curve import LearningCurve
from factory.evaluation.llm_marks import JudgeMarks
from factory.evaluation.metrics.labels import LabelScore
from factory.evaluation.set_scores import Scores

WORST = 15  # labels or fields shown: those with the student's lowest scores


def score_tables(evaluation: Evaluation) -> Iterator[RenderableType]:
    """Yield the scores and differences of every set, then the verdict and its note."""
    for name, found in evaluation.sets.items():
        table = table_of(
            f"Scores on {name}, n = {found.n:,}", "metric", *(f"#{model}" for model in found.models)
        )
        for metric, values in found.rows():
            table.add_row(Text(metric), *values)
        yield table
        table = table_of(
            f"Differences on {name}, paired, 95 % intervals",
            "pair",
            "metric",
            "#mean",
            "#low",
            "#high",
        )
        for pair, metric, one in found.differences:
            table.add_row(
                Text(pair), Text(metric), *map("{:+.3f}".format, (one.mean, one.low, one.high))
            )
        yield table
        if found.kinds:
            yield _shifted(evaluation, found)
        yield from _more(name, found)
    if evaluation.forgetting:
        yield _forgotten(evaluation.forgetting)
        yield Text(forgetting_sentence(evaluation.forgetting))
    if evaluation.judged:
        yield from _marks(evaluation.judged)
    if evaluation.curve:
        yield _curve(evaluation.curve)
        yield Text(evaluation.curve.words)
    yield Text(verdict_sentence(evaluation), "bold")
    yield Text(evaluation.note)


def _forgotten(found: Forgetting) -> Table:
    """Show the bits per token of base and student on general questions, and their accuracy."""
    columns = ("questions", "#n", "#base", "#student", "#low", "#high", "#right: base", "#student")
    table = table_of(
        "Forgetting, bits per token (difference, 95 % interval) and right answers", *columns
    )
    for name, one in found.rows:
        rise = one.paired["bits"]
        bits = (
            f"{one.base.bits:.2f}",
            f"{one.student.bits:.2f}",
            f"{rise.low:+.2f}",
            f"{rise.high:+.2f}",
        )
        table.add_row(
            name, f"{one.n:,}", *bits, f"{one.base.accuracy:.3f}", f"{one.student.accuracy:.3f}"
        )
    return table


def _shifted(evaluation: Evaluation, found: Scores) -> Table:
    """Show the deciding metric on the in-domain questions and on each kind of shift."""
    table = table_of(
        f"In-domain and shifted, {evaluation.metric}",
        "questions",
        "#n",
        *(f"#{model}" for model in found.models),
    )
    for name, scores in shift_comparison_rows(evaluation, found):
        means = [
            _of(scores.models.get(model, {}).get(evaluation.metric), "{:.3f}")
            for model in found.models
        ]
        table.add_row(Text(name), f"{scores.n:,}", *means)
    refused = found.kinds.get("unanswerable")
    if refused:
        means = [f"{scores['refusal']:.3f}" for scores in refused.models.values()]
        table.add_row("unanswerable, rightly refused", f"{refused.n:,}", *means)
    return table


def shift_comparison_rows(evaluation: Evaluation, found: Scores) -> Iterator[tuple[str, Scores]]:
    """Yield the in-domain sets, then each kind of shift."""
    yield from (
        (f"{name}, in-domain", evaluation.sets[name]) for name in SETS if name in evaluation.sets
    )
    yield from found.kinds.items()


def _more(name: str, found: Scores) -> Iterator[RenderableType]:
    """Show what only some sets have: tasks, labels, fields, refusals and costs."""
    if found.tasks:
        table = table_of(
            f"By task on {name}", "task", "#n", "metric", *(f"#{model}" for model in found.models)
        )
        for task, scores in found.tasks.items():
            for metric, values in metric_rows(scores):
                table.add_row(Text(task), f"{scores.n:,}", metric, *values)
        yield table
    for what, scored in (("label", found.labels), ("field", found.fields)):
        if scored:
            yield _parts(name, what, scored)
    if found.refusals:
        table = table_of(
            f"Refusals on {name}",
            "model",
            "#right",
            "#unanswerable",
            "#wrong",
            "#answerable",
        )
        for model, one in found.refusals.items():
            table.add_row(
                Text(model), *map("{:,}".format, (one.right, one.wanted, one.wrong, one.answerable))
            )
        yield table
    if taken := cost_rows(found):
        table = table_of(f"Cost of answers on {name}", "", *(f"#{model}" for model in found.models))
        for label, values in taken:
            table.add_row(label, *values)
        yield table


def metric_rows(scores: Scores) -> list[tuple[str, list[str]]]:
    """Return every metric with each model's value."""
    return [
        (metric, [f"{means[metric]:.3f}" for means in scores.models.values()])
        for metric in next(iter(scores.models.values()))
    ]


def part_rows(scored: dict[str, dict[str, LabelScore]]) -> list[tuple[str, int, list[LabelScore]]]:
    """Return labels or fields with their count and scores, the first model's worst first."""
    first = next(iter(scored.values()))
    worst = sorted(first, key=lambda name: (first[name].f1, -first[name].n, name))
    return [(name, first[name].n, [mine[name] for mine in scored.values()]) for name in worst]


def _parts(name: str, what: str, scored: dict[str, dict[str, LabelScore]]) -> Table:
    table = table_of(
        f"By {what} on {name}: F1 (precision, recall)",
        what,
        "#n",
        *(f"#{model}" for model in scored),
    )
    found = part_rows(scored)
    for part, n, values in found[:WORST]:
        table.add_row(
            Text(visible_controls(part)),
            f"{n:,}",
            *(f"{v.f1:.2f} ({v.precision:.2f}, {v.recall:.2f})" for v in values),
        )
    if len(found) > WORST:
        table.caption, table.caption_justify = (
            f"The worst of {len(found):,}; evaluation.json has all of them",
            "left",
        )
    return table


def cost_rows(found: Scores) -> list[tuple[str, list[str]]]:
    """Return latency and cost per correct answer, without rows that are empty for all models."""
    fast = [found.latency.get(model) for model in found.models]
    right = [found.per_correct.get(model) for model in found.models]
    rows = [
        ("median seconds", [_of(one.median if one else None, "{:.2f}") for one in fast]),
        ("95th percentile", [_of(one.p95 if one else None, "{:.2f}") for one in fast]),
        ("correct", [f"{one.correct:,} of {one.of:,}" if one else "–" for one in right]),
        (
            "seconds per correct answer",
            [_of(one.seconds if one else None, "{:.2f}") for one in right],
        ),
        ("dollars per correct answer", [_of(one.usd if one else None, "{:.6f}") for one in right]),
        (
            "cut at the length limit",
            [f"{found.cut.get(model, 0):,}" if found.cut else "–" for model in found.models],
        ),
        (
            "never answered",
            [f"{found.failed.get(model, 0):,}" if found.failed else "–" for model in found.models],
        ),
    ]
    return [(label, values) for label, values in rows if set(values) != {"–"}]


def _of(amount: float | None, form: str) -> str:
    return "–" if amount is None else form.format(amount)


def _marks(judged: JudgeMarks) -> Iterator[RenderableType]:
    table = table_of(
        f"Marks by {visible_controls(judged.judge)}, 1 to 5",
        "",
        *(f"#{model}" for model in judged.n),
    )
    for label, values in mark_rows(judged):
        table.add_row(label, *values)
    yield table
    yield Text(judged.control.words)
    yield from (
        Text(visible_controls(f"{n:,} not judged: {why}")) for why, n in judged.reasons.items()
    )
    table = table_of(
        "Differences of marks, paired, 95 % intervals", "pair", "", "#mean", "#low", "#high"
    )
    for pair, found in judged.paired.items():
        for name, one in found.items():
            table.add_row(Text(pair), name, *_signed(one))
    if judged.paired:
        yield table


def mark_rows(judged: JudgeMarks) -> list[tuple[str, list[str]]]:
    """Return each criterion's marks, then the numbers of judged and unjudged answers."""
    names = list(dict.fromkeys(name for mine in judged.models.values() for name in mine))
    rows = [
        (name, [_of(judged.models[model].get(name), "{:.2f}") for model in judged.n])
        for name in names
    ]
    counts = (("judged", judged.n), ("not judged", judged.unjudged))
    return [
        *rows,
        *((label, [f"{found[model]:,}" for model in judged.n]) for label, found in counts),
    ]


def _curve(curve: LearningCurve) -> Table:
    table = table_of(
        "Learning curve", "share of the data", "#rows", f"#{curve.metric}", "#gain", "#low", "#high"
    )
    for point in curve.points:
        gain = _signed(point.gain) if point.gain else ("", "", "")
        table.add_row(f"{point.share:.0%}", f"{point.rows:,}", f"{point.mean:.3f}", *gain)
    return table


def _signed(one: Interval) -> tuple[str, ...]:
    return tuple(map("{:+.3f}".format, (one.mean, one.low, one.high)))
