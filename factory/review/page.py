"""Review as a page: one HTML file that opens with a double click, keeps verdicts in the browser and
exports them as JSON.
"""

import base64
import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Literal

from jinja2 import Environment, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from factory.core.jsonl import first_mistake
from factory.core.run_folder import Run
from factory.review.cards import ReviewDeck
from factory.review.importer import FilledRow, wrong_shape

REVIEW_PAGE = "review/review.html"


class PageVerdict(BaseModel):
    """One verdict in an exported file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    judged: str
    verdict: str
    kind: str = ""
    reason: str = ""
    fixed: str = ""
    seconds: float | None = Field(None, ge=0)


class PageExport(BaseModel):
    """The file that the page exports."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    docstill: Literal["review"]
    version: Literal[1]
    run: str
    sample: str
    reviewer: str = Field(min_length=1)
    verdicts: tuple[object, ...]  # each is validated on its own


def export_page(run: Run, deck: ReviewDeck) -> Path:
    run.write(REVIEW_PAGE, render_page(f"Review of {deck.run}", deck.model_dump()))
    return run.folder / REVIEW_PAGE


def render_page(title: str, deck: dict[str, object]) -> str:
    """Render the page with style, script and examples inline. The browser runs only that script, by
    its digest.
    """
    home = files("factory.review")
    script, style = (
        home.joinpath(f"page.{kind}").read_text(encoding="utf-8") for kind in ("js", "css")
    )
    pages = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    told = pages.from_string(
        home.joinpath("page.html")
        .read_text(encoding="utf-8")
        .replace("{{ title }}", "{{ title | e }}")
    )
    return told.render(
        title=title,
        script_digest=_digest(f"\n{script}\n"),
        style=_Plain(style),
        script=_Plain(script),
        deck=_Plain(_quoted(deck)),
    )


class _Plain(str):
    """Text of this module's own files, or JSON without characters special to HTML: inserted
    unescaped.
    """

    def __html__(self) -> str:
        return str(self)


def _quoted(deck: dict[str, object]) -> str:
    """Return JSON that can't end its script element, whatever a document contains."""
    text = json.dumps(deck, ensure_ascii=False)
    for sign in "&<>\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _digest(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def read_page_export(file: Path, found: object) -> list[FilledRow]:
    """Read the verdicts of a file that the page exported. Raises UserMistake if it is not one."""
    try:
        exported = PageExport.model_validate(found)
    except ValidationError as error:
        raise wrong_shape(file, error, "as the page has exported it") from error
    return [
        _filled(one, f"verdict {number}", exported.reviewer)
        for number, one in enumerate(exported.verdicts, 1)
    ]


def _filled(found: object, where: str, reviewer: str) -> FilledRow:
    try:
        one = PageVerdict.model_validate(found)
    except ValidationError as error:
        return FilledRow(
            where=where, fault=f"{first_mistake(error)}; must be as the page has exported it"
        )
    return FilledRow(
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
