"""Diagrams and charts of Word and PowerPoint are read as lists and tables."""

from pathlib import Path

import pytest

from factory.documents.formats.office import diagrams
from factory.documents.formats.office.docx import read_docx
from factory.documents.formats.office.pptx import read_pptx
from tests.office import SPACES, p, relations, slides, word


def points(tag: str, kind: str, *values: str, code: str = "") -> str:
    inside = "".join(f'<c:pt idx="{n}"><c:v>{value}</c:v></c:pt>' for n, value in enumerate(values))
    form = f"<c:formatCode>{code}</c:formatCode>" if code else ""
    return f"<c:{tag}><c:{kind}Ref><c:{kind}Cache>{form}{inside}</c:{kind}Cache></c:{kind}Ref></c:{tag}>"


def title(words: str) -> str:
    return (
        f"<c:title><c:tx><c:rich><a:p><a:r><a:t>{words}</a:t></a:r></a:p></c:rich></c:tx></c:title>"
    )


def chart(*series: str, kind: str = "barChart") -> str:
    inside = "".join(f"<c:ser>{one}</c:ser>" for one in series)
    axis = f"<c:valAx>{title('riders')}</c:valAx>"
    area = f"<c:plotArea><c:{kind}>{inside}</c:{kind}>{axis}</c:plotArea>"
    named = title("Riders by line")
    return f"<c:chartSpace {SPACES}><c:chart>{named}{area}</c:chart></c:chartSpace>"


LINES = points("cat", "str", "Harbour", "Hill")
TWO = chart(
    points("tx", "str", "2025") + LINES + points("val", "num", "0.125", "0.5", code="0.0%"),
    points("tx", "str", "2026") + LINES + points("val", "num", "3", "40.5"),
)
WRITTEN = "Riders by line\n\nriders\n\n| | 2025 | 2026 |\n| --- | --- | --- |\n| Harbour | 12.5% | 3 |\n| Hill | 50.0% | 40.5 |"
DATA = (
    f"<dgm:dataModel {SPACES}><dgm:ptLst><dgm:pt type='doc'/>"
    "<dgm:pt><dgm:t><a:p><a:r><a:t>Wash the tram</a:t></a:r></a:p></dgm:t></dgm:pt>"
    "<dgm:pt><dgm:t><a:p><a:r><a:t>Grease the doors</a:t></a:r></a:p></dgm:t></dgm:pt></dgm:ptLst></dgm:dataModel>"
)
CHART = '<c:chart r:id="rId1"/>'
DIAGRAM = '<dgm:relIds r:dm="rId1" r:lo="rId8"/>'


def in_word(
    home: Path, reference: str, kind: str, part: str, content: str
) -> tuple[str, tuple[str, ...]]:
    drawing = f"<w:r><w:drawing><a:graphic><a:graphicData>{reference}</a:graphicData></a:graphic></w:drawing></w:r>"
    path = word(
        home / "a.docx",
        p("Before.", drawing),
        p("After."),
        linked=((kind, part),),
        parts={f"word/{part}": content},
    )
    found = read_docx(path)
    return found.text, found.unread


def in_slides(home: Path, reference: str, kind: str, part: str, content: str) -> str:
    frame = f"<p:graphicFrame><a:graphic><a:graphicData>{reference}</a:graphicData></a:graphic></p:graphicFrame>"
    linked = {
        "ppt/slides/_rels/slide1.xml.rels": relations((kind, f"../{part}")),
        f"ppt/{part}": content,
    }
    return read_pptx(slides(home / "a.pptx", frame, parts=linked)).text


def test_a_chart_is_its_titles_and_a_table_of_what_it_shows(tmp_path: Path) -> None:
    given = (CHART, "chart", "charts/chart1.xml", TWO)
    assert in_word(tmp_path, *given) == (f"Before.\n\n{WRITTEN}\n\nAfter.", ())
    assert in_slides(tmp_path, *given) == f"# Slide 1\n\n{WRITTEN}"


def test_a_diagram_is_a_list_of_its_words(tmp_path: Path) -> None:
    given = (DIAGRAM, "diagramData", "diagrams/data1.xml", DATA)
    assert in_word(tmp_path, *given) == (
        "Before.\n\n- Wash the tram\n- Grease the doors\n\nAfter.",
        (),
    )
    assert in_slides(tmp_path, *given) == "# Slide 1\n\n- Wash the tram\n- Grease the doors"


def test_a_chart_of_pairs_has_a_row_for_each(tmp_path: Path) -> None:
    pairs = (
        points("tx", "str", "speed")
        + points("xVal", "num", "1", "2")
        + points("yVal", "num", "30", "50")
    )
    text, _ = in_word(
        tmp_path, CHART, "chart", "charts/chart1.xml", chart(pairs, kind="scatterChart")
    )
    assert text.endswith("| | speed |\n| --- | --- |\n| 1 | 30 |\n| 2 | 50 |\n\nAfter.")


def test_points_that_are_not_read_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagrams, "MAX_POINTS", 1)
    text, unread = in_word(tmp_path, CHART, "chart", "charts/chart1.xml", TWO)
    assert text.endswith("| Harbour | 12.5% | 3 |\n\nAfter.")
    assert unread == ("values of a chart (word/charts/chart1.xml)",)


def test_a_point_with_a_silly_place_keeps_its_chart(tmp_path: Path) -> None:
    far = TWO.replace('idx="1"', 'idx="300000000"')
    assert (
        in_word(tmp_path, CHART, "chart", "charts/chart1.xml", far)[0]
        == f"Before.\n\n{WRITTEN}\n\nAfter."
    )


def test_a_chart_of_a_newer_kind_is_told_and_not_its_apology(tmp_path: Path) -> None:
    newer = f"<mc:Choice Requires='cx1'><w:drawing>{CHART}</w:drawing></mc:Choice>"
    sorry = f"<mc:Fallback>{p('This chart is not available.')}</mc:Fallback>"
    path = word(
        tmp_path / "a.docx",
        p("Before.", f"<w:r><mc:AlternateContent>{newer}{sorry}</mc:AlternateContent></w:r>"),
        linked=(("chartEx", "charts/chartEx1.xml"),),
        parts={"word/charts/chartEx1.xml": f"<c:chartSpace {SPACES}><c:chartData/></c:chartSpace>"},
    )
    found = read_docx(path)
    assert (found.text, found.unread) == (
        "Before.",
        ("a chart of a newer kind (word/charts/chartEx1.xml)",),
    )


def test_a_broken_diagram_is_told_and_the_document_is_read(tmp_path: Path) -> None:
    text, unread = in_word(
        tmp_path, DIAGRAM, "diagramData", "diagrams/data1.xml", "<dgm:dataModel>"
    )
    assert text == "Before.\n\nAfter."
    assert unread[0].startswith("word/diagrams/data1.xml is broken (")


def test_a_chart_that_is_shown_many_times_is_read_once(tmp_path: Path) -> None:
    text, _ = in_word(tmp_path, CHART * 500, "chart", "charts/chart1.xml", TWO)
    assert text.count("Riders by line") == 1
