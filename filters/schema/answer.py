"""Reply: faults of an answer as such: placeholders, an answer that breaks off, echoes of the prompt, words about the text."""

import re

from filters.text.segment import words

MAX_ANSWER_WORDS = 120  # longer ones are copied excerpts
LONG_WORDS = 30  # an answer of several sentences ends with a full stop
_PLACEHOLDER = re.compile(
    r"\bas an? (?:ai|(?:large )?language model)\b|\bi(?:'m| am) sorry|\bi (?:can(?:no|['’])t|am unable to)"
    r" (?:answer|provide|help|assist|determine)|\bi (?:do not|don['’]t) have (?:access|enough|any information|the information)"
    r"|\blorem ipsum|[\[(]insert\b|(?-i:\[(?!sic\b)[a-z][a-z _-]{1,30}\])(?!\()|\{\{?\s?\w+\s?\}?\}"
    r"|<(?:answer|name|value|number|date)>"
    r"|your answer here|\bn/?a$|the answer is in|_{2,}|^(?:tbd|todo|tba|xxx+|\?+|answer|null|none given)\W*$",
    re.I,
)
_THE = "the|this|that|given|above|following|provided"
_TEXT = "passage|excerpt|sentence|fact|paragraph|section|statement|heading|context|clause"
_META = re.compile(
    rf"\b(?:{_THE})\s+(?:(?:provided|given|above|following)\s)?(?:{_TEXT})\b(?!\s(?:message|field|editor|size|box|file|input|mode)s?\b"
    r"|\sthat\b|\sof (?:time|account|use))"
    r"|\b(?:stated|described|given|noted|set out|found) in the text\b"  # "What does the text say of …?" asks of what stands before it
    r"|\baccording to (?:the|this) (?:document|policy|procedure|text)\b"
    r"|\b(?:the|this) document (?:says|states|mentions|describes|specifies)\b"
    r"|\b(?:stated|described|given|noted|set out|found) in the (?:source|document)\b"
    r"|\bthe (?:author|writer) (?:say|state|write|mention)s?\b"
    r"|\bmentioned\b|\bexam question\b",
    re.I,
)
_ECHO = re.compile(
    r"(?:^|\n)\s*(?:question|answer|excerpt|passage|instruction|assistant|quotes?|q|a(?!.*\bb\s?:))\s?:|\n\s*(?:user|system)\s?:"
    r"|<\|\w+\|>|</?s>|\[/?INST\]|^(?:sure|certainly|of course)[!,.]|^here(?:'s| is| are) (?:the|your|my|an?) (?:\w+ )?answers?\b",
    re.I,
)
_OPEN_END = re.compile(
    r"(?:…|\.\.\.|[,:(\[–—]|\s-|\b(?:the|an?|of|and|or|nor|but|into|than|because|unless|whose|must|shall|should|provided))\s*$",
    re.I,
)
_CLOSED_END = re.compile(r"[.!?:;。！？…][\"'”’»)\]*]*\s*$")
_LAST_LINE = re.compile(r"[^\n]*\s*\Z")
_LIST = re.compile(r"^\s*(?:[-*+•|]|\(?\w{1,2}[.)])\s*")
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"), ("“", "”"), ("«", "»"))
_INCH = re.compile(r"(?<=\d)\"")


def placeholder(text: str) -> str:
    """The words that stand for an answer instead of being one."""
    m = _PLACEHOLDER.search(text)
    return m.group() if m else ""


def about_the_text(text: str) -> str:
    """The words that speak of the text instead of its subject."""
    m = _META.search(text)
    return m.group() if m else ""


def echo(question: str, answer: str) -> str:
    """The words of the prompt or of the question that the answer repeats."""
    if m := _ECHO.search(answer):
        return m.group().strip()
    asked = " ".join(question.casefold().split())
    return question.strip()[:60] if len(words(asked)) > 4 and asked in " ".join(answer.casefold().split()) else ""


def broken_off(answer: str) -> str:
    """How an answer ends in the middle: its last words, or what is opened in it and not closed."""
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
    if len(words(text)) > LONG_WORDS and not listed and not _CLOSED_END.search(text[-12:]) and re.search(r"[.!?]\s", text):
        return "its last sentence has no end"
    return ""
