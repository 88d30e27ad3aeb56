"""Word, PowerPoint and formula files for tests, in the XML that the programs write."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
M = "http://schemas.openxmlformats.org/officeDocument/2006/math"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PKG = "http://schemas.openxmlformats.org/package/2006"
SPACES = (
    f'xmlns:w="{W}" xmlns:m="{M}" xmlns:r="{R}"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
    ' xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    ' xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
    ' xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"'
    ' xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
    ' xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main"'
)
_TYPES = (
    f'<Types xmlns="{PKG}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
    "</Types>"
)


def run(words: str, marks: str = "") -> str:
    shown = f"<w:rPr>{marks}</w:rPr>" if marks else ""
    return f'<w:r>{shown}<w:t xml:space="preserve">{words}</w:t></w:r>'


def p(*inside: str, marks: str = "") -> str:
    """A paragraph; what is no XML is a run."""
    runs = (one if one.startswith("<") else run(one) for one in inside)
    return f"<w:p>{f'<w:pPr>{marks}</w:pPr>' if marks else ''}{''.join(runs)}</w:p>"


def math(inside: str) -> str:
    return f"<m:oMath>{inside}</m:oMath>"


def t(words: str) -> str:
    """A run of a formula."""
    return f"<m:r><m:t>{words}</m:t></m:r>"


def office(files: Mapping[str, str | bytes], path: Path) -> Path:
    """A zip of these parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def relations(*targets: tuple[str, str]) -> str:
    """Relations `rId1`, `rId2`, … of a kind to a target."""
    lines = (
        f'<Relationship Id="rId{n}" Type="{R}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{PKG}/relationships">{"".join(lines)}</Relationships>'


def word(
    path: Path,
    *body: str,
    styles: str = "",
    numbering: str = "",
    linked: tuple[tuple[str, str], ...] = (),
    parts: Mapping[str, str | bytes] = MappingProxyType({}),
) -> Path:
    """A Word file with these blocks and further parts by name."""
    own = [("styles", "styles.xml"), ("numbering", "numbering.xml")]
    files: dict[str, str | bytes] = {
        "_rels/.rels": relations(("officeDocument", "word/document.xml")),
        "word/document.xml": f"<w:document {SPACES}><w:body>{''.join(body)}</w:body></w:document>",
        "word/_rels/document.xml.rels": relations(*linked, *own),
        "word/styles.xml": f"<w:styles {SPACES}>{styles}</w:styles>",
        "word/numbering.xml": f"<w:numbering {SPACES}>{numbering}</w:numbering>",
    }
    return office(files | dict(parts), path)


def slides(
    path: Path, *shapes: str, parts: Mapping[str, str | bytes] = MappingProxyType({})
) -> Path:
    """A deck of one slide for each string of shapes, and further parts by name."""
    listed = "".join(f'<p:sldId r:id="rId{n}"/>' for n in range(1, len(shapes) + 1))
    files: dict[str, str | bytes] = {
        "_rels/.rels": relations(("officeDocument", "ppt/presentation.xml")),
        "ppt/presentation.xml": f"<p:presentation {SPACES}><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(
            *(("slide", f"slides/slide{n}.xml") for n in range(1, len(shapes) + 1))
        ),
    }
    for n, inside in enumerate(shapes, 1):
        tree = f"<p:cSld><p:spTree>{inside}</p:spTree></p:cSld>"
        files[f"ppt/slides/slide{n}.xml"] = f"<p:sld {SPACES}>{tree}</p:sld>"
    return office(files | dict(parts), path)


def shape(*paragraphs: str, styles: str = "") -> str:
    inside = "".join(f"<a:p>{one}</a:p>" for one in paragraphs)
    return f"<p:sp><p:txBody><a:lstStyle>{styles}</a:lstStyle>{inside}</p:txBody></p:sp>"


def drawing_run(words: str, marks: str = "") -> str:
    """A run of a slide."""
    return f"<a:r><a:rPr {marks}/><a:t>{words}</a:t></a:r>"


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()
