"""The homomorphism check: matrices on generators satisfy the relations of the group."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

from .group import Group, InfiniteGroup, TooLarge
from .matrix import Matrix
from .monomial import Monomial, as_matrix, compose

SHOWN = 12  # the largest matrix that a message writes out


class NotARepresentation(ValueError):
    """Matrices on the generators that break a relation of the group."""


def homomorphism_check(group: Group, actions: tuple[Monomial | Matrix, ...]) -> None:
    """Raise NotARepresentation unless s ↦ actions[s] extends to a homomorphism G → GL(n).

    Every relation of a presentation is evaluated, shortest first. A group too large to list is checked by
    order instead: the pairs (g, ρ(g)) generate a group of order |G| exactly when ρ is well defined.
    """
    for name, action in zip(group.names, actions):
        if isinstance(action, Matrix) and action.det().is_zero:
            raise NotARepresentation(f"the matrix of {name} is singular, det ρ({name}) = 0, so it has no inverse:\n"
                                     f"  ρ({name}) = {action}\nGive an invertible matrix.")
    relations = _relations(group)
    if relations is None:
        return _check_order(group, actions)
    inverses = [a.inverse() for a in actions]
    for relation in sorted(relations, key=len):
        letters = (actions[i] if e > 0 else inverses[i] for i, e in relation)
        value = reduce(compose, letters)
        if not value.is_identity:
            raise NotARepresentation(_message(group, relation, value))


def _relations(group: Group):
    """A presentation of the group, or None where the group is too large for one."""
    try:
        return group.relations
    except TooLarge:
        return None


def _check_order(group: Group, actions: tuple[Monomial | Matrix, ...]) -> None:
    """Compare |⟨(g, ρ(g))⟩| with |G| by Schreier–Sims on the points of G and those of the action."""
    from .named import POINTS, _matrix_group

    points: Sequence[Sequence[int]]
    if all(isinstance(a, Monomial) for a in actions):
        points = [_double_cover(a) for a in actions if isinstance(a, Monomial)]
    else:
        try:
            points = _matrix_group(dict(zip(group.names, map(as_matrix, actions))), POINTS).images
        except InfiniteGroup as error:
            raise NotARepresentation(f"{group.expression} is finite, but {error}") from None
    images = tuple((*g, *(group.degree + p for p in image)) for g, image in zip(group.images, points))
    order = replace(group, images=images, degree=len(images[0]), on_space=None, base=None, known_order=None,
                    relators=None, factors=()).order
    if order != group.order:
        raise NotARepresentation(
            f"{group.expression} has order {group.order}, but the pairs (g, ρ(g)) generate a group of order {order}, "
            f"so some product of generators is 1 in the group and not in these matrices.\n"
            "Change the matrices, or use a group without this relation.")


def _double_cover(action: Monomial) -> list[int]:
    """The permutation of the points ±e_i, numbered 2i and 2i + 1."""
    return [2 * int(image) + (side if sign > 0 else 1 - side)
            for image, sign in zip(action.images, action.signs) for side in (0, 1)]


def _message(group: Group, relation: tuple[tuple[int, int], ...], value: Monomial | Matrix) -> str:
    word = spell(group, relation)
    names = ", ".join(sorted({group.names[i] for i, _ in relation}))
    if value.shape[0] <= SHOWN:
        found = f"  ρ({word}) = {as_matrix(value)}\n  ρ(1)  = {Matrix.identity(value.shape[0])}"
    elif isinstance(value, Monomial):
        j = next(j for j, (i, sign) in enumerate(zip(value.images, value.signs)) if (i, sign) != (j, 1))
        found = f"  ρ({word}) e_{j} = {'−' if value.signs[j] < 0 else ''}e_{value.images[j]}"
    else:
        i, j, x = next((i, j, x) for i, row in enumerate(value.rows()) for j, x in enumerate(row) if x != int(i == j))
        found = f"  ρ({word}) has the entry {x} in row {i}, column {j}, where ρ(1) has {int(i == j)}"
    return (f"in {group.expression} we have {word} = 1, but these matrices give\n{found}\n"
            f"Change the matrix of {names}, or use a group without this relation.")


def spell(group: Group, word: tuple[tuple[int, int], ...]) -> str:
    """The word in mathematicians' writing, the shortest repeated part as a power: (rs)², r⁴, s r s⁻¹ r."""
    letters = [group.names[i] + ("⁻¹" if e < 0 else "") for i, e in word]
    period = next(p for p in range(1, len(word) + 1)
                  if len(word) % p == 0 and word[:p] * (len(word) // p) == word)
    power = str(len(word) // period).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    text = " ".join(_runs(letters[:period]))
    if power == "¹":
        return text
    return f"{text}{power}" if period == 1 and not text.endswith("⁻¹") else f"({text}){power}"


def _runs(letters: list[str]) -> list[str]:
    """Equal neighbours collected as powers: [r, r, s] becomes [r², s]."""
    from itertools import groupby
    out = []
    for letter, run in groupby(letters):
        n = len(list(run))
        power = str(n).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")) if n > 1 else ""
        out.append(letter[:-2] + "⁻" + (power or "¹") if letter.endswith("⁻¹") else letter + power)
    return out


def named_values(group: Group, given: dict[str, Any]) -> list[Any]:
    """The values in the order of the generators; a TypeError names what is missing or unknown."""
    missing = [n for n in group.names if n not in given]
    unknown = [n for n in given if n not in group.names]
    if missing or unknown:
        parts = [f"none for {', '.join(missing)}"] * bool(missing) + [f"{', '.join(unknown)} unknown"] * bool(unknown)
        raise TypeError(f"{group.expression} has generators {', '.join(group.names)}, but the values given have "
                        f"{' and '.join(parts)}. Give one value for each generator.")
    return [given[n] for n in group.names]


def matrix_values(group: Group, given: dict[str, Any]) -> tuple[Matrix, ...]:
    """The values as exact square matrices of one size; a ValueError names the first that is not."""
    values: list[Matrix] = []
    for name, value in zip(group.names, named_values(group, given)):
        matrix = Matrix.of(value)
        n = values[0].shape[0] if values else max(matrix.shape[0], 1)
        if matrix.shape != (n, n):
            raise ValueError(f"ρ({name}) has shape {matrix.shape[0]}×{matrix.shape[1]} where {n}×{n} is needed. "
                             "Give square matrices of one size.")
        values.append(matrix)
    return tuple(values)
