"""Symmetrisers: positive definite S with S A_j symmetric, by exact linear algebra or as the Hessian of an entropy."""
from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import sympy
from sympy import Expr
from sympy.polys.matrices import DomainMatrix

from .eigenstructure import NoClosedForm, _inverted
from .factorisation import factored
from .sign import is_nonnegative, sign

if TYPE_CHECKING:
    from .system import System


class NotSymmetrisable(ValueError):
    """A system without a positive definite symmetriser, or with none that is found."""


@dataclass(frozen=True, eq=False)
class Symmetriser:
    """S(w) in primitive unknowns, positive definite, with S M⁻¹A_jM symmetric for every axis: Friedrichs' theory holds.

    `family` is a basis of all symmetric S with S A_j symmetric where the matrices are constant; `conditions` are the
    leading minors whose sign is not decided: it is positive definite where all are positive.
    Source: Friedrichs, Comm. Pure Appl. Math. 7 (1954) 345.
    """

    system: System
    matrix: sympy.ImmutableMatrix
    conditions: tuple[Expr, ...]
    family: tuple[sympy.ImmutableMatrix, ...]
    origin: str

    @property
    def in_state(self) -> sympy.ImmutableMatrix:
        """M⁻ᵀ S M⁻¹, which symmetrises the A_j themselves."""
        inverse = _inverted(sympy.Matrix(self.system._primitive_matrices[1]))
        return (inverse.T * self.matrix * inverse).applyfunc(sympy.cancel).as_immutable()

    def __repr__(self) -> str:
        where = " where " + ", ".join(f"{c} > 0" for c in self.conditions) if self.conditions else ""
        among = f" in a family of dimension {len(self.family)}" if self.family else ""
        return f"<symmetriser of {self.system.expression}: {self.origin}{among}{where}>"


def symmetriser(system: System) -> Symmetriser:
    """A positive definite S with S A_j symmetric for every axis; NotSymmetrisable where none is found.

    The unit matrix where all A_j are symmetric; for constant matrices a member of the family of solutions of
    S A_j = A_jᵀ S, proved positive definite by its leading minors; otherwise the Hessian of an entropy (Godunov); in
    one dimension otherwise Σ l_kᵀ l_k over the left eigenvectors.

    >>> from pdeconv import catalog
    >>> symmetriser(catalog.acoustics(ndim=2)).matrix
    Matrix([
    [1/K,   0,   0],
    [  0, rho,   0],
    [  0,   0, rho]])
    """
    from .entropy import NoEntropy
    matrices = system._primitive_matrices[0]
    if all(m == m.T for m in matrices):
        return Symmetriser(system, sympy.eye(system.size).as_immutable(), (), (), "the matrices are symmetric")
    if system.hyperbolicity.witness is not None:  # a symmetriser would give real speeds and complete vectors
        raise NotSymmetrisable(f"{system.expression} has no symmetriser, because it is not hyperbolic: "
                               f"{system.hyperbolicity.witness}. Change the fluxes, or the state at which it is taken.")
    constant = not any(m.free_symbols & set(system.primitive_symbols) for m in matrices)
    if constant:
        return _constant(system, family(system))
    failure = ""
    try:
        found = system.entropy
        return Symmetriser(system, found.hessian, found.conditions, (), "the Hessian of an entropy")
    except NoEntropy as error:
        failure = str(error)
    if system.ndim == 1:
        return _by_vectors(system)
    raise NotSymmetrisable(f"no symmetriser of {system.expression} was found: {failure}")


def family(system: System) -> tuple[sympy.ImmutableMatrix, ...]:
    """A basis of the symmetric S with S A_j = A_jᵀ S for every axis, over the rational functions of the symbols.

    >>> from pdeconv import catalog
    >>> len(family(catalog.elasticity())), len(family(catalog.wave(ndim=1)))
    (1, 2)
    """
    n = system.size
    places = [(i, j) for i in range(n) for j in range(i, n)]
    matrices = [(m - m.trace() / n * sympy.eye(n)).applyfunc(sympy.cancel) for m in system._primitive_matrices[0]]
    rows = []
    for a in matrices:
        for i in range(n):
            for j in range(i + 1, n):  # Σ_k S_ik A_kj − S_jk A_ki
                row = dict.fromkeys(places, sympy.S.Zero)
                for k in range(n):
                    row[min(i, k), max(i, k)] += a[k, j]
                    row[min(j, k), max(j, k)] -= a[k, i]
                rows.append([row[p] for p in places])
    if not rows:
        return (sympy.eye(n).as_immutable(),)
    found = DomainMatrix.from_Matrix(sympy.Matrix(rows)).to_field().nullspace().to_Matrix()
    made = []
    for r in range(found.rows):
        values = dict(zip(places, found.row(r)))
        made.append(sympy.ImmutableMatrix([[values[min(i, j), max(i, j)] for j in range(n)] for i in range(n)]))
    return tuple(made)


