"""Ollama's own template, read off a chat template by rendering it: Ollama knows no Jinja, and looks up the unchanged ones alone."""

from factory.core.chat_template import REFUSALS, Messages, Render

SYSTEM, FIRST, ANSWER, LAST = "Zsystem", "Zfirst", "Zanswer", "Zlast"


def go_template(render: Render) -> str:
    """The same turns in the language of Go's text/template; empty where the parts between the turns can't be told so.

    Every answer is followed by a user turn, as Ollama is asked with one.
    """
    try:
        head, ask = _between(render, [FIRST])
        again, opened, closed, last = _between(render, [FIRST, ANSWER, LAST])
        before, joint, asked = _between(render, [FIRST], SYSTEM)
    except (*REFUSALS, _Lost):
        return ""
    parts = (head, ask, closed, before, joint)
    if (again, opened, last, asked) != (head, ask, ask, ask) or any("{{" in one for one in parts):
        return ""
    return (
        f"{{{{ if .System }}}}{before}{{{{ .System }}}}{joint}{{{{ else }}}}{head}{{{{ end }}}}{{{{ range .Messages }}}}"
        f'{{{{ if eq .Role "user" }}}}{{{{ .Content }}}}{ask}'
        f'{{{{ else if eq .Role "assistant" }}}}{{{{ .Content }}}}{closed}{{{{ end }}}}{{{{ end }}}}'
    )


class _Lost(Exception):
    """A text is not rendered once, in its turn."""


def _between(render: Render, texts: list[str], system: str = "") -> list[str]:
    """What is rendered before, between and after the texts."""
    roles = ("user", "assistant") * len(texts)
    messages: Messages = [{"role": "system", "content": system}] if system else []
    messages += [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]
    rest, parts = render(messages, True), list[str]()
    for one in messages:
        part, found, rest = rest.partition(one["content"])
        if not found or one["content"] in rest:
            raise _Lost
        parts.append(part)
    return [*parts, rest]
