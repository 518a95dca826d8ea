"""The character table of a finite group, exact."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import lcm
from string import ascii_lowercase
from typing import Any

import numpy as np
from flint import nmod_mat

from .certificate import NotCertified
from .character import Character
from .closed_form import (
    abelian_characters,
    alternating_characters,
    product_characters,
    rotation_characters,
    rotation_family,
    symmetric_characters,
)
from .conjugacy import ConjugacyClass, symmetric_kind
from .dixon_schneider import dixon_schneider
from .galois import conductor, conjugate, root_modulo, splitting_primes, unit_generators, value_modulo
from .group import Group, TooLarge
from .number import Number
from .tabular import Tabular

CLASSES = 500           # the most classes of a group whose table the general algorithm makes
CLOSED_CLASSES = 2_000  # the most classes of a table in closed form
PRODUCTS = 150          # the most classes for which all tensor products are tabulated


@dataclass(frozen=True, repr=False)
class CharacterTable(Tabular):
    """The irreducible complex characters of a finite group: a row for each, a column for each conjugacy class.

    >>> import reptheory as rt
    >>> rt.S(3).character_table
                  1^3  2 1  3
    size          1    3    2
    (3,)       +  1    1    1
    (2, 1)     +  2    0    -1
    (1, 1, 1)  +  1    -1   1
    """

    group: Group
    keys: tuple[Any, ...]
    values: tuple[tuple[Number, ...], ...]

    @property
    def classes(self) -> tuple[ConjugacyClass, ...]:
        """The conjugacy classes, in the order of the columns."""
        return self.group.classes

    @cached_property
    def characters(self) -> tuple[Character, ...]:
        """The irreducible characters, in the order of the rows."""
        return tuple(Character(self.group, row) for row in self.values)

    @property
    def rows(self) -> tuple[Character, ...]:  # type: ignore[override]
        """The irreducible characters."""
        return self.characters

    def character(self, key: Any) -> Character:
        """The character with this key; ValueError lists the keys there are."""
        if key not in self.keys:
            raise ValueError(f"{self.group.expression} has no irreducible character {key!r}. The keys are "
                             f"{', '.join(map(repr, self.keys))}.")
        return self.characters[self.keys.index(key)]

    @cached_property
    def degrees(self) -> tuple[int, ...]:
        """The degrees χ(1); Σ χ(1)² = |G|."""
        one = self.group.class_of(self.group.identity)
        return tuple(int(row[one].to_fraction()) for row in self.values)

    @cached_property
    def indicators(self) -> tuple[int, ...]:
        """The Frobenius–Schur indicators |G|⁻¹ Σ χ(g²): 1 real, 0 complex, −1 quaternionic."""
        p, z = self._primes[0]
        squares, table = self.power_map(2), self._image(p, z)
        order = self.group.order % p
        totals = [sum(c.size * row[q] for c, q in zip(self.classes, squares)) % p for row in table]
        return tuple(0 if total == 0 else 1 if total == order else -1 for total in totals)  # they are 0 or ±|G|

    @property
    def types(self) -> tuple[str, ...]:
        """"real", "complex" or "quaternionic" for each character."""
        return tuple({1: "real", 0: "complex", -1: "quaternionic"}[i] for i in self.indicators)

    @cached_property
    def conjugates(self) -> tuple[int, ...]:
        """The number of the row χ̄ for each row χ, by χ̄(g) = χ(g⁻¹): a permutation of the columns.

        >>> import reptheory as rt
        >>> rt.C(4).character_table.conjugates
        (0, 3, 2, 1)
        """
        index, back = self.distinct[0], list(self.power_map(-1))
        places = {row.tobytes(): i for i, row in enumerate(index)}
        return tuple(places[row.tobytes()] for row in np.ascontiguousarray(index[:, back]))

    def power_map(self, n: int) -> tuple[int, ...]:
        """The number of the class of gⁿ for g in each class.

        >>> import reptheory as rt
        >>> rt.C(4).character_table.power_map(2)
        (0, 2, 0, 2)
        """
        return tuple(self.group.class_of(c.representative ** n) for c in self.classes)

    def multiplicities(self, character: Character) -> tuple[int, ...]:
        """The multiplicities ⟨χ, χ_i⟩ of the irreducible characters in a character.

        >>> import reptheory as rt
        >>> G = rt.S(3); G.character_table.multiplicities(G.natural.character)
        (1, 1, 0)
        """
        return tuple(int(character.inner(row).to_fraction()) for row in self.characters)

    @cached_property
    def products(self) -> np.ndarray:
        """The multiplicities N[i, j, l] = ⟨χ_i χ_j, χ_l⟩ in the tensor products, of shape (classes,)*3.

        They are integers of at most χ_i(1) χ_j(1), so they may be computed modulo a prime that exceeds those.
        """
        k = len(self.values)
        if k > PRODUCTS:
            raise TooLarge(f"the tensor products of {k} characters are {k}³ multiplicities, and the limit is "
                           f"{PRODUCTS}³. Use multiplicities(χ * ψ) for the pairs you need.")
        p, z = self._primes[0]
        table, bar = self._image(p, z), self._image(p, pow(z, -1, p))
        scale = pow(self.group.order, -1, p)
        dual = nmod_mat(k, k, [scale * c.size * row[t] % p for t, c in enumerate(self.classes) for row in bar], p)
        pairs = nmod_mat(k * k, k, [x * y % p for one in table for two in table for x, y in zip(one, two)], p)
        return np.array([int(x) for x in (pairs * dual).entries()], np.int64).reshape(k, k, k)

    # Proof -----------------------------------------------------------------------------------------------------------
    @cached_property
    def conductor(self) -> int:
        """A number n with all values in Q(ζ_n)."""
        return lcm(*(conductor(x.field) for x in self.distinct[1]))

    @cached_property
    def distinct(self) -> tuple[np.ndarray, list[Number]]:
        """The number of each entry among the distinct values, and these."""
        places: dict[Number, int] = {}
        seen: dict[int, int] = {}  # most entries are the same object, which spares hashing them
        index = [[seen[id(x)] if id(x) in seen else seen.setdefault(id(x), places.setdefault(x, len(places)))
                  for x in row] for row in self.values]
        return np.array(index), list(places)

    @cached_property
    def _primes(self) -> tuple[tuple[int, int], ...]:
        """Primes p ≡ 1 mod n with an element z of order n, of a product above 2|G|²."""
        found, product = [], 1
        for p, z in splitting_primes(self.conductor, 2 ** 62):
            found.append((p, z))
            product *= p
            if product > 2 * self.group.order ** 2:
                break
        return tuple(found)

    def _image(self, p: int, z: int) -> list[list[int]]:
        """The table under the homomorphism Z[ζ_n] → F_p, ζ_n ↦ z; z⁻¹ gives the conjugate table."""
        index, values = self.distinct
        roots = {field: root_modulo(field, self.conductor, z, p) for field in {x.field for x in values}}
        images = np.array([int(value_modulo(x, roots[x.field], p)) for x in values])
        return images[index].tolist()

    def modulo(self, e: int, below: int) -> tuple[int, int, list[list[int]]]:
        """A prime p ≡ 1 mod e below a bound, z of order e modulo p, and the table under ζ_n ↦ z^(e/n), for n | e."""
        if e % self.conductor:
            raise ValueError(f"the values lie in Q(ζ_{self.conductor}), which Q(ζ_{e}) does not hold. Use a multiple "
                             f"of {self.conductor}.")
        p, z = next(splitting_primes(e, below))
        return p, z, self._image(p, pow(z, e // self.conductor, p))

    def verify(self) -> bool:
        """Prove the row orthogonality Σ_C |C| χ_i(C) conj χ_j(C) = |G| δ_ij exactly; NotCertified names what fails.

        The difference x of the two sides lies in Z[ζ_n], and its conjugates are at most 2|G|² in absolute value. All x
        are reduced modulo one prime ideal over each of some primes p ≡ 1 mod n with ∏ p > 2|G|². The automorphisms of
        Q(ζ_n) permute the rows, so that the x vanish modulo all prime ideals over these p: ∏ p divides x, and x = 0.
        """
        order, k, n = self.group.order, len(self.values), self.conductor
        if k != len(self.classes) or sum(d * d for d in self.degrees) != order:
            raise NotCertified(f"{self.group.expression} has {len(self.classes)} classes and order {order}, which {k} "
                               "characters of these degrees do not fit. Make the table again.")
        index, values = self.distinct
        places = {x.key: i for i, x in enumerate(values)}
        rows = set(map(tuple, index.tolist()))
        for a in unit_generators(n):
            moved = np.array([places.get(y.key, -1) for y in (conjugate(x, a) for x in values)])
            lost = next((i for i, row in enumerate(moved[index].tolist()) if tuple(row) not in rows), None)
            if lost is not None:
                raise NotCertified(f"a conjugate of the character {self.keys[lost]!r} of {self.group.expression} is "
                                   "missing. Make the table again.")
        for p, z in self._primes:
            table, bar = self._image(p, z), self._image(p, pow(z, -1, p))
            left = nmod_mat(k, k, [c.size * x % p for row in table for c, x in zip(self.classes, row)], p)
            gram = (left * nmod_mat(k, k, [x for column in zip(*bar) for x in column], p)).tolist()
            for i, row in enumerate(gram):
                for j, x in enumerate(row):
                    if int(x) != (order % p if i == j else 0):
                        raise NotCertified(f"the characters {self.keys[i]!r} and {self.keys[j]!r} of "
                                           f"{self.group.expression} are not orthonormal. Make the table again.")
        return True

    # Display ---------------------------------------------------------------------------------------------------------
    @property
    def cells(self) -> list[list[str]]:
        """The table as text: representatives and sizes of the classes, then keys, indicators and values."""
        head = ["", "", *(c.label for c in self.classes)]
        sizes = ["size", "", *(str(c.size) for c in self.classes)]
        signs = {1: "+", 0: "o", -1: "−"}
        body = [[str(key), signs[i], *map(_short, row)] for key, i, row in
                zip(self.keys, self.indicators, self.values)]
        return [head, sizes, *body]

    def __str__(self) -> str:
        return super().__repr__()

    def _repr_latex_(self) -> str:
        r"""The table as a LaTeX array, values as radicals and roots of unity."""
        from .show import character_table_latex
        return character_table_latex(self)


def character_table(group: Group) -> CharacterTable:
    """The character table of a finite group: in closed form for abelian, dihedral, dicyclic, symmetric and alternating
    groups and for direct products, by Dixon–Schneider for the rest.

    Raises TooLarge above 500 classes, or 2000 in closed form, and where the elements are too many to list.

    >>> import reptheory as rt
    >>> rt.A(4).character_table.degrees
    (1, 3, 1, 1)
    """
    if group.is_abelian:
        _limit(group, group.order, CLOSED_CLASSES)  # before the classes are listed
    if group.factors:
        first, second = (factor.character_table for factor in group.factors)
        _limit(group, len(first.values) * len(second.values), CLOSED_CLASSES)
        keys = tuple((*_parts(first, i), *_parts(second, j)) for i in first.keys for j in second.keys)
        return CharacterTable(group, keys, tuple(product_characters(first, second)))
    classes, family = len(group.classes), rotation_family(group)
    kind = symmetric_kind(group)
    closed = kind is not None or family is not None or group.is_abelian
    _limit(group, classes, CLOSED_CLASSES if closed else CLASSES)
    if kind is not None:
        values = (symmetric_characters if kind == "symmetric" else alternating_characters)(group)
    elif group.is_abelian:
        values = abelian_characters(group)
    else:
        values = rotation_characters(group, *family) if family else dixon_schneider(group)
    return CharacterTable(group, keys_of(group, values), tuple(values))


def keys_of(group: Group, values: Sequence[tuple[Number, ...]]) -> tuple[Any, ...]:
    """The keys of the rows: those of the family, otherwise the degree and a letter, "1a", "1b", "2a"."""
    from .irreps import family_keys
    found = family_keys(group)
    if found is not None:
        return found
    degrees = [int(row[group.class_of(group.identity)].to_fraction()) for row in values]
    return tuple(f"{d}{_letters(degrees[:i].count(d))}" for i, d in enumerate(degrees))


def _parts(table: CharacterTable, key: Any) -> tuple[Any, ...]:
    """The keys of the factors, in one row however the product is bracketed."""
    return key if table.group.factors else (key,)


def _limit(group: Group, classes: int, limit: int) -> None:
    if classes > limit:
        raise TooLarge(f"{group.expression} has {classes} conjugacy classes, and character tables are made up to "
                       f"{limit}. V.character and Hom need no table.")


def _letters(n: int) -> str:
    """a, b, …, z, aa, ab, …"""
    text = ascii_lowercase[n % 26]
    return text if n < 26 else _letters(n // 26 - 1) + text


def _short(x: Number) -> str:
    """The value as text without spaces."""
    return str(x).replace(" ", "")
