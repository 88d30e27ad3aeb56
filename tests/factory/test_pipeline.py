"""`docstill make` against a real server: whatever is killed, nothing is paid for twice and the bytes are the same."""

import json
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from factory.teachers.rate_limiter import MOST_PLACES
from tests.mock import Command, MockServer, docstill, serving, wait_for

DEPOTS = """# Tram depots

## Night work

Crews of the Marrow depot on the river wash 14 trams every night before the first departure.
Drivers of the Quay depot at the harbour rest for 25 minutes after every trip.
Mechanics of the Hollow depot under the hill grease 36 doors in every week of the winter.
"""
PAPERS = """# Tram depots

## Papers

Clerks of the Marrow depot on the river file 47 forms on the last day of every month.
Inspectors of the tram company in Larch visit 58 stops between Monday and Wednesday.
Guests of the depot chief Ada Finch sign 2 lists at the gate.
"""
BAKERY = """# Bakery

## Bread

Bakers at the Osier Lane bakery shape 310 loaves from the dough of the evening.
Apprentices under the master baker Tom Pell weigh 17 sacks of rye flour on delivery.
Ovens in the back room of Osier Lane reach 245 degrees within an hour.
"""
SALES = """# Bakery

## Sales

Shop hands behind the counter in Osier Lane sell 19 sorts of rolls until noon.
Carts from the bakery to the school bring 88 pretzels to the children.
Regular customers with a blue card pay 12 percent less for bread from yesterday.
"""
LIBRARY = """# Library

## Lending

Readers with a green pass from Wexford borrow 9 novels for the length of a season.
Librarians in the reading room on Bell Square mend 33 bindings with linen thread.
Late returns to the desk of Iris Dunmore cost 4 shillings for each begun week.
"""
ROOMS = """# Library

## Rooms

Visitors to the map room above the hall find 71 charts of the northern coast.
Pupils from the grammar school by the canal use 26 desks after lessons end.
Choirs in the cellar below the Wexford library practise on 3 evenings of a week.
"""
DOCUMENTS = {
    "depots.md": DEPOTS,
    "papers.md": PAPERS,
    "bakery.md": BAKERY,
    "sales.md": SALES,
    "library.md": LIBRARY,
    "rooms.md": ROOMS,
}
RECIPE = """seed = 7

[documents]
paths = ["documents"]

[split]
val = 0.2
test = 0.2
shift = 0

[[teachers]]
name = "mock"
model = "compatible/mock"
base_url = "{url}"

[[tasks]]
per_chunk = 3

[student]
base = "nowhere/student"
"""
FACTS = ("--facts", "--wrong", "0.2")
SAME = ("kept.jsonl", "rejected.jsonl", "train.jsonl", "val.jsonl", "test.jsonl")
IN_FLIGHT = MOST_PLACES


@pytest.fixture(scope="module")
def quick() -> Iterator[MockServer]:
    """A mock that answers at once."""
    with serving(*FACTS) as server:
        yield server


def written(home: Path, url: str) -> Path:
    """A recipe with its documents."""
    (home / "documents").mkdir(parents=True)
    for name, text in DOCUMENTS.items():
        (home / "documents" / name).write_text(text, encoding="utf-8")
    (home / "recipe.toml").write_text(RECIPE.format(url=url), encoding="utf-8")
    return home / "recipe.toml"


def make(recipe: Path, run: Path, *more: str) -> tuple[int | None, str]:
    return docstill(recipe.parent / "log", "make", str(recipe), "--out", str(run), *more)


