"""read(text): the object that an expression names; no Python is ever run."""
from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from .element import Element
from .field import Field, Number, Q
from .grammar import ExpressionError, Node, parse, suggestion
from .group import Group
from .hom import Hom
from .homomorphism import Homomorphism
from .lie import LieGroup
from .lie_product import Projection
from .permutation_family import PermutationFamily
from .rep import Rep
from .space import Space
from .tensor import Tensor
from .vocabulary import (
    CONSTANTS,
    CONSTRUCTORS,
    FACTORS,
    FIELD,
    METHODS,
    SIZE,
    SIZES,
    Kind,
    degree,
    is_integer,
    noun,
    usage,
)

__all__ = ["ExpressionError", "read"]

GENERATORS = 100   # the most generators of a product of groups
TERMS = 1_000      # the most terms of a sum
OBJECTS = (Group, LieGroup, Projection, Rep, Space, Hom, Homomorphism, Number, Field, Element, PermutationFamily)


def read(text: str, groups: Mapping[str, Group] | None = None) -> Any:
    """The object that an expression names, so that read(repr(x)) == x; `groups` are groups that it may name as well.

    Nothing is evaluated as Python: names come from a closed table, and sizes are bounded. Raises ExpressionError, which
    shows the place of the fault, and holds the error of a constructor as its cause.

    >>> read("Hom(D(4).regular, D(4).regular, on=grid(3))").dim
    72
    >>> import reptheory as rt
    >>> read("cube.vector >> cube.natural", groups={"cube": rt.octahedral()})
    Hom(octahedral().vector, octahedral().natural)  # dim 1 of 24, exact over Q
    """
    if not isinstance(text, str):
        raise TypeError(f"read takes the text of an expression, and {text!r} is none. Write rt.read(\"D(4).regular\").")
    for name in groups or {}:
        if not name.isidentifier() or name in CONSTANTS or name in CONSTRUCTORS:
            raise ValueError(f"{name!r} cannot name a group in an expression: it is no name, or has a meaning already. "
                             "Choose another, such as G.")
    reader = _Reader(text, dict(groups or {}))
    tree = parse(text)
    value = reader.value(tree)
    if is_integer(value):
        return Q(value)
    if not isinstance(value, OBJECTS):
        raise reader.error(f"{noun(value)} is no object of its own.", tree,
                           "An expression is a group, a representation, a space, a Hom or a number.")
    return value


