"""Look up the examples that a review file refers to, even by an id that a spreadsheet has turned
into a number.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from factory.core.records import digest
from factory.core.run_folder import Run
from factory.review import read_expert_verdicts
from factory.review.cards import SAMPLED_FILE
from factory.review.exported_text import is_same_text

ID_PREFIX = "id-"  # put before an id that a spreadsheet would take for a number
_NUMBER = re.compile(r"\d+(e\d+)?", re.IGNORECASE)
_KEPT = 15  # digits of a number that a spreadsheet keeps


def shown_id(id: str) -> str:
    """Return the id in a form that no spreadsheet takes for a number."""
    return ID_PREFIX + id if _NUMBER.fullmatch(id) else id


class ReviewedQuestion(NamedTuple):
    """A question, and the answers that a review may have shown, the latest exported one last."""

    task: str
    question: str
    answers: tuple[str, ...]
    others: frozenset[str]  # digests of judged answers that no longer exist

    @property
    def digests(self) -> set[str]:
        return {*map(digest, self.answers), *self.others}


@dataclass(frozen=True)
class ExampleIndex:
    """Examples by id. `sampled` are those of the latest export."""

    asked: Mapping[str, ReviewedQuestion]
    sampled: frozenset[str]

    def found(self, id: str, judged: str, question: str) -> str | None:
        """Return the id of the example that a row refers to; None if that is unclear."""
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
        """Return the only one of them with this answer and question, if there is exactly one."""
        same = [
            id
            for id in ids
            if (not judged or judged in self.asked[id].digests)
            and is_same_text(self.asked[id].question, question)
        ]
        return same[0] if len(same) == 1 and question else None


def index_examples(run: Run, ids: Iterable[str]) -> ExampleIndex:
    """Index the examples that the ids of a file may refer to: a run may not fit in memory.

    Raises UserMistake.
    """
    gone: dict[str, set[str]] = {}
    for verdict in read_expert_verdicts(run):
        gone.setdefault(verdict.id, set()).add(verdict.judged)
    sampled = frozenset(id for id, *_ in _lines(run, SAMPLED_FILE))
    wanted = sampled.union(*((id.strip(), _bare(id)) for id in ids))
    asked: dict[str, ReviewedQuestion] = {}
    for name in ("kept.jsonl", "rejected.jsonl", SAMPLED_FILE):
        for id, task, question, answer in _lines(run, name):
            if id in wanted or _NUMBER.fullmatch(id):
                before = asked[id].answers if id in asked else ()
                answers = (*(one for one in before if one != answer), answer)
                asked[id] = ReviewedQuestion(task, question, answers, frozenset(gone.get(id, ())))
    return ExampleIndex(asked, sampled)


def exported_texts(run: Run) -> Iterator[str]:
    """Yield the texts of the latest sample, which help to recognize the encoding of a returned
    file.
    """
    for _, _, question, answer in _lines(run, SAMPLED_FILE):
        yield from (question, answer)


def _bare(id: str) -> str:
    return id.strip().lower().removeprefix("'").removeprefix(ID_PREFIX).strip()


def _lines(run: Run, name: str) -> Iterator[tuple[str, str, str, str]]:
    for line in run.lines(name) if run.has(name) else ():
        yield str(line["id"]), str(line["task"]), str(line["instruction"]), str(line["response"])


def _same_number(id: str, shown: str) -> bool:
    """Tell whether a spreadsheet that took `id` for a number may show it as `shown`.

    It rounds a number, or cuts it after the fifteenth digit.
    """
    if not _NUMBER.fullmatch(id):
        return False
    ours, theirs = _number(id), _number(shown)
    if ours is None or theirs is None or not ours[0] or not theirs[0]:
        return ours is not None and theirs is not None and ours[0] == theirs[0]
    digits = (
        len(re.sub(r"\D", "", shown.lower().partition("e")[0]))
        if "e" in shown.lower()
        else len(theirs[0])
    )
    return any(cut == theirs for cut in _shortened(ours, digits))


_Shown = tuple[str, int]  # digits without final zeros, exponent of the first


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
    """Yield the number cut and rounded to `length` digits, and to a few more in case they are
    zeros.
    """
    digits, size = number
    for kept in range(max(length, 1), _KEPT + 1):
        cut = digits[:kept].rstrip("0")
        yield cut, size
        up = str(int(digits[:kept].ljust(kept, "0")) + (digits[kept : kept + 1] >= "5"))
        yield up.rstrip("0"), size + (len(up) > kept)
    yield number
