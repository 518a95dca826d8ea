"""Nonlinearities that commute with a representation, and the refusal of those that do not."""
from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F

import reptheory as rt
from reptheory.matrix import Matrix
from reptheory.monomial import Monomial, as_matrix
from reptheory.plan import Step
from reptheory.plan_ops import POINTWISE

from .feature import check_features, check_type, join, split

Function = Callable[[torch.Tensor], torch.Tensor]


def identity(x: torch.Tensor) -> torch.Tensor:
    """x itself."""
    return x


EVEN_OR_NEITHER: dict[str, Function] = {
    "abs": torch.abs, "celu": F.celu, "cos": torch.cos, "elu": F.elu, "exp": torch.exp, "gelu": F.gelu,
    "hardsigmoid": F.hardsigmoid, "hardswish": F.hardswish, "leaky_relu": F.leaky_relu,
    "logsigmoid": F.logsigmoid, "mish": F.mish, "relu": F.relu, "relu6": F.relu6, "selu": F.selu,
    "sigmoid": torch.sigmoid, "silu": F.silu, "softplus": F.softplus, "square": torch.square,
}
ODD: dict[str, Function] = {
    "arctan": torch.atan, "asinh": torch.asinh, "erf": torch.erf, "hardshrink": F.hardshrink,
    "hardtanh": F.hardtanh, "identity": identity, "negative": torch.neg, "sign": torch.sign, "sin": torch.sin,
    "sinh": torch.sinh,
    "softshrink": F.softshrink, "softsign": F.softsign, "tanh": torch.tanh, "tanhshrink": F.tanhshrink,
}
FUNCTIONS = EVEN_OR_NEITHER | ODD
SAMPLES = (0.25, 1.0, 3.0)  # where a function declared odd is looked at


class DoesNotCommute(ValueError):
    """A layer that does not commute with a representation, with the summand and the generator that show
    it."""


class Pointwise(torch.nn.Module):
    """The map x_i ↦ fn(x_i), which commutes with ρ̂ exactly when it permutes the basis, or signs it too and
    fn is odd.

    `fn` is a name ("relu", "tanh", …), a torch function or a torch activation module. Oddness is known of the
    torch functions that are; say odd=True for your own. Raises DoesNotCommute with the summand and generator
    otherwise.

    >>> G = rt.D(4); Pointwise(2*G.regular, "relu")
    Pointwise(2*D(4).regular, 'relu')
    >>> Pointwise(G.vector, "relu")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    nn.activation.DoesNotCommute: relu does not commute with D(4).vector: r acts by [0 -1; 1 0], ...
    """

    def __init__(self, in_type: rt.Rep, fn: str | Function, odd: bool | None = None):
        super().__init__()
        check_type(in_type)
        self.in_type = self.out_type = in_type
        self.fn, self.name = named(fn)
        odd = is_odd(fn) if odd is None else odd
        if odd:
            _check_odd(self.fn, self.name)
        for _, a in in_type.summands:
            _check_pointwise(a, self.name, odd)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """fn of every entry."""
        check_features(x, self.in_type)
        return self.fn(x)

    @property
    def plan(self) -> rt.Plan | None:
        """The layer as a plan; None where fn is no function of plans."""
        names = [n for n, f in FUNCTIONS.items() if n in POINTWISE and f is self.fn]
        return rt.Plan(("x",), (), (), (Step.make("y", "pointwise", "x", fn=names[0]),), "y") if names else None

    def extra_repr(self) -> str:
        """The type and the function."""
        return f"{self.in_type.expression}, {self.name!r}"

    def __repr__(self) -> str:
        return f"Pointwise({self.extra_repr()})"


