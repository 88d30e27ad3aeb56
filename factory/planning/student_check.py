"""Check before the first call what the student can't handle: its chat template, long rows, and the
formats to export.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Literal

import jinja2

from factory.core.chat_template import (
    Messages,
    Render,
    TemplateRefused,
    arrange_messages,
    message_roles,
    must_fold_system,
    renderer,
    thinking_fault,
)
from factory.core.errors import UserMistake
from factory.core.recipe import Recipe
from factory.core.records import Slot
from factory.models.files import find_known_model, find_local_gguf
from factory.models.modelfile import modelfile_value
from factory.models.student_template import TemplateUnavailable, student_chat_template
from factory.models.tokenizers import gguf_token_counter, token_count
from factory.planning.plan import probe_example
from factory.tasks import Tasks

# unchecked: nobody trains. told: the faults are printed, and the data is made.
# needed: a fault that makes training impossible ends the command.
# trained: a base that is not here does so too.
StudentCheckMode = Literal["unchecked", "told", "needed", "trained"]
ROWS = 200  # that are measured
CLOSE = 1.1  # an estimate of tokens may be a tenth too high

Count = Callable[[str], int]


@dataclass(frozen=True)
class StudentCheck:
    """The result of the check. `notes` are printed, `faults` make training impossible, and `absent`
    is why the base could not be inspected here.
    """

    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    absent: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        absent = (f"the student could not be checked: {self.absent}",) if self.absent else ()
        return (*absent, *self.notes, *self.faults)


def check_student(
    recipe: Recipe, tasks: Tasks, slots: Sequence[Slot], online: bool
) -> StudentCheck:
    """Check the student against the recipe's rows. `online`: whether the hub may be asked for the
    template of a student that is not on this machine.
    """
    faults = [*_not_shipped(recipe)]
    try:
        template = student_chat_template(recipe.student.base, online)
    except TemplateUnavailable as reason:
        told = StudentCheck(absent=f"[student] base = {recipe.student.base!r}: {reason}")
        long = _too_long(recipe, _rows(recipe, tasks, slots), _joined, False)
        return StudentCheck(long.notes, (*faults, *long.faults), told.absent)
    except UserMistake as error:
        return StudentCheck(faults=(*faults, str(error)))
    found = _by_template(recipe, tasks, slots, template)
    return StudentCheck(found.notes, (*faults, *found.faults))


def require_suitable_student(
    found: StudentCheck, wish: StudentCheckMode, say: Callable[[str], None]
) -> None:
    """Print what was found. Raises UserMistake if the student is required and can't be trained."""
    stops = wish in ("needed", "trained")
    absent = _elsewhere(found.absent) if wish == "trained" else ""
    if stops and (found.faults or absent):
        more = "" if wish == "trained" else ", or add --yes to make the data all the same"
        raise UserMistake(
            f"{(*found.faults, absent)[0]}; nothing was asked yet: choose another [student]{more}"
        )
    for line in found.lines:
        say(line)


def _elsewhere(absent: str) -> str:
    """Return the fault if the base is a missing folder or file. A name on the hub may still be
    fetched for training.
    """
    return absent if "no such" in absent else ""


def _not_shipped(recipe: Recipe) -> Iterator[str]:
    if "ollama" in recipe.export.to and recipe.student.system:
        try:
            modelfile_value(recipe.student.system, "[student] system")
        except UserMistake as error:
            yield str(error)


def _by_template(
    recipe: Recipe, tasks: Tasks, slots: Sequence[Slot], template: str
) -> StudentCheck:
    base = f"[student] base = {recipe.student.base!r}"
    if not template:
        return StudentCheck(faults=(f"{base}: has no chat template; choose its instruct version",))
    rows = [*_rows(recipe, tasks, slots)]
    try:
        render = renderer(template)
        for roles in dict.fromkeys(map(message_roles, rows)):
            arrange_messages([{"role": role, "content": role} for role in roles[:-1]], render)
        reason, folded = thinking_fault(render), must_fold_system(render)
    except (jinja2.TemplateError, TemplateRefused) as error:
        return StudentCheck(
            faults=(f"{base}: its chat template does not take the rows of this recipe ({error})",)
        )
    if reason:
        return StudentCheck(
            faults=(f"{base}: {reason}; choose a student that answers without thinking first",)
        )
    kept = (
        "its chat template has no place for a system message, which goes before the first user turn"
    )
    long = _too_long(recipe, rows, lambda row: _shown(row, render), True)
    return StudentCheck((*((f"{base}: {kept}",) if folded else ()), *long.notes), long.faults)


def _rows(recipe: Recipe, tasks: Tasks, slots: Sequence[Slot]) -> Iterator[Messages]:
    """Yield sample rows such as the recipe makes, evenly over its slots, and one replay row."""
    several = {task.name for task in recipe.tasks if task.kind == "conversation"}
    step = max(1, len(slots) // ROWS)
    for place in range(0, len(slots), step):
        slot = slots[place]
        one = probe_example(slot)
        row = tasks[slot.task].messages(one.instruction, "x", slot.chunk)
        again = [
            {"role": "user", "content": one.instruction},
            {"role": "assistant", "content": "x"},
        ]
        yield [*row, *(again if slot.task in several else [])]
    system = [{"role": "system", "content": recipe.student.system}] if recipe.student.system else []
    yield [*system, {"role": "user", "content": "?"}, {"role": "assistant", "content": "x"}]


def _shown(row: Messages, render: Render) -> str:
    return render(arrange_messages(row[:-1], render), True) + row[-1]["content"]


def _joined(row: Messages) -> str:
    return "\n".join(one["content"] for one in row)


def _too_long(
    recipe: Recipe,
    rows: Iterator[Messages] | Sequence[Messages],
    show: Callable[[Messages], str],
    here: bool,
) -> StudentCheck:
    most, (count, exact) = (
        recipe.student.max_seq_length,
        _counting(recipe.student.base) if here else (token_count, False),
    )
    sizes = [count(show(row)) for row in rows][:-1]  # the last is replay's
    long = sum(size > most * (1 if exact else CLOSE) for size in sizes)
    if not long:
        return StudentCheck()
    about = "" if exact else "about "
    told = (
        f"[student] max_seq_length = {most}: {about}{long / len(sizes):.0%} of the rows are longer "
        f"(half of all over "
        f"{quantiles(sizes, n=2)[0] if len(sizes) > 1 else sizes[0]:,.0f} tokens, "
        f"the longest {max(sizes):,}) and "
        "are left out of training; raise it, or make [chunks] tokens smaller"
    )
    return StudentCheck(faults=(told,)) if long == len(sizes) else StudentCheck(notes=(told,))


def _counting(base: str) -> tuple[Count, bool]:
    """Return a token counter and whether it is exact: the student's own tokenizer if it is on this
    machine, otherwise an estimate.
    """
    from tokenizers import Tokenizer

    path = Path(base) / "tokenizer.json"
    if path.is_file():
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception:  # noqa: BLE001 - the library raises nothing narrower, and training will say it
            return token_count, False
        return (lambda text: len(tokenizer.encode(text, add_special_tokens=False))), True
    if (find_known_model(base) or base.endswith(".gguf")) and (
        file := find_local_gguf(base, Path())
    ):
        tokens = gguf_token_counter(file, file.stat().st_mtime_ns)
        return (tokens.count, True) if tokens else (token_count, False)
    return token_count, False
