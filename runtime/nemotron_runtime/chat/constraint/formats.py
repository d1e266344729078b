"""String formats of JSON schema as patterns. Each admits part of its format and nothing else."""

from __future__ import annotations

_DATE = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = rf"{_LABEL}(?:\.{_LABEL}){{0,7}}"
_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_QUAD = rf"{_BYTE}(?:\.{_BYTE}){{3}}"
_HEXES = "[0-9A-Fa-f]{1,4}"
_URI_CHARACTER = r"(?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})"
_FRAGMENT = rf"(?:#{_URI_CHARACTER}*)?"
_CLOCK = r"T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S)"
_CALENDAR = r"(?:\d+Y(?:\d+M(?:\d+D)?)?|\d+M(?:\d+D)?|\d+D)"


def _ipv6() -> str:
    groups = [rf"(?:{_HEXES}:){{7}}{_HEXES}", "::", rf"::{_HEXES}(?::{_HEXES}){{0,6}}"]
    for before in range(1, 8):
        head = rf"{_HEXES}(?::{_HEXES}){{{before - 1}}}::"
        groups.append(head if before == 7 else rf"{head}(?:{_HEXES}(?::{_HEXES}){{0,{6 - before}}})?")
    return "|".join(groups)


def _whole(pattern: str) -> str:
    return f"^(?:{pattern})$"


FORMATS = {
    name: _whole(pattern)
    for name, pattern in {
        "date": _DATE,
        "time": _TIME,
        "date-time": f"{_DATE}T{_TIME}",
        "duration": f"P(?:{_CALENDAR}(?:{_CLOCK})?|{_CLOCK}|\\d+W)",
        "email": rf"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@{_LABEL}(?:\.{_LABEL}){{1,3}}",
        "hostname": _HOST,
        "ipv4": _QUAD,
        "ipv6": _ipv6(),
        "uuid": r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        "uri": rf"[A-Za-z][A-Za-z0-9+.-]*:{_URI_CHARACTER}+{_FRAGMENT}",
        "uri-reference": rf"{_URI_CHARACTER}*{_FRAGMENT}",
        "json-pointer": r"(?:/(?:[A-Za-z0-9_.!$&'()*+,;:=@-]|~[01])*)*",
    }.items()
}
