"""Paths of URLs without their segments `.` and `..`, as clients send them."""


def without_dots(path: str) -> str:
    """A path without its segments `.` and `..`, after RFC 3986, 5.2.4."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/".join(kept)
