"""Basis → Plan: gather, expand or paths, chosen from exact data; exact initial variances; floats within 1 ulp."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from .basis import Basis
from .certificate import NotCertified
from .draft import Draft
from .hom import Hom
from .piece import Piece, SignedPiece
from .plan import Param, Plan
from .space import POINT, Lattice

INITS = ("he", "xavier", "lecun")


def lower(hom: Hom, normalise: bool = True, *, bias: bool = False, init: str = "he", stride: int | tuple[int, ...] = 1,
          padding: int | tuple[int, ...] = 0, padding_mode: str = "zeros", dilation: int | tuple[int, ...] = 1) -> Plan:
    """Compile a certified basis to a Plan: weights ↦ kernel Σ w_d κ_d ↦ its action on features.

    On POINT the plan is the linear map, on a grid or lattice the convolution, on a G-set X the map f ↦ Σ_x κ(x) f(x).
    Weights are coordinates in the orthonormal basis; with normalise=False in the exact one, without square roots.
    `init` is "he" (variance 2/fan), "lecun" (1/fan) or "xavier", where fan is the exact E‖κ‖² per output channel and
    unit weight variance. Raises NotCertified for a basis whose certificate fails.

    >>> import reptheory as rt
    >>> G = rt.C(4); plan = rt.lower(rt.Hom(G.regular, G.regular, on=rt.grid(3))); plan.size
    36
    """
    if init not in INITS:
        raise ValueError(f"init={init!r}: initial variances are {', '.join(map(repr, INITS))}.")
    if not hom.certificate.ok:
        raise NotCertified(f"the basis of {hom.expression} changed after it was certified, so it is not compiled. "
                           "Derive it again with rt.Hom.")
    complex_ = "C" in (hom.source.scalars, hom.target.scalars)
    parts = _Parts(normalise, "C" if complex_ else "R")
    basis = hom.basis
    variances = _variances(basis, init, normalise)
    constant = Hom(hom.source.group.trivial, hom.target) if bias else None
    if constant is not None and not constant.dim:
        constant = None  # no trivial representation, no bias
    if hom.on == POINT and _scalar(basis):
        parts.paths(basis, variances)
        if constant is not None and constant.dim:
            parts.step("biased", "add", parts.steps[-1].name, parts.bias(constant.basis))
    else:
        weight = parts.filter(basis, variances)
        args = ["x", weight]
        if constant is not None:
            args.append(parts.bias(constant.basis))
        parts.act(hom, args, stride, padding, padding_mode, dilation)
    source = f"{hom.expression}, dim {hom.dim}; {hom.certificate!r}"
    return parts.plan(("x",), parts.steps[-1].name, source, hom)


@dataclass
class _Parts(Draft):
    """The plan of a linear map or convolution while it is being written."""

    normalise: bool
    scalars: str

    def rows(self, piece: Piece, weight: str, key: str, tag: str) -> str:
        """The kernel entries of a piece, (points · dim B · dim A, channels), from weights (dim, channels).

        Disjoint supports are a gather: one indexed read an entry, whatever the number of elements; the lengths
        1/‖κ_d‖ are taken up before, so that only as many products are made as there are weights.
        """
        if not isinstance(piece, SignedPiece):
            table = self.const(f"basis_{tag}", piece.table(self.normalise))
            return self.step(f"rows_{key}", "expand", table, weight)
        if self.normalise:
            scale = piece.scale()
            scale = scale[0] if (scale == scale[0]).all() else scale[:, None, None]
            if np.ndim(scale) or scale != 1:
                weight = self.step(f"scaled_{key}", "mul", weight, self.const(f"lengths_{tag}", np.asarray(scale)))
        # Entries in the order (i, j, x), so that the kernel is laid out by one copy of whole rows.
        order = np.arange(len(piece.labels)).reshape(piece.points, -1).T.ravel()
        labels, signs = piece.labels[order], piece.signs[order].astype(np.float64)
        if self.normalise and piece.weights is not None:
            signs = signs * np.repeat(piece.frame(), piece.points)
        args = [weight, self.const(f"index_{tag}", np.maximum(labels, 0))]
        if not (signs == 1).all():
            args.append(self.const(f"sign_{tag}", signs))
        return self.step(f"rows_{key}", "gather", *args)

    def filter(self, basis: Basis, variances: dict[tuple[int, int], Fraction]) -> str:
        """The kernel (dim W, dim V, *box) of the whole type, block by block."""
        hom = basis.hom
        box, place = hom.on.box, hom.on.embed()
        tags = {id(piece): str(n) for n, piece in enumerate(basis.pieces.values())}
        single = len(basis.layout) == 1
        blocks: dict[int, list[str]] = {}
        for b, a, n, m, piece in basis.layout:
            key = f"{b}_{a}"
            shape = (n * piece.target.dim, m * piece.source.dim, *box)
            if not piece.dim:
                blocks.setdefault(b, []).append(self.const(f"zero_{key}", np.zeros(shape)))
                continue
            name = "weight" if single else f"weight_{key}"
            self.params.append(Param(name, (piece.dim, n, m), variances[b, a], self.scalars))
            rows = self.rows(piece, name, key, tags[id(piece)])
            ordered = isinstance(piece, SignedPiece)
            i, j, x = piece.target.dim, piece.source.dim, piece.points
            split = (i, j, x, n, m) if ordered else (x, i, j, n, m)
            self.step(f"split_{key}", "reshape", rows, shape=split)
            self.step(f"ordered_{key}", "permute", f"split_{key}", axes=(0, 3, 1, 4, 2) if ordered else (1, 3, 2, 4, 0))
            flat = f"ordered_{key}"
            if len(place) != np.prod(box, dtype=int):  # a lattice: put its points into the square array
                flat = self._scatter(flat, key, place, (i * n * j * m, x), int(np.prod(box)))
            blocks.setdefault(b, []).append(self.step(f"block_{key}", "reshape", flat, shape=shape))
        rows_ = [names[0] if len(names) == 1 else self.step(f"row_{b}", "concat", *names, axis=1)
                 for b, names in blocks.items()]
        return rows_[0] if len(rows_) == 1 else self.step("kernel", "concat", *rows_, axis=0)

    def _scatter(self, flat: str, key: str, place: np.ndarray, shape: tuple[int, int], size: int) -> str:
        """Spread the last axis of a block from the points of a lattice to the positions of its box."""
        spread = np.zeros((len(place), size))
        spread[np.arange(len(place)), place] = 1
        self.step(f"points_{key}", "reshape", flat, shape=shape)
        return self.step(f"box_{key}", "einsum", f"points_{key}", self.const("spread", spread), equation="cx,xp->cp")

    def bias(self, basis: Basis) -> str:
        """The invariant vector (dim W,) of the trivial representations in W, initially zero."""
        parts = []
        for b, _, n, _, piece in basis.layout:
            if not piece.dim:
                parts.append(self.const(f"bias_zero_{b}", np.zeros(n * piece.target.dim)))
                continue
            self.params.append(Param(f"bias_{b}", (piece.dim, n, 1), Fraction(0), self.scalars))
            rows = self.rows(piece, f"bias_{b}", f"bias_{b}", f"bias_{piece_tag(basis, piece)}")
            parts.append(self.step(f"bias_flat_{b}", "reshape", rows, shape=(n * piece.target.dim,)))
        return parts[0] if len(parts) == 1 else self.step("bias", "concat", *parts, axis=0)

    def act(self, hom: Hom, args: list[str], stride, padding, padding_mode: str, dilation) -> None:
        """The step that applies the kernel to features (batch, dim V, *spatial)."""
        if isinstance(hom.on, Lattice):
            ndim = len(hom.on.box)
            stride, padding, dilation = (_tuple(v, ndim) for v in (stride, padding, dilation))
            if padding_mode != "zeros" and any(padding):
                args[0] = self.step("padded", "pad", "x", widths=tuple((p, p) for p in padding), mode=padding_mode)
                padding = (0,) * ndim
            self.step("y", "conv", *args, stride=stride, padding=padding, dilation=dilation, groups=1)
        elif hom.on == POINT:
            self.step("y", "conv", *args, stride=(), padding=(), dilation=(), groups=1)
        else:
            self.step("y" if len(args) == 2 else "sum", "einsum", "x", args[1], equation="bix,oix->bo")
            if len(args) == 3:
                self.step("y", "add", "sum", args[2])

    def paths(self, basis: Basis, variances: dict[tuple[int, int], Fraction]) -> None:
        """One plain matrix product for each pair of equal irreps: y[b, i, n] = Σ_m w[n, m] x[b, i, m] κ."""
        sources, start = {}, 0
        for a, (m, source) in enumerate(basis.hom.source.summands):
            if any(p.dim for _, a_, _, _, p in basis.layout if a_ == a):
                part = self.step(f"part_{a}", "slice", "x", axis=1, start=start, stop=start + m * source.dim)
                sources[a] = self.step(f"x_{a}", "reshape", part, shape=(-1, source.dim, m))
            start += m * source.dim
        outputs = []
        for b, (n, target) in enumerate(basis.hom.target.summands):
            terms = []
            for b_, a, _, m, piece in basis.layout:
                if b_ != b or not piece.dim:
                    continue
                self.params.append(Param(f"weight_{b}_{a}", (n, m), variances[b, a], self.scalars))
                weight = f"weight_{b}_{a}"
                factor = piece.table(self.normalise)[0, 0]  # κ = factor · identity
                if factor != 1:
                    scale = self.const(f"length_{b}_{a}", np.array(factor))
                    weight = self.step(f"scaled_{b}_{a}", "mul", weight, scale)
                terms.append(self.step(f"path_{b}_{a}", "einsum", f"x_{a}", weight, equation="zim,nm->zin"))
            total = terms[0] if terms else ""
            for k, term in enumerate(terms[1:]):
                total = self.step(f"sum_{b}_{k}", "add", total, term)
            if total:
                outputs.append(self.step(f"y_{b}", "reshape", total, shape=(-1, n * target.dim)))
        if len(outputs) == 1:
            return
        self.step("y", "concat", *outputs, axis=1)


def piece_tag(basis: Basis, piece: Piece) -> int:
    """The number of a piece among the distinct ones of a basis."""
    return next(n for n, other in enumerate(basis.pieces.values()) if other is piece)


def _scalar(basis: Basis) -> bool:
    """Whether every piece is empty or a multiple of the identity, and every output has one: Schur's lemma over R."""
    hit = {b for b, _, _, _, piece in basis.layout if piece.dim}
    return len(hit) == len(basis.hom.target.summands) and all(
        piece.dim == 0 or (piece.dim == 1 and piece.source == piece.target and _is_identity(piece))
        for piece in basis.pieces.values())


