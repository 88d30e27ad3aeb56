"""`docstill pilot`: its chunks are spread, a later make buys nothing of it again, and its intervals hold what the whole then takes."""

import shlex
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory import cli
from factory.calls.prices import price_of
from factory.commands import making
from factory.core.outcomes import OutcomeLine
from factory.core.recipe import Recipe, read_recipe
from factory.core.records import SPLITS, Slot, Split, Verdict, digest
from factory.core.run_folder import Run
from factory.costs.forecast import EstimateTerms
from factory.planning.plan import make_plan
from factory.reports.pilot import CHUNKS, Pilot, example_lines, must_not_shrink, pilot_slots
from factory.reports.pilot import summarise_pilot as evaluated
from factory.reports.report import Report
from factory.reports.run_summary import RunSummary, summarise_run
from factory.tasks import Tasks
from factory.tasks.build import build_tasks
from tests.factory.reports.test_tables import example, write_run
from tests.factory.test_pipeline import counts, files, lines
from tests.mock import MockServer, docstill, serving
from tests.world import LAW, chunk, document, mistake, slot

DOCUMENTS = Path(__file__).resolve().parents[3] / "data" / "documents"
RECIPE = """seed = 3

[documents]
paths = ["documents/policies", "documents/contracts"]

[chunks]
tokens = 400

[[teachers]]
name = "mock"
model = "compatible/mock"
base_url = "{url}"
price = {{ input = 1.0, output = 5.0 }}

[[tasks]]
per_chunk = 3

[student]
base = "nowhere/student"
"""
SEEDS = 40
WORLDS = st.lists(
    st.tuples(st.sampled_from(SPLITS), st.integers(1, 12)), min_size=1, max_size=30
)  # documents: side, chunks


@pytest.fixture(scope="module")
def quick() -> Iterator[MockServer]:
    with serving("--facts", "--wrong", "0.2") as server:
        yield server


def written(home: Path, url: str) -> Path:
    """A recipe beside the sample client's documents."""
    shutil.copytree(DOCUMENTS, home / "documents")
    (home / "client.toml").write_text(RECIPE.format(url=url), encoding="utf-8")
    return home / "client.toml"


def pilot(recipe: Path, run: Path, *more: str) -> tuple[int | None, str]:
    return docstill(recipe.parent / "pilot.log", "pilot", str(recipe), "--out", str(run), *more)


def make(recipe: Path, run: Path, *more: str) -> tuple[int | None, str]:
    return docstill(recipe.parent / "make.log", "make", str(recipe), "--out", str(run), *more)


@pytest.fixture(scope="module")
def own() -> Iterator[MockServer]:
    """A mock that one pilot and the make after it ask, and nobody else."""
    with serving("--facts", "--wrong", "0.2") as server:
        yield server


