"""Earlier examples: a share of them comes again, none of what is asked anew, and none that stands in what is held out."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.errors import UserMistake
from factory.core.records import Row
from factory.core.settings import ReplaySettings
from factory.dataset.prior_replay import add_prior_rows, prior_rows, without_known_documents
from tests.factory.test_pipeline import (
    BAKERY,
    DEPOTS,
    FACTS,
    LIBRARY,
    PAPERS,
    RECIPE,
    ROOMS,
    SALES,
    lines,
)
from tests.mock import MockServer, docstill, serving


def row(id: str, document: str = "old.md", source: str = "document", **meta: str) -> Row:
    said = [{"role": "user", "content": f"What of {id}?"}, {"role": "assistant", "content": id}]
    return {
        "messages": said,
        "meta": {"id": id, "source": source, "document": {"digest": "d", "name": document}, **meta},
    }


def trained(folder: Path, *rows: Row) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "train.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8"
    )
    return folder


def ids(rows: Sequence[Row]) -> list[str]:
    return [row["meta"]["id"] for row in rows]  # type: ignore[index]


def of(name: str, **changes: float) -> ReplaySettings:
    return ReplaySettings.model_validate({"earlier": name, **changes})


def test_the_rows_of_a_run_come_again_as_replay_and_say_whose_they_are(tmp_path: Path) -> None:
    trained(
        tmp_path / "first",
        row("a"),
        row("general", source="replay"),
        row("b", source="replay", earlier="zeroth"),
    )
    found = prior_rows(of("first"), tmp_path)
    assert ids(found) == ["a", "b"]
    assert [(r["meta"]["source"], r["meta"]["earlier"]) for r in found] == [("replay", "first")] * 2  # type: ignore[index]


def test_of_a_registered_student_the_promoted_version_is_taken(tmp_path: Path) -> None:
    from factory.students.registry import promote, roll_back
    from tests.factory.students.test_registry import RECIPE as REGISTERED
    from tests.factory.students.test_registry import run

    for name, right in (("one", 3), ("two", 6)):
        made = run(tmp_path / name, right)
        made.write_lines("train.jsonl", [row(name)])
        promote(made, REGISTERED, tmp_path / "models", "intake", force=False)
    assert ids(prior_rows(of("models/intake"), tmp_path)) == ["two"]
    roll_back(tmp_path / "models", "intake")
    assert ids(prior_rows(of("models/intake"), tmp_path)) == ["one"]


def test_rows_of_documents_that_are_asked_anew_stay_out() -> None:
    assert ids(without_known_documents([row("a", "old.md"), row("b", "new.md")], {"new.md"})) == [
        "a"
    ]


@given(st.floats(0, 0.5), st.integers(0, 40), st.integers(0, 40), st.integers())
def test_own_rows_all_stay_and_earlier_ones_are_never_more_than_their_share(
    share: float, mine: int, older: int, seed: int
) -> None:
    own, rows = [row(f"o{n}") for n in range(mine)], [row(f"e{n}") for n in range(older)]
    found = ids(add_prior_rows(own, rows, of("x", earlier_share=share), seed))
    assert found[:mine] == ids(own)
    assert len(set(found)) == len(found)
    assert len(found) - mine <= share * len(found) + 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            None,
            'old.jsonl: is missing; replay.earlier = "old.jsonl" must name a student of the registry',
        ),
        ("{}\n", "holds lines that are not training rows"),
    ],
)
def test_what_is_no_earlier_student_is_a_mistake(
    tmp_path: Path, content: str | None, sentence: str
) -> None:
    if content is not None:
        (tmp_path / "old.jsonl").write_text(content)
    with pytest.raises(UserMistake) as raised:
        prior_rows(of("old.jsonl"), tmp_path)
    assert sentence in str(raised.value)


@pytest.fixture(scope="module")
def quick() -> Iterator[MockServer]:
    with serving(*FACTS) as server:
        yield server


def made(home: Path, url: str, more: str, **documents: str) -> list[dict[str, Any]]:
    (home / "documents").mkdir(parents=True)
    for name, text in documents.items():
        (home / "documents" / f"{name}.md").write_text(text, encoding="utf-8")
    (home / "recipe.toml").write_text(RECIPE.format(url=url) + more, encoding="utf-8")
    code, said = docstill(
        home / "log", "make", str(home / "recipe.toml"), "--out", str(home / "run")
    )
    assert code == 0, said
    return lines(home / "run", "train.jsonl")


def test_a_new_run_trains_on_a_share_of_an_older_one_but_not_on_what_it_holds_out(
    quick: MockServer, tmp_path: Path
) -> None:
    first = made(
        tmp_path / "first",
        quick.url,
        "",
        depots=DEPOTS,
        papers=PAPERS,
        library=LIBRARY,
        rooms=ROOMS,
        bakery=BAKERY,
    )
    old = {r["meta"]["id"] for r in first if r["meta"]["source"] == "document"}
    more = '\n[replay]\nshare = 0\nearlier = "../first/run"\nearlier_share = 0.5\n'
    held = made(
        tmp_path / "again",
        quick.url,
        more,
        sales=SALES,
        bakery=BAKERY,
        town=DEPOTS,
        office=PAPERS,
        hall=LIBRARY,
        map=ROOMS,
    )
    came = [r for r in held if r["meta"].get("earlier") == "run"]
    assert came, held
    assert {r["meta"]["id"] for r in came} <= old
    assert "bakery.md" not in {r["meta"]["document"]["name"] for r in came}
    aside = {
        r["chunk"]["digest"]
        for r in lines(tmp_path / "again" / "run", "kept.jsonl")
        if r["split"] != "train"
    }
    assert aside.isdisjoint(r["meta"]["chunk"]["digest"] for r in came)
    report = json.loads((tmp_path / "again" / "run" / "report.json").read_text())
    assert report["replay_rows"] == len(came)
    listed = lines(tmp_path / "again" / "run", "contamination.jsonl")
    assert {line["id"] for line in listed} <= old
    assert listed
