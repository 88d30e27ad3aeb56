"""Spilled pages come back unchanged, as often as they are read."""

from factory.documents.formats.pdf.page_spill import SpilledPages
from factory.documents.formats.pdf.text_runs import TextRun

WASHED = TextRun("Washed – 洗う", 72.0, 700.5, 120.25, 712.0, 11.0, True)
TRAMS = TextRun("trams", 130.0, 700.5, 160.0, 712.0, 11.0)


def test_pages_come_back_as_they_were() -> None:
    kept, pages = SpilledPages(), [[[[WASHED, TRAMS]], [[TRAMS]]], [], [[[WASHED]]]]
    for page in pages:
        kept.add(page)
    assert list(kept) == pages
    assert list(kept) == pages
