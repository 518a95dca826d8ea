"""The irreps of classical groups by highest weight, as representations: real where they have a real form."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isqrt
from typing import Any

from .chevalley import ChevalleyAction
from .field import Number, Q, quadratic
from .formal_character import FormalCharacter
from .frame import ORTHOGONAL, Frame, spins
from .highest_weight import FramedModule, HighestWeightModule
from .lie import LieGroup
from .linalg import nullspace, orthogonal
from .matrix import Matrix
from .rep import ONE, Action, Rep
from .root_datum import NotDominant, RootDatum, Weight, pairing


@dataclass(frozen=True, repr=False)
class WeightIrrep(Rep):
    """The irrep V_λ of a classical group with these labels, see `weight_irrep`, times det where `sign` is −1.

    Matrices are real where the group is real and V_λ has a real form; otherwise complex, and V.realify() is the real
    irrep. For compact groups the metric is invariant. The others have no invariant metric, and `gram` is 1.

    >>> import reptheory as rt
    >>> V = rt.SU(3).irrep((1, 1)); V.dim, V.casimir, V.is_unitary
    (8, 3, True)
    """

    group: LieGroup  # type: ignore[assignment]
    labels: tuple[int, ...]
    sign: int = 1

    # Weights -------------------------------------------------------------------------------------------
    @property
    def frame(self) -> Frame:
        """The weight basis of the defining representation."""
        assert self.group.family is not None
        found = Frame.of(self.group.family)
        assert found is not None
        return found

    @cached_property
    def framed(self) -> FramedModule:
        """The module of the complex Lie algebra with its matrices in the frame."""
        frame = self.frame
        return FramedModule(frame, frame.weight(self.labels))

    @property
    def datum(self) -> RootDatum:
        """The root datum of the identity component."""
        return self.framed.frame.datum

    @property
    def highest(self) -> Weight:
        """λ in the coordinates of the torus."""
        return self.framed.highest

    @property
    def dynkin(self) -> tuple[int, ...]:
        """The Dynkin labels ⟨λ, α_i^∨⟩."""
        return self.datum.labels(self.highest)

    @property
    def is_folded(self) -> bool:
        """Whether O(2m) joins V_λ and V_σλ, where the reflection e_n ↦ −e_n moves λ: λ_m ≠ 0."""
        family: Any = self.group.family
        return family[0] == "O" and sum(family[1:]) % 2 == 0 and bool(self.highest[-1])

    @property
    def dim(self) -> int:  # type: ignore[override]
        """Weyl's dimension, twice that for V_λ ⊕ V_σλ."""
        return self.datum.dimension(self.highest) * (2 if self.is_folded else 1)

    @property
    def weights(self) -> FormalCharacter:
        """The formal character of the restriction to the identity component."""
        found = FormalCharacter.irrep(self.datum, self.highest)
        if self.is_folded:
            return found + FormalCharacter.irrep(self.datum, (*self.highest[:-1], -self.highest[-1]))
        return found

    @property
    def casimir(self) -> Number:
        """The eigenvalue of the Casimir element: ½(λ, λ+2ρ), long roots of squared length 2, which is j(j+1) for SU(2)
        and (n² − 1)/2n for SU(n).vector; in SO(n) that of −Σ_{i<j} L_ij², (λ, λ+2ρ) in orthonormal coordinates.

        >>> import reptheory as rt
        >>> rt.SO(5).irrep((1, 0)).casimir, rt.U(2).irrep((1, 0)).casimir
        (4, 1)
        """
        family: Any = self.group.family
        plain = pairing(self.highest, [x + r for x, r in zip(self.highest, self.datum.two_rho)])
        if family[0] in ORTHOGONAL:
            return Q(plain)
        if len(self.datum.roots) < self.datum.rank:
            return Q(plain) / 2
        return self.datum.casimir(self.highest) / 2

    @property
    def type(self) -> str | None:
        """"real" where the matrices are, over a real group "complex" otherwise; over a complex one that of the
        compact form by Frobenius and Schur, "quaternionic" too."""
        if self.scalars == "R" or self.is_folded:
            return "real"
        if self.group.over == "R":
            return "complex"
        return {1: "real", 0: "complex", -1: "quaternionic"}[self.datum.indicator(self.highest)]

    @property
    def is_irreducible(self) -> bool:
        """True."""
        return True

    # Matrices ------------------------------------------------------------------------------------------
    @property
    def expression(self) -> str:  # type: ignore[override]
        """`G.irrep(labels)`."""
        return f"{self.group.atom}.irrep({self.labels if self.sign > 0 else (self.labels, '-')!r})"

    @cached_property
    def scalars(self) -> str:
        """"R" where the matrices are real: the group is, and V_λ has a real form."""
        split = self.group.over == "R" and self.framed.frame.basis.is_rational
        return "R" if split or self._real is not None else "C"

    @cached_property
    def _real(self) -> tuple[Matrix, Matrix, tuple[Number, ...]] | None:
        """(B, B⁻¹, metric) for a basis, the columns of B, of the real form; None where there is none to find."""
        if self.group.over != "R" or self.framed.frame.basis.is_rational:
            return None
        structure = real_structure(self.framed)
        if structure is None:
            return None
        basis = fixed(structure)
        metric = Matrix.diagonal(self.framed.module.metric)
        if not self.group.is_compact:
            return basis, basis.inverse(), (ONE,) * basis.shape[1]
        form = real_part(basis.H @ metric @ basis)
        transform, norms = orthogonal(form)
        basis = basis @ transform.T
        return basis, Matrix.diagonal([1 / d for d in norms]) @ basis.H @ metric, norms

    @property
    def gram(self) -> tuple[Number, ...]:
        """The invariant metric of a compact group; 1 for the others, which have none."""
        if not self.group.is_compact:
            return (ONE,) * self.dim
        single = self.framed.module.metric if self._real is None else self._real[2]
        return single * (2 if self.is_folded else 1)

    def embeddings(self, acting: ChevalleyAction) -> tuple[Matrix, ...]:
        """Maps V_λ → W of the identity component, one for each highest weight vector of weight λ in W, complex.

        A highest weight vector w, with dρ(e_i)w = 0, gives v_λ ↦ w and f_i x ↦ dρ(f_i) of the image of x; the columns
        are the images of the basis of this representation.

        >>> import reptheory as rt
        >>> V = rt.SU(3).irrep((1, 1)); len(V.embeddings(ChevalleyAction(rt.SU(3).adjoint, V.frame)))
        1
        """
        module, found = self.framed.module, []
        starts = acting.highest(self.highest)
        for k in range(starts.shape[0]):
            image = transported(module, starts.submatrix([k], range(starts.shape[1])).T, acting.lowering)
            found.append(image if self._real is None else image @ self._real[0])
        return tuple(found)

    def _changed(self, m: Matrix) -> Matrix:
        return m if self._real is None else real_part(self._real[1] @ m @ self._real[0])

    def _derive(self, a: int) -> Matrix:
        x, frame = self.group.algebra[a], self.framed.frame
        found = self._changed(self.framed.derivative(frame.inside(x)))
        if self.is_folded:
            r = _reflection(self.group.size)
            return Matrix.block_diagonal([found, self._changed(self.framed.derivative(frame.inside(r @ x @ r)))])
        return found

    def _act(self, i: int) -> Action:
        from .monomial import monomial_if
        return monomial_if(self._at(self.group.components[i]))

    def _at(self, g: Matrix) -> Matrix:
        family: Any = self.group.family
        if family[0] != "O":
            return self._connected(g)
        proper = g.det() == 1
        factor = 1 if proper else self.sign
        if self.group.size % 2:
            odd = -1 if sum(self.highest) % 2 else 1
            return self._connected(g) if proper else self._connected(-g) * (odd * factor)
        r = _reflection(self.group.size)
        if self.is_folded:
            first, second = (g, r @ g @ r) if proper else (g @ r, r @ g)
            blocks = Matrix.block_diagonal([self._connected(first), self._connected(second)])
            d = blocks.shape[0] // 2
            swap = [*range(d, 2 * d), *range(d)]
            return blocks if proper else blocks.submatrix(range(2 * d), swap) * factor
        return self._connected(g) if proper else self._connected(g @ r) @ self._reflected * factor

    def _connected(self, g: Matrix) -> Matrix:
        return self._changed(self.framed.at(self.framed.frame.inside(g)))

    @cached_property
    def _reflected(self) -> Matrix:
        """ρ(r) for the reflection r of e_n, which fixes the highest weight vector of V_λ for λ_m = 0."""
        frame = self.framed.frame
        r = frame.inside(_reflection(self.group.size))
        images = [r @ f @ r for f in frame.lowering]
        start = Matrix.of([[int(k == 0)] for k in range(self.dim)])
        return self._changed(transported(self.framed.module, start, [self.framed.derivative(y) for y in images]))


