"""Quote values for Ollama's Modelfile, which has no escape for quotation marks.

See `unquote` in Ollama's parser/parser.go.
"""

import unicodedata

from factory.core.errors import UserMistake

TRIPLE_QUOTE = '"""'
BLANKS = " \t\r\n"  # Ollama keeps these, and the characters that Go's strconv.IsPrint accepts:
PRINTED = "LMNPS"  # Unicode general categories


def modelfile_value(text: str, what: str) -> str:
    """Return a value as it is written in a Modelfile.

    `what` names the value in errors. Raises UserMistake if a Modelfile can't hold it.
    """
    if TRIPLE_QUOTE in text:
        raise UserMistake(
            f'{what} contains """, which ends a text in Ollama\'s Modelfile and can\'t be escaped; '
            "write it with other quotation marks, or leave out --to ollama"
        )
    if (lost := next((sign for sign in text if not _is_kept_by_ollama(sign)), "")) != "":
        raise UserMistake(
            f"{what} contains U+{ord(lost):04X} ({unicodedata.name(lost, 'a control character')}), "
            "which Ollama silently drops from a Modelfile; remove it, or leave out --to ollama"
        )
    plain = "\n" not in text and "\r" not in text and text.strip() == text
    if plain and text and not text.startswith('"') and text.endswith('"'):
        return text  # as it is, up to the end of its line
    return f"{TRIPLE_QUOTE}{text}{TRIPLE_QUOTE}"


def modelfile_stop(text: str) -> str:
    """Quote the text that ends an answer; Ollama reads a backslash as itself."""
    return f'"{text}"' if '"' not in text else modelfile_value(text, "a token that ends an answer")


def _is_kept_by_ollama(sign: str) -> bool:
    return sign in BLANKS or unicodedata.category(sign)[0] in PRINTED
