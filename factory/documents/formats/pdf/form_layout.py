"""Entries of a form among the pieces of its page: each beside its label, in reading order."""

from collections.abc import Sequence

from factory.documents.formats.pdf.form_fields import Entry
from factory.documents.formats.pdf.text_runs import Piece

BESIDE = 2.0  # sizes of type between a tick and the label behind it
FAR = 250.0  # points between an entry and the label before it
SIZE = 11.0  # points, of an entry that has no label beside it


def placed(pieces: Sequence[Piece], entries: Sequence[Entry]) -> list[Piece]:
    """The pieces with the entries: joined to their labels, or as pieces of their own where they stand in a table."""
    found = list(pieces)
    for entry in sorted(entries, key=lambda e: (-e.box[3], e.box[0])):
        if entry.tick:
            _tick(found, entry)
        else:
            _text(found, entry)
    return found


def _tick(found: list[Piece], entry: Entry) -> None:
    """Before the label behind it, or behind the label before it, whichever is nearer."""
    left, right = _neighbours(found, entry)
    before = entry.box[0] - found[left].right if left is not None else FAR
    behind = found[right].left - entry.box[2] if right is not None else FAR
    if right is not None and behind <= min(before, BESIDE * found[right].size):
        label = found[right]
        found[right] = label._replace(text=f"{entry.text} {label.text}", left=entry.box[0], gaps=(), entry=True)
    elif left is not None and before < FAR:
        label = found[left]
        found[left] = label._replace(text=f"{label.text} {entry.text}", right=entry.box[2], entry=True)
    else:
        found.append(_own(entry, entry.text))


def _text(found: list[Piece], entry: Entry) -> None:
    lines = [" ".join(line.split()) for line in entry.text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
    left, _ = _neighbours(found, entry)
    label = found[left] if left is not None else None
    if label is None or len(lines) > 1:
        found.extend(_own(entry, line, at) for at, line in enumerate(lines))
    elif label.text.endswith((":", "?")) and entry.box[0] - label.right < FAR:
        found[left or 0] = label._replace(text=f"{label.text} {lines[0]}", right=max(label.right, entry.box[2]), entry=True)
    else:
        found.append(label._replace(text=lines[0], left=entry.box[0], right=entry.box[2], gaps=(), entry=True))


def _own(entry: Entry, text: str, line: int = 0) -> Piece:
    left, bottom, right, top = entry.box
    size = min(SIZE, max(top - bottom, 1.0))
    middle = (bottom + top) / 2 if top - bottom < 2 * SIZE else top - SIZE * (0.8 + 1.2 * line)
    return Piece(text, left, middle - size / 2, right, middle + size / 2, round(size, 1), entry=True)


def _neighbours(found: Sequence[Piece], entry: Entry) -> tuple[int | None, int | None]:
    """The nearest pieces on its line, before it and behind it."""
    left, bottom, right, top = entry.box
    row = [n for n, p in enumerate(found) if bottom - 0.3 * p.size < p.middle < top + 0.3 * p.size]
    before = [n for n in row if found[n].left < left and found[n].right < left + found[n].size]
    behind = [n for n in row if found[n].left > right - found[n].size]
    nearest = max(before, key=lambda n: found[n].right, default=None)
    return nearest, min(behind, key=lambda n: found[n].left, default=None)
