"""The estimate is a range no wider than 1 to 2.5, and what a run of a teacher that errs costs lies in it."""

import asyncio
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from factory.calls.prices import FREE, Price
from factory.commands.making import show_estimate
from factory.core.recipe import Recipe
from factory.core.records import Slot, digest, dollars
from factory.core.settings import FilterSettings, RepairSettings
from factory.core.task_settings import TaskSettings
from factory.costs.estimate import MAX_RANGE_RATIO, REQUEST_OVERHEAD, Estimate, estimate
from factory.generation.engine import GenerationEngine
from factory.models.tokenizers import token_count
from factory.tasks.qa import QA, examples_shape
from factory.teachers import Request
from tests.factory.generation.test_engine import slots
from tests.fakes import FACTS, FakeTeacher, Said, about, asker, kind, noting, right
from tests.world import FEW, LAW

TASKS = {"qa": QA(TaskSettings(per_chunk=3), False, 3)}
PRICE = Price(input=3.0, output=15.0, cache_read=0.3, cache_write=3.75)
TEXTS = tuple(" ".join(f.sentence for f in facts) for facts in list(combinations(FACTS, 3))[::6])
MANY = slots(*TEXTS)  # three to a chunk, as the task writes them


def recipe(rounds: int = 1, draws: int = 3, **teacher: object) -> Recipe:
    settings = {
        "documents": {"paths": ["rules"]},
        "teachers": [{"name": "chief", "model": "openai/finch", **teacher}],
        "filters": {"consistency": {"draws": draws}},
        "repair": {"rounds": rounds},
        "student": {"base": "apprentice"},
    }
    return Recipe.model_validate(settings)


def estimated(
    wanted: list[Slot] = MANY, rounds: int = 1, draws: int = 3, price: Price | None = PRICE
) -> Estimate:
    return estimate(wanted, TASKS, recipe(rounds, draws), price)


def usd(range_: Estimate) -> tuple[int, int]:
    assert range_.usd
    return range_.usd


def wrong_at(share: float, seed: int) -> Callable[[Request], Said]:
    """A teacher with that share of wrong answers, by the request and the seed; its quotes are right."""

    def more(request: Request, about: str) -> int:
        dice = int(digest(seed, request.user, request.draw, kind(request), about), 16)
        return 1 + dice % 7 if dice // 7 % 1000 < 1000 * share else 0

    def script(request: Request) -> Said:
        facts = about(request)
        if kind(request) == "write":
            return request.shape.model_validate(
                {"examples": [f.written(more(request, f.depot)) for f in facts]}
            )
        amount = more(request, facts[0].depot)
        return facts[0].quoted(amount) if kind(request) == "draw" else facts[0].written(amount)

    return script


def billed(script: Callable[[Request], Said], rounds: int) -> int:
    """Nanodollars of a run, its tokens counted as a provider would: prompts, schemas, replies."""
    asked: list[Request] = []
    said: list[str] = []

    def spoken(request: Request) -> Said:
        answer = script(request)
        assert isinstance(answer, BaseModel)
        said.append(str(answer.model_dump_json()))
        return answer

    settings = recipe(rounds).filters
    factory = GenerationEngine(asker(FakeTeacher(noting(asked, spoken))), TASKS, settings, "fake")
    asyncio.run(factory.make(MANY, RepairSettings(rounds=rounds), lambda e: e))
    into = sum(
        token_count(r.system)
        + token_count(r.user)
        + len(str(r.shape.model_json_schema())) // 4
        + REQUEST_OVERHEAD
        for r in asked
    )
    return PRICE.nanousd(into, sum(map(token_count, said)))


@FEW
@given(st.floats(0.1, 0.5), st.integers(0, 10**6), st.integers(0, 2))
def test_a_teacher_that_errs_in_10_to_50_percent_costs_what_was_estimated(
    share: float, seed: int, rounds: int
) -> None:
    low, high = usd(estimated(rounds=rounds))
    assert low <= billed(wrong_at(share, seed), rounds) <= high


@pytest.mark.parametrize("rounds", [0, 1, 2])
def test_a_teacher_without_fault_costs_what_was_estimated(rounds: int) -> None:
    low, high = usd(estimated(rounds=rounds))
    assert low <= billed(right, rounds) <= high


@LAW
@given(st.integers(0, len(MANY)), st.integers(0, 5), st.sampled_from([1, 3]))
def test_low_is_at_most_high_and_no_price_range_is_wider_than_1_to_2_and_a_half(
    count: int, rounds: int, draws: int
) -> None:
    found = estimated(MANY[:count], rounds, draws)
    pairs = (found.calls, found.tokens_in, found.tokens_out, usd(found))
    assert all(0 <= low <= high for low, high in pairs)
    assert usd(found)[1] <= MAX_RANGE_RATIO * usd(found)[0]


@LAW
@given(st.integers(0, len(MANY)), st.integers(0, len(MANY)))
def test_more_slots_never_cost_less(one: int, other: int) -> None:
    fewer, more = (estimated(MANY[:n]) for n in sorted((one, other)))
    assert all(a <= b for a, b in zip(usd(fewer), usd(more), strict=True))
    assert all(a <= b for a, b in zip(fewer.calls, more.calls, strict=True))


@pytest.mark.parametrize("draws", [1, 3])
def test_more_rounds_of_repair_never_cost_less(draws: int) -> None:
    ranges = [estimated(rounds=n, draws=draws) for n in range(4)]
    assert ranges == sorted(ranges, key=lambda r: (r.calls, r.tokens_in, r.tokens_out))


