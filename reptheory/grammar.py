"""The grammar of the expressions that `repr` prints: text → tokens → syntax tree. Nothing is looked up here."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

LENGTH = 200_000   # the longest text that is read
DEPTH = 40         # the deepest tree: brackets, attributes and calls inside one another
DIGITS = 1_000     # the most digits of a number
WINDOW = 60        # the characters that a message shows on either side of the fault

TOKEN = re.compile(r"""(?P<space>\s+|\#[^\n]*)
    |(?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?j?)
    |(?P<name>[^\W\d]\w*)
    |(?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
    |(?P<mark>\*\*|>>|[-+*.,:=()\[\]{}])""", re.X)
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.S)
ESCAPES = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "t": "\t", "r": "\r"}
CLOSING = {"(": ")", "[": "]", "{": "}"}
STARTS = "a name, a number, a text in quotes, or an opening bracket"


class ExpressionError(ValueError):
    """A text that is no expression: the fact, the place under a caret, and what may stand there."""

    def __init__(self, fact: str, text: str, at: int, end: int, remedy: str = "") -> None:
        super().__init__("\n".join(filter(None, [fact, *_marked(text, at, end), remedy])))
        self.fact, self.text, self.at = fact, text, at

    def __reduce__(self):
        return _again, (str(self), self.fact, self.text, self.at)


def _again(message: str, fact: str, text: str, at: int) -> ExpressionError:
    error = ExpressionError(fact, text, at, at)
    error.args = (message,)
    return error


def _marked(text: str, at: int, end: int) -> list[str]:
    """The line with the fault, cut where it is long, and carets below."""
    start = text.rfind("\n", 0, at) + 1
    stop = text.find("\n", at)
    stop = len(text) if stop < 0 else stop
    left, right = max(start, at - WINDOW), min(stop, at + WINDOW)
    head, tail = "…" * (left > start), "…" * (right < stop)
    shown = "".join(c if c.isprintable() else " " for c in text[left:right])
    width = max(1, min(end, right) - at)
    return [f"  {head}{shown}{tail}", " " * (2 + len(head) + at - left) + "^" * width]


def suggestion(word: str, choices: Sequence[str], heading: str) -> str:
    """The nearest choice where there is one, and all of them: "Did you mean 'sign'? …"."""
    close = get_close_matches(word, choices, 1)
    start = f"Did you mean {close[0]!r}? " if close else ""
    return f"{start}{heading} {', '.join(choices)}."


@dataclass(frozen=True)
class Token:
    """A piece of the text: its kind (number, name, text, mark, end), and where it stands."""

    kind: str
    text: str
    at: int

    @property
    def end(self) -> int:
        """The position after it."""
        return self.at + len(self.text)


@dataclass(frozen=True)
class Node:
    """A node of the syntax tree.

    `kind` is "name", "integer", "decimal", "text", "[", "(", "{", "call", ".", "at" (an index), or an operator;
    `parts` are the nodes below, `names` the keywords of a call ("" for arguments by position).
    """

    kind: str
    at: int
    end: int
    value: str | int | float | complex = ""
    parts: tuple[Node, ...] = ()
    names: tuple[str, ...] = ()
    depth: int = 1


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a text, spaces and comments left out, an end mark last.

    >>> [t.text for t in tokens("C(4).sign  # dim 1")]
    ['C', '(', '4', ')', '.', 'sign', '']
    """
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            if text[at] in "'\"":
                raise ExpressionError("this text has no end.", text, at, at + 1, "Close it with the same quote.")
            raise ExpressionError(f"{text[at]!r} has no place in an expression.", text, at, at + 1,
                                  "Expressions are those that repr prints, such as D(4).regular.")
        if match.lastgroup != "space":
            yield Token(str(match.lastgroup), match[0], at)
        at = match.end()
    yield Token("end", "", len(text))


def parse(text: str) -> Node:
    """The syntax tree of an expression; ExpressionError shows the first place where it stops being one.

        pair     = sum [">>" sum]
        sum      = product {("+" | "-") product}
        product  = power {"*" power}
        power    = ["-"] postfix ["**" postfix]
        postfix  = atom {"." name | "(" arguments ")" | "[" integer "]"}
        atom     = name | number | text | "(" … ")" | "[" … "]" | "{" text ":" pair, … "}"

    >>> tree = parse("2*D(4).sign"); tree.kind, [part.kind for part in tree.parts]
    ('*', ['integer', '.'])
    """
    if len(text) > LENGTH:
        raise ExpressionError(f"the text has {len(text)} characters, and at most {LENGTH} are read.", "", 0, 0,
                              "Give large groups by a file: --group-file, or groups={'G': group}.")
    strange = next((at for at, c in enumerate(text) if "\ud800" <= c <= "\udfff"), None)
    if strange is not None:
        raise ExpressionError("half of a surrogate pair is no character.", text, strange, strange + 1, "Leave it out.")
    return _Parser(text).whole()


class _Parser:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.text, self.nesting = text, 0
        self.stream = tokens(text)
        self.token = next(self.stream)

    def whole(self) -> Node:
        """The only expression of the text."""
        node = self.pair()
        if self.token.kind != "end":
            raise self.unexpected("an operator +, *, ** or >>, a dot, or the end")
        return node

    # Tokens ------------------------------------------------------------------------------------------------
    def take(self) -> Token:
        """The current token; the next one becomes current."""
        token = self.token
        if token.kind != "end":
            self.token = next(self.stream)
        return token

    def sees(self, *marks: str) -> bool:
        """Whether the current token is one of these marks."""
        return self.token.kind == "mark" and self.token.text in marks

    def expect(self, mark: str, wanted: str) -> Token:
        """This mark, or an error that says what may stand here."""
        if not self.sees(mark):
            raise self.unexpected(wanted)
        return self.take()

    def unexpected(self, wanted: str) -> ExpressionError:
        """The error for the current token."""
        token = self.token
        fact = "the expression ends too early." if token.kind == "end" else f"{token.text[:40]!r} cannot stand here."
        return ExpressionError(fact, self.text, token.at, token.end, f"What may stand here: {wanted}.")

    def node(self, kind: str, at: int, value: str | int | complex = "", parts: Sequence[Node] = (),
             names: Sequence[str] = ()) -> Node:
        """A node that ends before the current token; ExpressionError where the tree gets too deep."""
        depth = 1 + max((part.depth for part in parts), default=0)
        if depth > DEPTH:
            raise ExpressionError(f"the expression is nested more than {DEPTH} deep.", self.text, at, at + 1,
                                  "Make its parts in Python, and combine them there.")
        return Node(kind, at, self.last, value, tuple(parts), tuple(names), depth)

    last = 0  # where the last token of the node in hand ended

    # Rules -------------------------------------------------------------------------------------------------
    def pair(self) -> Node:
        """sum [">>" sum]"""
        left = self.sum()
        if not self.sees(">>"):
            return left
        self.take()
        return self.node(">>", left.at, parts=(left, self.sum()))

    def sum(self) -> Node:
        """product {("+" | "-") product}; a difference is the sum with the last term negated."""
        terms = [self.product()]
        while self.sees("+", "-"):
            sign = self.take()
            term = self.product()
            terms.append(term if sign.text == "+" else self.node("-", sign.at, parts=(term,)))
        return terms[0] if len(terms) == 1 else self.node("+", terms[0].at, parts=terms)

    def product(self) -> Node:
        """power {"*" power}"""
        factors = [self.power()]
        while self.sees("*"):
            self.take()
            factors.append(self.power())
        return factors[0] if len(factors) == 1 else self.node("*", factors[0].at, parts=factors)

    def power(self) -> Node:
        """["-"] postfix ["**" postfix]"""
        if self.sees("-"):
            sign = self.take()
            return self.node("-", sign.at, parts=(self.postfix(),))
        base = self.postfix()
        if not self.sees("**"):
            return base
        self.take()
        return self.node("**", base.at, parts=(base, self.postfix()))

    def postfix(self) -> Node:
        """atom {"." name | "(" arguments ")" | "[" integer "]"}"""
        node = self.atom()
        while self.sees(".", "(", "["):
            mark = self.take()
            if mark.text == ".":
                if self.token.kind != "name":
                    raise self.unexpected("a name after the dot")
                name = self.word()
                node = self.node(".", name.at, name.text, (node,))
            elif mark.text == "(":
                names, parts = self.arguments()
                node = self.node("call", node.at, "", (node, *parts), names)
            else:
                index = self.items("]", self.pair)
                if len(index) != 1 or index[0].kind != "integer":
                    raise ExpressionError("an index is one integer.", self.text, mark.at, self.last,
                                          "Write G.projections[0].")
                node = self.node("at", mark.at, "", (node, index[0]))
        return node

    def atom(self) -> Node:
        """A name, a number, a text, or something in brackets."""
        token = self.token
        if token.kind == "name":
            self.word()
            return self.node("name", token.at, token.text)
        if token.kind == "number":
            return self.number()
        if token.kind == "text":
            self.word()
            return self.node("text", token.at, self.unquoted(token))
        if not self.sees(*CLOSING):
            raise self.unexpected(STARTS)
        return self.bracket()

    def word(self) -> Token:
        """The current token, taken as the end of a node."""
        token = self.take()
        self.last = token.end
        return token

    def number(self) -> Node:
        """An integer, or a decimal number (the approximate root of a number field)."""
        token = self.word()
        if len(token.text) > DIGITS:
            raise ExpressionError(f"this number has {len(token.text)} digits, and at most {DIGITS} are read.",
                                  self.text, token.at, token.end, "Give a smaller number.")
        if token.text.isdigit():
            return self.node("integer", token.at, int(token.text))
        return self.node("decimal", token.at, complex(token.text) if token.text[-1] in "jJ" else float(token.text))

    def unquoted(self, token: Token) -> str:
        """The characters that a text in quotes stands for."""
        def plain(match: re.Match[str]) -> str:
            code = match[1]
            found = ESCAPES.get(code) or (chr(int(code[1:], 16)) if len(code) > 1 else "")
            if not found or "\ud800" <= found <= "\udfff":
                at = token.at + 1 + match.start()
                raise ExpressionError(f"\\{code} is no escape.", self.text, at, at + 2,
                                      r"The escapes are \\ \' \" \n \t \r \xhh and \uhhhh.")
            return found
        return ESCAPE.sub(plain, token.text[1:-1])

    def bracket(self) -> Node:
        """(x), a tuple, a list, or a table of texts."""
        opening = self.take()
        kind, closing = opening.text, CLOSING[opening.text]
        if kind == "{":
            pairs = self.items(closing, self.entry)
            return self.node(kind, opening.at, "", [value for entry in pairs for value in entry.parts])
        trailing: list[bool] = []
        parts = self.items(closing, self.pair, trailing)
        if kind == "(" and len(parts) == 1 and not trailing:
            return parts[0]
        return self.node(kind, opening.at, "", parts)

    def entry(self) -> Node:
        """text ":" pair"""
        if self.token.kind != "text":
            raise self.unexpected("a text in quotes, the name of a generator")
        key = self.atom()
        self.expect(":", "a colon and a value")
        return self.node(":", key.at, "", (key, self.pair()))

    def arguments(self) -> tuple[list[str], list[Node]]:
        """The arguments of a call, those by position first."""
        names: list[str] = []

        def argument() -> Node:
            value = self.pair()
            if not self.sees("="):
                if names and names[-1]:
                    raise ExpressionError("an argument by position stands after one by name.", self.text, value.at,
                                          value.end, "Put arguments by position first.")
                names.append("")
                return value
            if value.kind != "name" or value.value in names:
                raise ExpressionError("this is no new name of an argument.", self.text, value.at, value.end,
                                      "Write each name once: rep(r=…, s=…).")
            names.append(str(value.value))
            self.take()
            return self.pair()

        parts = self.items(")", argument)
        return names, parts

    def items(self, closing: str, rule: Callable[[], Node], trailing: list[bool] | None = None) -> list[Node]:
        """What stands between commas up to the closing bracket, nested no deeper than the limit."""
        self.nesting += 1
        if self.nesting > DEPTH:
            raise ExpressionError(f"the brackets are nested more than {DEPTH} deep.", self.text, self.token.at - 1,
                                  self.token.at, "Make its parts in Python, and combine them there.")
        found: list[Node] = []
        while not self.sees(closing):
            found.append(rule())
            if not self.sees(","):
                break
            self.take()
            if trailing is not None and self.sees(closing):
                trailing.append(True)
        self.last = self.expect(closing, f"a comma or {closing!r}" if found else f"{STARTS}, or {closing!r}").end
        self.nesting -= 1
        return found
