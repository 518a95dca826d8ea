"""Trained layers read as partial differential equations."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import sympy
from flint import fmpq, fmpq_mat, fmpz_poly

from .differential_operator import AXES, DifferentialOperator, Index, exact_fraction
from .hyperbolicity import Hyperbolicity, Witness
from .system import NotASystem, System

BOUNDARIES = {"zeros": "u = 0 outside", "circular": "periodic", "reflect": "mirrored at the last cells",
              "replicate": "constant outside"}
LARGEST = 12  # unknowns up to which the symbolic system is written out


class NotDecompiled(TypeError):
    """A layer that is no step of an equation with constant coefficients."""


@dataclass(frozen=True, eq=False)
class Equation:
    """The equation u_t = Σ_α ∂^α (M_α h(u)) + c that a step u ↦ u + layer(u) integrates by forward Euler.

    h(u) = u for a convolution, and (Pu + p) ⊙ (Qu + q) for a hyperbolic block, so that α = 0 is a quadratic reaction,
    |α| = 1 a quadratic flux, |α| = 2 a quadratic diffusion. The M_α, of shape (n, w), P, Q, p, q, c hold Fractions:
    the exact values of what the layer computes with. `boundary` says what is outside.
    """

    ndim: int
    size: int
    matrices: tuple[tuple[Index, np.ndarray], ...]
    factors: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None
    constant: np.ndarray
    boundary: str

    @property
    def order(self) -> int:
        """The largest |α|."""
        return max((sum(index) for index, _ in self.matrices), default=0)

    def hidden(self, state: Sequence[Any]) -> np.ndarray:
        """h(u) at a state, exact numbers or sympy symbols."""
        u = np.array(state, object)
        if self.factors is None:
            return u
        p, q, first, second = self.factors
        return (_apply(p, u) + first) * (_apply(q, u) + second)

    def term(self, index: Index, state: Sequence[Any]) -> np.ndarray:
        """M_α h(u), with c added for α = 0."""
        known = dict(self.matrices)
        value = _apply(known[index], self.hidden(state)) if index in known else np.zeros(len(self.constant), object)
        return value + self.constant if not any(index) else value

    def jacobian(self, axis: str, state: Sequence[Any]) -> np.ndarray:
        """A_j(u) of u_t + Σ_j A_j(u) u_{x_j} = … at a state: −M_j diag(Qu + q) P − M_j diag(Pu + p) Q, exact."""
        index = tuple(int(j == AXES.index(axis)) for j in range(self.ndim))
        m = dict(self.matrices).get(index)
        if m is None:
            return np.full((len(self.constant), self.size), Fraction(0), object)
        if self.factors is None:
            return -m
        p, q, first, second = self.factors
        u = _fractions(state)
        left, right = m * (q.dot(u) + second), m * (p.dot(u) + first)
        return -_product(left, p) - _product(right, q)

    @cached_property
    def system(self) -> System:
        """The first-order part as a System: fluxes from |α| = 1, source from α = 0. NotASystem for n > 12 unknowns or a
        layer that changes their number; use `at(state)` there."""
        self._require_square()
        if self.size > LARGEST:
            raise NotASystem(f"{self.size} unknowns give fluxes of {self.size * (self.size + 1) // 2} products each. "
                             "Take at(state), or violation(state, direction), which do not write them out.")
        state = [sympy.Symbol(f"u_{i + 1}", real=True) for i in range(self.size)]
        axes = AXES[:self.ndim]
        fluxes = {axis: [sympy.expand(-e) for e in self.term(self._unit(axis), state)] for axis in axes}
        source = [sympy.expand(e) for e in self.term((0,) * self.ndim, state)]
        return System(fluxes, state, source)

    @property
    def hyperbolicity(self) -> Hyperbolicity:
        """Whether the first-order part is hyperbolic, for all states and directions; see `System.hyperbolicity`."""
        return self.system.hyperbolicity

    def at(self, state: Sequence[Any]) -> System:
        """The first-order part linearised at a state, a System with constant matrices."""
        self._require_square()
        return System(**{axis: _symbolic(self.jacobian(axis, state)).tolist() for axis in AXES[:self.ndim]})

    def violation(self, state: Sequence[Any], direction: Sequence[Any] = (1,)) -> Witness | None:
        """Why the first-order part is not hyperbolic at a state in a direction, or None where it is: an eigenvalue of
        Σ ξ_j A_j(u) that is not real, isolated by exact arithmetic, or a minimal polynomial with a repeated root.

        The direction is padded with zeros.
        """
        self._require_square()
        xi = [*_fractions(direction), *[Fraction(0)] * (self.ndim - len(direction))]
        total = sum((x * self.jacobian(axis, state) for x, axis in zip(xi, AXES)), np.array(Fraction(0), object))
        matrix = _flint(total)
        roots: Any = _integral(matrix).complex_roots()  # intervals, real ones with no imaginary part
        rational = tuple(sympy.Rational(x.numerator, x.denominator) for x in xi)
        for root, _ in roots:
            if root.imag != 0:
                return Witness(rational, sympy.sympify(complex(root)), False)
        if any(multiplicity > 1 for _, multiplicity in roots):
            radical = fmpz_poly([1])
            for factor, _ in _integral(matrix).factor()[1]:
                radical *= factor
            value = _evaluate(radical, matrix)
            if value != value * 0:
                repeated = next(root for root, multiplicity in roots if multiplicity > 1)
                return Witness(rational, sympy.sympify(complex(repeated).real), True)
        return None

    def latex(self, digits: int | None = 4) -> str:
        """The equations in LaTeX, coefficients rounded to so many digits to be read, exact where digits is None."""
        state = [sympy.Symbol(f"u_{i + 1}") for i in range(self.size)]
        lines = []
        values = {index: self.term(index, state) for index in {(0,) * self.ndim, *dict(self.matrices)}}
        for i in range(len(self.constant)):
            parts = []
            for index, terms in sorted(values.items(), key=lambda item: (sum(item[0]), item[0])):
                e = sympy.expand(terms[i])
                if e != 0:
                    body = sympy.latex(e if digits is None else e.evalf(digits))
                    name = r" \, ".join(rf"\partial_{AXES[j]}" + (f"^{{{a}}}" if a > 1 else "")
                                       for j, a in enumerate(index) if a)
                    parts.append(rf"{name} \left({body}\right)" if name else body)
            lines.append(rf"\partial_t u_{{{i + 1}}} &= " + (" + ".join(parts) or "0"))
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def __repr__(self) -> str:
        degree = "linear" if self.factors is None else "quadratic"
        count = f"{len(self.constant)} unknown{'s' * (len(self.constant) > 1)}"
        return (f"<Equation: {count}, {degree}, of order {self.order} in "
                f"{', '.join(AXES[:self.ndim])}, {self.boundary}>")

    def _unit(self, axis: str) -> Index:
        return tuple(int(j == AXES.index(axis)) for j in range(self.ndim))

    def _require_square(self) -> None:
        if len(self.constant) != self.size:
            raise NotASystem(f"the layer makes {len(self.constant)} channels of {self.size}, so it is no step of an "
                             "evolution. Decompile a layer that keeps the number of channels.")


def decompile(layer: Any, spacing: Any = 1) -> Equation:
    """The equation that u ↦ u + conv(u), or a hyperbolic block, integrates: exact moments c_ab of every kernel.

    `layer` is a torch convolution of stride 1 whose padding keeps the grid, a HyperbolicBlock with its batch
    normalisation folded in and an identity skip, a SymmetricHyperbolicBlock (its semi-discretisation), one step u ↦ Ku
    of a SchemeConv (K − 1), or a Sequential of one of these alone. Each float is read as the exact number that it is;
    rows run down and y points up. Raises NotDecompiled otherwise.

    >>> import torch
    >>> conv = torch.nn.Conv2d(1, 1, 3, padding=1, bias=False)
    >>> conv.weight.data[:] = torch.tensor([[0., 1., 0.], [1., -4., 1.], [0., 1., 0.]]); pde = decompile(conv)
    >>> print(pde.latex())
    \\begin{aligned}
    \\partial_t u_{1} &= \\partial_y^{2} \\left(u_{1}\\right) + \\partial_x^{2} \\left(u_{1}\\right)
    \\end{aligned}
    """
    parts = list(layer.children()) if type(layer).__name__ == "Sequential" else []
    if len(parts) == 1:
        return decompile(parts[0], spacing)
    if parts:
        fold = " Fold batch normalisation in with nn.fuse_batch_norm." if any(
            hasattr(p, "running_mean") for p in parts) else ""
        raise NotDecompiled(f"a Sequential of {', '.join(type(p).__name__ for p in parts)} is several steps.{fold} "
                            "Decompile its layers one by one.")
    if any(getattr(p, "is_meta", False) for p in getattr(layer, "parameters", list)()):
        raise NotDecompiled(f"the weights of {type(layer).__name__} are on the device meta and have no values. Make "
                            "them first, with to_empty(device=…) and their state.")
    if all(hasattr(layer, name) for name in ("matrices", "kernel", "steps", "padding_mode")):
        return _of_scheme(layer, spacing)
    if all(hasattr(layer, name) for name in ("conv1", "conv2", "conv3", "skip", "ball")):
        return _of_block(layer, spacing)
    if all(hasattr(layer, name) for name in ("weight", "scale", "potential", "rate")):
        return _of_symmetric(layer, spacing)
    if all(hasattr(layer, name) for name in ("weight", "kernel_size", "groups", "stride")):
        indices, table, bias, boundary = _of_conv(layer, spacing)
        return _linear(indices, table, bias, boundary, layer.groups)
    raise NotDecompiled(f"{type(layer).__name__} is neither a convolution nor a hyperbolic block. Decompile the layers "
                        "of a network one by one.")


def _linear(indices: list[Index], table: np.ndarray, bias: np.ndarray, boundary: str, groups: int) -> Equation:
    """The linear equation of coefficients (out, in of the group, α)."""
    m, n, _ = table.shape
    matrices = []
    for place, index in enumerate(indices):
        full = np.full((m, n * groups), Fraction(0), object)
        for o in range(m):
            g = o // (m // groups)
            full[o, g * n:(g + 1) * n] = table[o, :, place]
        if full.any():
            matrices.append((index, full))
    return Equation(len(indices[0]), n * groups, tuple(matrices), None, bias, boundary)


def _of_conv(conv: Any, spacing: Any) -> tuple[list[Index], np.ndarray, np.ndarray, str]:
    """The indices α, the coefficients (out, in, α), the bias, and the boundary of a convolution."""
    weight = _exact(conv.weight)
    kept = all(isinstance(p, int) and 2 * p == d * (k - 1)
               for p, d, k in zip(conv.padding, conv.dilation, conv.kernel_size)) or conv.padding == "same"
    if set(conv.stride) != {1} or getattr(conv, "transposed", False) or not kept:
        raise NotDecompiled(f"{conv}: a step of an equation keeps the grid. Use stride 1 and the padding "
                            "dilation·(k − 1)/2, or read its kernels with DifferentialOperator.of_kernel.")
    if any(k % 2 == 0 for k in conv.kernel_size):
        raise NotDecompiled(f"{conv} has a kernel with an even side, whose centre is between the points of the grid. "
                            "Use odd sides, padding the weights with zeros on one side.")
    indices, table = _moments_of(weight, spacing, conv.dilation)
    bias = np.full(len(weight), Fraction(0), object) if conv.bias is None else _exact(conv.bias)
    return indices, table, bias, BOUNDARIES[conv.padding_mode]


def _moments_of(weight: np.ndarray, spacing: Any, dilation: Sequence[int]) -> tuple[list[Index], np.ndarray]:
    """The indices α and coefficients (out, in, α) of kernels whose taps are `dilation` cells apart on each axis."""
    operators = [[DifferentialOperator.of_kernel(kernel, spacing) for kernel in row] for row in weight]
    indices = sorted({index for row in operators for o in row for index in o.coefficients} or {(0,) * len(dilation)})
    wide = [prod(d ** a for d, a in zip(reversed(dilation), index)) for index in indices]  # x is the last axis
    zero = Fraction(0)
    return indices, np.array([[[o.coefficients.get(k, zero) * d for k, d in zip(indices, wide)] for o in row]
                              for row in operators], object)


def _of_scheme(layer: Any, spacing: Any) -> Equation:
    kernel = _exact(layer.kernel())
    n, middle = len(kernel), (1,) * layer.ndim
    for i in range(n):
        kernel[(i, i, *middle)] -= 1
    indices, table = _moments_of(kernel, spacing, middle)
    return _linear(indices, table, np.full(n, Fraction(0), object), BOUNDARIES[layer.padding_mode], 1)


def _of_block(block: Any, spacing: Any) -> Equation:
    single = []
    for name in ("conv1", "conv2", "conv3"):
        layers = list(getattr(block, name).children())
        if len(layers) != 1:
            raise NotDecompiled(f"{name} of this block has batch normalisation, whose scale is no rational number. "
                                "Read nn.fuse_batch_norm(block), whose weights are what it computes with.")
        single.append(layers[0])
    if list(block.skip.parameters()) or list(block.ball.children()) or hasattr(block.ball, "radius"):
        raise NotDecompiled("this block changes its channels or its grid, so it is no step of an evolution. Decompile "
                            "one with an identity skip.")
    mix, stencil, join = single
    w = stencil.groups
    table, shift = _exact(mix.weight).reshape(2 * w, -1), _exact(mix.bias)
    indices, moments, inner, boundary = _of_conv(stencil, spacing)
    c = _exact(join.weight).reshape(join.out_channels, 2 * w)
    matrices = []
    for place, index in enumerate(indices):
        m = c * moments[:, 0, place]
        m = m[:, 0::2] + m[:, 1::2]  # filters 2r and 2r + 1 read the product r
        if m.any():
            matrices.append((index, m))
    factors = (table[:w], table[w:], shift[:w], shift[w:])
    return Equation(2, table.shape[1], tuple(matrices), factors, c.dot(inner) + _exact(join.bias), boundary)


def _of_symmetric(block: Any, spacing: Any) -> Equation:
    w, s = _exact(block.weight), _exact(block.scale)
    h = exact_fraction(spacing)
    zero = np.full(len(w), Fraction(0), object)
    matrices = []
    for axis, row in enumerate(s):  # the axes of the array are (z,) y, x, and y runs against the rows
        j = len(s) - 1 - axis
        matrices.append((tuple(int(i == j) for i in range(len(s))), w.T * row * (h if j == 1 else -h)))
    return Equation(len(s), w.shape[1], tuple(matrices), (w, w, zero, zero), np.full(w.shape[1], Fraction(0), object),
                    BOUNDARIES[block.padding_mode])


def _exact(tensor: Any) -> np.ndarray:
    """The exact values of a tensor's floats."""
    return _fractions(tensor.detach().cpu().double().numpy())


