"""Convert a chat template to Ollama's template language by rendering it.

Ollama can't read Jinja; it only recognises unchanged templates.
"""

from factory.core.chat_template import REFUSALS, Messages, Render

SYSTEM, FIRST, ANSWER, LAST = "Zsystem", "Zfirst", "Zanswer", "Zlast"


def go_template(render: Render) -> str:
    """Return the template in Go's text/template; empty if it can't be expressed there.

    Every answer is followed by a user turn, since Ollama is always asked with one.
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
        f"{{{{ if .System }}}}{before}{{{{ .System }}}}{joint}{{{{ else }}}}{head}{{{{ end "
        f"}}}}{{{{ range .Messages }}}}"
        f'{{{{ if eq .Role "user" }}}}{{{{ .Content }}}}{ask}'
        f'{{{{ else if eq .Role "assistant" }}}}{{{{ .Content }}}}{closed}{{{{ end }}}}{{{{ end '
        f"}}}}"
    )


class _Lost(Exception):
    """The template did not render each text exactly once and in order."""


def _between(render: Render, texts: list[str], system: str = "") -> list[str]:
    """Return what the template puts before, between and after the texts."""
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
