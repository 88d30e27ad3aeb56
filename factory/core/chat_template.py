"""Render chat templates without torch: the turns they take, their system message, their date."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache

import jinja2
from jinja2.ext import Extension, loopcontrols
from jinja2.nodes import Node
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

Messages = list[dict[str, str]]
# The second argument: whether to add the prompt of an answer.
Render = Callable[[Messages, bool], str]

# The date that templates print as today's. Llama's templates print it if they have no clock; with a
# clock, today's prompts and checkpoints would differ from tomorrow's.
TODAY = date(2024, 7, 26)
CLOCK = "strftime_now"  # the function that templates call for the date
BETWEEN = "\n\n"  # joins a system message and the user's text, as Gemma 3's template does
ANSWER = "Zanswer"
# As data/students.toml names it: false in training, answering and exports alike.
THINKING = ("enable_thinking",)
# What a template raises on turns that it does not take: its own refusals, and errors when a role or
# field is missing.
REFUSALS = (
    jinja2.TemplateError,
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    ArithmeticError,
)


class TemplateRefused(Exception):
    """The chat template does not take these turns; the message is the reason."""


def today(format: str) -> str:
    """Format the fixed date; some templates pass `format` by its name in transformers."""
    return TODAY.strftime(format)


def message_roles(messages: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    return tuple(one["role"] for one in messages)


def fold_system(messages: Messages) -> Messages:
    """Prepend every system message to the user turn that follows, for templates without one.

    If no user turn follows, it becomes one. Blank system messages are left out.
    """
    found: Messages = []
    waiting: list[str] = []
    for one in messages:
        if one["role"] == "system":
            waiting += [one["content"]] if one["content"].strip() else []
        elif one["role"] == "user":
            found.append({"role": "user", "content": BETWEEN.join([*waiting, one["content"]])})
            waiting = []
        else:
            found += [{"role": "user", "content": BETWEEN.join(waiting)}] if waiting else []
            found.append(one)
            waiting = []
    return [*found, *([{"role": "user", "content": BETWEEN.join(waiting)}] if waiting else [])]


def accepts_roles(roles: tuple[str, ...], render: Render, ask: bool = True) -> bool:
    """Return whether the template takes these roles; False if system messages must be folded.

    It is found out by rendering: some templates raise on a system message, some drop it silently.
    Raises TemplateRefused if the template takes the turns in neither form.
    """
    try:
        _tried(roles, render, ask)
    except TemplateRefused:
        if "system" not in roles:
            raise
        _tried(message_roles(fold_system(_marked(roles))), render, ask)
        return False
    return True


def arrange_messages(messages: Messages, render: Render, ask: bool = True) -> Messages:
    """Return the messages as the template takes them. Raises TemplateRefused."""
    return (
        messages if accepts_roles(message_roles(messages), render, ask) else fold_system(messages)
    )


def must_fold_system(render: Render) -> bool:
    """Return whether the system message must be prepended to the first user turn.

    Raises TemplateRefused if the template does not even take a question.
    """
    return not accepts_roles(("system", "user"), render)


def _marked(roles: tuple[str, ...]) -> Messages:
    return [{"role": role, "content": f"Zturn{place}Z"} for place, role in enumerate(roles)]


def _tried(roles: tuple[str, ...], render: Render, ask: bool) -> None:
    messages = _marked(roles)
    try:
        text = render(messages, ask)
    except REFUSALS as error:
        raise TemplateRefused(str(error) or type(error).__name__) from error
    for one in messages:
        if one["content"] not in text:
            raise TemplateRefused(f"it leaves out the {one['role']}'s turn")


def thinking_fault(render: Render) -> str:
    """Return why an answer can't be learnt directly after the generation prompt; empty if it can.

    If a template opens every answer with a thought, or puts a channel before it, the generation
    prompt differs from the text before a given answer, and the student would learn to answer inside
    the thought.
    """
    question = [{"role": "user", "content": "Zquestion"}]
    try:
        opened = render(question, True)
        whole = render([*question, {"role": "assistant", "content": ANSWER}], False)
    except REFUSALS as error:
        raise TemplateRefused(str(error) or type(error).__name__) from error
    before = whole.partition(ANSWER)[0]
    if before.rstrip() == opened.rstrip():
        return ""
    start = len(_common(opened, before))
    extra = (opened[start:] or before[start:]).strip()
    return (
        f"its chat template opens an answer with other text ({extra[:60]!r}) "
        "than it puts before a given answer"
    )


def _common(one: str, other: str) -> str:
    size = next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    return one[:size]


def template_prelude(render: Render, formats: Sequence[str]) -> str:
    """Return what an exported template needs before it: the fixed date and the system message's
    fold.
    """
    return _fixed_clock(formats) + (_FOLD if must_fold_system(render) else "")


# llama.cpp's server sets this variable to today's date for Llama 3's templates.
_DATE = f"{{%- set date_string = {json.dumps(today('%d %b %Y'))} -%}}"


def date_prelude(template: str) -> str:
    """Return what keeps the training date in a template whose server may set today's date."""
    if "date_string" not in template:
        return ""
    question = [{"role": "user", "content": "Zquestion"}]
    try:
        same = renderer(_DATE + template)(question, True) == renderer(template)(question, True)
    except REFUSALS:
        return ""
    return _DATE if same else ""


