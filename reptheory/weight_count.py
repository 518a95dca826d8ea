"""The weights of a representation of a Lie group, read off how it is made, and dim Hom counted by them."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .construct import Complexification, Dual, Realification, Restriction
from .direct_sum import Sum
from .formal_character import FormalCharacter, straightened, torus
from .frame import Frame
from .lie import LieGroup
from .lie_rep import Adjoint, Defining, Infinitesimal
from .power import Power
from .rep import Rep
from .root_datum import RootDatum, Weight
from .rotation_irrep import PARITIES, CircularIrrep, SphericalIrrep, SpinIrrep
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
    """The characters of a representation that is made from G.vector, G.adjoint and irreps by sums, products, powers and
    duals; NoWeights for others.

    >>> import reptheory as rt
    >>> characters(rt.SU(3).adjoint).connected.decompose()
    {(1, 1): 1}
    """
    group: Any = rep.group
    frame = Frame.of(group.family) if group.is_lie and group.family else None
    if frame is None:
        raise NoWeights(f"{rep.group.expression} is of no family whose weights are known. Use Hom, which needs none.")
    found = [_character(rep, frame, False)]
    if group.family[0] == "O":
        found.append(_character(rep, frame, True))
    return ComponentCharacters(found[0], found[1] if len(found) > 1 else None)


def reflected_datum(frame: Frame) -> RootDatum:
    """The root datum whose group integrates class functions of O(n) with det −1: SO(2m + 1), or Sp(2m − 2) for n = 2m.

    >>> reflected_datum(Frame.of(("O", 6))).dim
    10
    """
    if len(frame.weights) % 2:
        return frame.datum
    inner = Frame.of(("Sp", frame.datum.rank - 1)) if frame.datum.rank > 1 else None
    return RootDatum(0, (), ()) if inner is None else inner.datum


def _character(rep: Rep, frame: Frame, reflected: bool) -> FormalCharacter:
    datum = reflected_datum(frame) * torus(1) if reflected else frame.datum
    if isinstance(rep, Sum):
        parts = [m * _character(a, frame, reflected) for m, a in rep.terms]
        return sum(parts[1:], parts[0])
    if isinstance(rep, Tensor):
        product = FormalCharacter.trivial(datum)
        for factor in rep.factors:
            product = product * _character(factor, frame, reflected)
        return product
    if isinstance(rep, Dual):
        return _character(rep.base, frame, reflected).dual
    if isinstance(rep, Power):
        base = _character(rep.base, frame, reflected)
        return base.sym(rep.degree) if rep.kind == "sym" else base.alt(rep.degree)
    if isinstance(rep, Complexification):
        return _character(rep.base, frame, reflected)
    group: Any = rep.group
    if isinstance(rep, Realification) and group.is_compact:
        base = _character(rep.base, frame, reflected)
        return base + base.dual
    leaf = _reflected if reflected else _connected
    found = leaf(rep, group, frame)
    if found is None:
        branch = " Of a restricted irrep rt.branching(V, vector) tells them." if isinstance(rep, Restriction) else ""
        raise NoWeights(f"the weights of {rep.expression} are not read off how it is made. Build it from G.vector and "
                        f"irreps by +, *, sym, alt and dual.{branch}")
    return FormalCharacter.of(datum, found)


def _connected(rep: Rep, group: LieGroup, frame: Frame) -> dict[Weight, int] | None:
    """The weights of a representation that is not made from others."""
    rank = frame.datum.rank
    if isinstance(rep, Defining):
        return _counted(frame.weights)
    if isinstance(rep, Adjoint):
        return dict(FormalCharacter.adjoint(frame.datum).terms)
    if isinstance(rep, WeightIrrep):
        return dict(rep.weights.terms)
    if isinstance(rep, SphericalIrrep):
        return {(k,): 1 for k in range(-rep.l, rep.l + 1)}
    if isinstance(rep, SpinIrrep):
        return {(k,): 1 for k in range(-rep.twice, rep.twice + 1, 2)}
    if isinstance(rep, CircularIrrep):
        return {(rep.k,): 1, (-rep.k,): 1} if rep.k else {(0,): 1}
    if isinstance(rep, Infinitesimal) and rep.is_trivial:
        return {(0,) * rank: rep.dim}
    return None


def _reflected(rep: Rep, group: LieGroup, frame: Frame) -> dict[Weight, int] | None:
    """The weights (μ, s) on the component of O(n) with det −1."""
    odd, m = len(frame.weights) % 2, frame.datum.rank
    whole = _connected(rep, group, frame)
    if whole is None:
        return None
    if isinstance(rep, Adjoint):  # Λ² of the defining representation, also for SO(p, q)
        vector = FormalCharacter.of(reflected_datum(frame) * torus(1), _vector(frame) or {})
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
