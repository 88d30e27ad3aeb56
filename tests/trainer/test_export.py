"""Forms of a student held against its adapter on its base."""

import json
import re
from pathlib import Path

import jinja2
import pytest

from factory.core.errors import UserMistake
from tests.trainer.conftest import plant_adapter, row, write

pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")

from factory.core.training_settings import StudentSettings
from trainer import chat
from trainer.export import whole
from trainer.export.agreement import Agreement, Place, agreement
from trainer.export.forms import Order, Shipped, ship, ship_adapter
from trainer.export.tokenizer import settled


def trained(run: Path, base: str) -> Order:
    """Its questions are the run's test rows."""
    plant_adapter(run, base)
    return Order(run=run, base=base, name="larkmoor/base", student=StudentSettings(base=base), questions=run / "test.jsonl")


def place(best: int, gap: float = 1.0, logprob: float = -0.5) -> Place:
    return Place(best, logprob, gap)


def test_ties_of_the_reference_do_not_count() -> None:
    reference = [[place(1), place(2, gap=0.05), place(3)]]
    other = [[place(1, logprob=-0.25), place(9), place(8)]]
    assert agreement([True], reference, other) == Agreement(prompts=1, same_prompts=1, tokens=3, ties=1, agreed=1, drift=0.25)


def test_other_prompt_tokens_are_counted() -> None:
    assert agreement([True, False], [[]], [[]]).same_prompts == 1


def test_places_in_answers_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        agreement([True], [[place(1)]], [[place(1), place(2)]])


@pytest.fixture(scope="module")
def merged(base: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Shipped]:
    """The run and its merged model."""
    run = tmp_path_factory.mktemp("run")
    write(run / "test.jsonl", [row(number) for number in range(5)])
    return run, ship(trained(run, base), ["merged"])["merged"]


def test_the_merged_student_answers_like_its_adapter_on_the_base(merged: tuple[Path, Shipped]) -> None:
    shipped = merged[1]
    found = shipped.agreement
    assert (found.prompts, found.same_prompts, found.agreed) == (5, 5, found.tokens - found.ties)
    assert found.tokens == 5 * 6
    assert shipped.stops == ("<|endoftext|>", "<|im_end|>")
    said = [json.loads(line)["response"] for line in shipped.answers[shipped.kind].read_text().splitlines()]
    assert said == [json.loads(line)["response"] for line in shipped.reference.read_text().splitlines()]


def test_the_merged_folder_holds_all_that_loads_it_and_no_place_of_this_machine(merged: tuple[Path, Shipped], base: str) -> None:
    run, shipped = merged
    folder = run / "exports" / "merged"
    assert {"config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja"} <= names(folder)
    assert json.loads((folder / "config.json").read_text())["dtype"] == shipped.kind
    settings = json.loads((folder / "generation_config.json").read_text())
    assert sorted(settings["eos_token_id"]) == [0, 2]
    assert not settings.get("do_sample")
    assert not named_here(folder, run, base)
    assert names(run / "exports") == {"merged", "answers"}  # nothing is left of the way there


def test_a_template_with_a_switch_is_shipped_with_it_as_it_was_trained() -> None:
    template = "{% if enable_thinking %}think{% else %}don't{% endif %}"
    fixed = settled(template, {"enable_thinking": False})
    assert jinja2.Template(fixed).render(enable_thinking=True) == "don't"
    assert settled(fixed, {"enable_thinking": False}) == fixed


def test_an_adapter_is_shipped_with_a_base_that_others_can_name(run: Path, base: str) -> None:
    ship_adapter(trained(run, base))
    folder = run / "exports" / "adapter"
    assert json.loads((folder / "adapter_config.json").read_text())["base_model_name_or_path"] == "larkmoor/base"
    assert (folder / "adapter_model.safetensors").read_bytes() == (run / "adapter" / "adapter_model.safetensors").read_bytes()
    assert {"tokenizer.json", "chat_template.jinja", "chat.json"} <= names(folder)
    assert not named_here(folder, run, base)


def test_a_student_merged_with_another_adapter_is_found_out(run: Path, base: str) -> None:
    order = trained(run, base)
    taken = whole.take(whole.unmerged(base, run / "adapter"), chat.read(order.questions), None)
    found = whole.held(whole.load(base), taken, None)  # the base, as if the merge had been forgotten
    assert found.same_prompts == 5
    assert found.share < 0.9


def test_another_template_is_found_out(run: Path, base: str) -> None:
    order = trained(run, base)
    taken = whole.take(whole.unmerged(base, run / "adapter"), chat.read(order.questions), None)
    other = whole.load(base)
    other.tokenizer.chat_template = other.tokenizer.chat_template.replace("assistant\n", "assistant")
    assert whole.held(other, taken, None).same_prompts == 0


def test_without_an_adapter_it_is_sent_to_train(run: Path, base: str) -> None:
    order = Order(run=run, base=base, name="b", student=StudentSettings(base=base), questions=write(run / "gold.jsonl", [row(0)]))
    for export in (lambda: ship_adapter(order), lambda: ship(order, ["merged"])):
        with pytest.raises(UserMistake, match="there is no adapter; run `docstill train"):
            export()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def named_here(folder: Path, run: Path, base: str) -> list[str]:
    """The small files that name a folder of this machine."""
    place = re.compile("|".join(map(re.escape, (str(run), base, str(run.parent)))))
    return [path.name for path in folder.iterdir() if path.suffix in (".json", ".md", ".jinja") and place.search(path.read_text())]
