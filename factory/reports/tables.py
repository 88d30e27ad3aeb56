"""A run in tables for the terminal, 80 columns wide: the funnel, the reasons, repair, splits, cost, time and scores; a pilot."""

import re
from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from factory.audit.planter import Meant
from factory.audit.results import Audit
from factory.core.console import table_of
from factory.core.outcomes import plain
from factory.core.records import NANO
from factory.core.run_folder import Run
from factory.core.stats import Share
from factory.planning.splits.assignment import Share as Given
from factory.planning.splits.document_versions import Said
from factory.reports.report import Report
from factory.reports.run_summary import Account, account, funnel, shown_reasons, yields
from factory.reports.score_tables import score_tables
from factory.review.comparison_results import sentences as compared_words
from factory.review.tables import review_tables

CHANGED = "The run has changed since it was audited: run `docstill audit` again."
AUDITED: dict[Meant, tuple[str, str]] = {
    "rejected": ("Planted faults", "found"),
    "repeated": ("Planted duplicates", "found"),
    "apart": ("Planted pairs that differ in a fact", "merged"),
}
_SPACE = re.compile(r"\s+")
CONFLICTS = 20  # shown of those that a run has
WORDS_AROUND = 3  # of what contradicts


def report_tables(run: Run) -> list[RenderableType]:
    """The tables of `docstill report`. Raises UserMistake."""
    told = account(run)
    few = [Text(told.few, "yellow")] if told.few else []
    tables: list[RenderableType] = [table(told) for table in (_funnel, _yields, reasons_table, _repair, _splits, _cost)]
    tables += [_manners(told)] if told.report.kept_by_manner else []
    tables += [_conflicts(told)] if told.report.conflicts else []
    tables += [_changes(told)] if told.report.changes else []
    tables += [_outcomes(told)] if told.report.outcomes else []
    tables.append(_seconds(told))
    if told.audit:
        tables += [*audit_tables(told.audit), *([Text(CHANGED, "yellow")] if told.changed else [])]
    tables += review_tables(told.review) if told.review else []
    tables += [Text("\n".join(("Two answers, rated blind", *compared_words(told.compared))))] if told.compared else []
    scores = score_tables(told.evaluation) if told.evaluation else ()
    goal = [Text(told.report.goal.words)] if told.report.goal else []
    return [Text(told.sum, "bold"), *few, *goal, *tables, *scores]


def _funnel(told: Account) -> Table:
    table = table_of("From asked to kept", "step", "#left", "#change")
    for step in funnel(told.counts):
        change = "" if step.total else f"{step.change:+,}" if step.change else "0"
        table.add_row(step.name, f"{step.left:,}", change, style="bold" if step.total else "")
    return table


def _yields(told: Account) -> Table:
    table = table_of("Beside the field", "share", "#here", "#usual")
    for share in yields(told.counts):
        table.add_row(share.name, share.words, f"{share.usual[0]}-{share.usual[1]} %")
    return table


def reasons_table(told: Account) -> Table:
    table = table_of("Why answers were rejected, over all attempts", "filter", "reason", "#count")
    unseen = {} if told.report.paraphrases else {"duplicates": "; paraphrases were not looked for"}
    groups = [(name, f"of {count.asked:,} judged{unseen.get(name, '')}", count.reasons) for name, count in told.report.filters.items()]
    for name, text, reasons in [*groups, ("unfinished", "", told.unfinished)]:
        table.add_row(name, text, f"{sum(reasons.values()):,}", style="bold")
        for reason, times in shown_reasons(reasons):
            table.add_row("", Text(plain(reason)), f"{times:,}")
    return table


def _repair(told: Account) -> Table:
    title = "Repair" if told.report.repair else "Repair: none tried"
    table = table_of(title, "#round", "rejected by", "#tried", "#recovered", "#tokens", "#dollars")
    table.caption, table.caption_justify = told.report.repair_stopped or None, "left"
    for one in told.report.repair:
        table.add_row(str(one.round), one.reason, f"{one.tried:,}", f"{one.recovered:,}", f"{one.tokens:,}", usd_words(one.dollars))
    return table


def _splits(told: Account) -> Table:
    table, report = table_of("Splits", "split", "#documents", "#clusters", "#characters", "#examples"), told.report
    for split, names in report.splits.items():
        given = report.split.shares.get(split, Given())
        counts = (len(names), given.clusters, given.characters, report.kept_by_split.get(split, 0))
        table.add_row(split, *(f"{count:,}" for count in counts))
    more = [(f"shift, {kind}", count) for kind, count in report.shift.items()]
    if kept := report.kept_by_split.get("unseen"):
        more += [("unseen", report.unseen), ("unseen, but told by a trained document", kept - report.unseen)]
    for name, count in (*more, (f"replay ({100 * report.replay_share:.1f} % of train)", report.replay_rows)):
        table.add_row(name, "", "", "", f"{count:,}")
    table.caption, table.caption_justify = split_words(report), "left"
    return table


def split_words(report: Report) -> str:
    """By which rule, and what was left out for it."""
    found = report.split
    told = [found.why or "Whole documents were divided: what repeats in several is on one side"]
    told += [f"{found.clusters:,} clusters, the largest with {found.largest:.0%} of the text"] if found.clusters else []
    told += [f"{found.family} is held out as a family unlike the rest"] if found.family else []
    told += (
        [f"personal data: {', '.join(f'{count:,} {kind}' for kind, count in report.personal_data.items())}"] if report.personal_data else []
    )
    told += [f"{count:,} chunks are set aside ({reason})" for reason, count in report.set_aside.items()]
    told += [f"{report.unread_parts:,} parts of files are not read (set_aside.jsonl)"] if report.unread_parts else []
    return "; ".join(told)


