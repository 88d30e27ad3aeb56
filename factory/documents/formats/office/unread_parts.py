"""Parts of an Office file that hold text and that no reader has opened, each as a phrase."""

import re
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from factory.documents.formats import Unreadable
from factory.documents.formats.office.office_zip import Package

MOST = 20  # phrases for one file
_WITHOUT_TEXT = re.compile(  # parts that hold settings and pictures, and templates that nobody filled in
    r"\[Content_Types\]\.xml|(?:docProps|customXml|_xmlsignatures)/.*|(?:.*/)?_rels/.*"
    r"|.*/(?:theme|fonts|media|glossary|slideLayouts|slideMasters|notesMasters|handoutMasters"
    r"|notesSlides|tags|webextensions|ink|printerSettings|persons|changesInfos|customXml)/.*"
    r"|.*/(?:settings|webSettings|styles|stylesWithEffects|numbering|fontTable|people|commentsExtended"
    r"|commentsIds|commentsExtensible|presProps|viewProps|tableStyles|commentAuthors|authors"
    r"|revisionInfo|keyMapCustomizations|vbaData|customizations|documentTasks)\d*\.xml"
    r"|.*/diagrams/(?:drawing|layout|quickStyle|colors)\d*\.xml"
    r"|.*/charts/(?:style|colors)\d*\.xml"
    r"|.*\.(?:bin|png|jpe?g|gif|emf|wmf|tiff?|svg|vml|odttf|fntdata|sigs|psdsxs|vmlDrawing)",
    re.IGNORECASE,
)
_EMBEDDED = re.compile(r".*/embeddings/[^/]+", re.IGNORECASE)
_CONTROL = re.compile(r".*/activeX/activeX\d*\.xml", re.IGNORECASE)
_COMMENT = re.compile(r".*/comments[^/]*(?:/[^/]+)?\.xml", re.IGNORECASE)
_AROUND = re.compile(r".*/(?:header|footer)\d*\.xml", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]{2}")


def leftover(package: Package) -> list[str]:
    """A phrase for each part that was not read though it holds text, and for what readers noted."""
    untold = list(_untold(package))
    found = [*package.unread, *untold]
    if len(found) > MOST:
        found[MOST - 1 :] = [f"{len(found) - MOST + 1} further parts"]
    return found


def why_empty(unread: Sequence[str]) -> str:
    """The sentence for a file without text: a broken or included part may have held it."""
    lost = [one for one in unread if " is broken (" in one or one.startswith("an included file")]
    if lost:
        return f"none of its text can be read: {lost[0]}"
    return "it holds no text (only pictures?); a scan needs OCR first"


def _untold(package: Package) -> Iterator[str]:
    parts = sorted(set(package.parts) - package.seen)
    controls = sum(_CONTROL.fullmatch(part) is not None for part in parts)
    comments = sum(_comments(package, part) for part in parts if _COMMENT.fullmatch(part))
    around = [
        part for part in parts if _AROUND.fullmatch(part) and _LETTER.search(_words(package, part))
    ]
    if around:
        yield f"the header and footer of pages ({', '.join(around[:3])}{', ...' if len(around) > 3 else ''})"
    if comments:
        yield f"comments ({comments})"
    if controls:
        yield f"ActiveX form controls ({controls})"
    named = (_CONTROL, _COMMENT, _AROUND)
    for part in parts:
        if _EMBEDDED.fullmatch(part):
            yield f"an embedded file ({part}); save it on its own"
        elif not any(kind.fullmatch(part) for kind in (*named, _WITHOUT_TEXT)) and _holds_text(
            package, part
        ):
            yield part


def _holds_text(package: Package, part: str) -> bool:
    return not part.lower().endswith(".xml") or bool(_words(package, part))


def _comments(package: Package, part: str) -> int:
    root = _opened(package, part)
    return 0 if root is None else sum(one.tag in ("comment", "cm") for one in root.iter())


def _words(package: Package, part: str) -> str:
    root = _opened(package, part)
    return "" if root is None else " ".join(t.text or "" for t in root.iter("t")).strip()


def _opened(package: Package, part: str) -> Element | None:
    """A part that nobody needs: one that is broken or too large costs the document nothing."""
    try:
        return package.side(part)
    except Unreadable as error:
        package.unread.append(str(error) if part in str(error) else f"{part}: {error}")
        return None