def _is_identity(piece: Piece) -> bool:
    entries = list(piece.support(0))
    n = piece.source.dim
    return [u for u, _ in entries] == [i * (n + 1) for i in range(n)] and len({v for _, v in entries}) == 1


def _variances(basis: Basis, init: str, normalise: bool) -> dict[tuple[int, int], Fraction]:
    """The exact variance of each block's weights.

    With orthonormal coordinates E‖κ‖² of a block is the number of its weights, so an output channel of summand b has
    variance σ² Σ_a D_ba m_a / dim B for unit inputs: that sum is the fan. Without normalisation ‖κ_d‖² takes the
    place of 1.
    """
    fan_in: dict[int, Fraction] = {}
    fan_out: dict[int, Fraction] = {}
    for b, a, n, m, piece in basis.layout:
        size = Fraction(piece.dim) if normalise else Fraction(sum(float(x) for x in piece.norms)).limit_denominator()
        fan_in[b] = fan_in.get(b, Fraction(0)) + size * m / piece.target.dim
        fan_out[a] = fan_out.get(a, Fraction(0)) + size * n / piece.source.dim
    gain = 1 if init == "lecun" else 2
    return {(b, a): Fraction(gain) / (fan_in[b] + (fan_out[a] if init == "xavier" else 0))
            for b, a, _, _, piece in basis.layout if piece.dim}


def _tuple(value: int | tuple[int, ...], ndim: int) -> tuple[int, ...]:
    return (value,) * ndim if isinstance(value, int) else tuple(value)
