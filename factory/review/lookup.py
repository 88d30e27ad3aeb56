"""The examples of a run that a review file may speak of: found by id, even by one that a spreadsheet has taken for a number."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from factory.core.records import digest
from factory.core.run_folder import Run
from factory.review import expert_verdicts
from factory.review.cards import SAMPLED
from factory.review.exported_text import alike

MARK = "id-"  # before an id that a spreadsheet would take for a number
_NUMBER = re.compile(r"\d+(e\d+)?", re.IGNORECASE)
_KEPT = 15  # digits that a spreadsheet keeps of a number


def shown_id(id: str) -> str:
    """An id as no spreadsheet takes it for a number."""
    return MARK + id if _NUMBER.fullmatch(id) else id


class Asked(NamedTuple):
    """What was asked, and the answers that a review may have shown, the one that was exported last at the end."""

    task: str
    question: str
    answers: tuple[str, ...]
    others: frozenset[str]  # digests of answers that are gone, which a review has judged

    @property
    def digests(self) -> set[str]:
        return {*map(digest, self.answers), *self.others}


@dataclass(frozen=True)
class Examples:
    """By id; `sampled` are those of the latest export."""

    asked: Mapping[str, Asked]
    sampled: frozenset[str]

    def found(self, id: str, judged: str, question: str) -> str | None:
        """The id of the example that a row speaks of; None where that can't be told."""
        bare = _bare(id)
        exact = next((one for one in (id.strip(), bare) if one in self.asked), None)
        if exact is not None:
            return exact
        for some in (self.sampled, self.asked.keys()):
            same = [one for one in some if _same_number(one, bare)]
            if same:
                return same[0] if len(same) == 1 else self._shown(same, judged, question)
        return self._shown(self.sampled, judged, question) if judged and question else None

    def _shown(self, ids: Iterable[str], judged: str, question: str) -> str | None:
        """The only one of them with this answer and question."""
        same = [id for id in ids if (not judged or judged in self.asked[id].digests) and alike(self.asked[id].question, question)]
        return same[0] if len(same) == 1 and question else None


def examples_of(run: Run, ids: Iterable[str]) -> Examples:
    """Those that the ids of a file may speak of: a run may hold more than memory does. Raises UserMistake."""
    gone: dict[str, set[str]] = {}
    for verdict in expert_verdicts(run):
        gone.setdefault(verdict.id, set()).add(verdict.judged)
    sampled = frozenset(id for id, *_ in _lines(run, SAMPLED))
    wanted = sampled.union(*((id.strip(), _bare(id)) for id in ids))
    asked: dict[str, Asked] = {}
    for name in ("kept.jsonl", "rejected.jsonl", SAMPLED):
        for id, task, question, answer in _lines(run, name):
            if id in wanted or _NUMBER.fullmatch(id):
                before = asked[id].answers if id in asked else ()
                answers = (*(one for one in before if one != answer), answer)
                asked[id] = Asked(task, question, answers, frozenset(gone.get(id, ())))
    return Examples(asked, sampled)


def exported_texts(run: Run) -> Iterator[str]:
    """What the latest sample shows: it tells in which encoding a file came back."""
    for _, _, question, answer in _lines(run, SAMPLED):
        yield from (question, answer)


def _bare(id: str) -> str:
    return id.strip().lower().removeprefix("'").removeprefix(MARK).strip()


def _lines(run: Run, name: str) -> Iterator[tuple[str, str, str, str]]:
    for line in run.lines(name) if run.has(name) else ():
        yield str(line["id"]), str(line["task"]), str(line["instruction"]), str(line["response"])


def _same_number(id: str, shown: str) -> bool:
    """Whether a spreadsheet that took an id for a number may show it so: rounded, or cut after its fifteenth digit."""
    if not _NUMBER.fullmatch(id):
        return False
    ours, theirs = _number(id), _number(shown)
    if ours is None or theirs is None or not ours[0] or not theirs[0]:
        return ours is not None and theirs is not None and ours[0] == theirs[0]
    digits = len(re.sub(r"\D", "", shown.lower().partition("e")[0])) if "e" in shown.lower() else len(theirs[0])
    return any(cut == theirs for cut in _shortened(ours, digits))


_Shown = tuple[str, int]  # digits without zeros at the end, and the power of ten of the first


def _number(text: str) -> _Shown | None:
    bare = text.strip().replace(" ", "").replace("\u00a0", "").replace("'", "").lower()
    if not re.fullmatch(r"\d+([.,]\d+)?(e\+?\d+)?", bare):
        return None
    try:
        value = Decimal(bare.replace(",", "."))
    except InvalidOperation:
        return None
    return _parts(value)


def _parts(value: Decimal) -> _Shown:
    digits = "".join(map(str, value.as_tuple().digits)).lstrip("0").rstrip("0")
    return digits, value.adjusted() if value else 0


def _shortened(number: _Shown, length: int) -> Iterator[_Shown]:
    """With so many digits, and with a few more that turn out to be zeros."""
    digits, size = number
    for kept in range(max(length, 1), _KEPT + 1):
        cut = digits[:kept].rstrip("0")
        yield cut, size
        up = str(int(digits[:kept].ljust(kept, "0")) + (digits[kept : kept + 1] >= "5"))
        yield up.rstrip("0"), size + (len(up) > kept)
    yield number
