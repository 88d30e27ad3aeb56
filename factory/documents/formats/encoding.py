"""Bytes of a text file as text: by the mark at its beginning, else UTF-8 or UTF-16."""

import codecs

from factory.documents.formats import Unreadable

# Marks at the beginning of a file that name its encoding; UTF-32's begin with UTF-16's, so they come first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
# Encodings of texts, by the names that Python gives them. Its other codecs decode no page: some fail
# always ("undefined"), some turn escapes into half surrogates ("unicode_escape").
_SINGLE = frozenset(
    "ascii iso8859-1 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 "
    "iso8859-10 iso8859-11 iso8859-13 iso8859-14 iso8859-15 iso8859-16 koi8-r koi8-u koi8-t "
    "mac-roman mac-cyrillic mac-greek mac-latin2 mac-turkish mac-iceland tis-620 hp-roman8 ptcp154 "
    "cp437 cp720 cp737 cp775 cp850 cp852 cp855 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 "
    "cp866 cp869 cp874 cp1125 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258".split()
)
_MULTIPLE = frozenset(
    "utf-8 gbk gb2312 gb18030 hz big5 big5hkscs cp949 cp950 cp932 euc_jp euc_kr johab shift_jis "
    "shift_jis_2004 shift_jisx0213 euc_jis_2004 euc_jisx0213 iso2022_jp iso2022_jp_1 iso2022_jp_2 "
    "iso2022_jp_2004 iso2022_jp_3 iso2022_jp_ext iso2022_kr utf-16 utf-16-le utf-16-be utf-32".split()
)
_BROWSERS = {  # names that only browsers know, and those that they take for a larger encoding
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "x-mac-roman": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-1": "cp1252",
    "iso-8859-9": "cp1254",
    "unicode-1-1-utf-8": "utf-8",
    "x-unicode20utf8": "utf-8",
    "utf8mb4": "utf-8",
}
_SAMPLE = 1 << 16  # bytes at the beginning that tell UTF-16 from a binary file


def marked(raw: bytes) -> str:
    """The encoding that the file's first bytes name; empty where they name none."""
    return next((encoding for mark, encoding in _MARKS if raw.startswith(mark)), "")


def decoded(raw: bytes, otherwise: str = "utf-8") -> str:
    """The text, in the encoding `otherwise` where no mark names one. Raises Unreadable."""
    if not raw.strip():
        raise Unreadable("it is empty")
    encoding = marked(raw) or (_two_bytes(raw) if b"\0" in raw else otherwise)
    if not encoding:
        raise Unreadable("it is a binary file, not text")
    shown = encoding.upper().removesuffix("-SIG")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is not {shown} (byte {error.start}); save it as UTF-8") from error
    if "\0" in text:
        raise Unreadable("it is a binary file, not text")
    return text


def known(name: str) -> str:
    """The codec of an encoding that a file declares; empty where it declares none of a text."""
    name = name.strip().lower()
    try:
        found = codecs.lookup(_BROWSERS.get(name, name)).name
    except (LookupError, ValueError):
        return ""
    if found in ("ascii", "iso8859-1"):  # which files say and don't mean
        return "cp1252"
    return found if found in _SINGLE | _MULTIPLE else ""


def agreed(raw: bytes, declared: str) -> str:
    """The declared codec, or UTF-8 where bytes that declare a one-byte encoding are UTF-8.

    No text of a one-byte encoding happens to be UTF-8: each of its accented letters would have to
    be followed by a sign that never follows one.
    """
    if declared not in _SINGLE or raw.isascii():
        return declared
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return declared
    return "utf-8"


def _two_bytes(raw: bytes) -> str:
    """UTF-16 without a mark: its spaces and line ends hold a NUL each, always on the same side."""
    sample = raw[: _SAMPLE - _SAMPLE % 2]
    for place, codec in ((1, "utf-16-le"), (0, "utf-16-be")):
        nulls, others = sample[place::2].count(0), sample[1 - place :: 2].count(0)
        if others or nulls < max(2, len(sample) // 100):
            continue
        try:
            text = sample.decode(codec, "strict" if len(sample) == len(raw) else "ignore")
        except UnicodeDecodeError:
            continue
        if sum(not (c.isprintable() or c.isspace()) for c in text) <= len(text) // 100:
            return codec
    return ""
