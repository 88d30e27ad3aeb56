"""Chat templates, rendered without torch: which turns a student takes, where its system message goes, and which day it reads."""

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
Render = Callable[[Messages, bool], str]  # the second: whether the template opens an answer

# The day that templates print as today's. Llama's templates print it where they have no clock; with a clock, prompts
# and checkpoints of today would differ from tomorrow's.
TODAY = date(2024, 7, 26)
CLOCK = "strftime_now"  # what templates ask for the date
BETWEEN = "\n\n"  # a system message and the user's words, as in templates that join them themselves (Gemma 3)
ANSWER = "Zanswer"
THINKING = (
    "enable_thinking",
)  # as data/students.toml names it: false in training, answering and exports alike
# What a template raises on turns that it does not take: its own refusals, and its faults where a role or field is missing.
REFUSALS = (
    jinja2.TemplateError,
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    ArithmeticError,
)


class Refused(Exception):
    """A chat template does not take these turns; the text is the reason."""


def today(format: str) -> str:
    """The parameter has the name that transformers gives it, as some templates pass it by name."""
    return TODAY.strftime(format)


def turns(messages: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    return tuple(one["role"] for one in messages)


def folded(messages: Messages) -> Messages:
    """Every system message goes before the user's words that follow; without any, it becomes a user turn of its own.

    A blank one is left out.
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


def takes_as_they_are(roles: tuple[str, ...], render: Render, ask: bool = True) -> bool:
    """Whether these turns can stay: False where their system messages must go before the user's words.

    Raises Refused where the template takes the turns in neither form. Seen by rendering: some templates raise on a system
    message, some leave it out without a word.
    """
    try:
        _tried(roles, render, ask)
    except Refused:
        if "system" not in roles:
            raise
        _tried(turns(folded(_marked(roles))), render, ask)
        return False
    return True


def arranged(messages: Messages, render: Render, ask: bool = True) -> Messages:
    """The messages as the template takes them. Raises Refused."""
    return messages if takes_as_they_are(turns(messages), render, ask) else folded(messages)


def folds(render: Render) -> bool:
    """Whether the system message goes before the first user turn. Raises Refused where not even a question can be asked."""
    return not takes_as_they_are(("system", "user"), render)


def _marked(roles: tuple[str, ...]) -> Messages:
    return [{"role": role, "content": f"Zturn{place}Z"} for place, role in enumerate(roles)]


def _tried(roles: tuple[str, ...], render: Render, ask: bool) -> None:
    messages = _marked(roles)
    try:
        text = render(messages, ask)
    except REFUSALS as error:
        raise Refused(str(error) or type(error).__name__) from error
    for one in messages:
        if one["content"] not in text:
            raise Refused(f"it leaves out the {one['role']}'s turn")


def thinks(render: Render) -> str:
    """Why an answer can't be learnt directly behind what opens it; empty where it can.

    A template that opens every answer with a thought, or puts a channel before it, shows another text before an answer
    than the one that opens it, and what is learnt would stand inside the thought.
    """
    question = [{"role": "user", "content": "Zquestion"}]
    try:
        opened = render(question, True)
        whole = render([*question, {"role": "assistant", "content": ANSWER}], False)
    except REFUSALS as error:
        raise Refused(str(error) or type(error).__name__) from error
    before = whole.partition(ANSWER)[0]
    if before.rstrip() == opened.rstrip():
        return ""
    start = len(_common(opened, before))
    extra = (opened[start:] or before[start:]).strip()
    return f"its chat template opens an answer with other text ({extra[:60]!r}) than it puts before a given answer"


def _common(one: str, other: str) -> str:
    size = next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    return one[:size]


def prelude(render: Render, formats: Sequence[str]) -> str:
    """What goes before a template that is shipped: the fixed date, in the formats that it asks for, and the system message's place."""
    return _fixed_clock(formats) + (_FOLD if folds(render) else "")


# llama.cpp's server tells Llama 3's templates today's date by this name, whatever they would print without.
_DATE = f"{{%- set date_string = {json.dumps(today('%d %b %Y'))} -%}}"


def date_kept(template: str) -> str:
    """What goes before a template that a server may tell today's date, so that it prints the date of training."""
    if "date_string" not in template:
        return ""
    question = [{"role": "user", "content": "Zquestion"}]
    try:
        same = renderer(_DATE + template)(question, True) == renderer(template)(question, True)
    except REFUSALS:
        return ""
    return _DATE if same else ""


# A server renders the template with a system message of its own; it reads the same prompt as in training.
_FOLD = (
    "{%- if messages and messages[0]['role'] == 'system' and messages[0]['content'] is string -%}"
    "{%- if not messages[0]['content'] | trim -%}{%- set messages = messages[1:] -%}"
    "{%- elif messages | length > 1 and messages[1]['role'] == 'user' and messages[1]['content'] is string -%}"
    "{%- set messages = [{'role': 'user', 'content': messages[0]['content'] + '\\n\\n' + messages[1]['content']}] + messages[2:] -%}"
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
    """The tag {% generation %} of templates for training: what it encloses is shown as it is."""

    tags = {"generation"}

    def parse(self, parser: Parser) -> list[Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


@cache
def compiled(template: str) -> jinja2.Template:
    """As transformers compiles it. Raises jinja2.TemplateError."""
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


def switches(template: str) -> dict[str, bool]:
    """The template's own switches for thinking, all off."""
    return {name: False for name in THINKING if name in template}


def renderer(template: str) -> Render:
    """Of a template alone, for who has no tokenizer: its special tokens are left empty. Raises jinja2.TemplateError."""
    page, off = compiled(template), switches(template)

    def render(messages: Messages, ask: bool) -> str:
        return page.render(
            messages=messages, add_generation_prompt=ask, bos_token="", eos_token="", **off
        )

    return render
