"""Bytes to text: plain text files in whatever encoding they are."""

import re
import unicodedata

from corpus.errors import CorpusError

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_LOOKED_AT = 200_000  # bytes from which an encoding is guessed
_WESTERN = re.compile("[\x09-\x7eÀ-ÖØ-öø-ÿŒœŠšŽžŸ“”‘’„‚–—…•€£©®™°«»§¿¡ªº´·½¼¾×\xa0\xad]*")
_HANZI_PAIR = re.compile(rb"[\xb0-\xd7][\xa1-\xfe]")  # the 3,755 commonest, GB 2312 level 1
_HIGH_PAIR = re.compile(rb"[\x80-\xff]{2}")
_LAST_HANGUL_LEAD = 0xC8  # Korean in EUC-KR uses the same rows, but none beyond this


def decode(data: bytes) -> str:
    """Return the text of a file: by its byte order mark, as UTF-8, or by what its bytes look like.

    Raises:
        CorpusError: the file is binary, or its encoding cannot be told.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if b"\0" in data:
        return _without_mark(data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _guess(data)


def _without_mark(data: bytes) -> str:
    """Decode UTF-16 that has no byte order mark, the one kind of text with NUL bytes."""
    ends = {"utf-16-le": b"\n\0", "utf-16-be": b"\0\n"}
    spaces = {"utf-16-le": b" \0", "utf-16-be": b"\0 "}
    best = max(ends, key=lambda encoding: data.count(ends[encoding]) + data.count(spaces[encoding]))
    text = data.decode(best, "replace")
    odd = sum(unicodedata.category(character) in ("Cc", "Cn", "Co") for character in text[:5000])
    breaks = sum(character in "\t\n\r" for character in text[:5000])
    if len(data) % 2 or "\0" in text or (odd - breaks) * 50 > len(text[:5000]):
        raise CorpusError("a binary file, not text. Convert it to a supported format.")
    return text


def _guess(data: bytes) -> str:
    """Decode bytes that are not UTF-8.

    charset-normalizer alone takes short Chinese text for Korean and short French for Baltic, so
    GB 18030 and Windows-1252 are tried first where their bytes are unmistakable.
    """
    from charset_normalizer import from_bytes

    sample = data[:_LOOKED_AT]
    hanzi = _HANZI_PAIR.findall(sample)
    beyond_korean = sum(pair[0] > _LAST_HANGUL_LEAD for pair in hanzi)
    if len(hanzi) * 2 > len(_HIGH_PAIR.findall(sample)) and beyond_korean * 8 > len(hanzi):
        try:
            return data.decode("gb18030")
        except UnicodeDecodeError:
            pass
    try:
        western = data.decode("cp1252")
    except UnicodeDecodeError:
        pass
    else:
        high = sum(byte > 0x7F for byte in sample)
        if high * 5 < len(sample) and _WESTERN.fullmatch(western):
            return western
    best = from_bytes(sample).best()
    if best is None:
        raise CorpusError("text in an encoding that cannot be told. Save it as UTF-8.")
    return data.decode(best.encoding, "replace")
