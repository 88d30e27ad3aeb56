"""Read numbers and dates in Japanese and Chinese text, which has no spaces between words.

Examples: 二十四時間, 24時間, 5万円, 三月三十一日.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from filters.text.dates import Moment
from filters.text.numbers import Number, canonical_amount

_ZEROS = "٠۰߀०০੦૦୦௦౦೦൦๐໐༠၀០᠐０"  # the zeros of scripts whose digits follow their zero in Unicode
# Each character is replaced by one character, so that places in the text stay valid.
TO_ASCII = str.maketrans("％．，：－＄￥（）٫٬٪", "%.,:-$¥().,%") | {
    ord(zero) + n: str(n) for zero in _ZEROS for n in range(10)
}
CJK_LETTER = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")

_COUNTERS = {
    spelling: name
    for name, spellings in {
        "second": "秒間 秒",
        "minute": "分間 分钟 分鐘 分",
        "hour": "時間 小时 小時",
        "workingday": "営業日 工作日",
        "day": "日間 日 天",
        "week": "週間 周间 星期 週 周",
        "month": "か月 ヶ月 カ月 ヵ月 ケ月 箇月 个月 個月",
        "year": "年間 年",
        "percent": "% パーセント",
        "yen": "円",
        "dollar": "ドル 美元",
        "euro": "ユーロ 欧元",
        "": "人 名 回 件 個 台 本 枚 条 項 章 号 歳 时 時 次 元",
    }.items()
    for spelling in spellings.split()
}
_DIGITS = {c: n % 10 for n, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "両": 2, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "億": 10**8, "亿": 10**8, "兆": 10**12}
_SIGNS = "0-9〇零一二三四五六七八九十百千万億亿兆両两"
_NUMERAL = rf"[{_SIGNS}](?:[.,{_SIGNS}]*[{_SIGNS}])?"
_NUMBER = re.compile(
    rf"(?<![A-Za-z0-9_.])(?P<num>{_NUMERAL})"
    rf"(?P<counter>{'|'.join(sorted(_COUNTERS, key=len, reverse=True))})?(?![0-9])"
)
_DATE = re.compile(
    r"(?:(?P<y>[0-9]{4}|[〇零一二三四五六七八九]{4})年)?(?P<m>[0-9]{1,2}|[一二三四五六七八九十]{1,2})月(?P<d>[0-9]{1,2}"
    r"|[一二三四五六七八九十]{1,3})日"
)
_ENOUGH = re.compile(r"十分(?=[なにでと])")  # "enough", not ten minutes


def find_cjk_numbers(text: str) -> Iterator[Number]:
    """Yield the numbers that have a counter or a neighbouring CJK letter.

    A lone 一 without a counter is part of a word.
    """
    for m in _NUMBER.finditer(text):
        ascii_digits = m["num"][0].isascii()
        has_cjk_neighbour = bool(
            CJK_LETTER.match(text, m.end("num"))
            or (m.start() and CJK_LETTER.match(text[m.start() - 1]))
        )
        if (
            (ascii_digits and not has_cjk_neighbour)
            or (not ascii_digits and not _is_numeral(m))
            or _ENOUGH.match(text, m.start())
        ):
            continue
        unit = _COUNTERS.get(m["counter"] or "", "")
        yield Number(
            canonical_amount(_amount(m["num"])), unit, m.start(), m.end() if unit else m.end("num")
        )


def find_cjk_dates(text: str) -> Iterator[Moment]:
    for m in _DATE.finditer(text):
        year = f"{int(_amount(m['y'])):04d}" if m["y"] else ""
        yield Moment(
            f"{year}-{int(_amount(m['m'])):02d}-{int(_amount(m['d'])):02d}", m.start(), m.end()
        )


def _is_numeral(m: re.Match[str]) -> bool:
    return bool(m["counter"]) or (
        len(m["num"]) > 1 and any(c in _TENS or c in _MYRIADS for c in m["num"])
    )


def _amount(numeral: str) -> Decimal:
    """Return the value of a numeral such as 24, 二十四, 2千5百, 5万3千 or 二〇二五."""
    total = section = Decimal(0)
    digits = ""
    for c in numeral.replace(",", ""):
        if c in _DIGITS or c.isascii():
            digits += str(_DIGITS.get(c, c))
            continue
        amount = Decimal(digits) if digits.strip(".") else None
        digits = ""
        if c in _TENS:
            section += (amount if amount is not None else 1) * _TENS[c]
        else:
            section += amount or 0
            total, section = total + (section or 1) * _MYRIADS[c], Decimal(0)
    return total + section + (Decimal(digits) if digits.strip(".") else 0)