@pytest.fixture(scope="module")
def finished(quick: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing disturbed, made by the command as a user starts it."""
    recipe = written(tmp_path_factory.mktemp("finished"), quick.url)
    run = recipe.parent / "run"
    start = [
        sys.executable,
        "-c",
        "from factory.cli import main; main()",
        "make",
        str(recipe),
        "--out",
        str(run),
    ]
    done = subprocess.run(start, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return run


def files(run: Path) -> dict[str, bytes]:
    return {name: (run / name).read_bytes() for name in SAME}


def lines(run: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / name).read_text(encoding="utf-8").splitlines()]


def counts(run: Path) -> dict[str, int]:
    """The lines of the three files; raises where report.json says otherwise."""
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    found = {name: len(lines(run, f"{name}.jsonl")) for name in ("kept", "rejected", "unfinished")}
    assert report["asked"] == sum(found.values())
    assert {name: report[name] for name in found} == found
    return found


def ids(run: Path) -> list[str]:
    return sorted(
        line["id"]
        for name in ("kept", "rejected", "unfinished")
        for line in lines(run, f"{name}.jsonl")
    )


def committed(run: Path) -> set[str]:
    if not (run / "ledger.db").is_file():
        return set()
    with closing(sqlite3.connect(run / "ledger.db")) as db:
        there = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'answers'").fetchone()
        return {key for (key,) in db.execute("SELECT key FROM answers")} if there else set()


def wait_for_committed(run: Path, answers: int) -> None:
    """Until the ledger holds so many answers, or for ten seconds."""
    for _ in range(500):
        if len(committed(run)) >= answers:
            return
        time.sleep(0.02)


def test_every_slot_stands_in_one_file_and_every_split_has_kept_some(finished: Path) -> None:
    found = counts(finished)
    assert (sum(found.values()), found["unfinished"], len(set(ids(finished)))) == (18, 0, 18)
    assert {line["split"] for line in lines(finished, "kept.jsonl")} == {"train", "val", "test"}


def test_some_are_rejected_and_some_repaired(finished: Path) -> None:
    rejected = lines(finished, "rejected.jsonl")
    assert [
        bool(rejected),
        any(line["attempts"] for line in (*rejected, *lines(finished, "kept.jsonl"))),
    ] == [True, True]


def test_evidence_stands_in_the_document_where_its_span_says(finished: Path) -> None:
    for line in lines(finished, "kept.jsonl"):
        text = (finished / "documents" / f"{line['document']['digest']}.txt").read_text(
            encoding="utf-8"
        )
        assert [text[s["start"] : s["end"]] for s in line["spans"]] == [
            s["text"] for s in line["spans"]
        ]


def test_no_file_names_a_path_or_a_host(finished: Path, quick: MockServer) -> None:
    found = b"".join(files(finished).values())
    assert (str(finished.parent).encode() in found, str(quick.port).encode() in found) == (
        False,
        False,
    )


def test_running_again_asks_nothing_and_gives_the_same_bytes(
    finished: Path, quick: MockServer
) -> None:
    before, asked = files(finished), quick.stats()["requests"]
    code, said = make(finished.parent / "recipe.toml", finished)
    assert (code, "Traceback" in said) == (0, False)
    assert (files(finished), quick.stats()["requests"]) == (before, asked)


def test_the_ledger_alone_gives_the_same_bytes_without_a_server(
    finished: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    shutil.copy(finished / "ledger.db", run)
    code, _ = make(
        finished.parent / "recipe.toml", run, "--set", "teachers.0.base_url=http://127.0.0.1:9/v1"
    )
    assert (code, files(run)) == (0, files(finished))


def test_a_ledger_of_another_run_is_shared_by_its_path(
    finished: Path, quick: MockServer, tmp_path: Path
) -> None:
    asked = quick.stats()["requests"]
    code, _ = make(
        finished.parent / "recipe.toml", tmp_path / "run", "--ledger", str(finished / "ledger.db")
    )
    assert (code, files(tmp_path / "run"), quick.stats()["requests"]) == (0, files(finished), asked)


def test_another_folder_and_another_order_of_answers_give_the_same_bytes(
    finished: Path, tmp_path: Path
) -> None:
    with serving(*FACTS, "--latency-ms", "20", "--jitter", "1.5") as uneven:
        code, _ = make(written(tmp_path, uneven.url), tmp_path / "elsewhere")
    assert (code, files(tmp_path / "elsewhere")) == (0, files(finished))


def test_a_limit_spreads_over_the_splits(finished: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    make(finished.parent / "recipe.toml", run, "--limit", "6")
    asked = [line for name in ("kept", "rejected") for line in lines(run, f"{name}.jsonl")]
    assert (sum(counts(run).values()), set(ids(run)) < set(ids(finished))) == (6, True)
    assert {line["split"] for line in asked} == {"train", "val", "test"}


def test_five_kills_repeat_no_committed_answer_and_change_no_byte(
    finished: Path, tmp_path: Path
) -> None:
    moment = random.Random(5)
    with serving(*FACTS, "--latency-ms", "200", "--jitter", "0.7") as slow:
        recipe, run = written(tmp_path, slow.url), tmp_path / "run"
        paid: list[tuple[set[str], dict[str, int]]] = []
        for _ in range(5):
            command = Command(("make", str(recipe), "--out", str(run)), tmp_path / "log").start()
            wait_for_committed(run, len(committed(run)) + moment.randint(1, 4))
            command.kill(after=moment.uniform(0, 0.1))
            paid.append((committed(run), slow.times_asked()))
        code, said = make(recipe, run)
        asked, stats = slow.times_asked(), slow.stats()
    again = [
        key for keys, before in paid for key in keys if asked.get(key, 1) != before.get(key, 1)
    ]
    assert (code, files(run), again) == (0, files(finished), []), said
    assert (stats["billed_again"] <= 5 * IN_FLIGHT, stats["ok_again"] <= 5 * IN_FLIGHT) == (
        True,
        True,
    )
    assert 0 < len(paid[-1][0]) < len(committed(run))  # the kills fell before the end


def test_a_teacher_that_dies_half_way_is_gone_on_with(finished: Path, tmp_path: Path) -> None:
    with serving(*FACTS, "--latency-ms", "150") as server:
        recipe, run = written(tmp_path, server.url), tmp_path / "run"
        command = Command(("make", str(recipe), "--out", str(run)), tmp_path / "log").start()
        wait_for(server, answers=12)
        server.stop()
        code, said = command.ended()
        dead = counts(run)
        assert (code, sum(dead.values()), 0 < dead["unfinished"] < 18, "Traceback" in said) == (
            3,
            18,
            True,
            False,
        )
        assert f"{dead['unfinished']} of 18 slots are unfinished (" in said
        assert ids(run) == ids(finished)
        server.start()
        assert (make(recipe, run)[0], files(run)) == (0, files(finished))


def test_failures_of_the_network_are_asked_again_and_reject_nothing(
    finished: Path, tmp_path: Path
) -> None:
    with serving(*FACTS, "--fault-rate", "0.2", "--faults", "500,429,badbody,disconnect") as shaky:
        recipe, run = written(tmp_path, shaky.url), tmp_path / "run"
        code, said = make(recipe, run)
    assert (code, files(run)) == (0, files(finished)), said


def test_an_unusable_reply_is_asked_again_and_the_outcome_is_the_same(
    finished: Path, tmp_path: Path
) -> None:
    with serving(*FACTS, "--fault-rate", "0.1", "--faults", "badjson,badschema") as careless:
        recipe, run = written(tmp_path, careless.url), tmp_path / "run"
        code, said = make(recipe, run)
    assert (code, files(run)) == (0, files(finished)), said


def test_a_request_that_never_gets_an_answer_is_rejected_in_the_fourth_run(tmp_path: Path) -> None:
    with serving(*FACTS, "--poison", "1") as broken:
        recipe, run = written(tmp_path, broken.url), tmp_path / "run"
        codes = [make(recipe, run)[0] for _ in range(4)]
        asked = broken.stats()["requests"]
    reasons = {v["reason"] for line in lines(run, "rejected.jsonl") for v in line["verdicts"]}
    assert (codes, asked) == ([3, 3, 3, 1], 6 * 3 * 3)
    assert reasons == {"the teacher never answered: the reply was cut off at its token limit"}


WISH = ("--set", "tasks.0.instructions=Ask about numbers.")


@pytest.fixture
def again(finished: Path, tmp_path: Path) -> Path:
    """A copy of the undisturbed run, to be changed."""
    shutil.copytree(finished.parent, tmp_path / "copy")
    return tmp_path / "copy" / "run"


def test_a_changed_recipe_asks_nothing_without_yes(again: Path, quick: MockServer) -> None:
    before, asked = files(again), quick.stats()["requests"]
    code, said = make(again.parent / "recipe.toml", again, *WISH)
    told = "the recipe or documents have changed, so 6 writing calls of this run would be made again (18 slots, "
    end = (
        "price unknown: set it for every teacher, such as teachers.0.price); add --yes to do that\n"
    )
    assert (said.startswith(told), said.endswith(end)) == (True, True)
    assert (code, files(again), quick.stats()["requests"]) == (2, before, asked)


def test_a_changed_document_asks_again_for_what_changed_alone(again: Path) -> None:
    depots = again.parent / "documents" / "depots.md"
    depots.write_text(DEPOTS.replace("36 doors", "37 doors"), encoding="utf-8")
    code, said = make(again.parent / "recipe.toml", again)
    assert (code, said.partition(" (")[0]) == (
        2,
        "the recipe or documents have changed, so 1 writing calls of this run would be made again",
    )


def test_another_size_of_chunks_asks_nothing_without_yes(again: Path) -> None:
    code, said = make(again.parent / "recipe.toml", again, "--set", "chunks.tokens=40")
    assert (code, said.partition(",")[0]) == (2, "the recipe or documents have changed")


def test_a_new_document_is_no_buying_again(again: Path) -> None:
    (again.parent / "documents" / "zoo.md").write_text(
        "# Zoo\n\nKeepers at the Larch zoo feed 8 otters from a pail at dusk.\n", encoding="utf-8"
    )
    assert make(again.parent / "recipe.toml", again)[0] in (0, 1)


def test_with_yes_the_old_recipe_stands_beside_the_new(again: Path) -> None:
    old = (again / "recipe.toml").read_bytes()
    code, said = make(again.parent / "recipe.toml", again, *WISH, "--yes")
    beside = [p.read_bytes() for p in again.glob("recipe.*.toml")]
    assert (code, beside, b"Ask about numbers." in (again / "recipe.toml").read_bytes()) == (
        0,
        [old],
        True,
    ), said


def test_two_processes_do_not_work_on_one_run(tmp_path: Path) -> None:
    with serving(*FACTS, "--latency-ms", "300") as slow:
        recipe, run = written(tmp_path, slow.url), tmp_path / "run"
        first = Command(("make", str(recipe), "--out", str(run)), tmp_path / "first").start()
        wait_for_file(run / "recipe.toml")
        second = docstill(tmp_path / "second", "make", str(recipe), "--out", str(run))
        first.kill(0)
    assert (
        second[0],
        f"{run}: another docstill is working on this run; wait for it or stop it" in second[1],
    ) == (2, True)


def test_two_processes_on_one_ledger_buy_no_call_twice_and_make_the_same_bytes(
    finished: Path, tmp_path: Path
) -> None:
    with serving(*FACTS, "--latency-ms", "300") as slow:
        recipe = written(tmp_path, slow.url)
        shared = ("--ledger", str(tmp_path / "shared.db"))
        both = [
            Command(
                ("make", str(recipe), "--out", str(tmp_path / n), *shared), tmp_path / f"{n}.log"
            ).start()
            for n in "ab"
        ]
        codes = [command.ended()[0] for command in both]
        stats = slow.stats()
    assert (codes, stats["billed_again"]) == ([0, 0], 0)
    assert files(tmp_path / "a") == files(tmp_path / "b") == files(finished)


def test_a_budget_is_not_exceeded_and_more_money_gives_the_bytes_of_a_run_without_one(
    finished: Path, tmp_path: Path
) -> None:
    priced = ("--set", "teachers.0.price={input=1.0,output=5.0}")
    with serving(
        *FACTS,
        "--latency-ms",
        "50",
        "--fault-rate",
        "0.1",
        "--faults",
        "500,badjson,badschema,disconnect",
    ) as server:
        recipe, run = written(tmp_path, server.url), tmp_path / "run"
        code, said = make(recipe, run, *priced, "--budget", "0.015")
        stats = server.stats()
        billed = (stats["billed_prompt_tokens"] + 5 * stats["billed_completion_tokens"]) / 1e6
        assert (code, "the budget of $0.0150 does not cover" in said, 0 < billed <= 0.015) == (
            3,
            True,
            True,
        )
        order = [
            line["id"]
            for name in ("kept", "rejected", "unfinished")
            for line in lines(run, f"{name}.jsonl")
        ]
        assert (make(recipe, run, *priced, "--budget", "9")[0], sorted(order)) == (
            0,
            sorted(ids(run)),
        )
    usd = [line["cost"]["usd"] for line in lines(run, "kept.jsonl")]
    assert (len(usd), min(usd) > 0) == (len(lines(finished, "kept.jsonl")), True)


def test_a_budget_without_a_price_is_refused(tmp_path: Path, quick: MockServer) -> None:
    recipe = written(tmp_path, quick.url)
    told = "budget.usd = 5: the price of compatible/mock is not known; set it in dollars per million tokens, such as teachers.0.price = { input = 3.0, output = 15.0 }"
    code, said = make(recipe, tmp_path / "run", "--budget", "5")
    assert (code, said.endswith(f"{told}\n")) == (2, True)


def wait_for_file(path: Path) -> None:
    for _ in range(500):
        if path.is_file():
            return
        time.sleep(0.02)


def test_versions_of_a_document_are_marked_where_they_contradict_each_other(
    quick: MockServer, tmp_path: Path
) -> None:
    recipe = written(tmp_path, quick.url)
    (tmp_path / "documents" / "depots2.md").write_text(
        DEPOTS.replace("36 doors", "37 doors"), encoding="utf-8"
    )
    (tmp_path / "documents" / "library2.md").write_text(
        LIBRARY.replace("9 novels", "nine novels"), encoding="utf-8"
    )
    assert make(recipe, tmp_path / "run")[0] == 0
    told = [
        line for name in ("kept", "rejected") for line in lines(tmp_path / "run", f"{name}.jsonl")
    ]
    report = json.loads((tmp_path / "run" / "report.json").read_text(encoding="utf-8"))
    assert {line["document"]["name"] for line in told if line.get("conflict")} == {
        "depots.md",
        "depots2.md",
    }
    assert "library2.md" not in {line["document"]["name"] for line in told}
    assert [place["document"]["name"] for place in lines(tmp_path / "run", "places.jsonl")] == [
        "library2.md"
    ]
    assert [
        [s["text"] for s in c[side]["differs"]]
        for c in report["conflicts"]
        for side in ("one", "other")
    ] == [
        ["36 doors"],
        ["37 doors"],
    ]
    assert (
        report["kept_in_conflict"]
        == sum("conflict" in line for line in lines(tmp_path / "run", "kept.jsonl"))
        > 0
    )


def trained(run: Path) -> None:
    """As the trainer leaves it."""
    (run / "adapter").mkdir()
    (run / "adapter" / "adapter_config.json").write_text("{}", encoding="utf-8")


def test_held_out_questions_can_not_change_once_a_student_was_trained(
    again: Path, quick: MockServer
) -> None:
    trained(again)
    before, asked = files(again), quick.stats()["requests"]
    for name, text in DOCUMENTS.items():
        (again.parent / "documents" / name).write_text(
            text.replace(" of the ", " of our "), encoding="utf-8"
        )
    code, said = make(again.parent / "recipe.toml", again, "--yes")
    told = "would hold other questions, but a student was trained here, and its scores would mean another test; name another folder"
    assert (code, told in said, files(again), quick.stats()["requests"]) == (2, True, before, asked)


def test_a_student_that_was_trained_forbids_no_make_of_the_same(again: Path) -> None:
    trained(again)
    before = files(again)
    assert (make(again.parent / "recipe.toml", again)[0], files(again)) == (0, before)


def test_held_out_answers_can_not_change_either(again: Path) -> None:
    trained(again)
    before = files(again)
    code, said = make(again.parent / "recipe.toml", again, *WISH, "--yes")
    assert (
        code,
        " lines of test.jsonl would change, but a student was trained here" in said,
        files(again),
    ) == (2, True, before)


def test_a_new_version_of_a_document_retires_what_it_no_longer_bears_out_and_lists_what_changed(
    again: Path, quick: MockServer
) -> None:
    before = {line["id"]: line for line in lines(again, "kept.jsonl")}
    asked = quick.stats()["requests"]
    depots = again.parent / "documents" / "depots.md"
    depots.write_text(DEPOTS.replace("36 doors", "37 doors"), encoding="utf-8")
    (again.parent / "documents" / "bakery.md").unlink()
    (again.parent / "documents" / "zoo.md").write_text(
        "# Zoo\n\nKeepers at the Larch zoo feed 8 otters from a pail at dusk.\n", encoding="utf-8"
    )
    _, said = make(again.parent / "recipe.toml", again, "--yes")
    changes = {line["document"]: line for line in lines(again, "changes.jsonl")}
    assert {name: (c["what"], c["chunks"], c["same"]) for name, c in changes.items()} == {
        "bakery.md": ("gone", 0, 0),
        "depots.md": ("changed", 1, 0),
        "zoo.md": ("new", 1, 0),
    }
    old, new = (
        f"Mechanics of the Hollow depot under the hill grease {n} doors in every week of the winter."
        for n in (36, 37)
    )
    assert changes["depots.md"]["passages"] == [{"was": old, "now": new}]
    after = {line["id"] for line in lines(again, "kept.jsonl")}
    retired = {one["id"]: one["reason"] for c in changes.values() for one in c["retired"]}
    assert retired.keys() == before.keys() - after
    for id, reason in retired.items():
        line = before[id]
        gone = "bakery.md is no longer among the documents"
        moved = "depots.md has changed around what bears it out, so that it is asked anew"
        lost = f"what bore it out no longer stands in depots.md: {json.dumps(line['spans'][0]['text'])}"
        wanted = (
            gone
            if line["document"]["name"] == "bakery.md"
            else lost
            if "36 doors" in line["spans"][0]["text"]
            else moved
        )
        assert reason == wanted
    told = f"documents since the last make: 1 changed, 1 new, 1 gone; 2 of their chunks are asked anew, {len(retired)} examples retired"
    assert told in " ".join(said.split())
    writes = quick.stats()["requests"] - asked
    assert (
        0 < writes <= 2 * (1 + 3 * 2) + 2 * 3 * 3
    )  # of two chunks: the writing, their draws, and a round of repairs
    report = json.loads((again / "report.json").read_text(encoding="utf-8"))
    assert [c["document"] for c in report["changes"]] == ["bakery.md", "depots.md", "zoo.md"]


def test_making_again_without_a_change_keeps_the_list_of_the_last_one(again: Path) -> None:
    depots = again.parent / "documents" / "depots.md"
    depots.write_text(DEPOTS.replace("36 doors", "37 doors"), encoding="utf-8")
    make(again.parent / "recipe.toml", again, "--yes")
    told = lines(again, "changes.jsonl")
    make(again.parent / "recipe.toml", again, "--yes")
    assert [c["document"] for c in told] == ["depots.md"]
    assert lines(again, "changes.jsonl") == told


def test_what_is_masked_reaches_no_file_of_the_run_and_no_request(
    quick: MockServer, tmp_path: Path
) -> None:
    recipe, run = written(tmp_path, quick.url), tmp_path / "run"
    mail, phone = "ada.finch@marrow.example", "+44 20 7946 0958"
    bakery = tmp_path / "documents" / "bakery.md"
    bakery.write_text(
        BAKERY.replace("Ovens in", f"Ask {mail} or {phone} first. Ovens in").replace(
            "Tom Pell", f"Tom Pell ({mail})"
        ),
        encoding="utf-8",
    )
    code, said = make(recipe, run, "--set", 'documents.personal_data="mask"')
    held = [
        path
        for path in run.rglob("*")
        if path.is_file() and any(word.encode() in path.read_bytes() for word in (mail, phone))
    ]
    assert (code, held, mail in said) == (0, [], False), said
    assert "[EMAIL_1]" in next((run / "documents").glob("*.txt")).parent.joinpath(
        document_of(run, "bakery.md")
    ).read_text(encoding="utf-8")
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    assert report["personal_data"] == {"email masked": 2, "phone masked": 1}


def document_of(run: Path, name: str) -> str:
    return next(
        f"{line['digest']}.txt" for line in lines(run, ".documents.jsonl") if line["name"] == name
    )


def test_a_document_that_was_not_asked_about_before_is_no_new_one(
    quick: MockServer, tmp_path: Path
) -> None:
    recipe, run = written(tmp_path, quick.url), tmp_path / "run"
    make(recipe, run, "--limit", "3")
    make(recipe, run)
    assert not (run / "changes.jsonl").exists()
