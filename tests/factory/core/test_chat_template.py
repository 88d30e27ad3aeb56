"""Which turns chat templates take, and where the system message goes."""

from datetime import date

import jinja2
import pytest

from factory.core import chat_template, student_presets
from factory.core.chat_template import (
    Messages,
    TemplateRefused,
    arrange_messages,
    date_prelude,
    fold_system,
    must_fold_system,
    renderer,
    template_prelude,
    thinking_fault,
)

PLAIN = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
REFUSING = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    + PLAIN
)
DROPPING = PLAIN.replace("{% for m in messages %}", "{% for m in messages if m.role != 'system' %}")
ALTERNATING = (
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant') }}{% endif %}"
    "<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
)
JOINING = (
    "{% if messages[0].role == 'system' %}{% set first = messages[0].content + '\n\n' %}{% set messages = messages[1:] %}{% endif %}"
    "{% for m in messages %}<{{ m.role }}>{{ (first or '') if loop.first else '' }}{{ m.content }}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
WITHOUT_SYSTEM = (REFUSING, DROPPING, ALTERNATING)
SEVERAL: Messages = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "When?"},
    {"role": "assistant", "content": "At six."},
    {"role": "user", "content": "Where?"},
]


@pytest.mark.parametrize("template", WITHOUT_SYSTEM)
@pytest.mark.parametrize("turns", [2, 4])
def test_a_system_message_goes_before_the_first_user_turn_where_the_template_has_no_place(
    template: str, turns: int
) -> None:
    render = renderer(template)
    found = arrange_messages(SEVERAL[:turns], render)
    assert found == [{"role": "user", "content": "Be brief.\n\nWhen?"}, *SEVERAL[2:turns]]
    assert render(found, True).startswith("<user>Be brief.\n\nWhen?")


@pytest.mark.parametrize("template", [PLAIN, JOINING])
def test_a_system_message_stays_where_the_template_shows_it(template: str) -> None:
    assert arrange_messages(SEVERAL, renderer(template)) == SEVERAL


def test_a_system_message_without_a_user_turn_becomes_one() -> None:
    assert fold_system([SEVERAL[0], SEVERAL[2]]) == [
        {"role": "user", "content": "Be brief."},
        SEVERAL[2],
    ]


def test_turns_that_a_template_takes_in_no_form_are_refused_with_its_reason() -> None:
    with pytest.raises(TemplateRefused, match="must alternate"):
        arrange_messages([SEVERAL[1], SEVERAL[3]], renderer(ALTERNATING))


@pytest.mark.parametrize("template", [*WITHOUT_SYSTEM, PLAIN, JOINING])
@pytest.mark.parametrize("turns", [2, 4])
def test_a_shipped_template_says_what_was_said_in_training(template: str, turns: int) -> None:
    render = renderer(template)
    shipped = renderer(template_prelude(render, ()) + template)
    assert shipped(SEVERAL[:turns], True) == render(arrange_messages(SEVERAL[:turns], render), True)
    assert shipped(SEVERAL[1:2], True) == render(SEVERAL[1:2], True)


def test_a_template_that_is_shipped_twice_is_not_changed_again() -> None:
    render = renderer(REFUSING)
    assert template_prelude(renderer(template_prelude(render, ()) + REFUSING), ()) == ""


DATED = (
    "{% if strftime_now is defined %}{{ strftime_now('%d %b %Y') }} {{ strftime_now('%Y') }}{% endif %}"
    + PLAIN
)


def test_a_template_prints_one_date_whatever_the_clock_says() -> None:
    assert renderer(DATED)(SEVERAL[1:2], True).startswith("26 Jul 2024 2024<user>")


def test_a_shipped_template_holds_its_date_against_a_servers_clock() -> None:
    shipped = template_prelude(renderer(DATED), ("%d %b %Y", "%Y")) + DATED
    server = jinja2.Environment(trim_blocks=True, lstrip_blocks=True).from_string(shipped)
    said = server.render(
        messages=SEVERAL[1:2], add_generation_prompt=True, strftime_now=date(2031, 1, 2).strftime
    )
    assert said == renderer(DATED)(SEVERAL[1:2], True)


TOLD = (
    "{% if not date_string is defined %}{% set date_string = '26 Jul 2024' %}{% endif %}{{ date_string }}"
    + PLAIN
)


def test_a_template_may_ask_for_the_date_by_the_parameters_name() -> None:
    assert renderer("{{ strftime_now(format='%Y') }}" + PLAIN)(SEVERAL[1:2], True).startswith(
        "2024<user>"
    )


def test_a_date_that_a_server_tells_does_not_change_a_shipped_template() -> None:
    server = jinja2.Environment().from_string(date_prelude(TOLD) + TOLD)
    said = server.render(
        messages=SEVERAL[1:2], add_generation_prompt=True, date_string="02 Jan 2031"
    )
    assert said == renderer(TOLD)(SEVERAL[1:2], True)
    assert date_prelude(PLAIN) == date_prelude(TOLD.replace("26 Jul 2024", "an unknown day")) == ""


@pytest.mark.parametrize("blank", ["", " \n"])
def test_a_blank_system_message_puts_nothing_before_the_users_words(blank: str) -> None:
    messages = [{"role": "system", "content": blank}, SEVERAL[1]]
    render = renderer(REFUSING)
    assert fold_system(messages) == [SEVERAL[1]]
    assert renderer(template_prelude(render, ()) + REFUSING)(messages, True) == render(
        [SEVERAL[1]], True
    )


THOUGHT = PLAIN.removesuffix("<assistant>{% endif %}") + "<assistant><think>\n{% endif %}"
CHANNEL = PLAIN.replace(
    "<{{ m.role }}>", "<{{ m.role }}>{% if m.role == 'assistant' %}<final>{% endif %}"
)


@pytest.mark.parametrize(("template", "shown"), [(THOUGHT, "<think>"), (CHANNEL, "<final>")])
def test_a_template_that_opens_answers_otherwise_than_it_shows_them_is_told(
    template: str, shown: str
) -> None:
    assert shown in thinking_fault(renderer(template))


def test_a_switch_turns_a_thought_off() -> None:
    switched = PLAIN.replace(
        "<assistant>{% endif %}", "<assistant>{% if enable_thinking %}<think>{% endif %}{% endif %}"
    )
    assert thinking_fault(renderer(switched)) == ""


def test_the_switches_are_those_of_the_presets() -> None:
    assert student_presets.thinking_variables() == chat_template.THINKING


def test_whether_a_system_message_moves_is_seen_by_rendering() -> None:
    assert [must_fold_system(renderer(one)) for one in (*WITHOUT_SYSTEM, PLAIN, JOINING)] == [
        True,
        True,
        True,
        False,
        False,
    ]
