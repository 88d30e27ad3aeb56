"""Parts of files that no reader opened are lines of set_aside.jsonl, beside the chunks."""

from pathlib import Path

from factory.core.recipe import Recipe
from factory.planning.plan import make_plan
from factory.planning.splits.assignment import SetAside, unread_parts
from factory.tasks.build import build_tasks
from tests.office import SPACES, p, run, word
from tests.world import OPENING, WASHING, document

RECIPE = {
    "documents": {"paths": ["documents"]},
    "split": {"val": 0, "test": 0},
    "teachers": [{"name": "a", "model": "openai/gpt-4.1-mini", "context": 8192}],
    "tasks": [{"kind": "qa"}],
    "student": {"base": "b"},
}


def test_each_part_that_was_not_read_is_a_line_with_its_document() -> None:
    whole = document(name="depot.md")
    partly = document(name="fares.docx").model_copy(update={"unread": ("comments (2)", "slide 3")})
    assert list(unread_parts([whole, partly])) == [
        SetAside(
            document="fares.docx", start=0, end=0, reason=f"part of the file is not read: {part}"
        )
        for part in ("comments (2)", "slide 3")
    ]


def test_a_part_of_a_file_is_told_apart_from_a_chunk() -> None:
    (part,) = unread_parts([document().model_copy(update={"unread": ("comments (2)",)})])
    chunk = SetAside(document="depot.md", start=0, end=12, reason="It holds no word.")
    assert (part.unread, chunk.unread) == (True, False)


def test_a_word_file_with_comments_and_a_struck_clause_is_asked_about_and_told(
    tmp_path: Path,
) -> None:
    (tmp_path / "documents").mkdir()
    comments = f'<w:comments {SPACES}><w:comment w:id="1"/></w:comments>'
    body = (p(OPENING), p(WASHING, run(" Void.", "<w:strike/>")))
    word(tmp_path / "documents" / "a.docx", *body, parts={"word/comments.xml": comments})
    recipe = Recipe.model_validate(RECIPE)
    found = make_plan(recipe, tmp_path, build_tasks(recipe))
    unread = [one.reason.removeprefix("part of the file is not read: ") for one in found.aside]
    assert unread == ["struck-through text (paragraphs: 1)", "comments (1)"]
    assert found.slots
    assert "Void" not in found.documents[0].text
