"""Read Word's fields: each one's stored result, or else what its settings say."""

import re
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from factory.documents.formats.math.raised_words import mark_formula, resolve_marks
from factory.documents.formats.office.docx_numbering import child_value, whole_number
from factory.documents.formats.office.docx_styles import is_on
from factory.documents.formats.office.eq_fields import equation_text

TICKED, UNTICKED = "☒", "☐"
MAX_FIELD_NESTING = 100  # of fields: beyond it, the outermost counts as closed
_LISTS = ("TOC", "TOA", "INDEX")  # their result repeats the text with page numbers
_NUMBERS = ("LISTNUM", "AUTONUM", "AUTOLGL", "AUTONUMLGL")  # their result is not stored
# Prompts that a form shows until somebody fills it in. Values such as "Type II" or "Select
# Committee" are not prompts.
_PROMPT = re.compile(
    r"\s*(?:[\[<«‹{][^\]>»›}\d]*[^\W\d_]{3}[^\]>»›}\d]*[\]>»›}]"
    r"|[-–( ]*(?:please )?(?:click|tap)\b.*\b(?:here|to)\b.*"
    r"|[-–( ]*(?:please )?(?:choose|select|pick)(?: (?:an?|one|the|your|from)\b.*)?[.…:) –-]*"
    r"|[-–( ]*(?:please )?(?:enter|type|insert) (?:the )?"
    r"(?:an?|text|here|your|date|name|number|amount|value)\b.*"
    r"|klicken? .*\b(?:hier|um)\b.*|bitte .*(?:wählen|eingeben)\W*|wählen sie .*|text eingeben\W*"
    r"|cliquez .*\b(?:ici|pour)\b.*|choisissez .*|saisissez .*|entrez .*|sélectionnez .*"
    r"|haga clic .*|elija .*|seleccione .*|escriba .*|fare clic .*|scegliere .*"
    r"|klik .*|kies .*)\s*",
    re.IGNORECASE | re.DOTALL,
)
_RESULT, _RESULT_END = "\x14", "\x15"  # around the value of a text field
_VALUES = re.compile(f"{_RESULT}([^{_RESULT}{_RESULT_END}]*){_RESULT_END}")


@dataclass
class _Field:
    form: Element | None  # the settings of a form field
    instruction: list[str] = field(default_factory=list)
    code: str = ""  # the whole instruction, once the result begins
    begun: bool = False  # the result has begun

    @property
    def hides(self) -> bool:
        """Check whether the text inside the field is not shown."""
        return not self.begun or self.code.upper().startswith(_LISTS) or _choice(self.form) != ""


class OpenFields:
    """The fields that are open at the current place; they may span several paragraphs."""

    def __init__(self) -> None:
        self._open: list[_Field] = []
        self._hiding = 0
        self.numbers = 0  # fields whose number only Word computes

    @property
    def shown(self) -> bool:
        """Check whether text at this place is shown."""
        return self._hiding == 0

    def clear(self) -> None:
        self._open, self._hiding = [], 0

    def end_paragraph(self) -> None:
        """Close the fields without a result so far: an instruction ends with its paragraph."""
        if any(not one.begun for one in self._open):
            self._open = [one for one in self._open if one.begun]
            self._hiding = sum(one.hides for one in self._open)

    def instruct(self, words: str) -> None:
        """Add to the instruction of the innermost field."""
        if self._open and not self._open[-1].begun:
            self._open[-1].instruction.append(words)

    def mark(self, mark: Element) -> str:
        """Follow a field's begin, separate or end mark and return what the field shows there."""
        match mark.get("fldCharType", ""):
            case "begin":
                self.begin(mark.find("ffData"))
            case "separate" if self._open:
                return self.separate()
            case "end" if self._open:
                return self.end()
        return ""

    def begin(self, form: Element | None = None) -> None:
        if len(self._open) >= MAX_FIELD_NESTING:
            self._hiding -= self._open.pop(0).hides
        self._open.append(_Field(form))
        self._hiding += 1

    def separate(self) -> str:
        last = self._open[-1]
        self._hiding -= last.hides
        last.code, last.begun = "".join(last.instruction).strip(), True
        self._hiding += last.hides
        return _RESULT if _is_text(last) and self.shown else ""

    def end(self) -> str:
        last = self._open.pop()
        self._hiding -= last.hides
        code = "".join(last.instruction).strip()
        self.numbers += code.upper().startswith(_NUMBERS)
        if last.begun:
            shown = _RESULT_END if _is_text(last) else _choice(last.form)
        else:
            shown = (
                mark_formula(equation_text(resolve_marks(code)))
                if is_equation_field(code)
                else _choice(last.form)
            )
        return shown if self.shown else ""


def is_equation_field(instruction: str) -> bool:
    return instruction[:2].upper() == "EQ" and not instruction[2:3].isalnum()


def remove_prompts(words: str) -> str:
    """Return the words without prompts of text fields that nobody filled in."""
    if _RESULT not in words and _RESULT_END not in words:
        return words
    words = _VALUES.sub(lambda found: "" if is_prompt(found[1]) else found[1], words)
    return words.replace(_RESULT, "").replace(_RESULT_END, "")


def is_prompt(words: str) -> bool:
    """Check whether a form's text is blank or only asks for a value."""
    return not words.strip() or _PROMPT.fullmatch(words) is not None


def _is_text(one: _Field) -> bool:
    return one.form is not None and one.form.find("textInput") is not None


def _choice(form: Element | None) -> str:
    """Return a check box's tick or a drop-down list's chosen entry from the field's settings."""
    if form is None:
        return ""
    if (box := form.find("checkBox")) is not None:
        state = box.find("checked")
        state = box.find("default") if state is None else state
        return TICKED if state is not None and is_on(state) else UNTICKED
    if (listed := form.find("ddList")) is not None:
        entries = [one.get("val", "") for one in listed.findall("listEntry")]
        chosen = whole_number(child_value(listed, "result") or child_value(listed, "default"))
        entry = entries[chosen] if 0 <= chosen < len(entries) else ""
        return "" if is_prompt(entry) else entry
    return ""