def test_without_a_vote_and_repairs_the_calls_are_those_that_write() -> None:
    assert estimated(rounds=0, draws=1).calls == (len(TEXTS), len(TEXTS))


def test_no_slots_take_nothing() -> None:
    assert estimated([]) == Estimate(
        slots=0, calls=(0, 0), tokens_in=(0, 0), tokens_out=(0, 0), usd=(0, 0)
    )


def test_the_schema_that_is_sent_along_is_counted() -> None:
    low, high = estimated(rounds=0, draws=1).tokens_in
    bare = sum(
        token_count(r.system) + token_count(r.user)
        for r in (TASKS["qa"].write(g) for g in TASKS["qa"].groups(MANY))
    )
    schema = token_count(str(examples_shape(3).model_json_schema())) * len(TEXTS)
    assert low < bare + schema < high
    assert (low + high) / 2 > bare + schema / 2


def test_longer_sentences_make_longer_replies() -> None:
    sentence = FACTS[0].sentence
    longer = sentence.replace(
        " every night",
        " in the yard behind the old workshop under the supervision of the depot chief every night",
    )
    short, long = (estimated(slots(" ".join([s] * 3))).tokens_out for s in (sentence, longer))
    assert short[0] < long[0]
    assert short[1] < long[1]


def test_a_teacher_that_is_asked_for_one_fact_replies_in_few_words() -> None:
    one = QA(TaskSettings(per_chunk=3), True, 1)
    wanted = [s.model_copy(update={"fact": None}) for s in MANY]
    low, high = estimate(wanted, {"qa": one}, recipe(rounds=0), FREE).tokens_out
    assert 20 * len(MANY) < low < high < 70 * len(MANY)


def test_thinking_is_counted_as_tokens_out() -> None:
    quiet, thinking = (
        estimate(MANY, TASKS, recipe(reasoning=effort), PRICE) for effort in (None, "low")
    )
    assert (thinking.tokens_out[0] > quiet.tokens_out[0], thinking.tokens_in) == (
        True,
        quiet.tokens_in,
    )


def test_a_free_teacher_costs_nothing() -> None:
    assert estimated(price=FREE).words.endswith("$0.00 to $0.00")


def test_an_unknown_price_is_said_to_be_unknown() -> None:
    found = estimated(price=None)
    assert (found.usd, found.price_words) == (
        None,
        "price unknown: set it for every teacher, such as teachers.0.price",
    )


def test_an_estimate_in_a_file_holds_dollars_and_is_read_back_as_it_was() -> None:
    found = Estimate(
        slots=1,
        calls=(1, 2),
        tokens_in=(3, 4),
        tokens_out=(5, 6),
        usd=(1_500_000_000, 2_000_000_001),
    )
    assert found.model_dump(mode="json")["usd"] == [1.5, 2.000000001]
    assert Estimate.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize(
    ("nanousd", "words"),
    [(0, "$0.00"), (1_234_500, "$0.0012"), (999_000_000, "$0.9990"), (1234 * 10**9, "$1,234.00")],
)
def test_dollars_are_shown_to_the_cent_and_small_ones_closer(nanousd: int, words: str) -> None:
    assert dollars(nanousd) == words


def test_the_command_shows_the_range_and_whom_the_price_is_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rules").mkdir()
    for i, text in enumerate(TEXTS[:6]):
        (tmp_path / "rules" / f"{i}.md").write_text(text, encoding="utf-8")
    path = tmp_path / "depot.toml"
    teacher = 'name = "chief"\nmodel = "compatible/finch"\nbase_url = "http://127.0.0.1:1/v1"'
    path.write_text(
        f'[documents]\npaths = ["rules"]\n[[teachers]]\n{teacher}\n[student]\nbase = "apprentice"\n',
        encoding="utf-8",
    )
    show_estimate(path, None, [])
    show_estimate(path, None, ["teachers.0.price={input=3.0, output=15.0}"])
    shown = capsys.readouterr().out
    assert shown.count("6 documents (0 skipped), 6 chunks, 18 slots") == 2
    assert (
        "dollars     price unknown: set it for every teacher, such as teachers.0.price\n" in shown
    )
    assert "price       $3 per million tokens in and $15 out, by the recipe\n" in shown


BATCHED = Price(input=3.0, output=15.0, cache_read=0.3, cache_write=3.75, batch=0.5)


@pytest.mark.parametrize("rounds", [0, 1, 2])
def test_by_batch_it_costs_half_but_for_draws_that_are_not_needed(rounds: int) -> None:
    online, batch, auto = (
        estimate(MANY, TASKS, recipe(rounds, mode=mode), BATCHED)
        for mode in ("online", "batch", "auto")
    )
    assert [a <= b for a, b in zip(online.calls, batch.calls, strict=True)] == [True, True]
    low, high = usd(batch)[1] / usd(online)[1], usd(auto)[1] / usd(online)[1]
    assert (0.5 <= low <= 0.75, low <= high + 0.01, (auto.usd == batch.usd) == (rounds == 0)) == (
        True,
        True,
        True,
    )


def test_without_a_vote_a_batch_costs_half() -> None:
    online, batch = (
        estimate(MANY, TASKS, recipe(0, draws=1, mode=mode), BATCHED)
        for mode in ("online", "batch")
    )
    assert [round(usd(batch)[i] / usd(online)[i], 3) for i in (0, 1)] == [0.5, 0.5]


def test_a_vote_that_is_left_out_is_not_foreseen() -> None:
    left_out = recipe().model_copy(update={"filters": FilterSettings(without=("consistency",))})
    assert estimate(MANY, TASKS, left_out, PRICE) == estimated(draws=1)
