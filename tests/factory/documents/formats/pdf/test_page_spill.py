"""Pages put aside: they come back as they were, as often as they are looked at."""

from factory.documents.formats.pdf.page_spill import Kept
from factory.documents.formats.pdf.text_runs import Piece

WASHED = Piece("Washed – 洗う", 72.0, 700.5, 120.25, 712.0, 11.0, True)
TRAMS = Piece("trams", 130.0, 700.5, 160.0, 712.0, 11.0)


def test_pages_come_back_as_they_were() -> None:
    kept, pages = Kept(), [[[[WASHED, TRAMS]], [[TRAMS]]], [], [[[WASHED]]]]
    for page in pages:
        kept.add(page)
    assert list(kept) == pages
    assert list(kept) == pages
