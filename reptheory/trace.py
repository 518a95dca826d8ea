"""Traces of long words in dense matrices, modulo one prime, exactly."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce
from math import lcm
from typing import TYPE_CHECKING, Any

from flint import fmpq_poly, nmod_mat

from .element import Word
from .field import Field
from .matrix import Matrix
from .modular import interpolate, reconstruct, reduce_mod, split_prime
from .number import Number

if TYPE_CHECKING:
    from .rep import Rep


DENSE = 6  # the smallest dimension where the product of a word is not formed exactly


def trace(rep: Rep, g: Any) -> Number:
    """The trace of ρ(g), exactly.

    >>> import reptheory as rt
    >>> trace(rt.S(6).irrep((3, 2, 1)), "s")
    0
    """
    if rep.dim >= DENSE and not rep.is_monomial:
        found = rep.traces.of(rep.group.word(rep.group.element(g)))
        if found is not None:
            return found
    return rep.action(g).trace()


@dataclass(frozen=True, eq=False)
class Traces:
    """The traces of words in exact matrices of finite order.

    Such a trace x is an algebraic integer of K = Q(α), and its conjugates are sums of `dim` roots of unity. It is
    computed modulo a prime p that splits in K, in every embedding, and lifted to a y ∈ K. With D y ∈ Z[α] the number
    D (x − y) is an algebraic integer that p divides; where its conjugates are smaller than p, x = y.
    """

    field: Field
    matrices: tuple[Matrix, ...]

    @cached_property
    def _images(self) -> tuple[int, tuple[int, ...], list[list[tuple[nmod_mat, nmod_mat]]]]:
        """The prime, the roots of the minimal polynomial, and the generators with their inverses in each embedding."""
        matrices = [m.over(self.field) for m in self.matrices]
        p, roots = split_prime(self.field, *matrices)
        images = [[reduce_mod(m, p, root) for m in matrices] for root in roots]
        return p, roots, [[(m, m.inv()) for m in row] for row in images]

    def of(self, word: Word) -> Number | None:
        """The trace of the product along a word; None where one prime proves none."""
        p, roots, images = self._images
        dim = self.matrices[0].shape[0]
        one = nmod_mat(dim, dim, [int(i == j) for i in range(dim) for j in range(dim)], p)
        found = []
        for generators in images:
            product = reduce(lambda m, letter: m * generators[letter[0]][letter[1] < 0], word, one)
            found.append(nmod_mat(1, 1, [sum(int(product[i, i]) for i in range(dim)) % p], p))
        values = reconstruct(interpolate(found, roots, p, 1, 1), p)
        if values is None:
            return None
        lift = Number(self.field, fmpq_poly(values))
        denominator = lcm(*(int(c.q) for c in values))
        root = 1 + max(abs(c) for c in self.field.minpoly)  # Cauchy's bound for the conjugates of α
        size = sum(abs(c) * int(root) ** k for k, c in enumerate(values))
        integral = all(c.denominator == 1 for c in self.field.minpoly)
        return lift if integral and denominator * (dim + size) < p else None
