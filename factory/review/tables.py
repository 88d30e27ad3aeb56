"""Show the findings of a review as tables in the terminal and as rows on the page."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from factory.core.console import table_of
from factory.review.findings import Findings, GroupPrecision
from factory.review.precision import Precision

GROUP_TITLES = (
    ("tasks", "By task"),
    ("labels", "By label"),
    ("teachers", "By teacher"),
    ("repaired", "By whether repair was needed"),
    ("wrongly_rejected", "Rejected, and right: by the filter that rejected"),
)


def precision_words(one: Precision) -> str:
    return f"{100 * one.mean:.1f} % ({100 * one.low:.1f} to {100 * one.high:.1f})"


def finding_sentences(found: Findings) -> list[str]:
    """Describe the main findings, one sentence each."""
    told = []
    if found.right and found.usable:
        told.append(
            f"{precision_words(found.right)} of the {found.of:,} kept examples are right as "
            f"written, {precision_words(found.usable)} with the experts' corrections "
            f"({found.right.n} read, 95 % intervals)."
        )
    if found.agreement:
        one = found.agreement
        value = (
            "undefined, since all verdicts are the same"
            if one.value is None
            else f"{one.value:.2f}"
        )
        same = f"{100 * one.same:.0f} % alike"
        told.append(
            f"{one.measure} of {', '.join(one.reviewers)}: {value} "
            f"({one.n} read by several, {same})."
        )
    if found.not_applied:
        rows = f"{len(found.not_applied)} rows" if len(found.not_applied) > 1 else "1 row"
        told.append(
            f"{rows} of the files that were imported last could not be applied and "
            f"{'are' if len(found.not_applied) > 1 else 'is'} not counted here."
        )
    for bound in found.thresholds:
        target = f"{100 * bound.target:g} %"
        if bound.score is None or bound.right is None:
            told.append(
                f"No score of {bound.filter} selects examples of which at least {target} are right."
            )
        else:
            kept = f"{100 * bound.kept:.0f} % of the run reaches it"
            told.append(
                f"With a {bound.filter} score of at least {bound.score:g}, "
                f"{precision_words(bound.right)} are right, so at least {target}; {kept}."
            )
    return told


def precision_groups(found: Findings) -> list[tuple[str, Sequence[GroupPrecision]]]:
    """Return the groups with more than one member, and the wrong rejections."""
    given = [(title, getattr(found, name)) for name, title in GROUP_TITLES]
    return [
        (title, some)
        for title, some in given
        if len(some) > 1 or (some and some is found.wrongly_rejected)
    ]


def review_tables(found: Findings) -> Iterator[RenderableType]:
    yield Text("\n".join(("What the experts found", *finding_sentences(found))), "bold")
    for title, some in precision_groups(found):
        table = table_of(title, "group", "#read", "#right", "#95 %")
        for one in some:
            table.add_row(
                one.name,
                f"{one.right.n}",
                f"{100 * one.right.mean:.1f} %",
                f"{100 * one.right.low:.1f} to {100 * one.right.high:.1f}",
            )
        yield table
    table = table_of(
        "Who read", "reviewer", "#read", "#accepted", "#rejected", "#fixed", "#seconds each"
    )
    for who in found.reviewers:
        seconds = "–" if who.seconds is None else f"{who.seconds:.0f}"
        table.add_row(
            who.name or "no name",
            *(f"{n}" for n in (who.read, who.accepted, who.rejected, who.fixed)),
            seconds,
        )
    yield table
    if found.kinds:
        kinds = table_of("Why they rejected", "reason", "#count")
        for kind, count in found.kinds.items():
            kinds.add_row(kind.replace("_", " "), f"{count}")
        yield kinds