def weight_irrep(group: LieGroup, key: Any) -> Rep:
    """The irrep with these Dynkin labels; of U(n), GL(n) and tori with this highest weight; of SO(4) and SO(1, 3) also
    with a pair of spins, ("1/2", "1/2"); of O(n) with labels, or (labels, "-") for its product with det.

    Raises NotDominant where there is no such irrep.
    """
    family: Any = group.family
    sign, frame = 1, Frame.of(family)
    if frame is None:
        raise NotDominant(f"{group.expression} is of no family whose irreps have Dynkin labels here. Take SU(n), U(n), "
                          "SO(n), O(n), Sp(n), SL(n), GL(n), SO(p, q), O(p, q) or a torus.")
    if family[0] == "O" and isinstance(key, tuple) and len(key) == 2 and key[1] in ("+", "-"):
        key, sign = key[0], 1 if key[1] == "+" else -1
    if isinstance(key, tuple) and any(isinstance(x, str) for x in key):
        if family[0] not in ORTHOGONAL or sum(family[1:]) != 4:
            raise NotDominant(f"{key!r}: pairs of spins name the irreps of SO(4) and SO(1, 3), and this is "
                              f"{group.expression}. Give Dynkin labels, integers.")
        key = spins(key)
    if isinstance(key, int) and not isinstance(key, bool):
        key = (key,)
    if not isinstance(key, tuple):
        raise NotDominant(f"{key!r} names no irrep of {group.expression}. Give its Dynkin labels, a tuple of integers; "
                          f"those of the defining one are {frame.defining}.")
    frame.weight(key)
    found = WeightIrrep(group, key, sign)
    if found.is_folded:  # σλ gives the same sum, and so does its product with det
        *first, last = found.highest
        return WeightIrrep(group, found.datum.labels((*first, abs(last))))
    return found


