"""Read the values of Word's content controls (w:sdt), without prompts that nobody filled in."""

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element

from factory.documents.formats.office.docx_fields import TICKED, UNTICKED, is_prompt
from factory.documents.formats.office.docx_numbering import child_value
from factory.documents.formats.office.docx_styles import is_on

# The id of the style "Placeholder Text" in the languages that Word translates ids into.
_PLACEHOLDER = re.compile(
    r"placeholder|platzhalter|espacerserv|marcadordeposici|segnaposto|aanduiding|espa.oreservado",
    re.IGNORECASE,
)


_STANDARD = re.compile(  # prompts that Word writes into a new control
    r"(?:click (?:or tap )?here(?: to enter .*)?|choose an item|klicken (?:oder tippen )?sie hier.*"
    r"|wählen sie ein element aus|cliquez (?:ou appuyez )?ici.*|choisissez un élément"
    r"|haga clic (?:o pulse )?aquí.*|elija un elemento)\.?",
    re.IGNORECASE | re.DOTALL,
)


def control_contents(control: Element) -> Sequence[Element]:
    """Return a control's content: blank if it only shows a prompt, ☒ or ☐ if it is a check box."""
    inside = control.find("sdtContent")
    if inside is None:
        return ()
    if (box := control.find("sdtPr/checkbox")) is not None:
        state = box.find("checked")
        _write(inside, TICKED if state is not None and is_on(state) else UNTICKED)
    elif _unfilled(control, inside):
        _write(inside, "")
    return list(inside)


def _unfilled(control: Element, inside: Element) -> bool:
    mark = control.find("sdtPr/showingPlcHdr")
    if mark is not None and is_on(mark):
        return True
    text = "".join(t.text or "" for t in inside.iter("t"))
    if _STANDARD.fullmatch(text.strip()):
        return True
    runs = [run for run in inside.iter("r") if run.find("t") is not None]
    styled = (_PLACEHOLDER.search(child_value(run, "rPr/rStyle")) for run in runs)
    return bool(runs) and all(styled) and is_prompt(text)


def _write(inside: Element, words: str) -> None:
    """Replace the text of a control and keep its paragraphs and cells."""
    runs = list(inside.iter("r"))
    for run in runs:
        for one in [one for one in run if one.tag != "rPr"]:
            run.remove(one)
    if not words:
        return
    if not runs:
        runs = [Element("r")]
        holder = next(inside.iter("p"), inside)
        holder.append(runs[0])
    marks = runs[0].find("rPr")
    if marks is not None:
        runs[0].remove(marks)  # a symbol's font does not apply to the tick
    shown = Element("t")
    shown.text = words
    runs[0].append(shown)
