"""Representations of Lie groups: trivial, defining, adjoint, and those given on the Lie algebra."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .check import NotARepresentation
from .field import Number
from .lie import LieGroup
from .lie_algebra import commutator
from .matrix import Matrix
from .monomial import as_matrix, monomial_if
from .rep import ONE, Action, Explicit, Rep
from .standard import literal

ORDERS = 24  # the largest order of a component generator that is checked as a relation


@dataclass(frozen=True, repr=False)
class Defining(Rep):
    """The defining representation ρ(g) = g."""

    group: LieGroup  # type: ignore[assignment]

    @property
    def dim(self) -> int:  # type: ignore[override]
        """The number of rows of the matrices."""
        return self.group.size

    @property
    def scalars(self) -> str:
        """Those of the group."""
        return self.group.over

    @property
    def expression(self) -> str:  # type: ignore[override]
        """`G.vector`."""
        return f"{self.group.atom}.vector"

    def _act(self, i: int) -> Action:
        return monomial_if(self.group.components[i])

    def _derive(self, a: int) -> Matrix:
        return self.group.algebra[a]

    def _at(self, g: Matrix) -> Matrix:
        return g


@dataclass(frozen=True, repr=False)
class Adjoint(Rep):
    """The adjoint representation Ad(g) X = gXg⁻¹ on the basis X_a, real; dAd(X) = [X, ·].

    Its metric is −Re tr(X_a X_a) where that form is diagonal and positive, as for the compact groups here; 1 otherwise.
    """

    group: LieGroup  # type: ignore[assignment]

    @property
    def dim(self) -> int:  # type: ignore[override]
        """The dimension of the group."""
        return self.group.dim

    @property
    def gram(self) -> tuple[Number, ...]:
        """−Re tr(X_a X_a), or 1."""
        basis = self.group.algebra
        if not self.group.is_compact:
            return (ONE,) * self.dim
        form = [[_real(-(x @ y).trace()) for y in basis] for x in basis]
        if any(form[a][b] for a in range(self.dim) for b in range(a)):
            return (ONE,) * self.dim
        return tuple(form[a][a] / form[0][0] for a in range(self.dim))

    @property
    def expression(self) -> str:  # type: ignore[override]
        """`G.adjoint`."""
        return f"{self.group.atom}.adjoint"

    def _act(self, i: int) -> Action:
        return monomial_if(self._at(self.group.components[i]))

    def _derive(self, a: int) -> Matrix:
        return self.group.lie_algebra.adjoint[a]

    def _at(self, g: Matrix) -> Matrix:
        inverse = g.inverse()
        return Matrix.of([self.group.coefficient(g @ x @ inverse) for x in self.group.algebra]).T


@dataclass(frozen=True, repr=False)
class Infinitesimal(Explicit):
    """A representation given by dρ(X_a) and by matrices on the component generators; `given` checks and makes it.

    ρ(g) at an exact g is not determined by these matrices in finitely many steps: use V.to_numpy(G.exp(…)).
    """

    group: LieGroup  # type: ignore[assignment]
    algebra: tuple[Matrix, ...] = ()

    @property
    def kind(self) -> None:
        """None: ρ(g) is not read off a permutation."""
        return None

    def _derive(self, a: int) -> Matrix:
        return self.algebra[a]

    def _at(self, g: Matrix) -> Matrix:
        if all(d.is_zero for d in self.algebra) and all(a.is_identity for a in self.given):
            return Matrix.identity(self.dim)
        known = next((a for c, a in zip(self.group.components, self.given) if c == g), None)
        if known is not None:
            return as_matrix(known)
        if g.is_identity:
            return Matrix.identity(self.dim)
        raise ValueError(f"{self.expression} is given on the Lie algebra, so its exact matrix at a group element is "
                         "not known. Use V.to_numpy(G.exp(…)) in floats, or build it from G.vector by *, sym, alt.")


def trivial(group: LieGroup) -> Rep:
    """The trivial representation, of dimension 1."""
    zero, one = Matrix.zeros(1, 1), monomial_if(Matrix.identity(1))
    return Infinitesimal(group, (one,) * len(group.components), (ONE,), "R", f"{group.atom}.trivial",
                         (zero,) * group.dim)


def given(group: LieGroup, gram: Sequence | None, matrices: dict[str, Any]) -> Rep:
    """The representation with these exact matrices on the Lie algebra and on the component generators, checked.

    Raises NotARepresentation where [dρ(X), dρ(Y)] ≠ dρ([X, Y]), where ρ(c) dρ(X) ρ(c)⁻¹ ≠ dρ(cXc⁻¹), where cᵏ = 1
    but ρ(c)ᵏ ≠ 1, or where exp(2πX) = 1 but exp(2πdρ(X)) ≠ 1.

    >>> import reptheory as rt
    >>> rt.SO(2).rep(L=[[0, -3], [3, 0]]).dim
    2
    """
    wanted = (*group.algebra_names, *group.names)
    missing = [n for n in wanted if n not in matrices]
    unknown = [n for n in matrices if n not in wanted]
    if missing or unknown:
        parts = [f"none for {', '.join(missing)}"] * bool(missing) + [f"{', '.join(unknown)} unknown"] * bool(unknown)
        raise TypeError(f"{group.expression} has the basis and components {', '.join(wanted)}, but the matrices given "
                        f"have {' and '.join(parts)}. Give one matrix for each.")
    values = [Matrix.of(matrices[n]) for n in wanted]
    n = values[0].shape[0]
    for name, value in zip(wanted, values):
        if value.shape != (n, n):
            raise ValueError(f"the matrix of {name} has shape {value.shape[0]}×{value.shape[1]} where {n}×{n} is "
                             "needed. Give square matrices of one size.")
    algebra, components = tuple(values[:group.dim]), values[group.dim:]
    _check_brackets(group, algebra)
    _check_components(group, algebra, components)
    _check_periods(group, algebra)
    text = ", ".join(f"{name}=[" + ", ".join("[" + ", ".join(map(literal, row)) + "]" for row in value.rows()) + "]"
                     for name, value in zip(wanted, values))
    from .standard import metric_of
    metric = (ONE,) * n if gram is None else metric_of(gram, n)
    text += "" if gram is None else f", gram=[{', '.join(map(literal, metric))}]"
    over = "R" if all(v.field.is_real for v in values) else "C"
    rep = Infinitesimal(group, tuple(map(monomial_if, components)), metric, over, f"{group.atom}.rep({text})", algebra)
    if gram is not None and not rep.is_unitary:
        raise ValueError(f"the metric diag{tuple(str(d) for d in metric)} is not invariant. Leave gram out, or give "
                         "the metric of this basis.")
    return rep


def _check_brackets(group: LieGroup, algebra: tuple[Matrix, ...]) -> None:
    names = group.algebra_names
    for a in range(group.dim):
        for b in range(a):
            expected = sum((x * c for c, x in zip(group.lie_algebra.structure[b][a], algebra) if c),
                           Matrix.zeros(*algebra[0].shape))
            found = commutator(algebra[b], algebra[a])
            if found != expected:
                raise NotARepresentation(
                    f"in {group.expression} we have [{names[b]}, {names[a]}] = {_combination(group, b, a)}, but these "
                    f"matrices give\n  [ρ({names[b]}), ρ({names[a]})] = {found}\n  where it should be {expected}\n"
                    f"Change the matrix of {names[b]} or {names[a]}.")


def _combination(group: LieGroup, a: int, b: int) -> str:
    terms = [("" if c == 1 else "−" if c == -1 else f"{c}·") + n
             for c, n in zip(group.lie_algebra.structure[a][b], group.algebra_names) if c]
    return " + ".join(terms).replace("+ −", "− ") or "0"


def _check_components(group: LieGroup, algebra: tuple[Matrix, ...], components: list[Matrix]) -> None:
    for name, c, image in zip(group.names, group.components, components):
        if image.det().is_zero:
            raise NotARepresentation(f"the matrix of {name} is singular. Give an invertible matrix.")
        inverse, moved = c.inverse(), image.inverse()
        for x_name, x, dx in zip(group.algebra_names, group.algebra, algebra):
            coordinates = group.coefficient(c @ x @ inverse)
            expected = sum((d * k for k, d in zip(coordinates, algebra) if k), Matrix.zeros(*image.shape))
            if image @ dx @ moved != expected:
                raise NotARepresentation(
                    f"in {group.expression} conjugation by {name} takes {x_name} to another element of the Lie algebra "
                    f"than these matrices do: ρ({name}) ρ({x_name}) ρ({name})⁻¹ = {image @ dx @ moved}, where it "
                    f"should be {expected}. Change the matrix of {name}.")
        order = next((k for k in range(1, ORDERS + 1) if (c ** k).is_identity), None)
        if order is not None and not (image ** order).is_identity:
            raise NotARepresentation(f"in {group.expression} we have {name}^{order} = 1, but these matrices give "
                                     f"ρ({name})^{order} = {image ** order}. Change the matrix of {name}.")


def _check_periods(group: LieGroup, algebra: tuple[Matrix, ...]) -> None:
    """Where exp(2πX) = 1 for X with eigenvalues in iZ, dρ(X) has its eigenvalues in iZ too, and is semisimple."""
    from .lie_algebra import minimal_polynomial
    from .lie_element import OneParameter
    for name, x, dx in zip(group.algebra_names, group.algebra, algebra):
        if OneParameter(x).kind is None or OneParameter(x).kind[0] != "turn":  # type: ignore[index]
            continue
        p = minimal_polynomial(dx)
        bound = 1 + max(abs(float(c)) if c.field.is_real else abs(complex(c)) for c in p)
        value = dx
        one = Matrix.identity(dx.shape[0])
        for k in range(1, int(bound) + 1):
            if value.is_zero:
                break
            value = value @ (dx @ dx + one * (k * k))
        if not value.is_zero:
            raise NotARepresentation(
                f"exp(2π{name}) = 1 in {group.expression}, but exp(2πρ({name})) ≠ 1 for these matrices: their "
                f"eigenvalues are not integer multiples of i, so they integrate to a covering group only. Use "
                f"{_covering(group)}, or multiply the matrices to integer weights.")


def _covering(group: LieGroup) -> str:
    return "rt.SU(2)" if group.family == ("SO", 3) else "the covering group"


def _real(x: Number) -> Number:
    from .construct import descend
    return descend((x + x.conj()) / 2)


