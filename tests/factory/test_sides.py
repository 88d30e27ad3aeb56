"""Parts of files that no reader opened are lines of set_aside.jsonl, beside the chunks."""

from factory.sides import Aside, unread_parts
from tests.world import document


def test_each_part_that_was_not_read_is_a_line_with_its_document() -> None:
    whole = document(name="depot.md")
    partly = document(name="fares.docx").model_copy(update={"unread": ("comments (2)", "slide 3")})
    assert list(unread_parts([whole, partly])) == [
        Aside(document="fares.docx", start=0, end=0, reason=f"part of the file is not read: {part}")
        for part in ("comments (2)", "slide 3")
    ]


def test_a_part_of_a_file_is_told_apart_from_a_chunk() -> None:
    (part,) = unread_parts([document().model_copy(update={"unread": ("comments (2)",)})])
    chunk = Aside(document="depot.md", start=0, end=12, reason="It holds no word.")
    assert (part.unread, chunk.unread) == (True, False)