def _constant(system: System, members: tuple[sympy.ImmutableMatrix, ...]) -> Symmetriser:
    """A member with small integer coefficients whose leading minors are positive."""
    if not members:
        raise NotSymmetrisable(f"{system.expression} has no symmetriser: S A_j = A_jᵀ S has the solution S = 0 only. "
                               "It is not symmetric hyperbolic; change the matrices.")
    best: tuple[sympy.Matrix, list[Expr]] | None = None
    choices = sorted(product((1, -1, 2, 0, -2), repeat=len(members)), key=lambda t: sum(map(abs, t)))[1:400]
    for weights in choices:
        matrix = sum((t * m for t, m in zip(weights, members)), sympy.zeros(system.size))
        undecided = _minors(matrix)
        if undecided is None:
            continue
        if not undecided:
            return Symmetriser(system, _normal(matrix, system), (), members, "S A_j = A_jᵀ S")
        if best is None:
            best = matrix, undecided
    if best is None and system.ndim == 1 and system.hyperbolicity:
        return _by_vectors(system, members)
    if best is None:
        raise NotSymmetrisable(f"none of the {len(choices)} combinations with small coefficients of the family of "
                               f"dimension {len(members)} of {system.expression} is positive definite. Look for one in "
                               "symmetriser.family(system).")
    return Symmetriser(system, _normal(best[0], system), tuple(best[1]), members, "S A_j = A_jᵀ S")


def _minors(matrix: sympy.Matrix) -> list[Expr] | None:
    """The leading minors that are not known to be positive; None where one is never positive."""
    undecided = []
    for k in range(1, matrix.rows + 1):
        minor = factored(matrix[:k, :k].det(method="berkowitz"))
        found = sign(minor)
        if is_nonnegative(-minor):
            return None
        if found is None:
            undecided.append(minor)
    return undecided


def _normal(matrix: sympy.Matrix, system: System) -> sympy.ImmutableMatrix:
    """The multiple for which the entries of all S A_j have no common factor, as an energy has."""
    entries = [sympy.fraction(sympy.cancel(e)) for a in system._primitive_matrices[0] for e in matrix * a if e != 0]
    if not entries:
        return matrix.applyfunc(factored).as_immutable()
    content = sympy.gcd_list([n for n, _ in entries]) / sympy.lcm_list([d for _, d in entries])
    scale = 1 / content
    if sign(matrix[0, 0] * scale) == -1:
        scale = -scale
    return (matrix * scale).applyfunc(factored).as_immutable()


def _by_vectors(system: System, members: tuple[sympy.ImmutableMatrix, ...] = ()) -> Symmetriser:
    """Σ l_kᵀ l_k over the left eigenvectors in one dimension; by power sums where speeds have no radicals."""
    try:
        found = system.eigenstructure()
    except NoClosedForm as error:
        return _by_sums(system, members, str(error))
    left = found.left * system._primitive_matrices[1]
    gram = (left.T * left).subs(dict(found.abbreviations)).applyfunc(sympy.cancel)
    return Symmetriser(system, gram.as_immutable(), system.hyperbolicity.conditions, members,
                       "Σ l_kᵀ l_k over left eigenvectors")


def _by_sums(system: System, members: tuple[sympy.ImmutableMatrix, ...], failure: str) -> Symmetriser:
    """S = Kᵀ H⁻¹ K with the rows K_i = e₁ᵀ Aⁱ and the power sums H_ij = Σ_k λ_k^{i+j} of distinct real speeds: K turns
    A to the companion matrix C of its characteristic polynomial, whose right vectors are (1, λ, λ², …), so that
    (R Rᵀ)⁻¹ = H⁻¹."""
    n, a = system.size, sympy.Matrix(system._primitive_matrices[0][0])
    if a.free_symbols or system.hyperbolicity.kind != "strict":
        raise NotSymmetrisable(f"no symmetriser of {system.expression} was found: {failure}")
    powers = [sympy.eye(n)]
    for _ in range(2 * n - 2):
        powers.append(powers[-1] * a)
    sums = sympy.Matrix(n, n, lambda i, j: powers[i + j].trace())
    for row in range(n):
        k = sympy.Matrix.vstack(*[p[row, :] for p in powers[:n]])
        if k.det() != 0:
            return Symmetriser(system, (k.T * sums.inv() * k).as_immutable(), (), members, "Kᵀ H⁻¹ K by power sums")
    raise NotSymmetrisable(f"no symmetriser of {system.expression} was found: {failure}")
