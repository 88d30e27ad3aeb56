"""The student's chat template as training, answering and exports use it: one date, no thoughts, and a place for the system message."""

from functools import lru_cache
from typing import Any, NamedTuple, cast

from transformers import PreTrainedTokenizerBase as Tokenizer

from factory.core import chat_template, student_presets
from factory.core.chat_template import CLOCK, Messages, TemplateRefused, today
from factory.core.errors import UserMistake
from trainer.as_text import Unfit


class Template(NamedTuple):
    """A tokenizer's template, to be rendered."""

    tokenizer: Tokenizer
    text: str

    def render(self, messages: Messages, ask: bool) -> str:
        """Raises what the template raises."""
        speaking = cast(Any, self.tokenizer)
        fixed = {CLOCK: today} if CLOCK in self.text else {}
        said = speaking.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=ask, **fixed, **options(self.tokenizer)
        )
        return cast(str, said)


def options(tokenizer: Tokenizer) -> dict[str, bool]:
    """What the chat template is told in training, answering and exports alike: no thinking, where it has that switch."""
    several = tokenizer.chat_template  # a text, or texts by name
    template = several.get("default", "") if isinstance(several, dict) else several or ""
    return {name: False for name in student_presets.thinking_variables() if name in template}


def template_of(tokenizer: Tokenizer) -> Template:
    """Raises UserMistake where there is none."""
    try:
        text = tokenizer.get_chat_template()
    except ValueError:
        text = ""
    if not text:
        raise UserMistake(
            f"{_name(tokenizer)}: has no chat template; choose the instruct version as student"
        )
    return Template(tokenizer, text)


def render(messages: Messages, tokenizer: Tokenizer, ask: bool) -> str:
    """The messages as the student reads them, the system's where its template has a place for it. Raises Unfit."""
    template = template_of(tokenizer)
    try:
        arranged = (
            messages
            if _kept(template, chat_template.message_roles(messages), ask)
            else chat_template.fold_system(messages)
        )
        return template.render(arranged, ask)
    except (TemplateRefused, *chat_template.REFUSALS) as error:
        roles = ", ".join(chat_template.message_roles(messages))
        raise Unfit(
            f"the chat template of {_name(tokenizer)} does not take messages of {roles} ({error})"
        ) from error


@lru_cache(maxsize=256)
def _kept(template: Template, roles: tuple[str, ...], ask: bool) -> bool:
    return chat_template.accepts_roles(roles, template.render, ask)


def folds(tokenizer: Tokenizer) -> bool:
    """Whether the system message goes before the first user turn."""
    return not _kept(template_of(tokenizer), ("system", "user"), True)


def formats(tokenizer: Tokenizer) -> tuple[str, ...]:
    """The forms in which the template asks for today's date, such as "%d %b %Y"; empty where it prints none."""
    template = template_of(tokenizer)
    if CLOCK not in template.text:
        return ()
    asked: dict[str, None] = {}

    def listening(format: str) -> str:
        asked[format] = None
        return today(format)

    off: dict[str, Any] = options(tokenizer)
    for messages in ([], [{"role": "system", "content": "s"}]):
        question = [*messages, {"role": "user", "content": "?"}]
        try:
            cast(Any, tokenizer).apply_chat_template(
                question, tokenize=False, add_generation_prompt=True, **{CLOCK: listening}, **off
            )
        except chat_template.REFUSALS:
            continue
    return tuple(asked)


def must_be_learnable(tokenizer: Tokenizer) -> None:
    """Raises UserMistake for a template that answers can't be learnt by."""
    template = template_of(tokenizer)
    try:
        reason = chat_template.thinking_fault(template.render)
    except TemplateRefused as error:
        told = f"its chat template takes no question with its answer ({error})"
        raise UserMistake(f"{_name(tokenizer)}: {told}; choose another student") from error
    if reason:
        raise UserMistake(
            f"{_name(tokenizer)}: {reason}; choose a student that answers without thinking first"
        )


def prelude(tokenizer: Tokenizer) -> str:
    """What goes before the template that is shipped, so that a server which renders it says what was said in training."""
    template = template_of(tokenizer)
    return chat_template.date_prelude(template.text) + chat_template.template_prelude(
        template.render, formats(tokenizer)
    )


def _name(tokenizer: Tokenizer) -> str:
    return tokenizer.name_or_path or "the student"
