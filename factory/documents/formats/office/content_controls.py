"""Word's content controls (w:sdt): the value that each one shows, without prompts left unfilled."""

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element

from factory.documents.formats.office.docx_fields import TICKED, UNTICKED, is_prompt
from factory.documents.formats.office.docx_numbering import value
from factory.documents.formats.office.docx_styles import on

# The id of the style "Placeholder Text" in the languages that Word translates ids into.
_PLACEHOLDER = re.compile(
    r"placeholder|platzhalter|espacerserv|marcadordeposici|segnaposto|aanduiding|espa.oreservado",
    re.IGNORECASE,
)


_STANDARD = re.compile(  # the prompts that Word itself writes into a new control
    r"(?:click (?:or tap )?here(?: to enter .*)?|choose an item|klicken (?:oder tippen )?sie hier.*"
    r"|wählen sie ein element aus|cliquez (?:ou appuyez )?ici.*|choisissez un élément"
    r"|haga clic (?:o pulse )?aquí.*|elija un elemento)\.?",
    re.IGNORECASE | re.DOTALL,
)


def contents(control: Element) -> Sequence[Element]:
    """What a control holds: blank where it only shows a prompt, ☒ or ☐ where it is a check box."""
    inside = control.find("sdtContent")
    if inside is None:
        return ()
    if (box := control.find("sdtPr/checkbox")) is not None:
        state = box.find("checked")
        _write(inside, TICKED if state is not None and on(state) else UNTICKED)
    elif _unfilled(control, inside):
        _write(inside, "")
    return list(inside)


def _unfilled(control: Element, inside: Element) -> bool:
    mark = control.find("sdtPr/showingPlcHdr")
    if mark is not None and on(mark):
        return True
    text = "".join(t.text or "" for t in inside.iter("t"))
    if _STANDARD.fullmatch(text.strip()):
        return True
    runs = [run for run in inside.iter("r") if run.find("t") is not None]
    styled = (_PLACEHOLDER.search(value(run, "rPr/rStyle")) for run in runs)
    return bool(runs) and all(styled) and is_prompt(text)


def _write(inside: Element, words: str) -> None:
    """Replaces the text of a control; paragraphs and cells that it holds stay."""
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
