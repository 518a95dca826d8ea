"""SignedRoot: ±√q for a rational number q, which every coupling coefficient is."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import isqrt

import numpy as np

from .field import exact
from .number import Number
from .root_sum import squarefree
from .rounding import format_name, round_root


@dataclass(frozen=True, slots=True)
class SignedRoot:
    """The number x = sign·√square, so that x² = square; imaginary, ±i√|square|, for a negative square.

    >>> SignedRoot.of(-1, Fraction(3, 5)), SignedRoot.of(Fraction(1, 2))
    (-√(3/5), 1/2)
    >>> SignedRoot.of(1, Fraction(1, 2)) * SignedRoot.of(1, Fraction(1, 2)) == SignedRoot.of(Fraction(1, 2))
    True
    """

    sign: int
    square: Fraction

    def __post_init__(self) -> None:
        if self.sign not in (-1, 0, 1) or (self.sign == 0) != (self.square == 0):
            raise ValueError(f"sign={self.sign}, square={self.square} is no signed root. "
                             "The sign is 1 or −1, and 0 exactly for the square 0.")

    @staticmethod
    def of(coefficient: int | Fraction, radicand: int | Fraction = 1) -> SignedRoot:
        """coefficient·√radicand."""
        square = Fraction(coefficient) ** 2 * Fraction(radicand)
        return SignedRoot((coefficient > 0) - (coefficient < 0) if square else 0, square)

    def __neg__(self) -> SignedRoot:
        return SignedRoot(-self.sign, self.square)

    def __mul__(self, other: SignedRoot) -> SignedRoot:
        if not isinstance(other, SignedRoot):
            return NotImplemented
        turn = -1 if self.square < 0 and other.square < 0 else 1  # i·i
        return SignedRoot(turn * self.sign * other.sign, turn * turn * self.square * other.square)

    def conj(self) -> SignedRoot:
        """The complex conjugate: x for square ≥ 0, otherwise −x."""
        return -self if self.square < 0 else self

    @property
    def is_zero(self) -> bool:
        """Whether x = 0."""
        return not self.sign

    @property
    def is_rational(self) -> bool:
        """Whether √square is rational."""
        top, bottom = self.square.numerator, self.square.denominator
        return top >= 0 and isqrt(top) ** 2 == top and isqrt(bottom) ** 2 == bottom

    def to_number(self) -> Number:
        """The same number in Q or Q(√d), d squarefree.

        >>> SignedRoot.of(1, Fraction(3, 4)).to_number()
        quadratic(3).number(0, '1/2')
        """
        if not self.sign:
            return exact(0)
        d = squarefree(self.square)
        part = self.square / d
        scale = exact(self.sign * Fraction(isqrt(part.numerator), isqrt(part.denominator)))
        if d == 1:
            return scale
        from .field import quadratic
        return quadratic(d).generator * scale

    def to_sympy(self):
        """sign·√square as a sympy expression."""
        import sympy
        return self.sign * sympy.sqrt(sympy.Rational(self.square.numerator, self.square.denominator))

    def to_float(self, dtype="float64") -> float:
        """The nearest float64 or float32; TypeError when the number is imaginary."""
        if self.square < 0:
            raise TypeError(f"{self} is imaginary, so it is no float. Use complex().")
        return self.sign * round_root(self.square.numerator, self.square.denominator, format_name(dtype))

    def __float__(self) -> float:
        return self.to_float()

    def __complex__(self) -> complex:
        size = round_root(abs(self.square.numerator), self.square.denominator, "float64")
        return complex(0, self.sign * size) if self.square < 0 else complex(self.sign * size)

    def __repr__(self) -> str:
        unit, square = ("i", -self.square) if self.square < 0 else ("", self.square)
        minus = "-" if self.sign < 0 else ""
        top, bottom = isqrt(square.numerator), isqrt(square.denominator)
        if top * top == square.numerator and bottom * bottom == square.denominator:
            size = Fraction(top, bottom)
            return f"{minus}{unit if unit and size == 1 else f'{size}{unit}'}"
        return f"{minus}{unit}√{square}" if square.denominator == 1 else f"{minus}{unit}√({square})"


@dataclass(frozen=True, eq=False, repr=False)
class RootTensor:
    """A sparse exact tensor of signed roots: the entry at indices[n] is signs[n]·√(numerators[n]/denominators[n]).

    `indices` is an (entries, ndim) array in lexicographic order, the fractions are in lowest terms and none is zero.

    >>> T = RootTensor.of((2, 2), {(0, 0): SignedRoot.of(1), (1, 0): SignedRoot.of(-1, Fraction(1, 2))}); T
    RootTensor(shape=(2, 2), entries=2)
    >>> T[1, 0], T[0, 1], T.to_numpy().tolist()
    (-√(1/2), 0, [[1.0, 0.0], [-0.7071067811865476, 0.0]])
    """

    shape: tuple[int, ...]
    indices: np.ndarray
    signs: np.ndarray
    numerators: tuple[int, ...]
    denominators: tuple[int, ...]

    @staticmethod
    def of(shape: tuple[int, ...], entries: dict[tuple[int, ...], SignedRoot]) -> RootTensor:
        """The tensor with these entries; zeros are left out."""
        places = sorted(place for place, root in entries.items() if root.sign)
        roots = [entries[place] for place in places]
        return RootTensor.of_columns(shape, places, [r.sign for r in roots], [r.square.numerator for r in roots],
                                     [r.square.denominator for r in roots])

    @staticmethod
    def of_columns(shape: tuple[int, ...], places: Sequence[tuple[int, ...]], signs: Sequence[int],
                   numerators: Sequence[int], denominators: Sequence[int]) -> RootTensor:
        """The tensor with these places in lexicographic order, and fractions in lowest terms."""
        indices = np.array(places, np.int64).reshape(len(places), len(shape))
        return RootTensor(shape, indices, np.array(signs, np.int8), tuple(numerators), tuple(denominators))

    @cached_property
    def entries(self) -> dict[tuple[int, ...], SignedRoot]:
        """The nonzero entries by place."""
        return {tuple(place): SignedRoot(sign, Fraction(p, q)) for place, sign, p, q in
                zip(self.indices.tolist(), self.signs.tolist(), self.numerators, self.denominators)}

    def __getitem__(self, place: tuple[int, ...]) -> SignedRoot:
        if len(place) != len(self.shape) or not all(0 <= i < n for i, n in zip(place, self.shape)):
            raise IndexError(f"{place} is no place in a tensor of shape {self.shape}. Indices count from 0.")
        return self.entries.get(tuple(place), SignedRoot(0, Fraction(0)))

    @property
    def is_real(self) -> bool:
        """Whether no entry is imaginary."""
        return all(p > 0 for p in self.numerators)

    def to_numpy(self, dtype="float64") -> np.ndarray:
        """The dense array of the nearest floats; complex for a tensor with imaginary entries."""
        name = format_name(dtype)
        sizes = [round_root(abs(p), q, name) for p, q in zip(self.numerators, self.denominators)]
        values = self.signs * np.array(sizes, name)
        if not self.is_real:
            values = np.where(np.array(self.numerators, object) < 0, 1j, 1) * values
            name = {"float64": "complex128", "float32": "complex64"}[name]
        dense = np.zeros(self.shape, name)
        dense[tuple(self.indices.T)] = values
        return dense

    def to_sympy(self):
        """The sympy array."""
        import sympy
        return sympy.ImmutableSparseNDimArray({place: root.to_sympy() for place, root in self.entries.items()},
                                              self.shape)

    def __eq__(self, other: object) -> bool:
        return (isinstance(other, RootTensor) and self.shape == other.shape
                and np.array_equal(self.indices, other.indices) and np.array_equal(self.signs, other.signs)
                and (self.numerators, self.denominators) == (other.numerators, other.denominators))

    def __hash__(self) -> int:
        return hash((self.shape, self.indices.tobytes(), self.numerators, self.denominators))

    def __repr__(self) -> str:
        return f"RootTensor(shape={self.shape}, entries={len(self.signs)})"