@pytest.fixture(scope="module")
def piloted(own: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = written(tmp_path_factory.mktemp("both") / "pilot", own.url)
    code, said = pilot(recipe, recipe.parent / "run")
    assert code == 0, said
    return recipe.parent / "run"


@pytest.fixture(scope="module")
def completed(piloted: Path) -> Path:
    """The pilot's run, gone on with to its end."""
    home = piloted.parent.parent / "whole"
    shutil.copytree(piloted.parent, home)
    code, said = make(home / "client.toml", home / "run")
    assert code == 0, said
    return home / "run"


def found_in(run: Path) -> Pilot:
    return Pilot.model_validate_json((run / "pilot.json").read_bytes())


def report_in(run: Path) -> Report:
    return Report.model_validate_json((run / "report.json").read_bytes())


def known(run: Path) -> tuple[Recipe, Tasks, Sequence[Slot], RunSummary]:
    """Recipe, tasks, all slots and the account of a run."""
    recipe, _ = read_recipe(run / "recipe.toml")
    tasks = build_tasks(recipe)
    return recipe, tasks, make_plan(recipe, run.parent, tasks).slots, summarise_run(Run(run))


def by_chunk(slots: Sequence[Slot]) -> list[list[Slot]]:
    return [
        [s for s in slots if s.chunk.digest == name]
        for name in dict.fromkeys(s.chunk.digest for s in slots)
    ]


def said_in(run: Path) -> str:
    return (run.parent / "pilot.log").read_text(encoding="utf-8")


def world(documents: list[tuple[Split, int]]) -> list[Slot]:
    """Two slots of each chunk, held-out sides first."""
    named = [(split, size, f"d{number}") for number, (split, size) in enumerate(documents)]
    return [
        of_chunk(f"{name}-{i}", name, split, ordinal)
        for split, size, name in sorted(named, key=side)
        for i in range(size)
        for ordinal in (0, 1)
    ]


def of_chunk(digest: str, name: str, split: Split, ordinal: int) -> Slot:
    found = chunk(digest, document=document(name, name).ref, digest=digest)
    return slot(id=f"{digest}-{ordinal}", chunk=found, split=split, ordinal=ordinal)


def side(named: tuple[Split, int, str]) -> int:
    return SPLITS.index(named[0])


def chunks_by(slots: Sequence[Slot], kind: str) -> Counter[str]:
    one_each = {s.chunk.digest: s for s in slots}.values()
    return Counter(s.split if kind == "side" else s.chunk.document.digest for s in one_each)


@LAW
@given(WORLDS, st.integers(0, 99))
def test_whole_chunks_are_chosen_20_or_all_in_the_order_of_the_slots(
    documents: list[tuple[Split, int]], seed: int
) -> None:
    slots = world(documents)
    found = pilot_slots(slots, seed)
    digests = {s.chunk.digest for s in found}
    assert found == [s for s in slots if s.chunk.digest in digests]
    assert len(digests) == min(CHUNKS, sum(size for _, size in documents))


@LAW
@given(WORLDS, st.integers(0, 99), st.integers(0, 99))
def test_the_same_seed_chooses_the_same_whatever_the_order(
    documents: list[tuple[Split, int]], seed: int, order: int
) -> None:
    slots = world(documents)
    shuffled = sorted(slots, key=lambda s: digest(order, s.id))
    assert {s.id for s in pilot_slots(shuffled, seed)} == {s.id for s in pilot_slots(slots, seed)}


@LAW
@given(WORLDS, st.integers(0, 99))
def test_every_side_has_its_share_and_one_at_least(
    documents: list[tuple[Split, int]], seed: int
) -> None:
    slots = world(documents)
    every, found = chunks_by(slots, "side"), chunks_by(pilot_slots(slots, seed), "side")
    for side, size in every.items():
        share = CHUNKS * size / every.total()
        assert min(size, max(1, share - 2)) <= found[side] <= max(1, share + 1)


@LAW
@given(WORLDS, st.integers(0, 99))
def test_on_a_side_every_document_has_a_chunk_before_any_has_two(
    documents: list[tuple[Split, int]], seed: int
) -> None:
    slots = world(documents)
    for side in SPLITS:
        mine = [s for s in slots if s.split == side]
        every, found = (
            chunks_by(mine, "document"),
            chunks_by([s for s in pilot_slots(slots, seed) if s.split == side], "document"),
        )
        most = max(found.values(), default=0)
        assert all(found[name] >= min(size, most - 1) for name, size in every.items())


def test_another_seed_chooses_other_chunks() -> None:
    slots = world([("train", 90)])
    assert pilot_slots(slots, 1) != pilot_slots(slots, 2)


def test_a_pilot_asks_20_chunks_of_every_side_and_writes_the_files_of_a_run(piloted: Path) -> None:
    asked = [line for name in ("kept", "rejected") for line in lines(piloted, f"{name}.jsonl")]
    assert (sum(counts(piloted).values()), len({line["chunk"]["digest"] for line in asked})) == (
        60,
        20,
    )
    assert {line["split"] for line in asked} == {"train", "val", "test", "shift"}
    assert len({line["document"]["name"] for line in asked}) == 10


def test_a_make_after_it_buys_none_of_its_calls_again_and_asks_for_no_leave(
    piloted: Path, completed: Path, own: MockServer
) -> None:
    calls = report_in(piloted).cost.calls, report_in(completed).cost.calls
    assert (own.times_asked(), own.stats()["requests"], min(calls) > 0) == ({}, sum(calls), True)


def test_a_make_after_a_pilot_gives_the_bytes_of_one_without(
    piloted: Path, completed: Path, tmp_path: Path
) -> None:
    with serving("--facts", "--wrong", "0.2") as server:
        recipe = written(tmp_path / "alone", server.url)
        code, _ = make(recipe, recipe.parent / "run")
        asked = server.stats()["requests"]
    ever = report_in(piloted).cost.calls + report_in(completed).cost.calls
    assert (code, files(recipe.parent / "run"), asked) == (0, files(completed), ever)


def test_what_the_whole_took_lies_in_the_pilots_interval_which_is_narrower_than_the_estimate(
    piloted: Path, completed: Path
) -> None:
    found, report = found_in(piloted).whole, report_in(completed)
    assert found.after
    assert found.after.usd
    assert found.before.usd
    (low, high), before = found.after.usd, found.before.usd
    spent = round(1e9 * (report.cost.usd_total or 0))
    assert low <= report.value.nanousd <= high
    assert low <= spent <= high
    assert (high - low) < 0.5 * (before[1] - before[0])
    for field in ("calls", "tokens_in", "tokens_out"):
        bounds, wider = getattr(found.after, field), getattr(found.before, field)
        assert bounds[0] <= getattr(report.value, field) <= bounds[1]
        assert bounds[1] - bounds[0] < wider[1] - wider[0]


def test_what_the_whole_kept_lies_in_the_pilots_interval(piloted: Path, completed: Path) -> None:
    found, report = found_in(piloted).whole, report_in(completed)
    assert found.kept
    assert found.slots == report.asked
    assert found.kept[0] <= report.kept <= found.kept[2]


def test_most_pilots_of_other_seeds_hold_the_truth(
    completed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No call is made: a whole run holds every pilot that it could have begun with."""
    recipe, tasks, slots, told = known(completed)
    terms = EstimateTerms(tasks, recipe, price_of(recipe.teachers[0]))
    foreseen = {g[0].chunk.digest: terms.foreseen(g) for g in by_chunk(slots)}
    monkeypatch.setattr(EstimateTerms, "foreseen", lambda _, group: foreseen[group[0].chunk.digest])
    monkeypatch.setattr(EstimateTerms, "estimate", lambda _, __: told.report.estimate)
    held: Counter[str] = Counter()
    for seed in range(SEEDS):
        begun = {s.chunk.digest for s in pilot_slots(slots, seed)}
        found = evaluated(
            replace(told, lines=[line for line in told.lines if line.chunk.digest in begun]),
            slots,
            terms,
        ).whole
        assert found.after
        assert found.after.usd
        assert found.kept
        held["kept"] += found.kept[0] <= told.report.kept <= found.kept[2]
        held["usd"] += found.after.usd[0] <= told.report.value.nanousd <= found.after.usd[1]
    assert min(held.values()) >= 0.85 * SEEDS


def test_the_last_line_is_the_make_that_goes_on_from_there(piloted: Path) -> None:
    last = said_in(piloted).strip().splitlines()[-1]
    command = ["docstill", "make", str(piloted.parent / "client.toml"), "--out", str(piloted)]
    assert last == f"to continue without asking any of this again:  {shlex.join(command)}"


def test_the_tables_show_yield_examples_reasons_and_both_estimates(piloted: Path) -> None:
    said, found = " ".join(said_in(piloted).split()), found_in(piloted)
    begun = Counter(line.partition("  ")[0] for line in said_in(piloted).splitlines())
    assert f"chunks 20 of {found.of_chunks}" in said
    assert f"60 asked = {found.kept} kept + {found.rejected} rejected + 0 unfinished" in said
    assert "Why answers were rejected" in said
    assert f"The whole: {found.whole.slots} slots" in said
    assert "estimated before from the pilot, 95 % expected" in said
    assert (begun["kept"], begun["rejected"]) == (7, 3)


def test_a_second_pilot_asks_nothing_and_finds_the_same(
    piloted: Path, own: MockServer, tmp_path: Path
) -> None:
    before, asked = (piloted / "pilot.json").read_bytes(), own.stats()["requests"]
    shutil.copytree(piloted.parent, tmp_path / "again")
    code, _ = pilot(tmp_path / "again" / "client.toml", tmp_path / "again" / "run")
    assert (
        code,
        (tmp_path / "again" / "run" / "pilot.json").read_bytes(),
        own.stats()["requests"],
    ) == (0, before, asked)


def test_a_pilot_into_a_finished_run_is_refused_and_changes_nothing(
    completed: Path, own: MockServer
) -> None:
    run = completed
    before, asked = files(run), own.stats()["requests"]
    code, said = pilot(run.parent / "client.toml", run)
    told = f"{run}: this run has {report_in(run).asked} slots, which a pilot would replace with its 60; "
    assert (code, said) == (
        2,
        f"{told}choose another folder with --out, or continue this run with `docstill make`\n",
    )
    assert (files(run), own.stats()["requests"]) == (before, asked)


def test_a_run_of_as_many_slots_is_not_shrunk(tmp_path: Path) -> None:
    run = write_run(tmp_path, [example(1), example(2)])
    must_not_shrink(run, 2)
    must_not_shrink(Run(tmp_path / "nowhere"), 2)
    assert mistake(lambda: must_not_shrink(run, 1)).startswith(
        f"{run.folder}: this run has 2 slots"
    )


def test_a_budget_that_ends_leaves_slots_unfinished_and_shows_what_there_is(
    tmp_path: Path, quick: MockServer
) -> None:
    recipe = written(tmp_path / "poor", quick.url)
    run = recipe.parent / "run"
    code, said = pilot(recipe, run, "--budget", "0.06")
    found = found_in(run)
    assert (code, found.unfinished > 0, found.finished < found.chunks == 20) == (3, True, True)
    assert f"The whole: {found.whole.slots} slots" in said
    assert (
        f"{found.unfinished} of 60 slots are unfinished (the budget of $0.0600 does not cover"
        in said
    )
    assert said.endswith("nothing is lost; run the same command again to continue\n")
    code, said = pilot(recipe, run, "--budget", "5")
    assert (code, found_in(run).unfinished, "budget.usd" in said.splitlines()[-1]) == (0, 0, False)


def test_a_pilot_of_a_silent_teacher_forecasts_nothing(tmp_path: Path) -> None:
    with serving("--facts", "--fault-rate", "1", "--faults", "badjson") as server:
        recipe = written(tmp_path / "silent", server.url)
        code, said = pilot(recipe, recipe.parent / "run")
    found = found_in(recipe.parent / "run")
    assert (code, found.finished, found.whole.after, found.share_kept, found.usd_per_kept) == (
        3,
        0,
        None,
        None,
        None,
    )
    assert "too few chunks finished" in said


@pytest.mark.parametrize("price", ["{input=0,output=0}", None])
def test_without_a_price_no_dollars_are_told(
    tmp_path: Path, quick: MockServer, price: str | None
) -> None:
    recipe = written(tmp_path / "free", quick.url)
    text = recipe.read_text(encoding="utf-8")
    recipe.write_text(
        "\n".join(line for line in text.splitlines() if not line.startswith("price")),
        encoding="utf-8",
    )
    free = ("--set", f"teachers.0.price={price}") if price else ()
    code, said = pilot(recipe, recipe.parent / "run", *free)
    found = found_in(recipe.parent / "run")
    assert found.whole.after
    assert (code, "dollars" in said) == (0, False)
    assert (found.whole.after.usd, found.usd_per_kept) == ((0, 0), 0) if price else (None, None)


def test_fewer_than_20_chunks_are_asked_as_a_whole_and_then_nothing_is_uncertain(
    tmp_path: Path, quick: MockServer
) -> None:
    recipe = written(tmp_path / "few", quick.url)
    run = recipe.parent / "run"
    code, said = pilot(
        recipe, run, "--set", 'documents.paths=["documents/policies/procurement.md"]'
    )
    found = found_in(run)
    assert found.whole.after
    assert (code, found.chunks, found.rest.slots, "The rest" in said) == (
        0,
        found.of_chunks,
        0,
        False,
    )
    assert found.whole.after.calls == (found.value.calls, found.value.calls)


def test_changes_and_a_shared_ledger_stand_in_the_last_line_too(
    tmp_path: Path, quick: MockServer
) -> None:
    recipe = written(tmp_path / "shared", quick.url)
    more = ("--ledger", str(tmp_path / "all.db"), "--set", "tasks.0.per_chunk=1")
    quick.reset()
    code, said = pilot(recipe, recipe.parent / "run", *more, "--budget", "9")
    assert (code, said.strip().endswith(shlex.join(more))) == (0, True)
    command = shlex.split(said.strip().splitlines()[-1].partition(":  ")[2])
    assert docstill(tmp_path / "log", *command[1:])[0] == 0
    assert quick.times_asked() == {}


def test_the_run_is_named_after_the_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[making.MakeOptions] = []
    monkeypatch.setattr(making, "run_pilot", seen.append)
    cli.pilot_command(Path("mine/trams.toml"), budget=2.0, changes=["seed=1"])
    assert [(w.folder, w.changes) for w in seen] == [
        (Path("runs/trams"), ("seed=1", "budget.usd=2.0"))
    ]


def ended(kept: int, rejected: dict[str, int]) -> list[OutcomeLine]:
    lines = [of_line(f"k{i}", "kept") for i in range(kept)]
    return lines + [
        of_line(f"{name}{i}", "rejected", name)
        for name, count in rejected.items()
        for i in range(count)
    ]


def of_line(id: str, ending: str, fallen: str = "") -> OutcomeLine:
    place = {
        "document": {"digest": "d", "name": "d.md"},
        "chunk": {"digest": "c", "start": 0, "end": 9},
    }
    verdicts = [Verdict(filter=fallen, passed=False, reason="Mend it.")] if fallen else []
    return OutcomeLine.model_validate(
        {**place, "id": id, "ending": ending, "task": "qa", "split": "train", "verdicts": verdicts}
    )


@pytest.mark.parametrize(
    ("kept", "rejected", "ids"),
    [
        (14, {"schema": 5, "grounding": 5}, "k0 k2 k4 k6 k8 k10 k12 schema0 grounding0 schema1"),
        (
            2,
            {"schema": 9, "grounding": 1},
            "k0 k1 schema0 grounding0 schema1 schema2 schema3 schema4 schema5 schema6",
        ),
        (9, {"schema": 1}, "k0 k1 k2 k3 k5 k6 k7 schema0"),
        (0, {}, ""),
    ],
)
def test_ten_are_shown_at_most_seven_of_them_kept(
    kept: int, rejected: dict[str, int], ids: str
) -> None:
    assert [line.id for line in example_lines(ended(kept, rejected))] == ids.split()
