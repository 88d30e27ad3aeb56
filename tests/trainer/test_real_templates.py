"""The chat templates of real students, as TRL ships them."""

from pathlib import Path

import pytest

from factory.core.chat_template import (
    Messages,
    arrange_messages,
    must_fold_system,
    renderer,
    template_prelude,
    thinking_fault,
)

trl = pytest.importorskip("trl", reason="training is an extra: pip install docstill[train]")
TEMPLATES = Path(str(trl.__file__)).parent / "chat_templates"
WITH_SYSTEM = ("cohere", "gemma3", "llama3", "llama3_1", "llama3_2", "phi3", "phi3_5", "qwen2_5", "qwen3", "qwen3_instruct_2507", "lfm2")
THINKING = ("deepseek_r1_distill", "gptoss")
CHAT: Messages = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "When?"},
    {"role": "assistant", "content": "At six."},
    {"role": "user", "content": "Where?"},
]


def text(name: str) -> str:
    path = TEMPLATES / f"{name}.jinja"
    if not path.is_file():
        pytest.skip(f"this TRL ships no {path.name}")
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*WITH_SYSTEM, "gemma"])
@pytest.mark.parametrize("messages", [CHAT[1:2], CHAT[:2], CHAT[1:], CHAT])
def test_every_turn_is_shown_once_and_shipped_alike(name: str, messages: Messages) -> None:
    render = renderer(text(name))
    shown = render(arrange_messages(messages, render), True)
    assert [shown.count(one["content"]) for one in messages] == [1] * len(messages)
    assert renderer(template_prelude(render, ()) + text(name))(messages, True) == shown


def test_of_these_gemma_alone_has_no_system_turn() -> None:
    assert [name for name in (*WITH_SYSTEM, "gemma") if must_fold_system(renderer(text(name)))] == ["gemma"]


def test_students_that_always_think_are_told() -> None:
    assert [name for name in (*WITH_SYSTEM, "gemma", *THINKING) if thinking_fault(renderer(text(name)))] == [*THINKING]
