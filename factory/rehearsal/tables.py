"""Show rehearsals as tables in the terminal."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from factory.core.console import table_of
from factory.rehearsal import Rehearsal
from factory.rehearsal.score import MeasuredShare, RehearsalScore


def rehearsal_tables(found: Sequence[Rehearsal]) -> Iterator[RenderableType]:
    """Show the first rehearsal of each task in full, and the others of the same task in a line
    each.
    """
    for task in dict.fromkeys(r.task for r in found):
        first, *others = [r for r in found if r.task == task]
        yield Text(_terms(first), "bold")
        yield _shares(first.score)
        yield _rejected_right_answers(first.score)
        yield _kinds(first.score)
        yield _repair(first.score)
        yield _calls(first.score)
        if others:
            yield _conditions([first, *others])


def _terms(found: Rehearsal) -> str:
    passes = f"{found.passes} pass{'es' if found.passes > 1 else ''} from seed {found.seed} on"
    asked = f"{found.score.slots:,} slots about {found.score.questions:,} questions, {passes}"
    left_out = f", without {', '.join(found.without)}" if found.without else ""
    rates = (
        f"{100 * found.wrong:g} % of the answers wrong, "
        f"{100 * found.correlated:g} % of these in all draws"
    )
    return f"{found.task}: {asked}; {rates}{left_out}"


def _shares(found: RehearsalScore) -> Table:
    table = table_of("Against truth", "", "#share", "#of", "#95 % (Wilson)", "#95 % by question")
    for name, share in (
        ("right before any filter", found.raw),
        ("right among kept", found.precision),
        ("right ones rejected at a try", found.refused),
        ("right ones lost in the end", found.lost),
        ("repaired, and right", found.repaired),
    ):
        table.add_row(name, _percent(share.value), f"{share.of:,}", *_bounds(share))
    return table


def _rejected_right_answers(found: RehearsalScore) -> Table:
    table = table_of("Right answers rejected", "filter", "#at a try", "#in the end")
    for name in sorted(found.refused_by.keys() | found.lost_by.keys()):
        table.add_row(name, f"{found.refused_by.get(name, 0):,}", f"{found.lost_by.get(name, 0):,}")
    return table


def _counted(by: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {n:,}" for name, n in sorted(by.items(), key=lambda pair: -pair[1]))


def _bounds(share: MeasuredShare) -> tuple[str, str]:
    return (
        f"{100 * share.low:.1f} to {100 * share.high:.1f} %",
        f"{100 * share.low_by_question:.1f} to {100 * share.high_by_question:.1f} %",
    )


def _percent(value: float | None) -> str:
    return "none" if value is None else f"{100 * value:.1f} %"


def _kinds(found: RehearsalScore) -> Table:
    """List the errors of one draw, then those that all draws made alike."""
    table = table_of(
        "Faults that the teacher wrote, in all attempts",
        "kind",
        "in",
        "#planted",
        "#caught",
        "#95 % (Wilson)",
        "caught by",
    )
    for correlated, where, every in (
        (False, "one draw", found.alone),
        (True, "all draws", found.together),
    ):
        for one in (k for k in found.kinds if k.correlated == correlated):
            table.add_row(
                one.kind,
                where,
                f"{one.caught.of:,}",
                _percent(one.caught.value),
                _bounds(one.caught)[0],
                _counted(one.by),
            )
        if every.of:
            table.add_row(
                "all kinds",
                where,
                f"{every.of:,}",
                _percent(every.value),
                _bounds(every)[0],
                "",
                style="bold",
            )
    return table


def _repair(found: RehearsalScore) -> Table:
    table = table_of("Repair", "rejected by", "#tried", "#recovered", "#of these right")
    for one in found.repair:
        table.add_row(one.reason, f"{one.tried:,}", f"{one.recovered:,}", f"{one.right:,}")
    return table


def _calls(found: RehearsalScore) -> Table:
    calls = found.calls
    table = table_of("Calls", "", "#")
    for name, value in (("write", calls.write), ("draw", calls.draw), ("repair", calls.repair)):
        table.add_row(name, f"{value:,}")
    for name, ratio in (
        ("all per kept example", calls.per_kept),
        ("draws per kept example", calls.draws_per_kept),
        ("draws per slot", calls.draws_per_slot),
    ):
        table.add_row(name, "none kept" if ratio is None else f"{ratio:.2f}")
    return table


def _conditions(found: Sequence[Rehearsal]) -> Table:
    """Compare the conditions: leaving a filter out shows what it does."""
    table = table_of(
        "The same in other ways",
        "",
        "#kept",
        "#right of these",
        "#right ones lost",
        "#calls per kept",
    )
    for one in found:
        calls = one.score.calls.per_kept
        name = (
            f"without {one.without[-1]}"
            if one.without
            else f"{100 * one.correlated:g} % in all draws"
        )
        shares = (_percent(one.score.precision.value), _percent(one.score.lost.value))
        table.add_row(
            name, f"{one.score.kept:,}", *shares, "none kept" if calls is None else f"{calls:.2f}"
        )
    return table
