"""Difficulty, style, persona and tone: spread evenly, told to the teacher, kept with the example; unset they change no byte."""

import asyncio
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from factory.core.records import Chunk, Example, digest
from factory.core.run_folder import example_line
from factory.core.settings import FilterSettings, RepairSettings
from factory.core.task_settings import TaskSettings
from factory.dataset.mix import training_row
from factory.generation.engine import GenerationEngine
from factory.tasks.qa import QA
from factory.tasks.style_variation import manner, wishes
from tests.fakes import FACTS, FakeTeacher, asker, right
from tests.world import LAW, chunk, slot

BOTH = {"difficulty": ["easy", "hard"], "persona": ["new employee", "auditor", "driver"]}


def settings(**more: object) -> TaskSettings:
    return TaskSettings.model_validate(more)


def counts(task: TaskSettings, chunks: list[Chunk], per_chunk: int, name: str) -> Counter[str]:
    return Counter(
        manner(task, slot(chunk=c, ordinal=i))[name] for c in chunks for i in range(per_chunk)
    )


@LAW
@given(st.text(min_size=1), st.integers(1, 20), st.sampled_from(sorted(BOTH)))
def test_within_a_chunk_each_value_comes_as_often_as_any_other_give_or_take_one(
    text: str, per_chunk: int, name: str
) -> None:
    found = counts(settings(**BOTH), [chunk(text)], per_chunk, name)
    times = [found[value] for value in BOTH[name]]
    assert max(times) - min(times) <= 1


def test_over_many_chunks_each_pair_of_values_comes_about_as_often() -> None:
    task = settings(**BOTH)
    told = (manner(task, slot(chunk=chunk(digest=digest(i)))) for i in range(3000))
    pairs = Counter((one["difficulty"], one["persona"]) for one in told)
    assert len(pairs) == 6
    assert all(
        400 <= times <= 600 for times in pairs.values()
    )  # 500 expected, give or take five standard deviations


@LAW
@given(st.text(min_size=1), st.integers(0, 19))
def test_the_manner_of_a_slot_depends_on_nothing_but_the_slot(text: str, ordinal: int) -> None:
    one, other = (
        slot(chunk=chunk(text), ordinal=ordinal, split=split) for split in ("train", "test")
    )
    assert manner(settings(**BOTH), one) == manner(
        settings(**BOTH, instructions="Be brief."), other
    )


def test_without_manners_a_request_has_the_bytes_it_had() -> None:
    plain = QA(settings(instructions="Be brief."), False, 3)
    slots = plain.slots(chunk(), "train")
    assert wishes(plain.settings, slots) == "Be brief."
    assert "manner" not in example_line(_kept(plain))
    assert list(training_row(_kept(plain), {"qa": plain})["meta"]) == META  # type: ignore[call-overload]


META = ["id", "task", "document", "chunk", "spans", "teacher", "prompt", "source"]


def _kept(task: QA) -> Example:
    fact = FACTS[0]
    text = f"{fact.sentence} {FACTS[1].sentence}"
    slots = task.slots(chunk(text), "train")[:1]
    factory = GenerationEngine(asker(FakeTeacher(right)), {"qa": task}, FilterSettings(), "fake")
    return asyncio.run(factory.make(slots, RepairSettings(), lambda e: e)).kept[0]


def test_the_examples_of_one_call_are_told_apart_by_number() -> None:
    task = QA(settings(difficulty=["easy", "hard"]), False, 3)
    group = task.slots(chunk(), "train")
    told = [manner(task.settings, one)["difficulty"] for one in group]
    lines = [f"Example {n}. Its difficulty: {value}." for n, value in enumerate(told, 1)]
    assert "\n".join(lines) in task.write(group).user
    assert task.write(group[:1]).user.count(f"Its difficulty: {told[0]}.") == 1


def test_a_kept_example_and_its_row_say_how_it_was_asked_to_be() -> None:
    task = QA(settings(persona=["auditor"]), False, 3)
    kept = _kept(task)
    assert example_line(kept)["manner"] == {"persona": "auditor"}
    assert training_row(kept, {"qa": task})["meta"]["persona"] == "auditor"  # type: ignore[index]


def test_manners_are_part_of_the_prompts_digest_only_where_they_are_set() -> None:
    digests = {QA(settings(**more), False, 3).prompt_digest for more in ({}, {"tone": ["warm"]})}
    assert len(digests) == 2