# With it a server renders a system message into the same prompt as in training.
_FOLD = (
    "{%- if messages and messages[0]['role'] == 'system' and messages[0]['content'] is string -%}"
    "{%- if not messages[0]['content'] | trim -%}{%- set messages = messages[1:] -%}"
    "{%- elif messages | length > 1 and messages[1]['role'] == 'user'"
    " and messages[1]['content'] is string -%}"
    "{%- set messages = [{'role': 'user',"
    " 'content': messages[0]['content'] + '\\n\\n' + messages[1]['content']}]"
    " + messages[2:] -%}"
    "{%- else -%}"
    "{%- set messages = [{'role': 'user', 'content': messages[0]['content']}] + messages[1:] -%}"
    "{%- endif -%}{%- endif -%}"
)


def _fixed_clock(formats: Sequence[str]) -> str:
    if not formats:
        return ""
    first, *others = formats
    cases = "".join(f"{{%- elif format == {json.dumps(one)} -%}}{today(one)}" for one in others)
    start = (
        f"{{%- macro {CLOCK}(format) -%}}{{%- if format == {json.dumps(first)} -%}}{today(first)}"
    )
    return f"{start}{cases}{{%- else -%}}{TODAY.isoformat()}{{%- endif -%}}{{%- endmacro -%}}"


class _Generation(Extension):
    """The tag {% generation %} of training templates, which renders its content unchanged."""

    tags = {"generation"}

    def parse(self, parser: Parser) -> list[Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


@cache
def compile_template(template: str) -> jinja2.Template:
    """Compile a template as transformers does. Raises jinja2.TemplateError."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
    )
    environment.filters["tojson"] = _json
    environment.globals |= {"raise_exception": _raise, CLOCK: today}
    return environment.from_string(template)


def _json(
    value: object, ensure_ascii: bool = False, indent: int | None = None, **how: object
) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, **how)  # type: ignore[arg-type]


def _raise(message: str) -> None:
    raise jinja2.TemplateError(message)


def thinking_switches(template: str) -> dict[str, bool]:
    """Return the template's own switches for thinking, all off."""
    return {name: False for name in THINKING if name in template}


def renderer(template: str) -> Render:
    """Return a renderer without a tokenizer, so that bos and eos tokens are empty.

    Raises jinja2.TemplateError.
    """
    page, off = compile_template(template), thinking_switches(template)

    def render(messages: Messages, ask: bool) -> str:
        return page.render(
            messages=messages, add_generation_prompt=ask, bos_token="", eos_token="", **off
        )

    return render