def transported(module: HighestWeightModule, start: Matrix, acting: Sequence[Matrix]) -> Matrix:
    """The matrix A with A v_λ = `start` and A f_i = F_i A for these matrices F_i, by the words of the basis.

    >>> V = HighestWeightModule(RootDatum.simple("A", 1), (1,)); transported(V, Matrix.of([[1], [0]]), [V.lowering(0)])
    [1 0; 0 1]
    """
    columns = {module.highest: start}
    for mu, (candidates, transform) in module.words.items():
        above = {i: acting[i] @ columns[tuple(x + a for x, a in zip(mu, module.datum.roots[i]))]
                 for i in {i for i, _ in candidates}}
        chosen = Matrix.hstack([above[i].submatrix(range(start.shape[0]), [k]) for i, k in candidates])
        columns[mu] = chosen @ transform.T
    return Matrix.hstack([columns[mu] for mu in module.starts])


def real_structure(framed: FramedModule) -> Matrix | None:
    """A with J: x ↦ A x̄ commuting with the real Lie algebra and J² = 1; None where V_λ is not of real type over it.

    J v_λ is the vector that the conjugates of e_i annihilate, of weight λ for the conjugates of h_i.

    >>> real_structure(FramedModule(Frame.of(("SO", 3)), (1,))) is None
    False
    """
    frame, module = framed.frame, framed.module
    bar = frame.inverse @ frame.basis.conj()
    back = bar.inverse()

    def twisted(x: Matrix) -> Matrix:
        image = bar @ x @ back
        return Matrix(Q, image.parts[:1]) if image.is_rational else image
    killed = nullspace(Matrix.vstack([framed.derivative(twisted(e)) for e in frame.raising]))
    start = killed.T
    for e, f, label in zip(frame.raising, frame.lowering, module.datum.labels(module.highest)):
        if framed.derivative(twisted(e @ f - f @ e)) @ start != start * label:
            return None
    found = transported(module, start, [framed.derivative(twisted(f)) for f in frame.lowering])
    whole = range(module.dim)
    square = (found.submatrix([0], whole) @ found.conj().submatrix(whole, [0]))[0, 0]
    scale = norm_root(1 / square)
    return None if scale is None else found * scale


def norm_root(x: Number) -> Number | None:
    """A number s of Q(i) with |s|² = x; None where x is no sum of two rational squares.

    >>> norm_root(Q("1/2"))
    quadratic(-1).number('1/2', '1/2')
    """
    value = x.to_fraction()
    product = value.numerator * value.denominator
    if product <= 0:
        return None
    for a in range(isqrt(product), -1, -1):
        b = isqrt(product - a * a)
        if a * a + b * b == product:
            return quadratic(-1)(a) / value.denominator + quadratic(-1).generator * b / value.denominator
    return None


def fixed(structure: Matrix) -> Matrix:
    """A basis, as columns, of the real space {x : A x̄ = x} for A over Q(i).

    x = p + iq is fixed when p = A₀p + A₁q and q = A₁p − A₀q, for A = A₀ + iA₁.
    """
    structure = structure.over(quadratic(-1))
    d = structure.shape[0]
    a, b = (Matrix(Q, (part,)) for part in structure.parts)
    one = Matrix.identity(d)
    found = nullspace(Matrix.vstack([Matrix.hstack([a - one, b]), Matrix.hstack([b, -a - one])])).T
    p, q = (found.submatrix(rows, range(d)) for rows in (range(d), range(d, 2 * d)))
    return Matrix(quadratic(-1), (p.parts[0], q.parts[0]))


def real_part(m: Matrix) -> Matrix:
    """A matrix with real entries over a complex field, over a real one."""
    if m.is_rational:
        return Matrix(Q, m.parts[:1])
    if m.field.is_real:
        return m
    from .construct import descend
    return Matrix.of([[descend(x) for x in row] for row in m.rows()])


def _reflection(n: int) -> Matrix:
    return Matrix.diagonal([1] * (n - 1) + [-1])
