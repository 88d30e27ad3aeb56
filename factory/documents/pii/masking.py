"""Mask or drop the personal data in a document's text, before it is cut into chunks."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from factory.core.errors import UserMistake
from factory.core.settings import DocumentSettings
from factory.documents.pii.findings import MASK_CHARACTER, PiiFinder, PiiFinding

PiiRule = str  # "keep", "mask" or "drop"


class PiiEdit(NamedTuple):
    """Replaces the old text from `start` to `end` by `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class MaskedText:
    """A text after masking, and the edits in order."""

    text: str
    edits: tuple[PiiEdit, ...] = ()

    def moved(self, offset: int) -> int:
        """Map an offset of the old text to the new one; inside an edit, to its beginning."""
        by = 0
        for edit in self.edits:
            if offset < edit.end:
                return min(offset, edit.start) + by
            by += len(edit.text) - (edit.end - edit.start)
        return offset + by


@dataclass
class PiiMasker:
    """Masks one text after the other; a value gets the same mask in all, numbered as they come."""

    rules: Mapping[str, PiiRule]  # by kind
    finders: Sequence[PiiFinder]
    found: Counter[tuple[str, PiiRule]] = field(default_factory=Counter)
    _numbers: dict[tuple[str, str], str] = field(default_factory=dict)
    _counts: Counter[str] = field(default_factory=Counter)

    @property
    def counts(self) -> dict[str, int]:
        """The number of findings by kind and rule, such as `email masked`, without the data."""
        words = {"mask": "masked", "drop": "dropped"}
        return {
            f"{kind} {words[rule]}": count for (kind, rule), count in sorted(self.found.items())
        }

    def clean(self, text: str) -> MaskedText:
        findings = sorted(self._findings(text))
        self.found.update((f.kind, self.rules[f.kind]) for f in findings)
        dropped = _merge_blocks(
            _paragraph_around(text, f.start, f.end)
            for f in findings
            if self.rules[f.kind] == "drop"
        )
        masked = [
            PiiEdit(f.start, f.end, self._mask(f))
            for f in findings
            if self.rules[f.kind] == "mask" and not _within(f, dropped)
        ]
        edits = tuple(sorted([*masked, *(PiiEdit(start, end, "") for start, end in dropped)]))
        return MaskedText("".join(_apply_edits(text, edits)), edits) if edits else MaskedText(text)

    def _findings(self, text: str) -> Iterator[PiiFinding]:
        """Run the finders on what is left until none finds more: a number can hide another."""
        found = True
        while found:
            found = False
            for find in self.finders:
                fresh = list(_without_overlaps(f for f in find(text) if f.kind in self.rules))
                text = "".join(
                    _apply_edits(
                        text,
                        [
                            PiiEdit(f.start, f.end, MASK_CHARACTER * (f.end - f.start))
                            for f in fresh
                        ],
                    )
                )
                found = found or bool(fresh)
                yield from fresh

    def _mask(self, finding: PiiFinding) -> str:
        """Return a mask such as [EMAIL_2], which filters take for a word and not for a number."""
        key = finding.kind, finding.value
        if key not in self._numbers:
            self._counts[finding.kind] += 1
            self._numbers[key] = f"[{finding.kind.upper()}_{self._counts[finding.kind]}]"
        return self._numbers[key]


def build_pii_masker(settings: DocumentSettings) -> PiiMasker | None:
    """Return None if all data is kept. Raises UserMistake if a kind needs a missing package."""
    rules = {kind: rule for kind, rule in settings.personal_data.items() if rule != "keep"}
    if not rules:
        return None
    # Its list of phone numbers takes a tenth of a second to import.
    from factory.documents.pii.finders import FINDERS

    finders: list[PiiFinder] = [find(settings) for kind, find in FINDERS.items() if kind in rules]
    if further := sorted(set(rules) - FINDERS.keys()):
        finders.append(_presidio_finder(further, settings.personal_model))
    return PiiMasker(rules, finders)


def _presidio_finder(kinds: Sequence[str], model: str | None) -> PiiFinder:
    try:
        from factory.documents.pii.presidio import presidio_finder
    except ImportError as error:
        raise UserMistake(
            f"documents.personal_data: {kinds[0]} needs a package that is not installed "
            f'({error.name}); run pip install "docstill[personal]"'
        ) from error
    return presidio_finder(kinds, model)


def _without_overlaps(findings: Iterable[PiiFinding]) -> Iterator[PiiFinding]:
    """Yield findings in order without overlaps: the first to begin wins, then the longest."""
    end = 0
    for finding in sorted(findings, key=lambda f: (f.start, -f.end)):
        if finding.start >= end:
            yield finding
            end = finding.end


def _paragraph_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the paragraph around a finding, or its line in a list, a table or a heading."""
    first, last = text.rfind("\n", 0, start) + 1, _line_end(text, end)
    if (
        text[first:last].lstrip()[:1] in ("|", "#", "-", "*", "+")
        or text[first:last].lstrip()[:1].isdigit()
    ):
        return first, last
    above, below = text.rfind("\n\n", 0, start), text.find("\n\n", end)
    return (above + 2 if above >= 0 else 0), (below if below >= 0 else len(text))


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return found + 1 if found >= 0 else len(text)


def _merge_blocks(blocks: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(blocks):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _within(finding: PiiFinding, blocks: Iterable[tuple[int, int]]) -> bool:
    return any(start <= finding.start < end for start, end in blocks)


def _apply_edits(text: str, edits: Sequence[PiiEdit]) -> Iterator[str]:
    at = 0
    for edit in edits:
        yield text[at : edit.start]
        yield edit.text
        at = edit.end
    yield text[at:]
