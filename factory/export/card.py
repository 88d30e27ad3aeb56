"""Write the dataset card of an export: sources, counts, filters and their error rates."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence

from factory.audit.results import AUDIT_FILE as AUDIT
from factory.audit.results import Audit
from factory.core.errors import UserMistake
from factory.core.recipe import Recipe
from factory.core.run_folder import Run
from factory.reports.report import Report
from factory.reports.run_summary import read_optional
from filters.text.language_id import detect_language

TASK_CATEGORIES = {
    "qa": "question-answering",
    "classification": "text-classification",
    "summarization": "summarization",
}
# The hub's names.
SIZE_CATEGORIES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
)
RARE = 0.05  # languages of fewer documents (as a share) are not named


def dataset_card(run: Run, recipe: Recipe, sizes: Mapping[str, int]) -> str:
    """Return Markdown with the hub's front matter. Raises UserMistake.

    The licence is left to the owner of the documents.
    """
    report = read_optional(run, "report.json", Report)
    if report is None:
        raise UserMistake(
            f"{run.folder / 'report.json'}: is missing; let `docstill make` finish first"
        )
    spoken = languages(run)
    parts = (
        _front(recipe, sizes, spoken),
        _counts(report, sizes),
        _sources(run),
        _spoken(spoken),
        _personal(report, recipe),
    )
    return "\n".join(
        (
            *parts,
            _filters(report),
            _audited(read_optional(run, AUDIT, Audit)),
            _origin(report, recipe),
        )
    )


def languages(run: Run) -> list[str]:
    """Return the ISO 639-1 codes of the documents' recognised languages, the commonest first."""
    found = Counter(detect_language(document.text) for document in run.documents)
    return [code for code, count in found.most_common() if code and count >= RARE * found.total()]


def _front(recipe: Recipe, sizes: Mapping[str, int], spoken: Sequence[str]) -> str:
    kinds = sorted({TASK_CATEGORIES.get(t.kind, "text-generation") for t in recipe.tasks})
    size = next((name for most, name in SIZE_CATEGORIES if sum(sizes.values()) < most), "n>1M")
    files = [{"split": split, "path": f"data/{split}.parquet"} for split in sizes]
    front = {
        **({"language": list(spoken)} if spoken else {}),
        "license": "other",
        "task_categories": kinds,
        "size_categories": [size],
        "configs": [{"config_name": "default", "data_files": files}],
    }
    return (
        "---\n" + "".join(f"{key}: {json.dumps(value)}\n" for key, value in front.items()) + "---\n"
    )


def _counts(report: Report, sizes: Mapping[str, int]) -> str:
    kept = (
        f"asked {report.asked:,} = kept {report.kept:,} + rejected {report.rejected:,} + "
        f"unfinished {report.unfinished:,}"
    )
    rows = [f"| {split} | {count:,} |" for split, count in sizes.items()]
    clean = report.decontamination
    removed = (
        f"{clean.removed:,} training examples and {clean.replay.removed:,} replay examples that "
        "overlap a held-out set were removed."
    )
    return "\n".join(
        (
            "# Dataset card\n",
            f"Made by docstill {report.version}: {kept}.\n",
            "| split | rows |",
            "|---|---|",
            *rows,
        )
        + (f"\n{report.replay_rows:,} of the train rows are general replay. {removed}\n",)
    )


def _sources(run: Run) -> str:
    rows = [f"| {_cell(d.ref.name)} | `{d.ref.digest}` |" for d in run.documents]
    return (
        "\n".join(("## Sources\n", "| document | digest of its text |", "|---|---|", *rows)) + "\n"
    )


def _spoken(codes: Sequence[str]) -> str:
    named = ", ".join(f"`{code}`" for code in codes)
    seen = (
        f"{named}, recognised by script and function words of the documents."
        if named
        else "None was recognised: add `language` to the front matter."
    )
    return f"## Languages\n\n{seen}\n"


def _personal(report: Report, recipe: Recipe) -> str:
    rules = {kind: rule for kind, rule in recipe.documents.personal_data.items() if rule != "keep"}
    title = "## Personal data\n\n"
    if not rules:
        return (
            f"{title}It was not looked for (`documents.personal_data`), so the rows may contain "
            "any that the documents contain.\n"
        )
    asked = ", ".join(
        f"{kind} ({'masked' if rule == 'mask' else 'dropped'})" for kind, rule in rules.items()
    )
    found = (
        ", ".join(f"{count:,} {kind}" for kind, count in report.personal_data.items())
        or "none was found"
    )
    left = (
        "Other kinds were not looked for, data that the rules don't recognise remains, and file "
        "names "
        "are unchanged."
    )
    return (
        f"{title}Removed from the documents before they were cut into chunks: {asked}; {found}. "
        f"{left}\n"
    )


def _filters(report: Report) -> str:
    rows = [
        f"| {name} | {c.asked:,} | {c.passed:,} | {c.rejected:,} |"
        for name, c in report.filters.items()
    ]
    return (
        "\n".join(
            (
                "## Filters, over all attempts\n",
                "| filter | judged | passed | rejected |",
                "|---|---|---|---|",
                *rows,
            )
        )
        + "\n"
    )


def _audited(audit: Audit | None) -> str:
    if audit is None:
        return "Their error rates were not measured on this run (`docstill audit`).\n"
    rows = [
        f"| {k.kind} | {k.share.whole:,} | {k.share.mean:.3f} ({k.share.low:.3f} to "
        f"{k.share.high:.3f}) |"
        for k in audit.kinds
        if k.meant == "rejected"
    ]
    title = "Planted faults, and the share that the filters found (95 % interval):\n"
    return "\n".join((title, "| kind | planted | found |", "|---|---|---|", *rows)) + "\n"


def _origin(report: Report, recipe: Recipe) -> str:
    teachers = ", ".join(f"{t.name} ({t.source})" for t in recipe.asked)
    digests = ", ".join(f"{name} `{digest}`" for name, digest in report.digests.items())
    return (
        "## How it was made\n\n"
        f"Teachers: {teachers}. Digests: {digests}. Each row's `prompt` is the digest of its "
        "prompts.\n\n"
        "With the same recipe, documents and ledger, `docstill make` and `docstill export RUN --to "
        "parquet` give the same rows.\n"
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
