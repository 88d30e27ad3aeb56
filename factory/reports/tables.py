"""Show a run in the terminal, 80 columns wide: funnel, reasons, repair, splits, cost, scores."""

import re
from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from factory.audit.planter import ExpectedOutcome
from factory.audit.results import Audit
from factory.core.console import table_of
from factory.core.outcomes import visible_controls
from factory.core.records import NANO
from factory.core.run_folder import Run
from factory.core.stats import Proportion
from factory.planning.splits.assignment import SplitShare as Given
from factory.planning.splits.document_versions import ConflictSide
from factory.reports.report import Report
from factory.reports.run_summary import RunSummary, funnel, shown_reasons, summarise_run, yields
from factory.reports.score_tables import score_tables
from factory.review.comparison_results import comparison_sentences as compared_words
from factory.review.tables import review_tables

CHANGED = "The run has changed since it was audited: run `docstill audit` again."
AUDITED: dict[ExpectedOutcome, tuple[str, str]] = {
    "rejected": ("Planted faults", "found"),
    "repeated": ("Planted duplicates", "found"),
    "apart": ("Planted pairs that differ in a fact", "merged"),
}
_SPACE = re.compile(r"\s+")
CONFLICTS = 20  # shown at most
WORDS_AROUND = 3  # words shown around a contradiction


def report_tables(run: Run) -> list[RenderableType]:
    """Return the tables of `docstill report`. Raises UserMistake."""
    summary = summarise_run(run)
    few = [Text(summary.few, "yellow")] if summary.few else []
    tables: list[RenderableType] = [
        table(summary) for table in (_funnel, _yields, reasons_table, _repair, _splits, _cost)
    ]
    tables += [_manners(summary)] if summary.report.kept_by_manner else []
    tables += [_conflicts(summary)] if summary.report.conflicts else []
    tables += [_changes(summary)] if summary.report.changes else []
    tables += [_outcomes(summary)] if summary.report.outcomes else []
    tables.append(_seconds(summary))
    if summary.audit:
        tables += [
            *audit_tables(summary.audit),
            *([Text(CHANGED, "yellow")] if summary.changed else []),
        ]
    tables += review_tables(summary.review) if summary.review else []
    tables += (
        [Text("\n".join(("Two answers, rated blind", *compared_words(summary.compared))))]
        if summary.compared
        else []
    )
    scores = score_tables(summary.evaluation) if summary.evaluation else ()
    goal = [Text(summary.report.goal.words)] if summary.report.goal else []
    return [Text(summary.sum, "bold"), *few, *goal, *tables, *scores]


def _funnel(summary: RunSummary) -> Table:
    table = table_of("From asked to kept", "step", "#left", "#change")
    for step in funnel(summary.counts):
        change = "" if step.total else f"{step.change:+,}" if step.change else "0"
        table.add_row(step.name, f"{step.left:,}", change, style="bold" if step.total else "")
    return table


def _yields(summary: RunSummary) -> Table:
    table = table_of("Compared with the field", "share", "#here", "#usual")
    for share in yields(summary.counts):
        table.add_row(share.name, share.words, f"{share.usual[0]}-{share.usual[1]} %")
    return table


def reasons_table(summary: RunSummary) -> Table:
    table = table_of("Why answers were rejected, over all attempts", "filter", "reason", "#count")
    unseen = (
        {} if summary.report.paraphrases else {"duplicates": "; paraphrases were not looked for"}
    )
    groups = [
        (name, f"of {count.asked:,} judged{unseen.get(name, '')}", count.reasons)
        for name, count in summary.report.filters.items()
    ]
    for name, text, reasons in [*groups, ("unfinished", "", summary.unfinished)]:
        table.add_row(name, text, f"{sum(reasons.values()):,}", style="bold")
        for reason, times in shown_reasons(reasons):
            table.add_row("", Text(visible_controls(reason)), f"{times:,}")
    return table


def _repair(summary: RunSummary) -> Table:
    title = "Repair" if summary.report.repair else "Repair: none tried"
    table = table_of(title, "#round", "rejected by", "#tried", "#recovered", "#tokens", "#dollars")
    table.caption, table.caption_justify = summary.report.repair_stopped or None, "left"
    for one in summary.report.repair:
        table.add_row(
            str(one.round),
            one.reason,
            f"{one.tried:,}",
            f"{one.recovered:,}",
            f"{one.tokens:,}",
            dollar_amount(one.dollars),
        )
    return table


