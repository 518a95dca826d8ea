"""Lines of emitted source: docstrings that hold any text, lines of readable width, names that are free."""
from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable

from .literal import WIDTH


def docstring(text: str, indent: int) -> list[str]:
    """The lines of a docstring that reads back as the text, wrapped; what does not print is shown by its escape.

    >>> docstring("any text", 4) == [4 * " " + 3 * '"' + "any text" + 3 * '"']
    True
    """
    seen = "".join(c if c.isprintable() or c == "\n" else _code(c) for c in text)
    width, pad = WIDTH - indent - 6, " " * indent
    raw = [line for part in seen.split("\n") for line in _wrapped(part, width)]
    if len(raw) == 1 and raw[0].endswith('"'):
        lines = [_escaped(raw[0][:-1]) + '\\"']
    else:
        lines = [_escaped(line) for line in raw]
    lines[0] = f'"""{lines[0]}'
    if len(lines) == 1:
        lines[0] += '"""'
    else:
        lines.append('"""')
    return [(pad + line).rstrip() for line in lines]


def fits(line: str) -> bool:
    """Whether a line is of readable width."""
    return len(line) <= WIDTH


def opened(head: str, inner: str, tail: str) -> str:
    """What stands in brackets, on lines of its own where one line is too short.

    >>> opened("f(", "x", ")")
    'f(x)'
    """
    if fits(head + inner + tail):
        return head + inner + tail
    outer = " " * (len(head) - len(head.lstrip()))
    lines = textwrap.fill(inner, WIDTH, initial_indent=outer + "    ", subsequent_indent=outer + "    ",
                          break_long_words=False, break_on_hyphens=False)
    return f"{head}\n{lines}\n{outer}{tail}"


def assigned(head: str, text: str) -> str:
    """A line `head text` of a method; when it is too long, its brackets are opened up, or put around it."""
    line = f"        {head}{text}"
    if fits(line):
        return line
    function, bracket, inner = text.partition("(")
    if not bracket or not _closes_last(inner):
        function, inner = "", text + ")"
    return opened(f"        {head}{function}(", inner[:-1], ")")


def free(name: str, taken: set[str]) -> str:
    """The name, with underscores behind it until it is not taken.

    >>> free("self", {"self", "self_"})
    'self__'
    """
    while name in taken:
        name += "_"
    return name


def quoted(text: str) -> str:
    """The string literal of any text, in double quotes where it holds none.

    >>> print(quoted("D(4).regular"), quoted("a \\n"))
    "D(4).regular" "a \\n"
    """
    literal = repr(text)
    return literal if '"' in literal else f'"{literal[1:-1]}"'


def sequence(texts: Iterable[str]) -> str:
    """The tuple of these expressions.

    >>> sequence(["a"]), sequence(["a", "b"])
    ('(a,)', '(a, b)')
    """
    found = list(texts)
    return f"({', '.join(found)}{',' if len(found) == 1 else ''})"


def is_plain(name: str) -> bool:
    """Whether `self.name` reads the attribute of this very name: Python rewrites some, `__x` and ligatures."""
    return unicodedata.normalize("NFKC", name) == name and not (name.startswith("__") and not name.endswith("__"))


def _wrapped(part: str, width: int) -> list[str]:
    """The text in lines that are not too long once escaped; a line of any kind stays a line."""
    lines = []
    held = re.sub(r"\([^()]{,40}\)", lambda found: found[0].replace(" ", "\0"), part)  # no line ends inside PSL(2, q=7)
    for line in textwrap.wrap(held, width, break_on_hyphens=False) or [""]:
        line = line.replace("\0", " ")
        if len(line) > 1 and len(_escaped(line)) > WIDTH:
            lines += _wrapped(line, width // 2)
        else:
            lines.append(line)
    return lines


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _code(c: str) -> str:
    return c.encode("unicode_escape").decode("ascii")


def _closes_last(text: str) -> bool:
    """Whether the bracket that is open before the text is closed by its last character."""
    depth = 1
    for place, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if depth == 0:
            return place == len(text) - 1
    return False
