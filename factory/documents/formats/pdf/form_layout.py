"""Insert the values of a form into its page's text runs, each next to its label."""

from collections.abc import Sequence

from factory.documents.formats.pdf.form_fields import FormEntry
from factory.documents.formats.pdf.text_runs import TextRun

MAX_TICK_GAP = 2.0  # times the type size, between a tick and the label after it
MAX_LABEL_GAP = 250.0  # points between an entry and the label before it
ENTRY_SIZE = 11.0  # points, for an entry without a label


def place_entries(runs: Sequence[TextRun], entries: Sequence[FormEntry]) -> list[TextRun]:
    """Add the entries to the runs: joined to their labels, or as runs of their own in a table."""
    found = list(runs)
    for entry in sorted(entries, key=lambda e: (-e.box[3], e.box[0])):
        if entry.tick:
            _tick(found, entry)
        else:
            _text(found, entry)
    return found


def _tick(found: list[TextRun], entry: FormEntry) -> None:
    """Put a tick before the label after it, or after the label before it, whichever is nearer."""
    left, right = _neighbours(found, entry)
    before = entry.box[0] - found[left].right if left is not None else MAX_LABEL_GAP
    behind = found[right].left - entry.box[2] if right is not None else MAX_LABEL_GAP
    if right is not None and behind <= min(before, MAX_TICK_GAP * found[right].size):
        label = found[right]
        found[right] = label._replace(
            text=f"{entry.text} {label.text}", left=entry.box[0], gaps=(), entry=True
        )
    elif left is not None and before < MAX_LABEL_GAP:
        label = found[left]
        found[left] = label._replace(
            text=f"{label.text} {entry.text}", right=entry.box[2], entry=True
        )
    else:
        found.append(_own(entry, entry.text))


def _text(found: list[TextRun], entry: FormEntry) -> None:
    lines = [
        " ".join(line.split())
        for line in entry.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        if line.strip()
    ]
    left, _ = _neighbours(found, entry)
    label = found[left] if left is not None else None
    if label is None or len(lines) > 1:
        found.extend(_own(entry, line, at) for at, line in enumerate(lines))
    elif label.text.endswith((":", "?")) and entry.box[0] - label.right < MAX_LABEL_GAP:
        found[left or 0] = label._replace(
            text=f"{label.text} {lines[0]}", right=max(label.right, entry.box[2]), entry=True
        )
    else:
        found.append(
            label._replace(
                text=lines[0], left=entry.box[0], right=entry.box[2], gaps=(), entry=True
            )
        )


def _own(entry: FormEntry, text: str, line: int = 0) -> TextRun:
    left, bottom, right, top = entry.box
    size = min(ENTRY_SIZE, max(top - bottom, 1.0))
    middle = (
        (bottom + top) / 2
        if top - bottom < 2 * ENTRY_SIZE
        else top - ENTRY_SIZE * (0.8 + 1.2 * line)
    )
    return TextRun(
        text, left, middle - size / 2, right, middle + size / 2, round(size, 1), entry=True
    )


def _neighbours(found: Sequence[TextRun], entry: FormEntry) -> tuple[int | None, int | None]:
    """Return the indices of the nearest runs on its line, before and after it."""
    left, bottom, right, top = entry.box
    row = [n for n, p in enumerate(found) if bottom - 0.3 * p.size < p.middle < top + 0.3 * p.size]
    before = [n for n in row if found[n].left < left and found[n].right < left + found[n].size]
    behind = [n for n in row if found[n].left > right - found[n].size]
    nearest = max(before, key=lambda n: found[n].right, default=None)
    return nearest, min(behind, key=lambda n: found[n].left, default=None)
