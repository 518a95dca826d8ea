"""New representations from old: dual, powers, restriction, induction, pull-back and change of scalars."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

from .direct_sum import Sum
from .field import Number, Q
from .group import DifferentGroups, Group, NotASubgroup, TooLarge
from .matrix import Matrix
from .monomial import Monomial, as_matrix, compose, contragredient, direct_sum, kron, monomial_if
from .rep import Action, Explicit, Rep
from .tensor import Tensor

ORBIT_LIMIT = 100_000  # the most vectors of an orbit that is followed


def bracket(rep: Rep) -> str:
    return f"({rep.expression})" if isinstance(rep, (Sum, Tensor)) else rep.expression


class Derived(Rep):
    """A representation made from one other, `base`, whose dimension, metric, scalars and matrices it shares unless it
    says so."""

    base: Rep

    @property
    def dim(self) -> int:  # type: ignore[override]
        """The dimension of the base."""
        return self.base.dim

    @property
    def gram(self) -> tuple[Number, ...]:
        """The metric of the base."""
        return self.base.gram

    @property
    def scalars(self) -> str:
        """The scalars of the base."""
        return self.base.scalars

    def _act(self, i: int) -> Action:
        return self.base.actions[i]

    def _derive(self, a: int) -> Matrix:
        return self.base.derivatives[a]

    def _at(self, g: Matrix) -> Matrix:
        return self.base._at(g)


@dataclass(frozen=True, repr=False)
class Dual(Derived):
    """The dual representation ρ*(g) = ρ(g)^(−T), of a sum the sum of the duals."""

    base: Rep

    @property
    def group(self) -> Group:  # type: ignore[override]
        """The group of the base."""
        return self.base.group

    @property
    def gram(self) -> tuple[Number, ...]:
        """The inverse metric."""
        return tuple(1 / d for d in self.base.gram)

    @property
    def summands(self) -> tuple[tuple[int, Rep], ...]:
        """The duals of the summands."""
        if self.base.summands == ((1, self.base),):
            return ((1, self),)
        return tuple((m, Dual(a)) for m, a in self.base.summands)

    # These read the base, so that no inverse is formed to answer them.
    @property
    def is_monomial(self) -> bool:
        """Whether the base is."""
        return self.base.is_monomial

    @property
    def is_trivial(self) -> bool:
        """Whether the base is."""
        return self.base.is_trivial

    @property
    def is_unitary(self) -> bool:
        """Whether the base is: ρᴴDρ = D ⟺ ρ D⁻¹ρᴴ = D⁻¹."""
        return self.base.is_unitary

    def _act(self, i: int) -> Action:
        return contragredient(self.base.actions[i])

    def _derive(self, a: int) -> Matrix:
        return -self.base.derivatives[a].T

    def _at(self, g: Matrix) -> Matrix:
        return self.base._at(g).inverse().T

    @property
    def expression(self) -> str:  # type: ignore[override]
        """`V.dual`."""
        return f"{bracket(self.base)}.dual"


@dataclass(frozen=True, repr=False)
class Restriction(Derived):
    """The restriction h ↦ ρ(h) to a subgroup; of a type, the type of the restrictions."""

    base: Rep
    group: Group

    def __post_init__(self) -> None:
        if self.base.group.is_lie:
            _ = self._embedding  # NotASubgroup where there is none
        elif self.group.is_lie or not self.group.is_subgroup(self.base.group):
            raise NotASubgroup(
                f"{self.group.expression} is not a subgroup of {self.base.group.expression}: a generator of it is no "
                "element there. Make it by G.subgroup(…), or use V.pullback along a homomorphism.")

    @cached_property
    def _embedding(self) -> Any:
        larger: Any = self.base.group
        return larger.embedding(self.group)

    @property
    def summands(self) -> tuple[tuple[int, Rep], ...]:
        """The restrictions of the summands."""
        if self.base.summands == ((1, self.base),):
            return ((1, self),)
        return tuple((m, Restriction(a, self.group)) for m, a in self.base.summands)

    def _act(self, i: int) -> Action:
        if self.base.group.is_lie:
            return monomial_if(self.base._at(self._embedding.components[i]))
        return self.base.action(self.base.group.element(self.group.generators[i].images))

    def _derive(self, a: int) -> Matrix:
        return combination(self._embedding.differential[a], self.base)

    @property
    def expression(self) -> str:  # type: ignore[override]
        """`V.restrict(H)`."""
        return f"{bracket(self.base)}.restrict({self.group.expression})"


@dataclass(frozen=True, repr=False)
class Induction(Derived):
    """The induced representation: g t_i = t_j h gives the block (j, i) = ρ(h), coset index slow."""

    base: Rep
    group: Group

    def __post_init__(self) -> None:
        if self.group.is_lie or self.base.group.is_lie:
            raise TooLarge(f"{self.base.expression} cannot be induced to {self.group.expression}: of Lie groups "
                           "no induced representation is made. Use irreps of the larger group, whose sum restricts to "
                           "it: '1e' and '1o' of O(3) for 1 of SO(3).")
        if not self.base.group.is_subgroup(self.group):
            raise NotASubgroup(
                f"{self.base.group.expression} is not a subgroup of {self.group.expression}: a generator of it is no "
                "element there. Induce to a group that contains it, or make the subgroup by G.subgroup(…).")

    @cached_property
    def cosets(self):
        """The cosets G/H that number the blocks."""
        return self.group.cosets(self.base.group)

    @property
    def dim(self) -> int:  # type: ignore[override]
        """[G : H] dim V."""
        return len(self.cosets.representatives) * self.base.dim

    @property
    def gram(self) -> tuple[Number, ...]:
        """The metric of the base, once per coset."""
        return self.base.gram * len(self.cosets.representatives)

    def _act(self, i: int) -> Action:
        g, cosets, d = self.group.generators[i], self.cosets, self.base.dim
        targets = [int(j) for j in cosets.images[i]]
        blocks = [self.base.action(self.base.group.element((cosets.representatives[j].inverse * g * t).images))
                  for t, j in zip(cosets.representatives, targets)]
        moved = kron(Monomial.of(targets), Monomial.identity(d))
        return compose(moved, direct_sum(*blocks))

    @property
    def expression(self) -> str:  # type: ignore[override]
        """`V.induce(G)`."""
        return f"{bracket(self.base)}.induce({self.group.expression})"


@dataclass(frozen=True, repr=False)
class Pullback(Derived):
    """The representation g ↦ ρ(f(g)) along a homomorphism f: G → V.group; of a type, the type of the pull-backs."""

    base: Rep
    along: Any

    def __post_init__(self) -> None:
        if self.along.target != self.base.group:
            raise DifferentGroups(f"the homomorphism ends in {self.along.target.expression}, but V is a representation "
                                  f"of {self.base.group.expression}. Pull back along a map into V.group.")

    @property
    def group(self) -> Group:  # type: ignore[override]
        """The source of the homomorphism."""
        return self.along.source

    @property
    def summands(self) -> tuple[tuple[int, Rep], ...]:
        """The pull-backs of the summands."""
        if self.base.summands == ((1, self.base),):
            return ((1, self),)
        return tuple((m, Pullback(a, self.along)) for m, a in self.base.summands)

    def _act(self, i: int) -> Action:
        found = self.base.action(self.along(self.group.generators[i]))
        return monomial_if(found) if isinstance(found, Matrix) else found

    def _derive(self, a: int) -> Matrix:
        return combination(self.along.differential[a], self.base)

    def _at(self, g: Matrix) -> Matrix:
        return as_matrix(self.base.action(self.along(self.group.element(g))))

    @property
    def expression(self) -> str:  # type: ignore[override]
        """`V.pullback(f)`."""
        return f"{bracket(self.base)}.pullback({self.along.expression})"


@dataclass(frozen=True, repr=False)
class Complexification(Derived):
    """The same matrices, with complex scalars."""

    base: Rep

    @property
    def group(self) -> Group:  # type: ignore[override]
        """The group of the base."""
        return self.base.group

    @property
    def scalars(self) -> str:
        """Always "C"."""
        return "C"

    @property
    def expression(self) -> str:  # type: ignore[override]
        """`V.complexify()`."""
        return f"{bracket(self.base)}.complexify()"


def complexify(rep: Rep) -> Rep:
    """C ⊗ V, summand by summand."""
    if rep.scalars == "C":
        return rep
    if rep.summands != ((1, rep),):
        return Sum(tuple((m, complexify(a)) for m, a in rep.summands))
    return Complexification(rep)


@dataclass(frozen=True, repr=False)
class Realification(Derived):
    """The real representation on Re and Im: z = a + bθ ↦ [a, bθ²; b, a] with θ = α − ᾱ imaginary, metric (1, −θ²)."""

    base: Rep

    @property
    def group(self) -> Group:  # type: ignore[override]
        """The group of the base."""
        return self.base.group

    @property
    def dim(self) -> int:  # type: ignore[override]
        """2 dim_C V."""
        return 2 * self.base.dim

    @property
    def scalars(self) -> str:
        """Always "R"."""
        return "R"

    @cached_property
    def _theta(self) -> Number | None:
        """The purely imaginary generator α − ᾱ of the field over its real subfield; None when it is real."""
        k = self.base.field
        return None if k.is_real else k.generator - k.generator.conj()

    @property
    def gram(self) -> tuple[Number, ...]:
        """Each entry d of the base as (d, −θ² d)."""
        square = Q(1) if self._theta is None else descend(-self._theta * self._theta)
        return tuple(x for d in self.base.gram for x in (d, d * square))

    def _act(self, i: int) -> Action:
        return self._real(self.base.actions[i])

    def _derive(self, a: int) -> Matrix:
        return as_matrix(self._real(self.base.derivatives[a]))

    def _at(self, g: Matrix) -> Matrix:
        return as_matrix(self._real(self.base._at(g)))

    def _real(self, action: Action) -> Action:
        if isinstance(action, Monomial) or action.field.is_real:
            return kron(action, Monomial.identity(2))
        theta = self._theta
        assert theta is not None
        blocks = [[real_block(z, theta) for z in row] for row in action.rows()]
        return Matrix.of([[x for block in row for x in block[half]] for row in blocks for half in (0, 1)])

    @property
    def expression(self) -> str:  # type: ignore[override]
        """`V.realify()`."""
        return f"{bracket(self.base)}.realify()"


def combination(coefficients: tuple[Number, ...], rep: Rep) -> Matrix:
    """Σ_a c_a dρ(X_a), the derivative of ρ at an element of the Lie algebra."""
    terms = [d * c for c, d in zip(coefficients, rep.derivatives) if c]
    return reduce(Matrix.__add__, terms, Matrix.zeros(rep.dim, rep.dim))


def real_block(z: Number, theta: Number) -> tuple[tuple[Number, Number], tuple[Number, Number]]:
    """Multiplication by z = a + bθ on the real basis (1, θ)."""
    a, b = descend((z + z.conj()) / 2), descend((z - z.conj()) / (2 * theta))
    return (a, b * descend(theta * theta)), (b, a)


def descend(x: Number) -> Number:
    """The real number x of a field closed under conjugation, as a number of its real subfield."""
    if x.is_rational:
        return Q(x.to_fraction())
    if x.field.is_real:
        return x
    return x.field.real_subfield()(x)


def orbit(rep: Rep, start) -> Rep:
    """The permutation representation on the orbit of a vector, numbered breadth-first, generators in order.

    TooLarge past 100 000 vectors.

    >>> import reptheory as rt
    >>> rt.octahedral().vector.orbit((1, 1, 1)).dim
    8
    """
    from .standard import literal

    first = Matrix.of([[x] for x in start])
    if first.shape != (rep.dim, 1):
        raise ValueError(f"a vector of {rep.expression} has {rep.dim} entries, and {start!r} has {first.shape[0]}.")
    field = rep.field.compositum(first.field)
    matrices = [as_matrix(a).over(field) for a in rep.actions]
    queue = [first.over(field)]
    place, images = {queue[0].key: 0}, [[] for _ in matrices]  # type: ignore[var-annotated]
    for vector, (i, matrix) in ((v, m) for v in queue for m in enumerate(matrices)):
        image = matrix @ vector
        if place.setdefault(image.key, len(queue)) == len(queue):
            if len(queue) == ORBIT_LIMIT:
                raise TooLarge(f"the orbit of {start!r} in {rep.expression} has more than {ORBIT_LIMIT} vectors. Use a "
                               "vector with a larger stabiliser.")
            queue.append(image)
        images[i].append(place[image.key])
    entries = ", ".join(literal(x) for row in first.rows() for x in row) + ("," if rep.dim == 1 else "")
    return Explicit(rep.group, tuple(Monomial.of(p) for p in images), (Q(1),) * len(queue), "R",
                    f"{bracket(rep)}.orbit(({entries}))")
