"""What a text file is written in: found, said, and refused where it cannot be told."""

from __future__ import annotations

import re
from itertools import islice

from cjm_lab.errors import SourceError

UTF8_BOM = b"\xef\xbb\xbf"
BOMS = {
    UTF8_BOM: ("utf-8-sig", "UTF-8 with a byte order mark"),
    b"\xff\xfe": ("utf-16", "UTF-16"),
    b"\xfe\xff": ("utf-16", "UTF-16"),
}
#: Encodings that survey tools and spreadsheets write when they don't write Unicode.
_LEGACY = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "mac_roman", "shift_jis",
           "gb18030", "big5", "euc_kr"]  # fmt: skip
_WESTERN = {"cp1252", "latin_1", "iso8859_15"}
_MANY_BYTES = {"shift_jis", "gb18030", "big5", "euc_kr"}


def to_utf8(data: bytes, file: str) -> tuple[bytes, str]:
    """Return a text as UTF-8, and in words what it was written in.

    Raises
    ------
    SourceError
        If the encoding cannot be told, or the file is no text.
    """
    encoding = next((found for bom, found in BOMS.items() if data.startswith(bom)), None)
    codec, words = encoding or ("utf-8", "UTF-8")
    if data.isascii() and b"\0" not in data:
        return data, words
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        if encoding:
            raise SourceError(
                f"{file} must be saved as UTF-8: {error.reason} at byte {error.start}"
            ) from None
        codec = _legacy_encoding(data, file, error)
        text, words = data.decode(codec), _encoding_words(codec)
    if "\0" in text:
        raise SourceError(
            f"{file} must be text, got a NUL character ({text.index(chr(0))} characters from its "
            "start); export it again as CSV in UTF-8"
        )
    return (data if codec == "utf-8" else text.encode()), words


def _legacy_encoding(data: bytes, file: str, error: UnicodeDecodeError) -> str:
    """Return the encoding of a text that is not UTF-8, judged by its lines beyond ASCII."""
    from charset_normalizer import from_bytes

    lines = islice(re.finditer(rb"[^\r\n]*[\x80-\xff][^\r\n]*", data), 400)
    sample = b"\n".join(line[0][:2000] for line in lines)
    found = [
        (match, {match.encoding, *match.could_be_from_charset})
        for match in from_bytes(sample, cp_isolation=_LEGACY)
    ]
    if found:
        best = found[0][0]
        level = [
            names for match, names in found
            if (match.chaos, match.coherence) == (best.chaos, best.coherence)
        ]  # fmt: skip
        if any(names & _WESTERN for names in level):
            # Encodings that fit equally well: the western one is what spreadsheets write.
            if not any(names & _MANY_BYTES for names in level) and _decodes(data, "cp1252"):
                return "cp1252"
        elif (len(level) == 1 or best.coherence) and _decodes(data, best.encoding):
            return best.encoding
    raise SourceError(
        f"{file} must be saved as UTF-8: {error.reason} at byte {error.start}, and its encoding "
        "cannot be told; save it again as CSV in UTF-8"
    )


def _decodes(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _encoding_words(codec: str) -> str:
    return codec.replace("cp", "Windows-", 1) if codec.startswith("cp") else codec
