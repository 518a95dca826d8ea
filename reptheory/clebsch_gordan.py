"""Clebsch–Gordan: the intertwiners V(l1) ⊗ V(l2) → V(l3), in closed form for SO(3), O(3) and SU(2), exact."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import comb, gcd
from typing import Any

import numpy as np

from .coupling import Couplings, couplings
from .exact import shown
from .group import Group
from .lie import LieGroup
from .signed_root import RootTensor, SignedRoot
from .wigner_symbol import NotASpin, racah_sums, scale, spin_name, triangle, twice_spin, wigner_3j_table

FAMILIES = ("SO", 3), ("O", 3), ("SU", 2)


class NoCoupling(ValueError):
    """Irreps V1, V2, V3 for which V1 ⊗ V2 does not hold V3."""


@dataclass(frozen=True, repr=False)
class ClebschGordan:
    """The intertwiner C: V1 ⊗ V2 → V3 with Σ_ij C_ijk C_ijk' = δ_kk', of shape (d1, d2, d3), one signed root an entry.

    >>> C = clebsch_gordan(1, 1, 1); C
    clebsch_gordan(1, 1, 1)  # SO(3), shape (3, 3, 3), 6 entries
    >>> C[0, 1, 2]
    √(1/2)
    """

    family: tuple[str, int]
    keys: tuple[Any, Any, Any]
    tensor: RootTensor

    @property
    def shape(self) -> tuple[int, ...]:
        """(d1, d2, d3)."""
        return self.tensor.shape

    @property
    def entries(self) -> dict[tuple[int, ...], SignedRoot]:
        """The nonzero entries by place (i, j, k)."""
        return self.tensor.entries

    def __getitem__(self, place: tuple[int, ...]) -> SignedRoot:
        return self.tensor[place]

    def to_numpy(self, dtype="float64") -> np.ndarray:
        """The dense (d1, d2, d3) array of the nearest floats."""
        return self.tensor.to_numpy(dtype)

    def to_sympy(self):
        """The sympy array of shape (d1, d2, d3)."""
        return self.tensor.to_sympy()

    def __repr__(self) -> str:
        name, n = self.family
        group = "" if (name, n) == ("SO", 3) else f", group={name}({n})"
        return (f"clebsch_gordan({', '.join(map(repr, self.keys))}{group})  # {name}({n}), shape {self.shape}, "
                f"{len(self.tensor.signs)} entries")


def clebsch_gordan(l1, l2, l3, group=None) -> ClebschGordan | Couplings:
    """C: V(l1) ⊗ V(l2) → V(l3), unique up to scale by Schur's lemma; a co-isometry, and its sign fixed by a rule.

    SO(3) (where no group is given) and O(3): real, in the orthonormal real harmonics of the irreps, in their order
    m = l, −l, …, 1, −1, 0. For l1 + l2 + l3 even C is a positive multiple of (f, g) ↦ f·g projected to V(l3), for odd
    that of the Poisson bracket x·(∇f × ∇g) (compared to l = 6): (1, 1, 0) is dot/√3, (1, 1, 1) cross/√2. Keys of O(3)
    are "1o", "2e".
    SU(2): ⟨j1 m1 j2 m2 | j3 m3⟩ with Condon and Shortley's signs, m from j down to −j (NIST DLMF, eq. 34.1.1).
    Every other group, finite ones too: all couplings of its irreps with these keys, an orthonormal basis of shape
    (n, d1, d2, d3), in the order and with the signs that `couplings` fixes.
    NoCoupling where V(l1) ⊗ V(l2) does not hold V(l3); NotASpin for a key that the group does not have.

    >>> clebsch_gordan(1, 1, 0).to_numpy()[:, :, 0].round(3).tolist()
    [[0.577, 0.0, 0.0], [0.0, 0.577, 0.0], [0.0, 0.0, 0.577]]
    """
    family = ("SO", 3) if group is None else getattr(group, "family", None)
    if family not in FAMILIES:
        return _general(group, l1, l2, l3)
    if family == ("SU", 2):
        spins = tuple(twice_spin(j) for j in (l1, l2, l3))
        _refuse(spins)
        return ClebschGordan(family, tuple(map(_spin_key, spins)), _complex(*spins))
    parse = _degree if family == ("SO", 3) else _degree_and_parity
    degrees, parities = zip(*(parse(key) for key in (l1, l2, l3)))
    _refuse(tuple(2 * l for l in degrees))
    if parities[0] * parities[1] != parities[2]:
        right = f"{degrees[2]}{'e' if parities[2] < 0 else 'o'}"
        raise NoCoupling(f"{l1} ⊗ {l2} does not hold {l3}: the inversion acts by {parities[0] * parities[1]:+} on "
                         f"the left and by {parities[2]:+} on the right. Ask for '{right}'.")
    keys = degrees if family == ("SO", 3) else (l1, l2, l3)
    return ClebschGordan(family, keys, _real(*degrees))


def _general(group: Any, *keys: Any) -> Couplings:
    if not isinstance(group, Group | LieGroup):
        raise TypeError(f"{shown(group)} is no group. Write group=rt.SU(3), say.")
    first, second, target = (group.irrep(key) for key in keys)
    found = couplings(first, second, target)
    if not len(found):
        from .decomposition import multiplicities
        from .lie_decomposition import constituents
        held = (constituents if group.is_lie else multiplicities)(first * second)
        text = ", ".join(f"{m} × {v.expression}" if m > 1 else v.expression for m, v in held)
        raise NoCoupling(f"{first.expression} ⊗ {second.expression} does not hold {target.expression}: it holds {text}."
                         " Ask for one of these.")
    return found


# Keys ----------------------------------------------------------------------------------------------------------------
def _degree(key: Any) -> tuple[int, int]:
    if isinstance(key, str) and key[-1:] in ("e", "o"):
        raise NotASpin(f"{key!r} has a parity, which SO(3) does not see. Write {key[:-1]}, or take O(3).")
    twice = twice_spin(key)
    if twice % 2:
        raise NotASpin(f"SO(3) has no irrep of spin {spin_name(twice)}. Write l = 0, 1, 2, …, or take SU(2).")
    return twice // 2, 1


def _degree_and_parity(key: Any) -> tuple[int, int]:
    if not isinstance(key, str) or key[-1:] not in ("e", "o") or not key[:-1].isdecimal():
        raise NotASpin(f"{shown(key)} is no irrep of O(3). Write the degree and the parity of the "
                       "inversion: '0e', '1o'.")
    return int(key[:-1]), 1 if key[-1] == "e" else -1


def _spin_key(twice: int) -> Any:
    return spin_name(twice) if twice % 2 else twice // 2


def _refuse(spins: tuple[int, ...]) -> None:
    if not triangle(*spins):
        a, b, c = map(spin_name, spins)
        low, high = spin_name(abs(spins[0] - spins[1])), spin_name(spins[0] + spins[1])
        raise NoCoupling(f"{a} ⊗ {b} does not hold {c}: it holds |{a} − {b}| = {low}, … up to {a} + {b} = {high}, in "
                         f"steps of 1. Ask for one of these.")


# Coefficients --------------------------------------------------------------------------------------------------------
def _complex(a: int, b: int, c: int) -> RootTensor:
    """⟨j1 m1 j2 m2 | j3 m3⟩ = (−1)^(j1−j2+m3) √(2j3+1) ( j1 j2 j3 ; m1 m2 −m3 )."""
    table = wigner_3j_table(Fraction(a, 2), Fraction(b, 2), Fraction(c, 2))
    indices = table.indices.copy()
    indices[:, 2] = c - indices[:, 2]  # one k for each (i, j), so the order stays
    signs = table.signs * (-1) ** (((a - b + c) // 2 - indices[:, 2]) % 2)
    squares = [Fraction(p * (c + 1), q) for p, q in zip(table.numerators, table.denominators)]
    return RootTensor(table.shape, indices, signs.astype(np.int8), tuple(x.numerator for x in squares),
                      tuple(x.denominator for x in squares))


def _real(l1: int, l2: int, l3: int) -> RootTensor:
    """The same in real harmonics: Yᵐ = (−1)ᵐ (c_m + i s_m)/√2 and Y⁻ᵐ = (c_m − i s_m)/√2 turn the invariant Σ 3j Y Y Y
    into twice the real part (imaginary for odd l1 + l2 + l3) of one term for each pattern of signs ±(m1, m2, m3)."""
    degree = l1 + l2 + l3
    sums = racah_sums(2 * l1, 2 * l2, 2 * l3).tolist()
    top, bottom = scale(2 * l1, 2 * l2, 2 * l3)
    top *= 2 * l3 + 1
    rows = [[comb(2 * l, k) for k in range(2 * l + 1)] for l in (l1, l2, l3)]
    found: list[tuple[tuple[int, int, int], int, int, int]] = []
    for x, y in product(range(l1 + 1), range(l2 + 1)):
        for m1, m2 in {(x, y), (x, -y) if x >= y else (-x, y)}:
            m3 = -m1 - m2
            if abs(m3) > l3 or not (total := sums[l1 - m1][l2 + m2]):
                continue
            halved = 2 if m1 and m2 and m3 else 1
            p = total * total * top
            q = halved * bottom * rows[0][l1 - m1] * rows[1][l2 - m2] * rows[2][l3 - m3]
            common = gcd(p, q)
            p, q = p // common, q // common
            sign = (1 if total > 0 else -1) * (-1) ** ((l1 - l2 - m3 + sum(m for m in (m1, m2, m3) if m > 0)) % 2)
            weights = (l1, m1), (l2, m2), (l3, m3)
            for sines in product(*((0, 1) if m else (0,) for _, m in weights)):
                if (sum(sines) - degree) % 2:
                    continue
                turn = sum(sines) // 2 + sum(s for s, (_, m) in zip(sines, weights) if m < 0) + (degree + 1) // 2
                i, j, k = (2 * (l - abs(m)) + s for s, (l, m) in zip(sines, weights))
                found.append(((i, j, k), sign * (-1) ** (turn % 2), p, q))
    found.sort()
    return RootTensor.of_columns((2 * l1 + 1, 2 * l2 + 1, 2 * l3 + 1), *(list(zip(*found)) or ([], [], [], [])))
