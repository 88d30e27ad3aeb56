"""Two versions of a document in a plan: what is asked once, what is asked twice and marked, and what the client is told."""

from pathlib import Path

import pytest

from factory.core.recipe import Recipe
from factory.core.records import Chunk, Document, Split
from factory.planning.plan import Plan, make_plan
from factory.planning.splits.assignment import SplitAssignment
from factory.planning.splits.document_versions import match_versions
from factory.tasks.build import build_tasks
from tests.world import document

RECIPE = {
    "documents": {"paths": ["documents"]},
    "teachers": [{"name": "a", "model": "openai/gpt-4.1-mini", "context": 8192}],
    "tasks": [{"kind": "qa"}],
    "student": {"base": "b"},
}
KEYS = "The depot chief Ada Finch keeps the 3 keys of the depot. Drivers who lose a key tell her on the same day."
RULE = "Every tram of the Marrow Street depot is washed within 14 days of its last wash. Trams that rest are washed by 5 crews."
SAME = RULE.replace("14", "fourteen")
OTHER = RULE.replace("14", "21")


def depot(washing: str, section: str = "Washing") -> str:
    return f"# Tram depot\n\n## Keys\n\n{KEYS}\n\n## {section}\n\n{washing}\n"


def planned(folder: Path, **texts: str) -> Plan:
    (folder / "documents").mkdir()
    for name, text in texts.items():
        (folder / "documents" / f"{name}.md").write_text(text)
    recipe = Recipe.model_validate({**RECIPE, "split": {"val": 0, "test": 0}})
    return make_plan(recipe, folder, build_tasks(recipe))


def asked(found: Plan) -> list[tuple[str, str, bool]]:
    return [(c.document.name, c.headings[-1], c.conflict) for c in found.chunks]


def test_what_another_version_tells_too_is_asked_once(tmp_path: Path) -> None:
    found = planned(tmp_path, a=depot(RULE), b=depot(SAME))
    assert asked(found) == [("a.md", "Keys", False), ("a.md", "Washing", False)]
    assert {s.chunk.document.name for s in found.slots} == {"a.md"}
    assert [(p.chunk, p.document.name) for p in found.further] == [(found.chunks[1].digest, "b.md")]


def test_a_further_place_is_where_the_chunk_stands_in_its_document(tmp_path: Path) -> None:
    (place,) = planned(tmp_path, a=depot(RULE), b=depot(SAME)).further
    assert depot(SAME)[place.start : place.end] == SAME


def test_what_versions_contradict_each_other_in_is_asked_of_both_and_marked(tmp_path: Path) -> None:
    found = planned(tmp_path, a=depot(RULE), b=depot(OTHER))
    assert asked(found) == [
        ("a.md", "Keys", False),
        ("a.md", "Washing", True),
        ("b.md", "Washing", True),
    ]
    assert {s.chunk.document.name for s in found.slots if s.chunk.conflict} == {"a.md", "b.md"}


def test_the_client_is_told_the_documents_the_section_and_the_values(tmp_path: Path) -> None:
    ((one, other),) = [
        (c.one, c.other)
        for c in planned(tmp_path, a=depot(RULE), b=depot(OTHER), c=depot(SAME)).conflicts
    ]
    assert (one.documents, one.headings, [s.text for s in one.differs]) == (
        ("a.md", "c.md"),
        ("Tram depot", "Washing"),
        ["14 days"],
    )
    assert list(other.pieces)[1] == ("21 days", True)
    assert (
        "".join(text for text, _ in other.pieces)
        == other.sentence
        == OTHER.partition(". ")[0] + "."
    )


def test_the_order_of_files_changes_nothing(tmp_path: Path) -> None:
    texts = {"a": depot(RULE), "b": depot(OTHER), "c": depot(SAME)}
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    found = [
        planned(tmp_path / "one", **texts),
        planned(tmp_path / "other", **dict(reversed(texts.items()))),
    ]
    assert (
        len(
            {(tuple(f.chunks), tuple(f.slots), tuple(f.further), tuple(f.conflicts)) for f in found}
        )
        == 1
    )


def test_an_id_is_the_same_beside_another_version(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    alone, beside = (
        planned(tmp_path / "one", a=depot(RULE)),
        planned(tmp_path / "other", a=depot(RULE), b=depot(OTHER)),
    )
    assert [s.id for s in alone.slots] == [
        s.id for s in beside.slots if s.chunk.document.name == "a.md"
    ]


def sided(*parts: tuple[Split, str, str]) -> list[tuple[Chunk, Document, Split]]:
    """A chunk a document, with its side and its innermost heading."""
    found = []
    for number, (side, heading, text) in enumerate(parts):
        one = document(f"{KEYS}\n\n{text}\n{number}", f"{number}.md")
        start = one.text.index(text)
        chunk = Chunk(
            digest=f"c{number}",
            document=one.ref,
            start=start,
            end=start + len(text),
            text=text,
            headings=("Depot", heading),
        )
        found.append((chunk, one, side))
    return found


@pytest.mark.parametrize(
    ("parts", "again"),
    [
        ([("train", "1. Washing", RULE), ("train", "2. Washing", SAME)], {1: 0}),
        ([("train", "Washing", RULE), ("train", "Resting", SAME)], {}),
        (
            [("train", "Washing", RULE), ("train", "Resting", RULE), ("train", "Resting", RULE)],
            {2: 1},
        ),
        ([("test", "Washing", RULE), ("train", "Washing", SAME)], {1: 0}),
        (
            [("test", "Washing", RULE), ("val", "Resting", SAME), ("train", "Cleaning", RULE)],
            {1: 0, 2: 0},
        ),
        ([("test", "Washing", RULE), ("train", "Washing", OTHER)], {}),
    ],
)
def test_a_heading_may_make_another_fact_of_a_text_but_none_that_is_held_out_is_trained_on(
    parts: list[tuple[Split, str, str]], again: dict[int, int]
) -> None:
    chunks, documents, sides = zip(*sided(*parts), strict=True)
    found = match_versions(
        chunks,
        SplitAssignment({d.ref.digest: side for d, side in zip(documents, sides, strict=True)}),
        documents,
    )
    assert found.again == again
