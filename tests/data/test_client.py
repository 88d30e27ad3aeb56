"""The sample client: its documents, its gold questions and its recipes are what the README says they are."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from factory.core.recipe import read_recipe
from factory.core.records import Document
from factory.core.settings import DocumentSettings
from factory.documents.reader import read_documents
from factory.planning.gold import GoldRow, read_gold
from factory.planning.plan import make_plan
from factory.planning.splits.clusters import cluster_texts
from factory.tasks.build import build_tasks

DATA = Path(__file__).parents[2] / "data"
GOLD = DATA / "gold" / "demo.jsonl"


@pytest.fixture(scope="module")
def documents() -> Sequence[Document]:
    found, skipped = read_documents(DocumentSettings(paths=("documents",)), DATA)
    assert skipped == []
    return found


@pytest.fixture(scope="module")
def gold() -> list[GoldRow]:
    return read_gold(GOLD)


def test_the_client_has_at_least_16_documents_and_16000_words(documents: Sequence[Document]) -> None:
    assert len(documents) >= 16
    assert sum(len(d.text.split()) for d in documents) >= 16_000


def test_only_the_two_versions_of_the_leave_policy_repeat_each_other(documents: Sequence[Document]) -> None:
    found = cluster_texts([d.text for d in documents], lambda n: [documents[n].text])
    groups = [[documents[place].ref.name for place in group] for group in found.clusters if len(group) > 1]
    assert groups == [["policies/leave-2024.md", "policies/leave-2026.md"]]


def test_there_are_at_least_120_gold_questions_over_4_documents(gold: list[GoldRow]) -> None:
    assert len(gold) >= 120
    assert len({row.document for row in gold}) == 4
    assert len({row.document for row in gold[:10]}) == 4


def test_every_gold_span_stands_in_its_document(gold: list[GoldRow], documents: Sequence[Document]) -> None:
    texts = {d.ref.name: d.text for d in documents}
    wrong = [row.id for row in gold for s in row.spans if texts[row.document or ""][s.start : s.end] != s.text]
    assert wrong == []
    assert all(row.spans for row in gold)


def test_no_gold_question_stands_twice(gold: list[GoldRow]) -> None:
    assert len({row.instruction.casefold() for row in gold}) == len(gold)


@pytest.mark.parametrize("name", ["demo", "showcase", "vllm", "claude", "openai"])
def test_a_recipe_that_comes_with_docstill_can_be_planned(name: str) -> None:
    recipe, _ = read_recipe(DATA / "recipes" / f"{name}.toml")
    found = make_plan(recipe, DATA / "recipes", build_tasks(recipe))
    held_out = {row.document for row, _ in found.gold}
    trained = {s.chunk.document.name for s in found.slots if s.split == "train"}
    assert found.slots
    assert not held_out & trained


def test_the_vllm_recipe_needs_no_key_and_names_no_gold() -> None:
    recipe, text = read_recipe(DATA / "recipes" / "vllm.toml")
    assert recipe.evaluate.gold is None
    assert "api_key" not in text


def test_every_gold_row_is_one_json_object_a_line() -> None:
    rows = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").split("\n") if line]
    assert {frozenset(row) for row in rows} == {frozenset(("id", "task", "instruction", "response", "document", "spans"))}
