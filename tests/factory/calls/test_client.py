"""Asking: the ledger first, one send an answer, retries only for what did not get through."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import BaseModel

from factory.calls.circuit_breaker import LEAST
from factory.calls.client import ATTEMPTS, TRUNCATED_FACTOR
from factory.calls.ledger import ASK_AGAIN
from factory.calls.worker_pool import run_jobs
from factory.core.errors import TeacherDown, Unusable, UserMistake
from factory.core.records import Cost
from factory.tasks.qa import Asked, Quoted, Short, Written, examples_shape
from factory.teachers import Reply, Request, Teacher, request_key
from factory.teachers.openai_chat import CompatibleTeacher
from tests.fakes import TOKENS_IN, TOKENS_OUT, FakeTeacher, ask, asker, in_turn

ASKED = Request("You answer.", "Question: how many?", Short)
ANSWER = Short(answer="14 days")
AWAY = TeacherDown("the fake server is away")
CUT = Unusable("the reply was cut off at its token limit", 7, 3)


def test_a_call_that_does_not_get_through_is_sent_again() -> None:
    teacher = FakeTeacher(in_turn(AWAY, AWAY, ANSWER))
    asking = asker(teacher)
    answer = asyncio.run(ask(asking, ASKED))
    assert (answer.value, answer.cost) == (
        ANSWER,
        Cost(calls=1, tokens_in=TOKENS_IN, tokens_out=TOKENS_OUT),
    )
    assert (asking.tally.calls, asking.tally.cached, teacher.sends.total()) == (3, 0, 3)


def test_it_is_sent_five_times_and_then_the_teacher_is_down() -> None:
    teacher = FakeTeacher(in_turn(AWAY))
    with pytest.raises(TeacherDown, match="^the fake server is away$"):
        asyncio.run(ask(asker(teacher), ASKED))
    assert teacher.sends.total() == ATTEMPTS


def test_an_unusable_reply_is_asked_again_at_most_twice() -> None:
    teacher = FakeTeacher(in_turn(CUT))
    asking = asker(teacher)
    with pytest.raises(Unusable, match="^the reply was cut off at its token limit$"):
        asyncio.run(ask(asking, ASKED))
    assert (teacher.sends.total(), asking.tally.tokens_in, asking.tally.tokens_out) == (
        1 + ASK_AGAIN,
        21,
        9,
    )


def test_a_usable_reply_after_an_unusable_one_is_the_answer_and_both_are_spent() -> None:
    asking = asker(FakeTeacher(in_turn(CUT, ANSWER)))
    assert asyncio.run(ask(asking, ASKED)).value == ANSWER
    assert (asking.tally.calls, asking.tally.tokens_in, asking.tally.tokens_out) == (
        2,
        TOKENS_IN + 7,
        TOKENS_OUT + 3,
    )


def test_an_answer_of_the_ledger_is_not_sent(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    first = asyncio.run(ask(asker(FakeTeacher(in_turn(ANSWER)), ledger), ASKED))
    teacher = FakeTeacher(in_turn(AWAY))
    asking = asker(teacher, ledger)
    assert asyncio.run(ask(asking, ASKED)) == first
    assert (
        asking.tally.calls,
        asking.tally.cached,
        asking.tally.tokens_in,
        teacher.sends.total(),
    ) == (0, 1, 0, 0)


def test_the_same_request_under_way_twice_is_sent_once() -> None:
    teacher = FakeTeacher(in_turn(ANSWER))
    asking = asker(teacher)

    async def twice() -> list[BaseModel]:
        return [a.value for a in await asyncio.gather(ask(asking, ASKED), ask(asking, ASKED))]

    assert (asyncio.run(twice()), teacher.sends.total()) == ([ANSWER, ANSWER], 1)


def test_who_waits_for_the_same_request_hears_of_its_failure() -> None:
    asking = asker(FakeTeacher(in_turn(AWAY)))

    async def twice() -> list[str]:
        found = await asyncio.gather(ask(asking, ASKED), ask(asking, ASKED), return_exceptions=True)
        return [str(e) for e in found]

    assert asyncio.run(twice()) == [str(AWAY), str(AWAY)]


def test_no_more_are_under_way_than_the_teacher_is_given_at_once() -> None:
    flying, most = 0, 0

    class Counting(FakeTeacher):
        async def send(self, request: Request, key: str) -> Reply:
            nonlocal flying, most
            flying += 1
            most = max(most, flying)
            reply = await super().send(request, key)
            flying -= 1
            return reply

    asking = asker(Counting(in_turn(ANSWER), in_flight=3, pause=lambda: 0.001))
    asyncio.run(run_jobs(range(20), lambda n: ask(asking, numbered(n)), lambda: 12))
    assert most == 3


def numbered(number: int) -> Request:
    return Request("You answer.", f"Question: {number}?", Short)


def lost(calls: int, teacher: FakeTeacher, ledger: Path | None = None) -> list[str]:
    """What so many calls one after the other end with."""
    asking = asker(teacher, ledger)

    async def all_lost() -> list[str]:
        return [
            str((await asyncio.gather(ask(asking, numbered(n)), return_exceptions=True))[0])
            for n in range(calls)
        ]

    return asyncio.run(all_lost())


def test_a_teacher_whose_most_recent_calls_failed_is_not_called_any_more() -> None:
    teacher = FakeTeacher(in_turn(AWAY))
    told = lost(LEAST + 2, teacher)
    gone = f"most recent calls failed ({LEAST} unreachable of {LEAST}), so no more are made; the last: {AWAY}"
    assert told == [str(AWAY)] * (LEAST - 1) + [gone] * 3
    assert teacher.sends.total() == (LEAST - 1) * ATTEMPTS + 1


def test_a_teacher_that_answers_half_of_its_calls_is_asked_on() -> None:
    teacher = FakeTeacher(lambda r: ANSWER if teacher.sends.total() % 2 else AWAY)
    assert [t for t in lost(60, teacher) if "no more are made" in t] == []


def test_requests_that_failed_by_themselves_in_an_earlier_run_say_nothing_of_the_teacher(
    tmp_path: Path,
) -> None:
    """Where the others are answered, a run holds nothing else: all of them are tried, none keeps another one waiting."""
    odd = FakeTeacher(lambda r: CUT if int(r.user.split()[1].rstrip("?")) % 2 else ANSWER)
    first, second = (lost(4 * LEAST, odd, tmp_path / "ledger.db") for _ in range(2))
    assert (
        [said for said in first if "cut off" in said]
        == [said for said in second if "cut off" in said]
        == [str(CUT)] * 2 * LEAST
    )


def test_a_wrong_key_at_the_first_call_is_the_users_mistake() -> None:
    refused = TeacherDown("the server answered 401", "key refused")
    teacher = FakeTeacher(in_turn(refused))
    with pytest.raises(UserMistake, match="^the server answered 401$"):
        asyncio.run(ask(asker(teacher), ASKED))
    assert teacher.sends.total() == 1


def test_a_key_that_is_refused_later_stops_the_calls_and_loses_nothing() -> None:
    teacher = FakeTeacher(in_turn(ANSWER, TeacherDown("the server answered 401", "key refused")))
    assert (
        lost(4, teacher)[1:]
        == ["the server answered 401"] + ["the server answered 401; no more calls are made"] * 2
    )
    assert teacher.sends.total() == 2


def test_a_rate_limit_is_waited_out_and_counts_against_nobody() -> None:
    limited = TeacherDown("429", "rate limited")
    teacher = FakeTeacher(in_turn(limited, limited, ANSWER))
    asking = asker(teacher)
    answer = asyncio.run(ask(asking, ASKED))
    assert (answer.value, asking.tally.outcomes) == (ANSWER, {"rate limited": 2, "answered": 1})


def test_a_reply_that_was_cut_off_is_asked_again_with_more_room() -> None:
    rooms: list[int] = []
    cut = Unusable("the reply was cut off at its token limit", 7, 3, "truncated")

    def cutting(request: Request) -> BaseModel | Unusable:
        rooms.append(request.max_tokens)
        return cut if len(rooms) == 1 else ANSWER

    asyncio.run(ask(asker(FakeTeacher(cutting)), ASKED))
    assert rooms == [ASKED.max_tokens, TRUNCATED_FACTOR * ASKED.max_tokens]


def test_of_requests_with_one_cached_beginning_one_goes_first() -> None:
    flying: list[int] = []
    under_way = 0

    class Counting(FakeTeacher):
        async def send(self, request: Request, key: str) -> Reply:
            nonlocal under_way
            under_way += 1
            flying.append(under_way)
            reply = await super().send(request, key)
            under_way -= 1
            return reply

    asking = asker(
        Counting(in_turn(ANSWER), in_flight=8, pause=lambda: 0.01, beginning=lambda r: r.system)
    )
    asyncio.run(run_jobs(range(8), lambda n: ask(asking, numbered(n)), lambda: 8))
    assert (flying[0], flying[1] == 1, max(flying)) == (1, True, 7)


def test_outcomes_stand_in_order_of_the_jobs() -> None:
    async def late_first(n: int) -> int:
        await asyncio.sleep((9 - n) / 1000)
        return n * n

    assert asyncio.run(run_jobs(range(10), late_first, lambda: 4)) == [n * n for n in range(10)]


def test_no_jobs_have_no_outcomes() -> None:
    async def never(n: int) -> int:
        raise AssertionError(n)

    assert asyncio.run(run_jobs([], never, lambda: 4)) == []


@pytest.mark.parametrize("workers", [1, 4])
def test_an_error_of_one_job_surfaces_as_itself(workers: int) -> None:
    async def mistaken(n: int) -> int:
        await asyncio.sleep(0)
        raise UserMistake("model: no such file")

    with pytest.raises(UserMistake, match="^model: no such file$"):
        asyncio.run(run_jobs(range(10), mistaken, lambda: workers))


class Spoken(BaseModel):
    """A shape of this test's own, which no task changes."""

    answer: str


