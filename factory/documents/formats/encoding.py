"""Decode the bytes of a text file: by its byte order mark, else as UTF-8 or UTF-16."""

import codecs

from factory.documents.formats import Unreadable

# Byte order marks; those of UTF-32 begin with those of UTF-16, so they come first.
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
# Encodings of text, by Python's names. Its other codecs decode no page: some always fail
# ("undefined"), some turn escapes into lone surrogates ("unicode_escape").
_SINGLE_BYTE = frozenset(
    "ascii iso8859-1 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 "
    "iso8859-9 iso8859-10 iso8859-11 iso8859-13 iso8859-14 iso8859-15 iso8859-16 koi8-r koi8-u "
    "koi8-t "
    "mac-roman mac-cyrillic mac-greek mac-latin2 mac-turkish mac-iceland tis-620 hp-roman8 ptcp154 "
    "cp437 cp720 cp737 cp775 cp850 cp852 cp855 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 "
    "cp866 cp869 cp874 cp1125 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 "
    "cp1256 cp1257 cp1258".split()
)
_MULTI_BYTE = frozenset(
    "utf-8 gbk gb2312 gb18030 hz big5 big5hkscs cp949 cp950 cp932 euc_jp euc_kr johab shift_jis "
    "shift_jis_2004 shift_jisx0213 euc_jis_2004 euc_jisx0213 iso2022_jp iso2022_jp_1 iso2022_jp_2 "
    "iso2022_jp_2004 iso2022_jp_3 iso2022_jp_ext iso2022_kr utf-16 utf-16-le utf-16-be "
    "utf-32".split()
)
_BROWSER_LABELS = {  # labels that only browsers know, or that they read as a larger encoding
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


def bom_encoding(raw: bytes) -> str:
    """Return the encoding of the file's byte order mark, empty if it has none."""
    return next((encoding for mark, encoding in _BOMS if raw.startswith(mark)), "")


def decode_text(raw: bytes, otherwise: str = "utf-8") -> str:
    """Decode the text, as `otherwise` if it has no byte order mark. Raises Unreadable."""
    if not raw.strip():
        raise Unreadable("it is empty")
    encoding = bom_encoding(raw) or (_utf16_without_bom(raw) if b"\0" in raw else otherwise)
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


def encoding_by_label(name: str) -> str:
    """Return the codec of a declared encoding, empty if it is not an encoding of text."""
    name = name.strip().lower()
    try:
        found = codecs.lookup(_BROWSER_LABELS.get(name, name)).name
    except (LookupError, ValueError):
        return ""
    if found in ("ascii", "iso8859-1"):  # files declare these but mean cp1252
        return "cp1252"
    return found if found in _SINGLE_BYTE | _MULTI_BYTE else ""


def verified_encoding(raw: bytes, declared: str) -> str:
    """Return the declared codec, or UTF-8 if it is a one-byte encoding but the bytes are UTF-8.

    No text in a one-byte encoding is UTF-8 by chance: each of its accented letters would have to
    be followed by a sign that never follows one.
    """
    if declared not in _SINGLE_BYTE or raw.isascii():
        return declared
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return declared
    return "utf-8"


def _utf16_without_bom(raw: bytes) -> str:
    """Detect UTF-16 without a mark: spaces and line ends have a NUL, always on the same side."""
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
