"""A kernel given exactly: its entries, and where it breaks equivariance."""
from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from .field import NotExact, Number, Q
from .matrix import Matrix
from .monomial import as_matrix

if TYPE_CHECKING:
    from .hom import Hom


@dataclass(frozen=True, eq=False)
class Kernel:
    """An exact kernel κ: X → Hom(V, W), its entries (ints, Fractions or Numbers) in an object array (*X, dim W, dim
    V)."""

    entries: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        """(*X, dim W, dim V)."""
        return self.entries.shape

    def to_numpy(self, dtype="float64") -> np.ndarray:
        """The entries as floats, each within 1 ulp."""
        flat = [_number(x) for x in self.entries.ravel()]
        return Matrix.of([flat]).to_numpy(dtype).reshape(self.shape)

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self.entries if dtype in (None, object) else self.to_numpy(dtype)

    def __getitem__(self, index):
        return self.entries[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kernel) and self.shape == other.shape and bool((self.entries == other.entries).all())

    def __hash__(self) -> int:
        return hash(tuple(self.entries.ravel()))

    def __repr__(self) -> str:
        rows = np.array2string(self.entries, formatter={"object": str}, threshold=200)
        return f"<Kernel {'×'.join(map(str, self.shape))}\n{rows}>"

    def _repr_html_(self) -> str:
        from .show import kernel_html
        return kernel_html(self)

    def block(self, rows: slice, columns: slice, target: int, source: int) -> np.ndarray:
        """The channels of one pair of summands: (points · dim B · dim A, n · m)."""
        part = self.entries[..., rows, columns].reshape(-1, rows.stop - rows.start, columns.stop - columns.start)
        n, m = part.shape[1] // target, part.shape[2] // source
        return part.reshape(-1, target, n, source, m).transpose(0, 1, 3, 2, 4).reshape(-1, n * m)

    def violation(self, hom: Hom) -> str | None:
        """The first generator and entry at which κ(gx) ρ_V(g) ≠ ρ_W(g) κ(x), as text; of a Lie group also the X_a and
        entry at which κ dρ_V(X_a) ≠ dρ_W(X_a) κ."""
        columns, rows = channel_slices(hom.source), channel_slices(hom.target)
        for (_, a), column in zip(hom.source.summands, columns):
            for (_, b), row in zip(hom.target.summands, rows):
                part = self.block(row, column, b.dim, a.dim).reshape(hom.on.size, b.dim, a.dim, -1)
                for s, name in enumerate(hom.group.names):
                    found = _broken(part, hom.moves[s], as_matrix(a.actions[s]), as_matrix(b.actions[s]))
                    if found:
                        x, i, j, left, right = found
                        at = "" if hom.on.size == 1 else f" at x = {hom.on.label(x)}"
                        return (f"for the generator {name}{at}, entry ({i}, {j}) of the block "
                                f"{a.expression} → {b.expression} is {left} on the left of "
                                f"κ({name}x) ρ_V({name}) = ρ_W({name}) κ(x), and {right} on the right.")
                group: Any = hom.group
                for name, da, db in zip(group.algebra_names if group.is_lie else (), a.derivatives, b.derivatives):
                    found = _broken(part, np.arange(hom.on.size), da, db)
                    if found:
                        _, i, j, left, right = found
                        return (f"for {name} of the Lie algebra, entry ({i}, {j}) of the block {a.expression} → "
                                f"{b.expression} is {left} on the left of κ dρ_V({name}) = dρ_W({name}) κ, and {right} "
                                "on the right.")
        return None


def _broken(part: np.ndarray, move: np.ndarray, source: Matrix, target: Matrix):
    """The first (x, i, j) with (κ(gx) ρ_V(g))_ij ≠ (ρ_W(g) κ(x))_ij and the two values, or None."""
    a = np.array([[_plain(v) for v in row] for row in source.rows()], object)
    b = np.array([[_plain(v) for v in row] for row in target.rows()], object)
    left = np.einsum("xikc,kj->xijc", part[move], a) if part.size else part
    right = np.einsum("ik,xkjc->xijc", b, part) if part.size else part
    wrong = np.argwhere(left != right)
    if not len(wrong):
        return None
    x, i, j, c = wrong[0]
    return int(x), int(i), int(j), left[x, i, j, c], right[x, i, j, c]


def channel_slices(rep) -> list[slice]:
    """The channels of each summand of a type."""
    stops = list(accumulate((m * a.dim for m, a in rep.summands), initial=0))
    return [slice(start, stop) for start, stop in pairwise(stops)]


def exact_kernel(kernel: Any, shape: tuple[int, ...]) -> Kernel:
    """The kernel with its entries checked to be exact and its shape to be (*X, dim W, dim V)."""
    if isinstance(kernel, Kernel):
        array = kernel.entries
    elif isinstance(kernel, Matrix):
        array = np.array([[_plain(x) for x in row] for row in kernel.rows()], object).reshape(kernel.shape)
    else:
        array = np.asarray(kernel.tolist() if hasattr(kernel, "tolist") else kernel, object)
    if array.shape != shape:
        raise ValueError(f"a kernel of this space has shape {shape}, that is (*X, dim W, dim V), and the one given has "
                         f"{array.shape}. Reshape it.")
    flat = np.array([_plain(_number(x)) for x in array.ravel()] or [], object)
    return Kernel(flat.reshape(shape))


def _number(x: Any) -> Number:
    """An exact number, or NotExact for floats."""
    if isinstance(x, Number):
        return x
    if isinstance(x, (float, complex, np.floating, np.complexfloating)):
        raise NotExact(f"{x!r} is a float, and equivariance is decided exactly. Write it as an integer, a "
                       "Fraction(p, q) or a string \"p/q\".")
    return Q(int(x)) if isinstance(x, np.integer) else Q(x)


def _plain(x: Number):
    """A rational number as an int or Fraction, which numpy adds faster; others unchanged."""
    if not x.is_rational:
        return x
    value = x.to_fraction()
    return int(value) if value.denominator == 1 else value
