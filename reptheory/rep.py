"""Representations: exact matrices on the generators, checked, with multiplicities kept in the type."""
from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, reduce
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from . import on_points
from .character import Character, real_type
from .field import Field, Number, Q
from .group import DifferentGroups, Group, TooLarge
from .matrix import Matrix, float_table
from .monomial import Monomial, as_matrix, compose

if TYPE_CHECKING:
    from .formal_character import FormalCharacter
    from .hom import Hom
    from .trace import Traces

Action = Monomial | Matrix
ONE = Q(1)
DENSE = 2**26  # the most entries of matrices of a Lie algebra that are written out


class Rep:
    """A finite-dimensional representation ρ: G → GL(V), given on the generators of G.

    Of a Lie group: on a basis X_a of its algebra, by dρ(X_a) in `derivatives`, and on generators of its components.

    Layers and float tables use the orthonormal coordinates x̂ = √gram · x, in which ρ̂(g) = √D ρ(g) √D⁻¹.

    >>> import reptheory as rt
    >>> V = 2*rt.D(4).vector + rt.D(4).trivial
    >>> V.dim, [m for m, A in V.summands]
    (5, [2, 1])
    """

    group: Group

    # What a kind of representation has to say: dim, its action on generator i, and the text that makes it; for Lie
    # groups also dρ(X_a) and ρ(g) at a matrix g of the group.
    dim: int
    expression: str

    def _act(self, i: int) -> Action:
        raise NotImplementedError  # abstract: every kind below defines it

    def _derive(self, a: int) -> Matrix:
        raise NotImplementedError  # abstract: every kind for Lie groups defines it

    def _at(self, g: Matrix) -> Matrix:
        raise NotImplementedError  # abstract: every kind for Lie groups defines it

    @property
    def gram(self) -> tuple[Number, ...]:
        """The diagonal metric D: lowered coordinates are x̂ = √D x; ρ(g)ᴴ D ρ(g) = D when `is_unitary`."""
        return (ONE,) * self.dim

    @property
    def scalars(self) -> str:
        """"R" or "C": the field over which dim Hom, decompose and is_irreducible are meant."""
        return "R"

    @property
    def summands(self) -> tuple[tuple[int, Rep], ...]:
        """The pairs (multiplicity, representation) of the type, in order."""
        return ((1, self),)

    # Actions -------------------------------------------------------------------------------------------
    @cached_property
    def actions(self) -> tuple[Action, ...]:
        """The exact action of each generator, monomial where it can be."""
        return tuple(self._act(i) for i in range(len(self.group.generators)))

    @cached_property
    def derivatives(self) -> tuple[Matrix, ...]:
        """The exact matrices dρ(X_a) of the basis of the Lie algebra; none for a finite group, TooLarge beyond 2²⁶
        entries in all."""
        count = len(self.group.algebra)
        if count * self.dim**2 > DENSE:
            raise TooLarge(f"the Lie algebra acts on {self.expression} by {count} matrices of {self.dim}×{self.dim}, "
                           f"and up to {DENSE} entries are written out. Take V.weights, V.decompose() or V >> W, which "
                           "work with the factors and summands.")
        return tuple(self._derive(a) for a in range(count))

    def action(self, g: Any) -> Action:
        """The exact action ρ(g) of an element or word, as a product along a word: ρ(gh) = ρ(g)ρ(h)."""
        group: Any = self.group
        if group.is_lie:
            return self._at(group.element(g).matrix)
        word = self.group.word(self.group.element(g))
        identity: Action = Monomial.identity(self.dim) if self.is_monomial else Matrix.identity(self.dim)
        return reduce(lambda m, letter: compose(m, _power(self.actions[letter[0]], letter[1])), word, identity)

    def __call__(self, g: Any) -> Matrix:
        """The exact matrix ρ(g), in the basis of the representation.

        >>> import reptheory as rt
        >>> rt.D(4).vector("r")
        [0 -1; 1 0]
        """
        return as_matrix(self.action(g))

    def to_numpy(self, g: Any, dtype="float64") -> np.ndarray:
        """The float matrix ρ̂(g) = √D ρ(g) √D⁻¹ in the orthonormal coordinates that layers use, within 1 ulp.

        For g = G.exp(…) of a Lie group it is exp(Σ c_a dρ̂(X_a)), to rounding.
        """
        group: Any = self.group
        if group.is_lie and not group.element(g).is_exact:
            return group.element(g).to_numpy(self, dtype)
        rows = self(g).rows()
        entries = [x for row in rows for x in row]
        ratios = [a / b for a in self.gram for b in self.gram]
        return float_table(entries, ratios, dtype).reshape(self.dim, self.dim)

    @cached_property
    def is_monomial(self) -> bool:
        """Whether every generator acts by a signed permutation of the basis, and the Lie algebra by zero."""
        return all(isinstance(a, Monomial) for a in self.actions) and all(d.is_zero for d in self.derivatives)

    @cached_property
    def is_permutation(self) -> bool:
        """Whether every generator permutes the basis."""
        return self.is_monomial and all(isinstance(a, Monomial) and a.is_permutation for a in self.actions)

    @cached_property
    def is_trivial(self) -> bool:
        """Whether ρ(g) = 1 for every g."""
        return all(a.is_identity for a in self.actions) and all(d.is_zero for d in self.derivatives)

    @cached_property
    def is_unitary(self) -> bool:
        """Whether ρ(g)ᴴ D ρ(g) = D on generators and dρ(X)ᴴ D + D dρ(X) = 0, exactly: ρ̂ is orthogonal (unitary
        over C)."""
        metric = Matrix.diagonal(self.gram)
        if not all((d.H @ metric + metric @ d).is_zero for d in self.derivatives):
            return False
        uniform = len(set(self.gram)) <= 1
        return all((uniform and isinstance(a, Monomial)) or as_matrix(a).H @ metric @ as_matrix(a) == metric
                   for a in self.actions)

    @property
    def field(self) -> Field:
        """The smallest field of the library that holds the matrices of the generators."""
        return reduce(lambda k, a: k.compositum(a.field), (*self.actions, *self.derivatives), Q)

    def __add__(self, other: Rep) -> Rep:
        self._same_group(other, "+")
        from .direct_sum import Sum
        return Sum(self.summands + other.summands)

    def __mul__(self, other: Rep) -> Rep:
        if isinstance(other, int):
            return other * self
        self._same_group(other, "*")
        from .tensor import tensor
        return tensor(self, other)

    def __rmul__(self, multiplicity: int) -> Rep:
        if not isinstance(multiplicity, int) or multiplicity < 1:
            raise ValueError(f"a multiplicity is a positive integer, and {multiplicity!r} is not. Write 3*V.")
        from .direct_sum import Sum
        return self if multiplicity == 1 else Sum(tuple((multiplicity * m, a) for m, a in self.summands))

    def __pow__(self, k: int) -> Rep:
        if not isinstance(k, int) or k < 0:
            raise ValueError(f"V**{k}: tensor powers have integers k ≥ 0. Use V.dual for the dual representation.")
        return reduce(lambda v, _: v * self, range(k - 1), self) if k else self.group.trivial

    def __rshift__(self, other: Rep) -> Hom:
        from .hom import Hom
        return Hom(self, other)

    @property
    def dual(self) -> Rep:
        """The dual V*, with ρ*(g) = ρ(g)^(−T)."""
        from .construct import Dual
        return Dual(self)

    def sym(self, k: int) -> Rep:
        """The symmetric power Sym^k V on the monomials e_{i₁}⋯e_{i_k}, i₁ ≤ … ≤ i_k."""
        from .power import Power
        return Power(self, k, "sym")

    def alt(self, k: int) -> Rep:
        """The exterior power Λ^k V on e_{i₁}∧…∧e_{i_k}, i₁ < … < i_k."""
        from .power import Power
        return Power(self, k, "alt")

    def restrict(self, subgroup: Group) -> Rep:
        """The restriction Res V to a subgroup of V.group; raises NotASubgroup otherwise."""
        from .construct import Restriction
        return Restriction(self, subgroup)

    def induce(self, group: Group) -> Rep:
        """The induced representation Ind V = ⊕ t_i V over the cosets t_i H of H = V.group in G."""
        from .construct import Induction
        return Induction(self, group)

    def pullback(self, f: Any) -> Rep:
        """The representation g ↦ ρ(f(g)) of the source of a homomorphism f into V.group."""
        from .construct import Pullback
        return Pullback(self, f)

    def complexify(self) -> Rep:
        """The same matrices with complex scalars, C ⊗ V."""
        from .construct import complexify
        return complexify(self)

    def realify(self) -> Rep:
        """The underlying real representation of a complex one, of twice the dimension."""
        from .construct import Realification
        return self if self.scalars == "R" else Realification(self)

    def trace(self, g: Any) -> Number:
        """The trace of ρ(g), without forming the matrix of a sum or product."""
        from .trace import trace
        return trace(self, g)

    @cached_property
    def traces(self) -> Traces:
        """The traces of words, modulo a prime where that proves them."""
        from .trace import Traces
        return Traces(self.field, tuple(map(as_matrix, self.actions)))

    @property
    def weights(self) -> FormalCharacter:
        """The weights on a maximal torus of a reductive Lie group, with multiplicities: the character of its identity
        component."""
        from .weight_count import characters
        return characters(self).connected

    @cached_property
    def character(self) -> Character:
        """The exact character χ(g) = tr ρ(g) of a finite group, one value for each class; of a Lie group see
        `weights`."""
        return Character(self.group, tuple(self.trace(c.representative) for c in self.group.classes))

    @property
    def is_irreducible(self) -> bool:
        """Whether V has no proper invariant subspace over its scalars, from ⟨χ, χ⟩ and the Frobenius–Schur sum; by
        weights for a Lie group."""
        if self.group.is_lie:
            return self.type is not None
        return self.character.norm == 1 if self.scalars == "C" else real_type(self.character) is not None

    @property
    def type(self) -> str | None:
        """"real", "complex" or "quaternionic" for an irreducible representation, otherwise None (Frobenius–Schur)."""
        if self.group.is_lie:
            from .lie_decomposition import type_of
            return type_of(self)
        if self.scalars == "R":
            return real_type(self.character)
        kind = {1: "real", 0: "complex", -1: "quaternionic"}
        return kind[int(self.character.indicator.to_fraction())] if self.is_irreducible else None

    def decompose(self):
        """Multiplicities of the irreps and an exact change of basis; see `decomposition.decompose`."""
        from .decomposition import decompose
        return decompose(self)

    @property
    def commutant(self) -> Hom:
        """End_G(V) = Hom(V, V), of dimension Σ m_i² dim End(A_i)."""
        return self >> self

    def orbit(self, vector) -> Rep:
        """The permutation representation on the orbit {ρ(g)v}: `V.orbit((1, 0, 0))` are the faces of a cube."""
        from .construct import orbit
        return orbit(self, vector)

    @property
    def copies(self) -> Rep:
        """The isomorphic type with each copy on its own, in e3nn's and escnn's order: 2*A becomes A + A."""
        from .direct_sum import Sum
        return Sum(tuple((1, a) for m, a in self.summands for _ in range(m)))

    def permutation_to(self, other: Rep) -> Monomial:
        """The permutation P with P ρ_V(g) = ρ_W(g) P between types with the same summands in another order.

        >>> import reptheory as rt
        >>> A = rt.D(4).vector; (2*A).permutation_to(A + A)
        Monomial([0, 2, 1, 3])
        """
        mine, theirs = _channels(self), _channels(other)
        if {a: len(c) for a, c in mine.items()} != {a: len(c) for a, c in theirs.items()}:
            raise ValueError(f"{self.expression} and {other.expression} do not have the same summands, so no "
                             "permutation of channels turns one into the other. Compare V.summands.")
        images = np.empty(self.dim, np.int64)
        for a, copies in mine.items():
            for here, there in zip(copies, theirs[a]):
                images[here] = there
        return Monomial.of(images)

    def _same_group(self, other: object, symbol: str) -> None:
        if not isinstance(other, Rep):
            raise TypeError(f"V {symbol} W needs two representations, and {other!r} is not one.")
        if self.group != other.group:
            raise DifferentGroups(
                f"V {symbol} W needs one group, but V is a representation of {self.group.expression} and W of "
                f"{other.group.expression}. Restrict, induce or pull back one of them first.")

    def __repr__(self) -> str:
        over = "" if self.scalars == "R" else ", complex"
        return f"{self.expression}  # dim {self.dim}{over}"

    def _repr_html_(self) -> str:
        from .show import rep_html
        return rep_html(self)

    def _repr_latex_(self) -> str:
        from .show import rep_latex
        return rep_latex(self)

    def __deepcopy__(self, memo) -> Rep:
        return self  # immutable