def _fractions(values: Any) -> np.ndarray:
    return np.vectorize(exact_fraction, otypes=[object])(np.asarray(values, object))


def _symbolic(values: np.ndarray) -> np.ndarray:
    return np.vectorize(lambda e: sympy.Rational(e.numerator, e.denominator), otypes=[object])(values)


def _apply(matrix: np.ndarray, u: np.ndarray) -> np.ndarray:
    """The product with numbers or sympy expressions."""
    if any(isinstance(x, sympy.Basic) for x in u):
        matrix = _symbolic(matrix)
    return matrix.dot(u)


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The product of matrices of Fractions, by flint."""
    entries = (_flint(a) * _flint(b)).entries()
    return np.array([Fraction(int(e.p), int(e.q)) for e in entries], object).reshape(a.shape[0], b.shape[1])


def _flint(m: np.ndarray) -> fmpq_mat:
    return fmpq_mat(m.shape[0], m.shape[1], [fmpq(e.numerator, e.denominator) for e in m.ravel()])


def _integral(matrix: fmpq_mat) -> fmpz_poly:
    """The characteristic polynomial, with its denominators cleared."""
    return matrix.charpoly().numer()


def _evaluate(polynomial: fmpz_poly, matrix: fmpq_mat) -> fmpq_mat:
    """f(A) by Horner's rule."""
    n = matrix.nrows()
    one = fmpq_mat(n, n, [fmpq(int(i == j)) for i in range(n) for j in range(n)])
    value = one * 0
    for c in reversed(polynomial.coeffs()):
        value = value * matrix + one * fmpq(c)
    return value