def _splits(summary: RunSummary) -> Table:
    table, report = (
        table_of("Splits", "split", "#documents", "#clusters", "#characters", "#examples"),
        summary.report,
    )
    for split, names in report.splits.items():
        given = report.split.shares.get(split, Given())
        counts = (len(names), given.clusters, given.characters, report.kept_by_split.get(split, 0))
        table.add_row(split, *(f"{count:,}" for count in counts))
    more = [(f"shift, {kind}", count) for kind, count in report.shift.items()]
    if kept := report.kept_by_split.get("unseen"):
        more += [
            ("unseen", report.unseen),
            ("unseen, but answered by a trained document", kept - report.unseen),
        ]
    for name, count in (
        *more,
        (f"replay ({100 * report.replay_share:.1f} % of train)", report.replay_rows),
    ):
        table.add_row(name, "", "", "", f"{count:,}")
    table.caption, table.caption_justify = split_words(report), "left"
    return table


def split_words(report: Report) -> str:
    """Return the rule of the split and what it left out."""
    found = report.split
    parts = [
        found.why
        or "Documents were split as a whole, and documents that repeat each other are in one split"
    ]
    parts += (
        [f"{found.clusters:,} clusters, the largest with {found.largest:.0%} of the text"]
        if found.clusters
        else []
    )
    parts += (
        [f"{found.family} is held out as the document family least like the rest"]
        if found.family
        else []
    )
    parts += (
        [
            "personal data: "
            f"{', '.join(f'{count:,} {kind}' for kind, count in report.personal_data.items())}"
        ]
        if report.personal_data
        else []
    )
    parts += [
        f"{count:,} chunks are not used ({reason})" for reason, count in report.set_aside.items()
    ]
    parts += (
        [f"{report.unread_parts:,} parts of files were not read (see set_aside.jsonl)"]
        if report.unread_parts
        else []
    )
    return "; ".join(parts)


def _cost(summary: RunSummary) -> Table:
    table = table_of("Cost", "", "#calls", "#ledger", "#tokens in", "#tokens out", "#dollars")
    here, every = summary.report.cost, summary.report.value
    counts = map("{:,}".format, (here.calls, here.cached_calls, here.tokens_in, here.tokens_out))
    table.add_row("this run", *counts, dollar_amount(here.usd))
    table.add_row(
        "behind all examples",
        f"{every.calls:,}",
        "",
        f"{every.tokens_in:,}",
        f"{every.tokens_out:,}",
        dollar_amount(here.usd_value),
    )
    for name, sent in summary.report.teachers.items():
        calls, into, out = map("{:,}".format, (sent.calls, sent.tokens_in, sent.tokens_out))
        table.add_row(
            f"of it {visible_controls(name)}",
            calls,
            "",
            into,
            out,
            dollar_amount(None if here.usd is None else sent.nanousd / NANO),
        )
    if foreseen := summary.report.estimate:
        for place, word in enumerate(("low", "high")):
            calls, into, out = (
                f"{pair[place]:,}"
                for pair in (foreseen.calls, foreseen.tokens_in, foreseen.tokens_out)
            )
            table.add_row(
                f"estimated, {word}",
                calls,
                "",
                into,
                out,
                dollar_amount(foreseen.usd[place] / NANO if foreseen.usd else None),
            )
    if here.usd_total:
        table.add_row("all runs so far", "", "", "", "", dollar_amount(here.usd_total))
        table.add_row("  uncertain part", "", "", "", "", dollar_amount(here.usd_uncertain))
    return table


def _manners(summary: RunSummary) -> Table:
    """Count the kept examples by what the recipe varies, such as difficulty and style."""
    table = table_of("Kept, by manner", "manner", "value", "#examples")
    for name, found in summary.report.kept_by_manner.items():
        for value, times in found.items():
            table.add_row(name, Text(visible_controls(value)), f"{times:,}")
    return table


