"""Language: whether a text is written in the script and language of its source, as far as so many words can tell."""

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from filters.text.segment import remembered

MOST_LETTERS = 4000  # of a source; more don't change its language
LEAST_LETTERS = 4  # fewer have no script of their own: "km", "Ω"
FOREIGN = 0.6  # least share of a text's letters that are of a script that its source hardly has
HARDLY = 0.05
LEAST_WORDS = 3  # different function words that give a language away

_ASCII_LETTERS = re.compile(r"[A-Za-z]+")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_WORD = re.compile(r"[^\W\d_]+")
# Words that hardly any sentence does without; one that two of these languages share counts for both.
_FUNCTION = {
    language: frozenset(spelled.split())
    for language, spelled in {
        "English": "the of and to in is are was be for with that which on by must may not from or an as at this it has who what how when",
        "German": "der die das und ist sind den dem des ein eine einer nicht mit von für auf wird werden zu im bei oder wie wer dass muss",
        "French": "le la les des du et est sont un une dans pour que qui par sur avec au aux ne pas ou doit quel quelle il elle ce cette",
        "Spanish": "el la los las de del y es son un una en para que por con se no al o debe su lo como cuando qué quién cuál",
        "Italian": "il lo la gli le di del della e è sono un una in per che con si non al o deve nel dei delle come quando",
        "Portuguese": "o os as de do da dos das e é são um uma em para que por com se não ao ou deve no na como quando",
        "Dutch": "de het een en is zijn van in voor met dat die op niet door aan of moet wordt worden bij wie wat hoe",
        "Swedish": "och att det som en ett är av för på med den till inte om har eller ska kan vid de hur vem",
        "Polish": "i w na z do jest są nie się o za po od przez dla oraz lub który jak kto musi może",
    }.items()
}

# Codes of ISO 639-1, of the languages above and of scripts that one language alone writes.
_CODES = {
    **{"English": "en", "German": "de", "French": "fr", "Spanish": "es", "Italian": "it", "Portuguese": "pt", "Dutch": "nl"},
    **{"Swedish": "sv", "Polish": "pl", "Greek": "el", "Hangul": "ko", "Thai": "th", "Hebrew": "he", "Georgian": "ka", "Armenian": "hy"},
}
_KANA = re.compile(r"[\u3040-\u30ff]")


def code_of(text: str) -> str:
    """The ISO 639-1 code of the language that a text begins in; "" where its script and function words don't tell."""
    text = text[:MOST_LETTERS]
    scripts = _scripts(text)
    if not scripts:
        return ""
    script, count = scripts.most_common(1)[0]
    if count < FOREIGN * scripts.total():
        return ""
    if script == "Chinese or Japanese":
        return "ja" if _KANA.search(text) else "zh"
    return _CODES.get(_language(text) if script == "Latin" else script, "")


def other_language(text: str, source: str) -> str:
    """The script or language of the text where its source is written in another one; "" where they are alike or the text is too short."""
    mine = _scripts(text)
    if mine.total() < LEAST_LETTERS:
        return ""
    theirs = _scripts(source)
    script, count = mine.most_common(1)[0]
    if count >= FOREIGN * mine.total() and theirs[script] < HARDLY * theirs.total():
        return script
    return _other_function_words(text, source) if script == "Latin" else ""


def _other_function_words(text: str, source: str) -> str:
    language, known = _language(source), _function_words(text)
    if not language:
        return ""
    other, count = known.most_common(1)[0]
    return other if count >= LEAST_WORDS and count > 2 * known[language] else ""


@remembered
def _language(source: str) -> str:
    """The language whose function words stand in the source by far most often."""
    (first, most), (_, next_most) = _function_words(source[:MOST_LETTERS]).most_common(2)
    return first if most >= LEAST_WORDS and most > 1.3 * next_most else ""


def speaks_english(text: str) -> bool:
    """Whether nothing says that the text is in another language: rules of English grammar may judge it."""
    scripts = _scripts(text)
    if scripts["Latin"] < FOREIGN * scripts.total():
        return False
    known = _function_words(text)
    other, count = known.most_common(1)[0]
    return other == "English" or count < 2 or count <= known["English"]


@remembered
def _function_words(text: str) -> Counter[str]:
    found = {w.casefold() for w in _WORD.findall(text)}
    return Counter({language: len(words & found) for language, words in _FUNCTION.items()})


@remembered
def _scripts(text: str) -> Counter[str]:
    """How many letters there are of each script; Chinese and Japanese are one, as they share most of theirs."""
    text = text[:MOST_LETTERS]
    counts = Counter(_script(c) for c in _BEYOND_ASCII.findall(text) if c.isalpha())
    counts["Latin"] += sum(len(run) for run in _ASCII_LETTERS.findall(text))
    return +counts


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "").split(" ")[0]
    if name in ("CJK", "HIRAGANA", "KATAKANA"):
        return "Chinese or Japanese"
    return "Latin" if name in ("LATIN", "FULLWIDTH", "FEMININE", "MASCULINE", "MICRO") else name.capitalize()