class NormActivation(torch.nn.Module):
    """The map x ↦ x · fn(|x|)/|x| of each field (copy of a summand), 0 at x = 0: it commutes with every
    unitary ρ.

    With bias=True it is x · fn(|x| + b)/|x|, with one weight b a field, initially 0; without it fn = "relu"
    would be the identity. The gradient at x = 0 is taken to be 0. Raises DoesNotCommute where ρ(g)ᴴ D ρ(g) ≠
    D.

    >>> cap = NormActivation(2*rt.D(4).vector, "hardtanh"); cap(torch.tensor([[3., 0., 4., 0.5]]))
    tensor([[0.6000, 0.0000, 0.8000, 0.5000]])
    """

    bias: torch.nn.Parameter | None

    def __init__(self, in_type: rt.Rep, fn: str | Function = "tanh", bias: bool = False, device=None,
                 dtype=None):
        super().__init__()
        check_type(in_type)
        self.in_type = self.out_type = in_type
        self.fn, self.name = named(fn)
        for _, a in in_type.summands:
            check_unitary(a, "the norm of a field")
        fields = sum(m for m, _ in in_type.summands)
        self.bias = torch.nn.Parameter(torch.zeros(fields, device=device, dtype=dtype)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Every field, its length |x| changed to fn(|x|)."""
        parts, start = [], 0
        for part in split(x, self.in_type):
            energy = squared_norm(part)
            alive = energy > 0
            safe = torch.where(alive, energy, torch.ones_like(energy)).sqrt()
            shifted = safe
            if self.bias is not None:
                m = part.shape[2]
                shifted = safe + self.bias[start:start + m].reshape(m, *(1,) * (part.ndim - 3))
                start += m
            factor = torch.where(alive, self.fn(shifted) / safe, torch.zeros_like(safe))
            parts.append((part * factor).to(part.dtype))
        return join(parts)

    def extra_repr(self) -> str:
        """The type, the function and the bias."""
        return f"{self.in_type.expression}, {self.name!r}" + (", bias=True" if self.bias is not None else "")

    def __repr__(self) -> str:
        return f"NormActivation({self.extra_repr()})"


class Gate(torch.nn.Module):
    """The map of each non-trivial field x_f ↦ gate(z_f) · x_f with an invariant z_f of its own; scalars get a
    function.

    `out_type` is V and `in_type` is V + k*trivial, k the number of non-trivial fields: the k gates z_f are
    the last channels, in the order of the fields. Make the layer before end in `in_type`; every
    representation commutes.

    >>> G = rt.D(4); gate = Gate(4*G.trivial + 2*G.vector); gate.in_type.expression
    '4*D(4).trivial + 2*D(4).vector + 2*D(4).trivial'
    """

    def __init__(self, out_type: rt.Rep, scalars: str | Function = "silu", gates: str | Function = "sigmoid"):
        super().__init__()
        check_type(out_type)
        self.out_type = out_type
        self.scalars, self.scalar_name = named(scalars)
        self.gates, self.gate_name = named(gates)
        self._invariant = tuple(bool(a.is_trivial) for _, a in out_type.summands)
        self._count = sum(m for (m, _), trivial in zip(out_type.summands, self._invariant) if not trivial)
        self.in_type = out_type + self._count * out_type.group.trivial if self._count else out_type

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The features of type V, the gates used up."""
        check_features(x, self.in_type)
        body = x[:, :x.shape[1] - self._count] if self._count else x
        switches = x[:, x.shape[1] - self._count:]
        switches = self.gates(switches.real if switches.is_complex() else switches)
        parts, start = [], 0
        for part, trivial in zip(split(body, self.out_type), self._invariant):
            if trivial:
                parts.append(self.scalars(part))
                continue
            m = part.shape[2]
            parts.append(part * switches[:, None, start:start + m])
            start += m
        return join(parts)

    def extra_repr(self) -> str:
        """The type and the functions."""
        return f"{self.out_type.expression}, scalars={self.scalar_name!r}, gates={self.gate_name!r}"

    def __repr__(self) -> str:
        return f"Gate({self.extra_repr()})"


def squared_norm(part: torch.Tensor) -> torch.Tensor:
    """|x̂|² of each field of a part (batch, dim A, m, *spatial), as (batch, 1, m, *spatial), in float32 at least.

    >>> squared_norm(torch.tensor([[[3.], [4.]]])).tolist()
    [[[25.0]]]
    """
    if part.is_complex():
        part = torch.view_as_real(part)
        return part.square().sum(-1).sum(1, keepdim=True)
    wide = part.float() if part.dtype in (torch.float16, torch.bfloat16) else part
    return wide.square().sum(1, keepdim=True)


def named(fn: str | Function) -> tuple[Function, str]:
    """The function and its name; a ValueError lists the names there are.

    >>> named("tanh")[1], named(torch.nn.ReLU())[1]
    ('tanh', 'ReLU')
    """
    if isinstance(fn, str):
        if fn not in FUNCTIONS:
            raise ValueError(f"{fn!r} names no function. The names are {', '.join(sorted(FUNCTIONS))}; or "
                             "give a torch function of a tensor.")
        return FUNCTIONS[fn], fn
    if isinstance(fn, rt.Rep):
        raise TypeError(f"{fn.expression} stands where a function is expected. Give one type that says everything, as "
                        "in nn.Gate(4*G.trivial + 2*G.vector), and then the name of a function such as 'silu'.")
    if not callable(fn) or isinstance(fn, type):
        raise TypeError(f"fn={fn!r}: give a name such as 'relu', a torch function, or an activation module, "
                        "an instance of it.")
    if isinstance(fn, torch.nn.PReLU) and fn.num_parameters > 1:
        raise DoesNotCommute(f"PReLU with {fn.num_parameters} weights is another function on each channel, "
                             "and the group mixes channels. Use torch.nn.PReLU() with one weight.")
    return fn, type(fn).__name__ if isinstance(fn, torch.nn.Module) else getattr(fn, "__name__", repr(fn))


def is_odd(fn: str | Function) -> bool:
    """Whether fn is known to be odd, fn(−x) = −fn(x): by name, as one of torch's functions, or as an
    activation module.

    >>> is_odd("tanh"), is_odd(torch.nn.Tanh()), is_odd(torch.relu)
    (True, True, False)
    """
    if isinstance(fn, str):
        return fn in ODD
    if isinstance(fn, torch.nn.Hardtanh):
        return fn.min_val == -fn.max_val and not isinstance(fn, torch.nn.ReLU6)
    modules = (torch.nn.Hardshrink, torch.nn.Identity, torch.nn.Softshrink, torch.nn.Softsign, torch.nn.Tanh,
               torch.nn.Tanhshrink)
    others = (F.tanh, torch.arctan, torch.arcsinh, torch.special.erf)
    return isinstance(fn, modules) or fn in (*ODD.values(), *others)


def check_unitary(rep: rt.Rep, what: str) -> None:
    """Raise DoesNotCommute, with a generator, unless ρ(g)ᴴ D ρ(g) = D on all of them."""
    if rep.is_unitary:
        return
    metric = Matrix.diagonal(rep.gram)
    for name, action in zip(rep.group.names, rep.actions):
        m = as_matrix(action)
        if m.H @ metric @ m != metric:
            raise DoesNotCommute(
                f"{what} is no invariant of {rep.expression}: {name} acts by {m}, which does not preserve "
                f"the metric D = {metric} (ρᴴ D ρ = {m.H @ metric @ m}). Give the representation an "
                "invariant metric, G.rep(…, gram=…), or use nn.Gate.")
    for name, d in infinitesimal(rep):
        if not (d.H @ metric + metric @ d).is_zero:
            raise DoesNotCommute(
                f"{what} is no invariant of {rep.expression}: {name} of the Lie algebra acts by {d}, which does not "
                f"preserve the metric D = {metric} (XᴴD + DX = {d.H @ metric + metric @ d}). Restrict to a compact "
                "subgroup, or use nn.Gate.")


def infinitesimal(rep: rt.Rep) -> list[tuple[str, Matrix]]:
    """The names X of the Lie algebra with dρ(X) ≠ 0, and these matrices; none for a finite group.

    >>> infinitesimal(rt.SO(2).vector)
    [('L', [0 -1; 1 0])]
    """
    return [(name, d) for name, d in zip(getattr(rep.group, "algebra_names", ()), rep.derivatives) if not d.is_zero]


def refuse_motion(rep: rt.Rep, what: str) -> None:
    """Raise DoesNotCommute where the identity component acts: signed permutations are discrete, so it moves off them.

    >>> refuse_motion(rt.SO(2).vector, "relu")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    nn.activation.DoesNotCommute: relu does not commute with SO(2).vector: L of the Lie algebra acts by [0 -1; 1 0], ...
    """
    for name, d in infinitesimal(rep):
        raise DoesNotCommute(
            f"{what} does not commute with {rep.expression}: {name} of the Lie algebra acts by {d}, so that the group "
            "does not permute the basis. Use nn.NormActivation, nn.Gate or nn.SphereActivation; scalars alone have "
            "pointwise functions.")


def _check_pointwise(rep: rt.Rep, name: str, odd: bool) -> None:
    """Raise DoesNotCommute unless ρ̂ permutes the basis of `rep`, up to signs where the function is odd."""
    refuse_motion(rep, name)
    for generator, action in zip(rep.group.names, rep.actions):
        permutes = isinstance(action, Monomial) and all(
            rep.gram[i] == rep.gram[int(j)] for i, j in enumerate(action.images))
        if permutes and (odd or getattr(action, "is_permutation", False)):
            continue
        why = f"changes signs, and {name} is not known to be odd" if permutes else "is no signed permutation"
        fix = "an odd function (tanh, …; odd=True for your own), " if permutes else ""
        raise DoesNotCommute(
            f"{name} does not commute with {rep.expression}: {generator} acts by {rep(generator)}, which "
            f"{why}. Use {fix}nn.NormActivation, nn.Gate, or a permutation representation such as G.regular.")


def _check_odd(fn: Function, name: str) -> None:
    """Raise DoesNotCommute where a function declared odd is seen not to be."""
    x = torch.tensor(SAMPLES, dtype=torch.float64)
    for at, plus, minus in zip(SAMPLES, fn(x).tolist(), fn(-x).tolist()):
        if abs(plus + minus) > 1e-12 * max(1.0, abs(plus)):
            raise DoesNotCommute(f"{name} is not odd: {name}({at}) = {plus} and {name}({-at}) = {minus}. "
                                 "Leave odd=True out, or use an odd function.")