def _conflicts(summary: RunSummary) -> Table:
    """Show what two versions of a document say differently, with some words around it."""
    found = summary.report.conflicts
    table = table_of(
        "What versions of a document say differently", "section", "one says", "another says"
    )
    left = f"; {len(found) - CONFLICTS:,} more are in report.json" if len(found) > CONFLICTS else ""
    table.caption, table.caption_justify = disputed_words(summary.report) + left, "left"
    shown: tuple[str, ...] = ()
    for one in found[:CONFLICTS]:
        if one.names != shown:
            table.add_row("", *(Text(visible_controls(name)) for name in one.names), style="bold")
            shown = one.names
        table.add_row(
            Text(visible_controls(one.other.headings[-1] if one.other.headings else "")),
            _excerpt(one.one),
            _excerpt(one.other),
        )
    return table


def disputed_words(report: Report) -> str:
    """Return what to do about contradictions."""
    return (
        "Either one version is out of date, or they apply to different cases. Both were asked "
        "about: "
        f"{report.kept_in_conflict:,} kept examples of these sections are marked `conflict`. To "
        "leave "
        "out an outdated document, name it in documents.exclude"
    )


def _excerpt(said: ConflictSide) -> Text:
    """Return the contradiction with some words on both sides."""
    pieces = list(said.pieces)
    shown, last = Text(), len(pieces) - 1
    for number, (text, differs) in enumerate(pieces):
        words = visible_controls(_SPACE.sub(" ", text)).split(" ")
        before, after = (
            (WORDS_AROUND + 1 if number else 0),
            (WORDS_AROUND + 1 if number < last else 0),
        )
        cut = last and not differs and len(words) > before + after
        shown.append(
            " ".join([*words[:before], "…", *words[len(words) - after :]] if cut else words),
            "bold" if differs else "",
        )
    return shown


def _changes(summary: RunSummary) -> Table:
    table = table_of(
        "Documents that changed", "document", "", "#chunks", "#as before", "#retired examples"
    )
    table.caption, table.caption_justify = (
        "changes.jsonl has the old and new text and each retired example",
        "left",
    )
    for one in summary.report.changes:
        table.add_row(
            Text(visible_controls(one.document)),
            one.what,
            f"{one.chunks:,}",
            f"{one.same:,}",
            f"{one.retired:,}",
        )
    return table


def _outcomes(summary: RunSummary) -> Table:
    table = table_of("Calls by outcome", "", "#calls")
    for kind, times in summary.report.outcomes.items():
        table.add_row(kind, f"{times:,}")
    return table


def dollar_amount(dollars: float | None) -> str:
    return "unknown" if dollars is None else f"{dollars:.4f}"


def _seconds(summary: RunSummary) -> Table:
    table = table_of("Time", "stage", "#seconds")
    for stage, seconds in summary.seconds.items():
        table.add_row(stage, f"{seconds:,.1f}")
    return table


def audit_tables(audit: Audit) -> Iterator[RenderableType]:
    """Yield what the filters found of each planted fault, and rejected of unchanged examples."""
    for meant, (title, found) in AUDITED.items():
        kinds = [kind for kind in audit.kinds if kind.meant == meant]
        if kinds:
            table = table_of(
                title, "kind and filters", "#into", "#planted", f"#{found}", "#share", "#95 %"
            )
            for kind in kinds:
                table.add_row(
                    f"{kind.kind}{kind.sources}",
                    f"{kind.examples:,}",
                    *_share(kind.share),
                    style="bold",
                )
                for name, share in kind.filters.items():
                    table.add_row(f"  {name}", "", *_share(share))
            yield table
    table = table_of(
        "Unchanged examples, judged again",
        "from, and filters",
        "#judged",
        "#rejected",
        "#share",
        "#95 %",
    )
    for one in audit.unchanged:
        table.add_row(one.source, *_share(one.share), style="bold")
        for name, share in one.filters.items():
            table.add_row(f"  {name}", *_share(share))
        for name, share in one.asking.items():
            table.add_row(f"  ({name})", *_share(share), style="dim")
    yield table
    yield from map(Text, audit.notes)


def _share(share: Proportion) -> tuple[str, ...]:
    return (
        f"{share.whole:,}",
        f"{share.part:,}",
        f"{share.mean:.3f}",
        f"{share.low:.3f} to {share.high:.3f}",
    )
