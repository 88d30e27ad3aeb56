"""Values of Ollama's Modelfile, which knows quotation marks and no escape for them (parser/parser.go, `unquote`)."""

from factory.errors import UserMistake

MARK = '"""'


def quoted(text: str, what: str) -> str:
    """The value as it stands behind its word: `what` names it in the error. Raises UserMistake where Ollama has no form for it."""
    if MARK in text:
        raise UserMistake(
            f'{what} holds """, which ends a text in Ollama\'s Modelfile, and there is no escape for it; '
            "write it with other marks, or leave out --to ollama"
        )
    plain = "\n" not in text and "\r" not in text and text.strip() == text
    if plain and text and not text.startswith('"') and text.endswith('"'):
        return text  # as it is, up to the end of its line
    return f"{MARK}{text}{MARK}"
