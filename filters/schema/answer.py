"""Find formal faults of an answer.

They are placeholders, an unfinished ending, echoes of the prompt, and words about the text.
"""

import re

from filters.text.segment import words

MAX_ANSWER_WORDS = 120  # longer ones are copied excerpts
# An answer of several sentences that is longer than this must end with a full stop.
MIN_LONG_ANSWER_WORDS = 30
_PLACEHOLDER = re.compile(
    r"\bas an? (?:ai|(?:large )?language model)\b|\bi(?:'m| am) sorry|\bi (?:can(?:no|['’])t"
    r"|am unable to)"
    r" (?:answer|provide|help|assist|determine)|\bi (?:do not|don['’]t) have (?:access|enough"
    r"|any information|the information)"
    r"|\blorem ipsum|[\[(]insert\b|(?-i:\[(?!sic\b)[a-z][a-z _-]{1,30}\])(?!\()|\{\{?\s?\w+\s?\}?\}"
    r"|<(?:answer|name|value|number|date)>"
    r"|your answer here|\bn/?a$|the answer is in|_{2,}|^(?:tbd|todo|tba|xxx+|\?+|answer|null"
    r"|none given)\W*$",
    re.I,
)
_THE = "the|this|that|given|above|following|provided"
_TEXT = "passage|excerpt|sentence|fact|paragraph|section|statement|heading|context|clause"
_META = re.compile(
    rf"\b(?:{_THE})\s+(?:(?:provided|given|above|following)\s)?(?:{_TEXT})\b(?!\s(?:message|field"
    r"|editor|size|box|file|input|mode)s?\b"
    r"|\sthat\b|\sof (?:time|account|use))"
    # "What does the text say of …?" is allowed, as it asks about what follows.
    r"|\b(?:stated|described|given|noted|set out|found) in the text\b"
    r"|\baccording to (?:the|this) (?:document|policy|procedure|text)\b"
    r"|\b(?:the|this) document (?:says|states|mentions|describes|specifies)\b"
    r"|\b(?:stated|described|given|noted|set out|found) in the (?:source|document)\b"
    r"|\bthe (?:author|writer) (?:say|state|write|mention)s?\b"
    r"|\bmentioned\b|\bexam question\b",
    re.I,
)
_ECHO = re.compile(
    r"(?:^|\n)\s*(?:question|answer|excerpt|passage|instruction|assistant|quotes?|q"
    r"|a(?!.*\bb\s?:))\s?:|\n\s*(?:user|system)\s?:"
    r"|<\|\w+\|>|</?s>|\[/?INST\]|^(?:sure|certainly|of course)[!,.]|^here(?:'s| is| are) (?:the"
    r"|your|my|an?) (?:\w+ )?answers?\b",
    re.I,
)
_OPEN_END = re.compile(
    r"(?:…|\.\.\.|[,:(\[–—]|\s-|\b(?:the|an?|of|and|or|nor|but|into|than|because|unless|whose"
    r"|must|shall|should|provided))\s*$",
    re.I,
)
_CLOSED_END = re.compile(r"[.!?:;。！？…][\"'”’»)\]*]*\s*$")
_LAST_LINE = re.compile(r"[^\n]*\s*\Z")
_LIST = re.compile(r"^\s*(?:[-*+•|]|\(?\w{1,2}[.)])\s*")
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"), ("“", "”"), ("«", "»"))
_INCH = re.compile(r"(?<=\d)\"")


def find_placeholder(text: str) -> str:
    """Return words that fill the place of an answer without being one, else ""."""
    m = _PLACEHOLDER.search(text)
    return m.group() if m else ""


def find_text_mention(text: str) -> str:
    """Return words about the text instead of its subject, else ""."""
    m = _META.search(text)
    return m.group() if m else ""


def find_prompt_echo(question: str, answer: str) -> str:
    """Return words of the prompt or of the question that the answer repeats, else ""."""
    if m := _ECHO.search(answer):
        return m.group().strip()
    asked = " ".join(question.casefold().split())
    return (
        question.strip()[:60]
        if len(words(asked)) > 4 and asked in " ".join(answer.casefold().split())
        else ""
    )


def find_broken_ending(answer: str) -> str:
    """Return why an answer ends in the middle, else "".

    The reason quotes its last words, or names a bracket or quotation mark that is not closed.
    """
    text = answer.strip()
    if _OPEN_END.search(text[-24:]):
        return f'it ends with "{" ".join(text.split()[-4:])}"'
    for opening, closing in _PAIRS:
        if text.count(opening) > text.count(closing) and text.rfind(opening) > text.rfind(closing):
            return f'a "{opening}" is not closed'
    if text.count('"') % 2 and _INCH.sub("", text).count('"') % 2:
        return "a quotation mark is not closed"
    last = _LAST_LINE.search(text)
    listed = bool(last and _LIST.match(last.group()))
    if (
        len(words(text)) > MIN_LONG_ANSWER_WORDS
        and not listed
        and not _CLOSED_END.search(text[-12:])
        and re.search(r"[.!?]\s", text)
    ):
        return "its last sentence has no end"
    return ""
