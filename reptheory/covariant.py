"""Covariants: the equivariant polynomial maps V → W, homogeneous of one degree, on a basis without redundancy."""
from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement
from math import comb, factorial, prod, sqrt

import numpy as np

from .group import DifferentGroups, TooLarge
from .hom import Hom
from .index_symmetry import symmetric
from .ladder import NotSpherical, spherical
from .reduced import ReducedTensors
from .reduction import Reduction
from .rep import Rep

MONOMIALS = 200_000  # the most monomials of one degree


@dataclass(frozen=True, repr=False)
class Covariants:
    """Hom_G(Sym^ν V, A): the polynomial maps P: V → A of degree ν with P(ρ(g)x) = ρ_A(g)P(x), A a summand of W.

    For SO(3) and O(3) they are the copies of A in the symmetric tensors, in the order and with the signs of
    `Reduction`, the same everywhere; for other groups the basis of Hom(V.sym(ν), A), which another version of the
    library may choose otherwise: compare `digest`. Either is orthonormal as tensors, and complete.

    >>> import reptheory as rt
    >>> G = rt.O(3); P = covariants(G.irrep("0e") + G.irrep("1o"), G.irrep("0e"), 3); P.counts
    (2,)
    >>> P.tables()[0].round(3).tolist()   # s³, and s (x·x) normalised, on sss, ssx, …, zzz
    ... # doctest: +ELLIPSIS
    [[[1.0, ...
    """

    source: Rep
    target: Rep
    degree: int

    @property
    def monomials(self) -> list[tuple[int, ...]]:
        """The index tuples i₁ ≤ … ≤ i_ν of the monomials x_{i₁}⋯x_{i_ν}, in lexicographic order."""
        return list(combinations_with_replacement(range(self.source.dim), self.degree))

    @cached_property
    def reduction(self) -> Reduction | None:
        """The irreps of W in the symmetric tensors over SO(3) or O(3); None for another group or another basis."""
        try:
            irreps = [spherical(a) for _, a in self.target.summands]
            _ = [spherical(a) for _, a in self.source.summands]
        except NotSpherical:
            return None
        tensors = ReducedTensors(symmetric(self.degree), (self.source,) * self.degree)
        return tensors.reduction(keep=list(dict.fromkeys(a.key for a in irreps)))

    @cached_property
    def homs(self) -> tuple[Hom, ...]:
        """Hom(V.sym(ν), A) for each summand A of W."""
        power = self.source.sym(self.degree)
        return tuple(Hom(power, a) for _, a in self.target.summands)

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """For each summand A of W, how many covariants of type A there are."""
        if self.reduction is None:
            return tuple(hom.dim for hom in self.homs)
        return tuple(self.reduction.keys.count(spherical(a).key) for _, a in self.target.summands)

    def tables(self, dtype="float64") -> tuple[np.ndarray, ...]:
        """For each summand A of W, the coefficients (count, dim A, monomials): P_k(x) = Σ_α c_kα x^α, in the
        orthonormal coordinates of layers, within 1 ulp."""
        if self.reduction is not None:
            dense, found = self.reduction.coordinates(dtype, folded=True), []
            for _, a in self.target.summands:
                key = spherical(a).key
                rows = [list(p) for c, p in zip(self.reduction.copies, self.reduction.positions) if c.irrep.key == key]
                found.append(dense[np.array(rows, np.int64).reshape(-1, a.dim)])
            return tuple(found)
        orders = [factorial(self.degree) // prod(factorial(t.count(i)) for i in set(t)) for t in self.monomials]
        roots = np.array([sqrt(n) for n in orders])
        return tuple(hom.basis.to_numpy(dtype) * roots.astype(dtype) for hom in self.homs)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the exact basis where it comes from `Reduction`, otherwise of its floats."""
        if self.reduction is not None:
            return self.reduction.digest
        found = hashlib.sha256()
        for table in self.tables():
            found.update(repr(table.shape).encode() + np.ascontiguousarray(table, "<f8").tobytes())
        return found.hexdigest()

    def verify(self) -> None:
        """Prove the basis again: equivariant, independent, and as many as characters count; NotCertified otherwise."""
        if self.reduction is not None:
            self.reduction.verify()
            return
        for hom in self.homs:
            hom.certificate.verify()

    def __repr__(self) -> str:
        return (f"<Covariants of degree {self.degree}, {self.source.expression} → {self.target.expression}: "
                f"{sum(self.counts)}>")


def covariants(source: Rep, target: Rep, degree: int) -> Covariants:
    """The equivariant polynomial maps V → W of this degree; see `Covariants`.

    Raises TooLarge where V has more than 200 000 monomials of that degree, DifferentGroups, ValueError for degree < 1.
    Their number is Σ_A ⟨χ_A, h_ν(V)⟩, which is Molien's series in the degree for the trivial representation.

    >>> import reptheory as rt
    >>> covariants(rt.S(3).natural, rt.S(3).trivial, 3).counts   # s₁³, s₁s₂, s₃
    (3,)
    """
    if source.group != target.group:
        raise DifferentGroups(f"V is a representation of {source.group.expression} and W of {target.group.expression}. "
                              "Restrict, induce or pull back one of them first.")
    if not isinstance(degree, int) or isinstance(degree, bool) or degree < 1:
        raise ValueError(f"degree={degree!r}: the degree of a covariant is an integer at least 1.")
    if source.scalars == "C" or target.scalars == "C":
        raise ValueError(f"{source.expression} → {target.expression} has complex scalars. Use V.realify().")
    count = comb(source.dim + degree - 1, degree)
    if count > MONOMIALS:
        raise TooLarge(f"{source.expression} has {count} monomials of degree {degree}, and the limit is {MONOMIALS}. "
                       "Use a lower degree, or fewer summands.")
    return Covariants(source, target, degree)
