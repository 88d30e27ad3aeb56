"""Personal data: found in a document's text before it is cut, and by recipe masked alike everywhere, dropped, or kept."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from factory.core.errors import UserMistake
from factory.core.settings import DocumentSettings
from factory.documents.pii.findings import COVER, Find, Finding

Rule = str  # "keep", "mask" or "drop"


class Edit(NamedTuple):
    """What stood at `start` to `end` of the text before, and now is `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Cleaned:
    """A text without what was to go, and where it was changed, in order."""

    text: str
    edits: tuple[Edit, ...] = ()

    def moved(self, offset: int) -> int:
        """Where a place of the old text is in the new one; inside of what was changed, its beginning."""
        by = 0
        for edit in self.edits:
            if offset < edit.end:
                return min(offset, edit.start) + by
            by += len(edit.text) - (edit.end - edit.start)
        return offset + by


@dataclass
class Masks:
    """Cleans one text after the other; the same value gets the same mask in all of them, numbered in the order of their coming."""

    rules: Mapping[str, Rule]  # by kind
    finders: Sequence[Find]
    found: Counter[tuple[str, Rule]] = field(default_factory=Counter)
    _numbers: dict[tuple[str, str], str] = field(default_factory=dict)
    _counts: Counter[str] = field(default_factory=Counter)

    @property
    def told(self) -> dict[str, int]:
        """How often each kind was masked or dropped, such as `email masked`; never what it was."""
        words = {"mask": "masked", "drop": "dropped"}
        return {f"{kind} {words[rule]}": count for (kind, rule), count in sorted(self.found.items())}

    def clean(self, text: str) -> Cleaned:
        findings = sorted(self._findings(text))
        self.found.update((f.kind, self.rules[f.kind]) for f in findings)
        dropped = _joined(_block(text, f.start, f.end) for f in findings if self.rules[f.kind] == "drop")
        masked = [Edit(f.start, f.end, self._mask(f)) for f in findings if self.rules[f.kind] == "mask" and not _within(f, dropped)]
        edits = tuple(sorted([*masked, *(Edit(start, end, "") for start, end in dropped)]))
        return Cleaned("".join(_pieces(text, edits)), edits) if edits else Cleaned(text)

    def _findings(self, text: str) -> Iterator[Finding]:
        """Finder after finder, each in what the ones before left, until nothing is left: a number beside another hides it."""
        found = True
        while found:
            found = False
            for find in self.finders:
                fresh = list(_apart(f for f in find(text) if f.kind in self.rules))
                text = "".join(_pieces(text, [Edit(f.start, f.end, COVER * (f.end - f.start)) for f in fresh]))
                found = found or bool(fresh)
                yield from fresh

    def _mask(self, finding: Finding) -> str:
        """Such as [EMAIL_2]: a word to every filter, and no number that could be asked for."""
        key = finding.kind, finding.value
        if key not in self._numbers:
            self._counts[finding.kind] += 1
            self._numbers[key] = f"[{finding.kind.upper()}_{self._counts[finding.kind]}]"
        return self._numbers[key]


def masks_of(settings: DocumentSettings) -> Masks | None:
    """None where all is kept. Raises UserMistake where a kind needs what is not installed."""
    rules = {kind: rule for kind, rule in settings.personal_data.items() if rule != "keep"}
    if not rules:
        return None
    from factory.documents.pii.finders import FINDERS  # its list of phone numbers takes a tenth of a second to import

    finders: list[Find] = [find(settings) for kind, find in FINDERS.items() if kind in rules]
    if further := sorted(set(rules) - FINDERS.keys()):
        finders.append(_further(further, settings.personal_model))
    return Masks(rules, finders)


def _further(kinds: Sequence[str], model: str | None) -> Find:
    try:
        from factory.documents.pii.presidio import recognised
    except ImportError as error:
        told = f"documents.personal_data: {kinds[0]} needs a package that is not installed ({error.name})"
        raise UserMistake(f'{told}: pip install "docstill[personal]"') from error
    return recognised(kinds, model)


def _apart(findings: Iterable[Finding]) -> Iterator[Finding]:
    """In order and without overlaps: of several the one that begins first, of these the longest."""
    end = 0
    for finding in sorted(findings, key=lambda f: (f.start, -f.end)):
        if finding.start >= end:
            yield finding
            end = finding.end


def _block(text: str, start: int, end: int) -> tuple[int, int]:
    """The paragraph around a finding; of a list, a table or a heading the line alone."""
    first, last = text.rfind("\n", 0, start) + 1, _line_end(text, end)
    if text[first:last].lstrip()[:1] in ("|", "#", "-", "*", "+") or text[first:last].lstrip()[:1].isdigit():
        return first, last
    above, below = text.rfind("\n\n", 0, start), text.find("\n\n", end)
    return (above + 2 if above >= 0 else 0), (below if below >= 0 else len(text))


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return found + 1 if found >= 0 else len(text)


def _joined(blocks: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(blocks):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _within(finding: Finding, blocks: Iterable[tuple[int, int]]) -> bool:
    return any(start <= finding.start < end for start, end in blocks)


def _pieces(text: str, edits: Sequence[Edit]) -> Iterator[str]:
    at = 0
    for edit in edits:
        yield text[at : edit.start]
        yield edit.text
        at = edit.end
    yield text[at:]
