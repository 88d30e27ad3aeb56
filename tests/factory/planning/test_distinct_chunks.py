"""Nothing of a document drops out in silence: its text is asked about, or a line says why it is not."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.recipe import Recipe
from factory.core.records import Document
from factory.core.task_settings import TaskSettings
from factory.documents.chunker import sections
from factory.planning.plan import Plan, make_plan
from factory.tasks import Tasks
from factory.tasks.build import build_tasks
from factory.tasks.qa import QA
from tests.factory.planning.splits.test_document_versions import RECIPE
from tests.world import FEW, OPENING, WASHING, mistake

ASKED = f"# Tram depot\n\n{WASHING} {OPENING}\n"
SHORT = "## How long do trams rest in the depot?\n\nFor 6 days.\n\n## Who washes the trams of the depot?\n\nAda Finch.\n\n"
FRAGMENTS = (
    *(
        "# Depot\n\n",
        "## Trams\n\n",
        "### May a tram rest here?\n\n",
        "DEPOT RULES\n\n",
        "[Reserved]\n\n",
        "No.\n\n",
        "For 6 days.\n\n",
    ),
    *(
        f"{WASHING}\n\n",
        f"{OPENING}\n\n",
        "Trams rest for max. 12 days in the yard of Au.\n\n",
        "© 2026 Marrow Street depot.\n\n",
        SHORT,
    ),
    *(
        "| tram | crowns |\n|---|---|\n| Ash | 12 |\n\n",
        "- one for each of the trams\n",
        "Keys are kept. " * 30 + "\n\n",
    ),
    "```\n# no heading\n```\n\n",
    *(
        "Scope ........ 12\nTrams ........ 13\nKeys ........ 14\n\n",
        "x" * 300 + "\n\n",
        "車庫は朝六時に開きます。\n\n",
        "---\n\n",
    ),
)
TEXTS = st.lists(
    st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=12).map("".join),
    min_size=1,
    max_size=6,
)


def planned(folder: Path, texts: list[str], one_fact: bool, split: float = 0.2) -> Plan:
    (folder / "documents").mkdir()
    for number, text in enumerate([ASKED, *texts]):
        (folder / "documents" / f"d{number}.md").write_text(text)
    changes = {"split": {"val": split, "test": split, "shift": 0}, "chunks": {"tokens": 64}}
    recipe = Recipe.model_validate({**RECIPE, **changes})
    tasks: Tasks = {"qa": QA(TaskSettings(), one_fact, 3)} if one_fact else build_tasks(recipe)
    return make_plan(recipe, folder, tasks)


def silent(found: Plan, document: Document) -> str:
    """What of a document's text, its headings apart, is neither asked about nor told of."""
    name = document.ref.name
    told = [(a.start, a.end) for a in found.aside if a.document == name]
    told += [(p.start, p.end) for p in found.further if p.document.name == name]
    told += [(s.chunk.start, s.chunk.end) for s in found.slots if s.chunk.document.name == name]
    places = {n for start, end in told for n in range(start, end)}
    body = (n for s in sections(document.text, name) for n in range(s.start, s.end))
    return "".join(document.text[n] for n in body if n not in places).strip()


@FEW
@given(TEXTS, st.booleans())
def test_every_character_is_asked_about_or_told_of(texts: list[str], one_fact: bool) -> None:
    with TemporaryDirectory() as home:
        found = planned(Path(home), texts, one_fact)
        assert [silent(found, document) for document in found.documents] == [""] * len(
            found.documents
        )


@pytest.mark.parametrize(
    ("text", "one_fact", "reasons"),
    [
        ("# Keys\n\nAda has some.\n", False, ["It holds fewer than 12 words."]),
        (
            "Trams rest on Sunday.\n\n# Keys\n\nThe keys of the depot lie in the safe of the porter and nowhere else.\n",
            True,
            [],
        ),
        ("# Keys\n\n## Trams\n", False, ["It holds nothing but headings."]),
        (
            f"{ASKED}\n## Keys\n\n{OPENING} Keys rest.\n",
            False,
            ["equal: the same text stands in d0.md"],
        ),
    ],
)
def test_what_is_not_asked_about_has_a_reason(
    text: str, one_fact: bool, reasons: list[str], tmp_path: Path
) -> None:
    small = "It holds no sentence that stands alone with a value to ask a small teacher for."
    expected = reasons or ["It holds fewer than 12 words.", small]
    assert [
        a.reason
        for a in planned(tmp_path, [text], one_fact, split=0).aside
        if a.document == "d1.md"
    ] == expected


def test_where_nothing_can_be_asked_the_commonest_reason_is_told(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "a.md").write_text("# Keys\n\nAda has some.\n")
    recipe = Recipe.model_validate(RECIPE)
    assert mistake(lambda: make_plan(recipe, tmp_path, build_tasks(recipe))) == (
        "no chunk of the documents holds a fact to ask about (most often: It holds fewer than 12 words); "
        "add documents with full sentences, numbers or dates"
    )


def test_short_answers_are_asked_about_together(tmp_path: Path) -> None:
    found = planned(tmp_path, [f"# Depot\n\n{SHORT}"], one_fact=False, split=0)
    assert {s.chunk.text for s in found.slots if s.chunk.document.name == "d1.md"} == {
        SHORT.strip()
    }
