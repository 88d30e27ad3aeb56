"""Values of Ollama's Modelfile, which knows quotation marks and no escape for them (parser/parser.go, `unquote`)."""

import unicodedata

from factory.core.errors import UserMistake

MARK = '"""'
BLANKS = " \t\r\n"  # that Ollama keeps; of other signs those that Go's strconv.IsPrint takes
PRINTED = "LMNPS"  # general categories


def quoted(text: str, what: str) -> str:
    """The value as it stands behind its word: `what` names it in the error. Raises UserMistake where Ollama has no form for it."""
    if MARK in text:
        raise UserMistake(
            f'{what} holds """, which ends a text in Ollama\'s Modelfile, and there is no escape for it; '
            "write it with other marks, or leave out --to ollama"
        )
    if (lost := next((sign for sign in text if not _kept(sign)), "")) != "":
        raise UserMistake(
            f"{what} holds U+{ord(lost):04X} ({unicodedata.name(lost, 'a control character')}), which Ollama drops from its "
            "Modelfile without a word; write it without, or leave out --to ollama"
        )
    plain = "\n" not in text and "\r" not in text and text.strip() == text
    if plain and text and not text.startswith('"') and text.endswith('"'):
        return text  # as it is, up to the end of its line
    return f"{MARK}{text}{MARK}"


def quoted_stop(text: str) -> str:
    """The text that ends an answer; Ollama reads a backslash as itself."""
    return f'"{text}"' if '"' not in text else quoted(text, "a token that ends an answer")


def _kept(sign: str) -> bool:
    return sign in BLANKS or unicodedata.category(sign)[0] in PRINTED
