"""Map characters of symbol fonts (Symbol, Wingdings) in formulas and ticks to Unicode."""

_WINGDINGS = {0xA8: "☐", 0x6F: "☐", 0xFE: "☒", 0xFD: "☒", 0xFC: "✓", 0xFB: "✗"}
_WINGDINGS_2 = {0xA3: "☐", 0x2A: "☐", 0x52: "☒", 0x53: "☒", 0x54: "☒", 0x50: "✓", 0x4F: "✗"}
_WEBDINGS = {0x63: "☐", 0x61: "✓", 0x72: "✗"}
_GREEK = zip("abcdefghiklmnopqrstuwxyz", "αβχδεφγηικλμνοπθρστυωξψζ", strict=True)
_CAPITALS = zip("DFGLPQSWXY", "ΔΦΓΛΠΘΣΩΞΨ", strict=True)
_SIGNS = {
    **{0xA2: "′", 0xA3: "≤", 0xA5: "∞", 0xAC: "←", 0xAD: "↑", 0xAE: "→", 0xAF: "↓", 0xB0: "°"},
    **{0xB1: "±", 0xB2: "″", 0xB3: "≥", 0xB4: "×", 0xB6: "∂", 0xB7: "•", 0xB8: "÷", 0xB9: "≠"},
    **{0xBA: "≡", 0xBB: "≈", 0xD2: "®", 0xD3: "©", 0xD4: "™", 0xD6: "√", 0xE5: "∑", 0xF2: "∫"},
}
_FONTS = {
    "wingdings": _WINGDINGS,
    "wingdings 2": _WINGDINGS_2,
    "wingdings 3": {},
    "webdings": _WEBDINGS,
    "symbol": {ord(letter): greek for letter, greek in [*_GREEK, *_CAPITALS]} | _SIGNS,
}
_TICK = 2  # characters of the longest run in Wingdings whose letters are read as its pictures


def symbol_character(code: str, font: str) -> str:
    """Return the character that `w:sym` names by its hexadecimal code and font."""
    try:
        number = int(code[:8], 16)
    except ValueError:
        return ""
    if 0xF000 <= number <= 0xF0FF:  # a font's own characters are shifted there
        return _glyph(number & 0xFF, font.lower())
    if number in _FONTS.get(font.lower(), {}):
        return _glyph(number, font.lower())
    return chr(number) if 0x20 <= number < 0xD800 else ""


def decode_symbol_font(words: str, font: str) -> str:
    """Decode text that is set in a font, which may be a symbol font."""
    name = font.lower()
    if name not in _FONTS:
        return words
    ticks = name != "symbol" and len(words.strip()) <= _TICK
    return "".join(_decode_character(c, name, ticks) for c in words)


def _decode_character(c: str, font: str, ticks: bool) -> str:
    if 0xF000 <= ord(c) <= 0xF0FF:
        return _glyph(ord(c) & 0xFF, font)
    return _FONTS[font].get(ord(c), c) if ticks else c


def _glyph(code: int, font: str) -> str:
    """Return a character of a font by its code, a bullet for unknown pictures."""
    if known := _FONTS.get(font, {}).get(code):
        return known
    if font.startswith(("wingdings", "webdings")):
        return "•"
    return chr(code) if code >= 0x20 else ""
