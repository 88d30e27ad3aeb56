"""List the parts of an Office file that hold text and were not read, each as a phrase."""

import re
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from factory.documents.formats import Unreadable
from factory.documents.formats.office.office_zip import Package

MAX_PHRASES = 20  # of one file
# settings, pictures and unfilled templates
_WITHOUT_TEXT = re.compile(
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


def unread_phrases(package: Package) -> list[str]:
    """Return a phrase for each unread part that holds text, and for what readers noted."""
    phrases = list(_unread_parts(package))
    found = [*package.unread, *phrases]
    if len(found) > MAX_PHRASES:
        found[MAX_PHRASES - 1 :] = [f"{len(found) - MAX_PHRASES + 1} further parts"]
    return found


def no_text_reason(unread: Sequence[str]) -> str:
    """Return the error for a file without text: a broken or included part may have held it."""
    lost = [one for one in unread if " is broken (" in one or one.startswith("an included file")]
    if lost:
        return f"none of its text can be read: {lost[0]}"
    return "it holds no text (only pictures?); a scan needs OCR first"


def _unread_parts(package: Package) -> Iterator[str]:
    parts = sorted(set(package.parts) - package.seen)
    controls = sum(_CONTROL.fullmatch(part) is not None for part in parts)
    comments = sum(_comments(package, part) for part in parts if _COMMENT.fullmatch(part))
    around = [
        part for part in parts if _AROUND.fullmatch(part) and _LETTER.search(_words(package, part))
    ]
    if around:
        more = ", ..." if len(around) > 3 else ""
        yield f"the header and footer of pages ({', '.join(around[:3])}{more})"
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
    root = _parse(package, part)
    return 0 if root is None else sum(one.tag in ("comment", "cm") for one in root.iter())


def _words(package: Package, part: str) -> str:
    root = _parse(package, part)
    return "" if root is None else " ".join(t.text or "" for t in root.iter("t")).strip()


def _parse(package: Package, part: str) -> Element | None:
    """Parse a part that is not needed; if it is broken or too large, only a note is made."""
    try:
        return package.optional_tree(part)
    except Unreadable as error:
        package.unread.append(str(error) if part in str(error) else f"{part}: {error}")
        return None
