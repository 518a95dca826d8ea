"""The weights of a representation of a Lie group, read off how it is made, and dim Hom counted by them."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .construct import Complexification, Dual, Pullback, Realification, Restriction
from .direct_sum import Sum
from .formal_character import FormalCharacter, straightened, torus
from .frame import Frame
from .lie import LieGroup
from .lie_irreps import Outer
from .lie_product import Projection
from .lie_rep import Adjoint, Defining, Infinitesimal
from .power import Power
from .rep import Rep
from .root_datum import RootDatum, Weight
from .rotation_irrep import PARITIES, CircularIrrep, SphericalIrrep, SpinIrrep
from .subtorus import restricted, torus_basis
from .tensor import Tensor
from .weight_irrep import WeightIrrep


class NoWeights(ValueError):
    """A representation whose weights are not read off how it is made."""


@dataclass(frozen=True)
class ComponentCharacters:
    """The character of a representation on each component of the complex group, by weights.

    `connected` is that on the identity component. On the other one of O(n, C) it is a function on the tori t·τ, where
    τ = −1 for odd n, and τ the reflection of e_n for n = 2m, with t in the torus of SO(2m − 2): τ acts on e^μ e^s by
    (−1)^s. `reflected` has the weights (μ, s); None for connected groups.

    >>> import reptheory as rt
    >>> characters(rt.O(3).vector).reflected.terms
    (((1, 1), 1), ((0, 1), 1), ((-1, 1), 1))
    """

    connected: FormalCharacter
    reflected: FormalCharacter | None

    def traces(self) -> dict[Weight, int]:
        """Σ_s (−1)^s m_(μ,s), the trace at t·τ."""
        found: dict[Weight, int] = {}
        for (*mu, s), m in self.reflected.terms if self.reflected else ():
            found[tuple(mu)] = found.get(tuple(mu), 0) + (-m if s % 2 else m)
        return found

    def hom(self, other: ComponentCharacters) -> int:
        """dim Hom over C: ⟨χ, ψ⟩ is the mean over the components. That of det −1 in O(2m) integrates functions of t as
        Sp(2m − 2) does, that of O(2m + 1) as SO(2m + 1).

        Sources: Weyl, The Classical Groups, VII.9; unitarian trick for the groups that are not compact.
        """
        first = self.connected.hom(other.connected)
        if self.reflected is None:
            return first
        whole = self.reflected.datum
        datum = RootDatum(whole.rank - 1, tuple(r[:-1] for r in whole.roots), tuple(c[:-1] for c in whole.coroots))
        zero = (0,) * datum.rank
        mine, theirs = (straightened(datum, x.traces(), zero) for x in (self, other))
        return (first + sum(m * theirs.get(mu, 0) for mu, m in mine.items())) // 2


def by_weights(source: Rep, target: Rep) -> int:
    """dim Hom(V, W) over C, by weights; NoWeights where these are not read off.

    >>> import reptheory as rt
    >>> by_weights(rt.SO(3).vector**3, rt.SO(3).vector**3), by_weights(rt.O(4).vector**4, rt.O(4).trivial)
    (15, 3)
    """
    return characters(source).hom(characters(target))


def characters(rep: Rep) -> ComponentCharacters:
    """The characters of a representation that is made from G.vector, G.adjoint and irreps by sums, products, powers,
    duals and restrictions, of a classical group or a product of connected ones; NoWeights for others.

    >>> import reptheory as rt
    >>> characters(rt.SU(3).adjoint).connected.decompose()
    {(1, 1): 1}
    """
    group: Any = rep.group
    known = torus_basis(group)
    if known is None:
        raise NoWeights(f"{group.expression} is of no family whose weights are known{_unknown(group)}. Use Hom, which "
                        "needs none.")
    found = [_character(rep, known[0], False)]
    if group.family[0] == "O":
        found.append(_character(rep, reflected_datum(Frame.of(group.family)) * torus(1), True))  # type: ignore[arg-type]
    return ComponentCharacters(found[0], found[1] if len(found) > 1 else None)


def _unknown(group: Any) -> str:
    """Which factor of a product has no weights."""
    name = next((f.expression for f in getattr(group, "factors", ())
                 if torus_basis(f) is None or f.family[0] == "O"), None)
    return f", for its factor {name} is no connected classical group" if name else ""


def reflected_datum(frame: Frame) -> RootDatum:
    """The root datum whose group integrates class functions of O(n) with det −1: SO(2m + 1), or Sp(2m − 2) for n = 2m.

    >>> reflected_datum(Frame.of(("O", 6))).dim
    10
    """
    if len(frame.weights) % 2:
        return frame.datum
    inner = Frame.of(("Sp", frame.datum.rank - 1)) if frame.datum.rank > 1 else None
    return RootDatum(0, (), ()) if inner is None else inner.datum


def _character(rep: Rep, datum: RootDatum, reflected: bool) -> FormalCharacter:
    if isinstance(rep, Sum):
        parts = [m * _character(a, datum, reflected) for m, a in rep.terms]
        return sum(parts[1:], parts[0])
    if isinstance(rep, Tensor):
        product = FormalCharacter.trivial(datum)
        for factor in rep.factors:
            product = product * _character(factor, datum, reflected)
        return product
    if isinstance(rep, Dual):
        return _character(rep.base, datum, reflected).dual
    if isinstance(rep, Power):
        base = _character(rep.base, datum, reflected)
        return base.sym(rep.degree) if rep.kind == "sym" else base.alt(rep.degree)
    if isinstance(rep, Complexification | Outer):
        return _character(rep.base, datum, reflected)
    group: Any = rep.group
    if isinstance(rep, Realification) and group.is_compact:
        base = _character(rep.base, datum, reflected)
        return base + base.dual
    if isinstance(rep, Restriction) and not reflected:
        return _restriction(rep)
    leaf = _of_product if group.factors else _reflected if reflected else _connected
    found = leaf(rep, group, datum)
    if found is None:
        raise NoWeights(f"the weights of {rep.expression} are not read off how it is made. Build it from G.vector and "
                        f"irreps by +, *, sym, alt and dual.{_branch(rep)}")
    return FormalCharacter.of(datum, found)


def _branch(rep: Rep) -> str:
    return " Of a restricted irrep rt.branching(V, vector) tells them." if isinstance(rep, Restriction) else ""


def _restriction(rep: Restriction) -> FormalCharacter:
    """The weights of V on the torus of a connected subgroup, whose defining matrices are those of G.vector."""
    larger: Any = rep.base.group
    whole, known = characters(rep.base).connected, torus_basis(rep.group)
    if larger.factors or known is None:
        raise NoWeights(f"the weights of {rep.expression} are not read off how it is made, as {larger.expression} is a "
                        f"product.{_branch(rep)}")
    datum, basis, weights = known
    return restricted(whole, larger, FormalCharacter.of(datum, _counted(weights)), basis, weights)


def _of_product(rep: Rep, group: LieGroup, datum: RootDatum) -> dict[Weight, int] | None:
    """The weights of a product: of the pull-back of V along a projection those of V, with 0 for the other factors."""
    if isinstance(rep, Pullback) and isinstance(rep.along, Projection):
        ranks = [known[0].rank for f in group.factors if (known := torus_basis(f))]
        before, after = sum(ranks[:rep.along.number]), sum(ranks[rep.along.number + 1:])
        return {(*(0,) * before, *mu, *(0,) * after): m for mu, m in characters(rep.base).connected.terms}
    if isinstance(rep, Defining):
        known = torus_basis(group)
        return None if known is None else _counted(known[2])
    return _common(rep, datum)


def _common(rep: Rep, datum: RootDatum) -> dict[Weight, int] | None:
    """The weights of the representations that every group has."""
    if isinstance(rep, Adjoint):
        return dict(FormalCharacter.adjoint(datum).terms)
    if isinstance(rep, Infinitesimal) and rep.is_trivial:
        return {(0,) * datum.rank: rep.dim}
    return None


def _connected(rep: Rep, group: LieGroup, datum: RootDatum) -> dict[Weight, int] | None:
    """The weights of a representation of a classical group that is not made from others."""
    if isinstance(rep, Defining):
        return _counted(_frame(group).weights)
    if isinstance(rep, WeightIrrep):
        return dict(rep.weights.terms)
    if isinstance(rep, SphericalIrrep):
        return {(k,): 1 for k in range(-rep.l, rep.l + 1)}
    if isinstance(rep, SpinIrrep):
        return {(k,): 1 for k in range(-rep.twice, rep.twice + 1, 2)}
    if isinstance(rep, CircularIrrep):
        return {(rep.k,): 1, (-rep.k,): 1} if rep.k else {(0,): 1}
    return _common(rep, datum)


def _frame(group: LieGroup) -> Frame:
    found = Frame.of(group.family) if group.family else None
    assert found is not None
    return found


def _reflected(rep: Rep, group: LieGroup, datum: RootDatum) -> dict[Weight, int] | None:
    """The weights (μ, s) on the component of O(n) with det −1."""
    frame = _frame(group)
    odd, m = len(frame.weights) % 2, frame.datum.rank
    whole = _connected(rep, group, frame.datum)
    if whole is None:
        return None
    if isinstance(rep, Adjoint):  # Λ² of the defining representation, also for SO(p, q)
        vector = FormalCharacter.of(datum, _vector(frame) or {})
        return dict(vector.alt(2).terms)
    if isinstance(rep, Infinitesimal):
        return {(0,) * (m + odd): rep.dim}
    if isinstance(rep, Defining):
        return _vector(frame)
    if odd:
        sign = 0
        if isinstance(rep, WeightIrrep):
            sign = (sum(rep.highest) + (rep.sign < 0)) % 2
        elif isinstance(rep, SphericalIrrep) and rep.parity:
            sign = int(PARITIES[rep.parity] < 0)
        return {(*mu, sign): n for mu, n in whole.items()}
    if isinstance(rep, CircularIrrep):
        return {(0,): 1, (1,): 1} if rep.k else {(int(PARITIES[rep.parity or "e"] < 0),): 1}
    return _of_even(rep, whole, m) if isinstance(rep, WeightIrrep) else None


def _of_even(rep: WeightIrrep, whole: dict[Weight, int], m: int) -> dict[Weight, int]:
    """The dimensions of V_λ on the torus of SO(2m − 2) are those of s = 0 and s = 1 together, and their difference is
    the character λ of Sp(2m − 2), or 0 where V_λ and V_σλ are exchanged."""
    datum = reflected_datum(rep.framed.frame)
    together: dict[Weight, int] = {}
    for mu, n in whole.items():
        together[mu[:-1]] = together.get(mu[:-1], 0) + n
    apart = {} if rep.is_folded else datum.weights(rep.highest[:-1])
    found = {}
    for mu, n in together.items():
        difference = rep.sign * apart.get(mu, 0)
        found[(*mu, 0)], found[(*mu, 1)] = (n + difference) // 2, (n - difference) // 2
    return found


def _vector(frame: Frame) -> dict[Weight, int]:
    if len(frame.weights) % 2:
        return _counted([(*mu, 1) for mu in frame.weights])
    kept = [(*mu[:-1], 0) for mu in frame.weights if not mu[-1]]
    zero = (0,) * (frame.datum.rank - 1)
    return _counted([*kept, (*zero, 0), (*zero, 1)])


def _counted(weights: Any) -> dict[Weight, int]:
    found: dict[Weight, int] = {}
    for mu in weights:
        found[mu] = found.get(mu, 0) + 1
    return found