def _cost(told: Account) -> Table:
    table = table_of("What it took", "", "#calls", "#ledger", "#tokens in", "#tokens out", "#dollars")
    here, every = told.report.cost, told.report.value
    counts = map("{:,}".format, (here.calls, here.cached_calls, here.tokens_in, here.tokens_out))
    table.add_row("this run", *counts, usd_words(here.usd))
    table.add_row("behind all examples", f"{every.calls:,}", "", f"{every.tokens_in:,}", f"{every.tokens_out:,}", usd_words(here.usd_value))
    for name, sent in told.report.teachers.items():
        calls, into, out = map("{:,}".format, (sent.calls, sent.tokens_in, sent.tokens_out))
        table.add_row(f"of it {plain(name)}", calls, "", into, out, usd_words(None if here.usd is None else sent.nanousd / NANO))
    if foreseen := told.report.estimate:
        for place, word in enumerate(("low", "high")):
            calls, into, out = (f"{pair[place]:,}" for pair in (foreseen.calls, foreseen.tokens_in, foreseen.tokens_out))
            table.add_row(f"foreseen, {word}", calls, "", into, out, usd_words(foreseen.usd[place] / NANO if foreseen.usd else None))
    if here.usd_total:
        table.add_row("all runs so far", "", "", "", "", usd_words(here.usd_total))
        table.add_row("of it uncertain", "", "", "", "", usd_words(here.usd_uncertain))
    return table


def _manners(told: Account) -> Table:
    """Of what the recipe spreads over the slots, how often each value is among the kept examples."""
    table = table_of("Kept, by manner", "manner", "value", "#examples")
    for name, found in told.report.kept_by_manner.items():
        for value, times in found.items():
            table.add_row(name, Text(plain(value)), f"{times:,}")
    return table


def _conflicts(told: Account) -> Table:
    """Under the names of two versions what they say differently, each with some words around it."""
    found = told.report.conflicts
    table = table_of("What versions of a document say differently", "section", "one says", "another says")
    left = f"; {len(found) - CONFLICTS:,} more stand in report.json" if len(found) > CONFLICTS else ""
    table.caption, table.caption_justify = disputed_words(told.report) + left, "left"
    shown: tuple[str, ...] = ()
    for one in found[:CONFLICTS]:
        if one.names != shown:
            table.add_row("", *(Text(plain(name)) for name in one.names), style="bold")
            shown = one.names
        table.add_row(Text(plain(one.other.headings[-1] if one.other.headings else "")), _excerpt(one.one), _excerpt(one.other))
    return table


def disputed_words(report: Report) -> str:
    """What the client is to do about it."""
    return (
        f"Either one of two is out of date, or they hold for different things. Both were asked about: {report.kept_in_conflict:,} kept "
        "examples of these sections carry the mark conflict. An outdated document is left out by naming it in documents.exclude"
    )


def _excerpt(said: Said) -> Text:
    """What contradicts, with some words on both sides."""
    pieces = list(said.pieces)
    shown, last = Text(), len(pieces) - 1
    for number, (text, differs) in enumerate(pieces):
        words = plain(_SPACE.sub(" ", text)).split(" ")
        before, after = (WORDS_AROUND + 1 if number else 0), (WORDS_AROUND + 1 if number < last else 0)
        cut = last and not differs and len(words) > before + after
        shown.append(" ".join([*words[:before], "…", *words[len(words) - after :]] if cut else words), "bold" if differs else "")
    return shown


def _changes(told: Account) -> Table:
    table = table_of("Documents that changed", "document", "", "#chunks", "#as before", "#retired examples")
    table.caption, table.caption_justify = "What they said, what they say now, and each retired example stand in changes.jsonl", "left"
    for one in told.report.changes:
        table.add_row(Text(plain(one.document)), one.what, f"{one.chunks:,}", f"{one.same:,}", f"{one.retired:,}")
    return table


def _outcomes(told: Account) -> Table:
    table = table_of("Calls by outcome", "", "#calls")
    for kind, times in told.report.outcomes.items():
        table.add_row(kind, f"{times:,}")
    return table


def usd_words(dollars: float | None) -> str:
    return "unknown" if dollars is None else f"{dollars:.4f}"


def _seconds(told: Account) -> Table:
    table = table_of("Time", "stage", "#seconds")
    for stage, seconds in told.seconds.items():
        table.add_row(stage, f"{seconds:,.1f}")
    return table


def audit_tables(audit: Audit) -> Iterator[RenderableType]:
    """What the filters found of every kind of planted fault, and what they rejected of unchanged examples."""
    for meant, (title, found) in AUDITED.items():
        kinds = [kind for kind in audit.kinds if kind.meant == meant]
        if kinds:
            table = table_of(title, "kind and filters", "#into", "#planted", f"#{found}", "#share", "#95 %")
            for kind in kinds:
                table.add_row(f"{kind.kind}{kind.sources}", f"{kind.examples:,}", *_share(kind.share), style="bold")
                for name, share in kind.filters.items():
                    table.add_row(f"  {name}", "", *_share(share))
            yield table
    table = table_of("Unchanged examples, judged again", "from, and filters", "#judged", "#rejected", "#share", "#95 %")
    for one in audit.unchanged:
        table.add_row(one.source, *_share(one.share), style="bold")
        for name, share in one.filters.items():
            table.add_row(f"  {name}", *_share(share))
        for name, share in one.asking.items():
            table.add_row(f"  ({name})", *_share(share), style="dim")
    yield table
    yield from map(Text, audit.notes)


def _share(share: Share) -> tuple[str, ...]:
    return (f"{share.whole:,}", f"{share.part:,}", f"{share.mean:.3f}", f"{share.low:.3f} to {share.high:.3f}")