class _Reader:
    """The meaning of the nodes of one text."""

    def __init__(self, text: str, groups: dict[str, Group]) -> None:
        self.text, self.groups = text, groups
        self.made: dict[str, Any] = {}  # calls by their text, so that D(4) is one group wherever it stands

    def error(self, fact: str, node: Node, remedy: str = "") -> ExpressionError:
        """The error that points at a node."""
        return ExpressionError(fact, self.text, node.at, node.end, remedy)

    def value(self, node: Node) -> Any:
        """The value of a node."""
        match node.kind:
            case "integer" | "decimal" | "text":
                return node.value
            case "name":
                return self.name(node)
            case "[":
                return [self.value(part) for part in node.parts]
            case "(":
                return tuple(self.value(part) for part in node.parts)
            case "{":
                keys = [str(key.value) for key in node.parts[::2]]
                if len(set(keys)) < len(keys):
                    raise self.error("a name stands twice in this table.", node, "Write each generator once.")
                return dict(zip(keys, map(self.value, node.parts[1::2])))
            case "call":
                start = node
                while start.parts:
                    start = start.parts[0]
                text = self.text[start.at:node.end]
                if text not in self.made:
                    self.made[text] = self.call(node)
                return self.made[text]
            case ".":
                return self.attribute(node)
            case "at":
                return self.index(node)
            case "-":
                value = self.value(node.parts[0])
                if is_integer(value) or isinstance(value, (float, complex, Number)):
                    return -value
                raise self.error(f"{noun(value)} has no negative.", node, "A minus stands before a number.")
        values = [self.value(part) for part in node.parts]
        if len(values) > TERMS:
            raise self.error(f"{len(values)} terms stand here, and at most {TERMS} are read.", node, "Write 3*V.")
        return reduce(lambda x, y: self.operation(node, x, y), values)

    def name(self, node: Node) -> Any:
        """The value of a name that stands alone."""
        name = str(node.value)
        if name in self.groups:
            return self.groups[name]
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in CONSTRUCTORS:
            raise self.error(f"{name} stands here without its arguments.", node, usage(name, CONSTRUCTORS[name][1]))
        raise self.error(f"{name} is not known.", node, suggestion(
            name, [*self.groups, *CONSTRUCTORS, *CONSTANTS], "Known names are"))

    def attribute(self, node: Node) -> Any:
        """The value of an attribute; methods stand before brackets only."""
        base, name = self.value(node.parts[0]), str(node.value)
        kinds = self.method(node, base)
        if kinds is not None:
            raise self.error(f"{name} stands here without its arguments.", node, usage(name, kinds))
        return self.guarded(node, lambda: getattr(base, name))

    def method(self, node: Node, base: Any) -> dict[str, Kind] | None:
        """The entry of METHODS for what follows a dot."""
        name = str(node.value)
        found = next((entry for kind, entry in METHODS.items() if isinstance(base, kind)), {})
        if name not in found:
            raise self.error(f"{noun(base)} has no {name!r}.", node, suggestion(
                name, list(found), f"After {noun(base)} may stand") if found else "Leave out the dot.")
        return found[name]

    def index(self, node: Node) -> Any:
        """The entry of a tuple, as in G.projections[0]."""
        base, k = self.value(node.parts[0]), self.value(node.parts[1])
        if not isinstance(base, tuple):
            raise self.error(f"{noun(base)} has no entries.", node, "An index stands after G.projections.")
        if not 0 <= k < len(base):
            raise self.error(f"there is no entry {k}.", node, f"There are {len(base)}, numbered from 0.")
        return base[k]

    def call(self, node: Node) -> Any:
        """The value of a constructor or method for its arguments."""
        target = node.parts[0]
        if target.kind == "name" and target.value in CONSTRUCTORS and target.value not in self.groups:
            function, kinds = CONSTRUCTORS[str(target.value)]
            owner = []
        elif target.kind == ".":
            base = self.value(target.parts[0])
            found = self.method(target, base)
            if found is None:
                raise self.error(f"{target.value} takes no arguments.", target, "Leave out the brackets.")
            function, kinds, owner = getattr(base, str(target.value)), found, [base]
        else:
            value = self.value(target)
            raise self.error(f"{noun(value)} takes no arguments.", target, "Leave out the brackets.")
        name = str(target.value)
        given, named = self.arguments(node, name, function, kinds)

        def make() -> Any:
            if name in SIZES:
                self.fits(node, SIZES[name](*owner, *given, **named))
            return function(*given, **named)
        return self.guarded(node, make)

    def arguments(self, node: Node, name: str, function: Callable[..., Any],
                  kinds: dict[str, Kind]) -> tuple[list[Any], dict[str, Any]]:
        """The arguments by position and by name, each of its kind."""
        order = [key for key in kinds if key not in ("*", "**")]
        given: list[Any] = []
        named: dict[str, Any] = {}
        for key, part in zip(node.names, node.parts[1:]):
            place = key or (order[len(given)] if len(given) < len(order) else "*")
            kind = kinds.get(place) or (kinds.get("**") if key else None)
            if kind is None or (key and place in order[:len(given)]):
                fact = f"{name} has no argument {key!r} here." if key else f"{name} has too many arguments."
                raise self.error(fact, part, usage(name, kinds))
            value = self.value(part)
            if not kind.accepts(value):
                shown = repr(value) if _is_short(value) else noun(value)
                what = key or place.strip("*") or "an argument"
                raise self.error(f"{what} of {name} is {kind.words}; {shown} is not.", part, usage(name, kinds))
            if (size := degree(value)) > FIELD:
                raise self.error(f"the field of these numbers has degree up to {size}, and {FIELD} is the most.", part,
                                 "Write all numbers in one field, of a smaller degree.")
            if key:
                named[key] = value
            else:
                given.append(value)
        missing = [key for key in order[len(given):] if key not in named
                   and inspect.signature(function).parameters[key].default is inspect.Parameter.empty]
        if missing:
            raise self.error(f"{name} needs {', '.join(missing)} as well.", node, usage(name, kinds))
        return given, named

    def operation(self, node: Node, x: Any, y: Any) -> Any:
        """x + y, x * y, x ** y or x >> y."""
        reps = isinstance(x, Rep) and isinstance(y, Rep)
        match node.kind:
            case "+" if reps:
                self.fits(node, x.dim + y.dim)
                return self.guarded(node, lambda: x + y)
            case "+" if {type(x), type(y)} <= {int, float, complex} != {int}:
                return x + y
            case "*" if isinstance(x, (Group, LieGroup)) and isinstance(y, (Group, LieGroup)):
                if len(x.names) + len(y.names) > GENERATORS:
                    raise self.error(f"this group has more than {GENERATORS} generators.", node, "Take fewer factors.")
                self.fits(node, sum(g.size if isinstance(g, LieGroup) else g.degree for g in (x, y)))
                return self.guarded(node, lambda: x * y)
            case "*" if isinstance(y, Rep) and (reps or is_integer(x)):
                self.tensor(node, x, y) if reps else self.fits(node, x * y.dim)
                return self.guarded(node, lambda: x * y)
            case "**" if isinstance(x, Rep) and is_integer(y):
                if abs(y) * _factors(x) > FACTORS:
                    raise self.error(f"{y} is too large a power.", node, f"At most {FACTORS} factors are read.")
                self.fits(node, x.dim ** max(y, 0))
                return self.guarded(node, lambda: x ** y)
            case ">>" if reps:
                return self.guarded(node, lambda: x >> y)
        remedy = {"+": "V + W adds representations.", ">>": "V >> W is the space of maps between representations.",
                  "*": "G * H multiplies groups, V * W representations, and 3*V is V + V + V in one type.",
                  "**": "V**2 is a power of a representation."}[node.kind]
        raise self.error(f"{noun(x)} {node.kind} {noun(y)} has no meaning.", node, remedy)

    def tensor(self, node: Node, x: Rep, y: Rep) -> None:
        """Refuse a tensor product of too many factors, or too large."""
        self.fits(node, x.dim * y.dim)
        if _factors(x) + _factors(y) > FACTORS:
            raise self.error(f"this product has more than {FACTORS} factors.", node, "Take fewer.")

    def fits(self, node: Node, size: int) -> None:
        """Refuse what is larger than expressions make."""
        if size > SIZE:
            shown = size if size < 10 ** 12 else "more than 10^12"
            raise self.error(f"this has {shown} dimensions or points, and an expression makes at most {SIZE}.", node,
                             "Take a smaller one, or make it in Python.")

    def guarded(self, node: Node, make: Callable[[], Any]) -> Any:
        """What a constructor makes; its refusal becomes an ExpressionError that points here."""
        try:
            return make()
        except ExpressionError:
            raise
        except (ValueError, TypeError, ArithmeticError, LookupError) as error:
            raise self.error(str(error), node) from error


def _factors(rep: Rep) -> int:
    return len(rep.factors) if isinstance(rep, Tensor) else 1


def _is_short(value: Any) -> bool:
    """Whether a value is written out in a message."""
    return isinstance(value, (bool, int, str)) and len(repr(value)) <= 40