@dataclass(frozen=True, repr=False)
class Explicit(Rep):
    """A representation given by one exact action per generator; `standard` checks and makes it."""

    group: Group
    given: tuple[Action, ...]
    metric: tuple[Number, ...]
    over: str = "R"
    expression: str = field(default="", compare=False)

    def _act(self, i: int) -> Action:
        return self.given[i]

    @cached_property
    def kind(self) -> str | None:
        """How ρ(g) is read off the permutation g, see `on_points`; None where a word for g is needed."""
        return on_points.kind_on_points(self.group, self.given)

    def action(self, g: Any) -> Action:
        """The exact action ρ(g) of an element or word."""
        return super().action(g) if self.kind is None else on_points.action(
            self.kind, self.group.element(g).images, self.dim)

    @property
    def dim(self) -> int:  # type: ignore[override]
        """The dimension, which is the length of the metric."""
        return len(self.metric)

    @property
    def gram(self) -> tuple[Number, ...]:
        """The diagonal metric given with the matrices."""
        return self.metric

    @property
    def scalars(self) -> str:
        """"R" or "C", as given."""
        return self.over


def _power(action: Action, sign: int) -> Action:
    return action if sign > 0 else action.inverse()


def _channels(rep: Rep) -> dict[Rep, list[np.ndarray]]:
    """For each distinct summand, the channel indices of each of its copies, in order."""
    found: dict[Rep, list[np.ndarray]] = {}
    offsets = accumulate((m * a.dim for m, a in rep.summands), initial=0)
    for (m, a), start in zip(rep.summands, offsets):
        for copy in range(m):
            found.setdefault(a, []).append(start + copy + m * np.arange(a.dim))
    return found
