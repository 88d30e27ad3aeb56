"""The review as a page: one HTML file that opens by a double click, keeps its verdicts in the browser and gives them back as JSON."""

import base64
import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Literal

from jinja2 import Environment, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from factory.core.jsonl import explained
from factory.core.run_folder import Run
from factory.review.cards import Deck
from factory.review.importer import Filled, broken

PAGE = "review/review.html"


class Verdict(BaseModel):
    """One verdict of an exported file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    judged: str
    verdict: str
    kind: str = ""
    reason: str = ""
    fixed: str = ""
    seconds: float | None = Field(None, ge=0)


class Exported(BaseModel):
    """What the page exports."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    docstill: Literal["review"]
    version: Literal[1]
    run: str
    sample: str
    reviewer: str = Field(min_length=1)
    verdicts: tuple[object, ...]  # each is checked by itself


def export_page(run: Run, deck: Deck) -> Path:
    run.write(PAGE, page(f"Review of {deck.run}", deck.model_dump()))
    return run.folder / PAGE


def page(title: str, deck: dict[str, object]) -> str:
    """The page with its style, script and examples in it. The browser runs that script alone, told by its digest."""
    home = files("factory.review")
    script, style = (home.joinpath(f"page.{kind}").read_text(encoding="utf-8") for kind in ("js", "css"))
    pages = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    told = pages.from_string(home.joinpath("page.html").read_text(encoding="utf-8").replace("{{ title }}", "{{ title | e }}"))
    return told.render(
        title=title, script_digest=_digest(f"\n{script}\n"), style=_Plain(style), script=_Plain(script), deck=_Plain(_quoted(deck))
    )


class _Plain(str):
    """Text of this module's own files, or JSON without a sign that HTML knows: it stands in the page as it is."""

    def __html__(self) -> str:
        return str(self)


def _quoted(deck: dict[str, object]) -> str:
    """JSON that can't end its script element, whatever a document holds."""
    text = json.dumps(deck, ensure_ascii=False)
    for sign in "&<>\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _digest(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def read_page(file: Path, found: object) -> list[Filled]:
    """The verdicts of a file that the page has exported. Raises UserMistake where it is none."""
    try:
        exported = Exported.model_validate(found)
    except ValidationError as error:
        raise broken(file, error, "as the page has exported it") from error
    return [_filled(one, f"verdict {number}", exported.reviewer) for number, one in enumerate(exported.verdicts, 1)]


def _filled(found: object, where: str, reviewer: str) -> Filled:
    try:
        one = Verdict.model_validate(found)
    except ValidationError as error:
        return Filled(where=where, fault=f"{explained(error)}; must be as the page has exported it")
    return Filled(
        where=where,
        id=one.id,
        verdict=one.verdict,
        judged=one.judged,
        kind=one.kind,
        reason=one.reason,
        fixed=one.fixed.strip(),
        reviewer=reviewer,
        seconds=one.seconds,
    )