class Proven(BaseModel):
    answer: str
    quotes: list[str]


PLAIN = Request("You answer.", "Question: how many?", Spoken)
STANDARD = FakeTeacher(in_turn(ANSWER))
WARM = FakeTeacher(in_turn(ANSWER), temperature=0.7)
OTHER = FakeTeacher(in_turn(ANSWER), identity="another-teacher")
KEYS = {
    "standard": (PLAIN, STANDARD, "4d10f35c9e6e3a1f"),
    "another system part": (
        Request("You guess.", PLAIN.user, Spoken),
        STANDARD,
        "bde4efc2725cfe8f",
    ),
    "another user part": (
        Request(PLAIN.system, "Question: how much?", Spoken),
        STANDARD,
        "549c74fad0495f12",
    ),
    "another shape": (Request(PLAIN.system, PLAIN.user, Proven), STANDARD, "b7cc0752aaa093e4"),
    "another draw": (Request(PLAIN.system, PLAIN.user, Spoken, 2), STANDARD, "bb42d8a1d18a86f6"),
    "another temperature": (PLAIN, WARM, "4559df8b96e3f255"),
    "another teacher": (PLAIN, OTHER, "48abbffbfe284a1c"),
    "draw 3": (replace(PLAIN, draw=3), STANDARD, "9775ff41cd699633"),
    "draw 20": (replace(PLAIN, draw=20), STANDARD, "04c6852b6c528463"),
    "draw 21": (replace(PLAIN, draw=21), STANDARD, "07b2a985217014a9"),
    "draw 40": (replace(PLAIN, draw=40), STANDARD, "10bc8f239ed4efb6"),
    "1 example": (replace(PLAIN, shape=examples_shape(1)), STANDARD, "1abe36f038105fc2"),
    "3 examples": (replace(PLAIN, shape=examples_shape(3)), STANDARD, "96a17d212488b008"),
    "8 examples": (replace(PLAIN, shape=examples_shape(8)), STANDARD, "aabaef606e860233"),
    "a quoted answer": (replace(PLAIN, shape=Quoted), STANDARD, "39f60857ec3a4e54"),
    "a written example": (replace(PLAIN, shape=Written), STANDARD, "5f3ed11cb8516b12"),
    "a small teacher's question": (replace(PLAIN, shape=Asked), STANDARD, "5ef63d970de54774"),
    "a small teacher's answer": (replace(PLAIN, shape=Short), STANDARD, "7ddb04f57b83b2c9"),
    "accents and kanji": (
        replace(PLAIN, user="Où est l'été ? 夜の電車"),
        STANDARD,
        "7f878c387bd4a884",
    ),
    "line ends and braces": (replace(PLAIN, user="a\n\nb\t{c} $d"), STANDARD, "51ef23f1c200b7e4"),
}


@pytest.mark.parametrize("name", KEYS)
def test_the_key_of_a_request_is_what_it_was(name: str) -> None:
    """A changed digest here means that every user pays again: raise LEDGER_VERSION and say so in the changelog."""
    request, teacher, digest = KEYS[name]
    assert request_key(request, teacher) == digest


def test_address_and_room_are_no_part_of_the_key() -> None:
    here: Teacher = CompatibleTeacher("m", "http://127.0.0.1:8000/v1")
    there: Teacher = CompatibleTeacher("m", "http://10.0.0.7:9/v1")
    roomy = Request(PLAIN.system, PLAIN.user, PLAIN.shape, PLAIN.draw, 4096)
    assert request_key(PLAIN, here) == request_key(roomy, there)
