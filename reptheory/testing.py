"""Assertions for other people's test suites: exact where they can be, with the witness in the message."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .check import homomorphism_check
from .commutation import commute
from .hom import Hom
from .rep import Rep
from .space import grid


def assert_representation(rep: Rep) -> None:
    """Assert that the matrices of the generators satisfy every relation of the group, exactly.

    >>> import reptheory as rt
    >>> assert_representation(rt.D(5).vector.sym(2))
    """
    try:
        homomorphism_check(rep.group, rep.actions)
    except ValueError as error:
        raise AssertionError(f"{rep.expression} is no representation: {error}") from error


def assert_in(kernel: Any, hom: Hom) -> None:
    """Assert that an exact kernel satisfies κ(gx) ρ_V(g) = ρ_W(g) κ(x) for every generator, exactly.

    >>> import reptheory as rt
    >>> G = rt.D(4); assert_in([[2, 0], [0, 2]], G.vector >> G.vector)
    """
    found = hom.violation(kernel)
    if found is not None:
        raise AssertionError(f"the kernel is not in {hom.expression}: {found}")


def assert_complete_basis(basis: np.ndarray, hom: Hom, tolerance: float = 1e-6) -> None:
    """Assert that float kernels (k, *X, dim W, dim V) span Hom(V, W, on=X), in orthonormal coordinates.

    A float path: each must agree with its projection to `tolerance` of its size, and the coordinates must have rank
    dim Hom with singular values above `tolerance` of the largest; the message gives the gap.

    >>> import reptheory as rt
    >>> H = rt.C(4).regular >> rt.C(4).regular; assert_complete_basis(H.basis.to_numpy(), H)
    """
    exact = hom.basis.to_numpy().reshape(hom.dim, hom.unknowns)
    given = np.asarray(basis).reshape(-1, hom.unknowns)
    coordinates = given @ exact.conj().T
    for k, (kernel, inside) in enumerate(zip(given, coordinates @ exact)):
        distance, size = float(np.linalg.norm(kernel - inside)), float(np.linalg.norm(kernel))
        if distance > tolerance * max(size, 1e-300):
            raise AssertionError(f"kernel {k} is not in {hom.expression}: it is {distance / size:.3g} of its length "
                                 "off its projection. Check the order of channels and the direction of the rows.")
    values = np.linalg.svd(coordinates, compute_uv=False)
    rank = int((values > tolerance * float(values.max(initial=0.0))).sum())
    if rank < hom.dim:
        raise AssertionError(f"the kernels span {rank} of the {hom.dim} dimensions of {hom.expression}: singular "
                             f"values {np.array2string(values[max(0, rank - 1):rank + 1], precision=3)} at the gap. "
                             f"The basis "
                             "is incomplete.")


def assert_projections_commute(first: Any, second: Any) -> None:
    """Assert that Π_P Π_Q = Π_Q Π_P, exactly, for projections as `rt.commute` takes them.

    The message has the witness, the norm of the commutator, and the dimensions of the spaces around P.

    >>> import reptheory as rt
    >>> H = rt.Hom(rt.C(4).trivial, rt.C(4).trivial, on=rt.grid(3)); assert_projections_commute(rt.support(H), H)
    """
    found = commute(first, second)
    if not found:
        d = found.dims
        stable = f", the stable one that it generates {found.closure.dim} (.closure)" if found.second.reynolds else ""
        raise AssertionError(
            f"the projections do not commute: {found.witness}. The Frobenius norm of the commutator is {found.norm}. "
            f"{found.first.name} has dimension {d['first']}. Of the spaces whose projection commutes, the smallest "
            f"around it has {d['smallest']} (rt.commute(P, Q).smallest), the largest inside {d['largest']} (.largest)"
            f"{stable}.")


def assert_equivariant(f: Callable[[np.ndarray], Any], source: Rep, target: Rep, *, size: int | None = None,
                       batch: int = 2, tolerance: float = 1e-6, exact: bool = False, seed: int = 0) -> None:
    """Assert that f(ρ_V(g) x) = ρ_W(g) f(x) for each generator g, for any NumPy function of features.

    x has shape (batch, dim V), and with `size` (batch, dim V, size, …) on a grid, where (g·x)(p) = ρ_V(g) x(g⁻¹ p). A
    float path: random features in orthonormal coordinates, and the largest difference must be at most `tolerance` of
    max |f(x)|; with `exact` the features are small integers and the difference must be 0. For a Lie group g also runs
    through exp(X) for the basis of its algebra.

    >>> import reptheory as rt
    >>> V = rt.D(4).vector; assert_equivariant(lambda x: x * (x ** 2).sum(-1, keepdims=True), V, V)
    """
    rng = np.random.default_rng(seed)
    space = grid(1) if size is None else grid(size, ndim=source.group.vector.dim)
    shape = (batch, source.dim, *(() if size is None else space.shape))
    x = rng.integers(-3, 4, shape).astype(float) if exact else rng.normal(size=shape)
    y = np.asarray(f(x))
    pixels = () if size is None else space.shape
    if y.shape[:2] != (batch, target.dim) or (len(y.shape) != len(shape)) or (pixels and len(set(y.shape[2:])) > 1):
        raise AssertionError(f"f maps features of shape {shape} to {y.shape}, and equivariant ones into "
                             f"{target.expression} have shape (batch, {target.dim}{', side, …' if pixels else ''}). "
                             "Check the order of the axes, and the type of the output.")
    scale = float(np.abs(y).max(initial=0.0))
    for name, g in _elements(source.group):
        left = np.asarray(f(_moved(x, source, g, name)))
        right = _moved(y, target, g, name)
        difference = np.abs(left - right)
        if not (difference <= (0.0 if exact else tolerance * max(scale, 1e-300))).all():
            at = tuple(map(int, np.unravel_index(int(np.nanargmax(np.where(np.isnan(difference), np.inf, difference))),
                                                 difference.shape)))
            place = f", position {at[2:]}" if at[2:] else ""
            raise AssertionError(
                f"f is not equivariant from {source.expression} to {target.expression}: for the generator {name}, on "
                f"features of shape {shape}, at batch {at[0]}, channel {at[1]}{place}\n"
                f"  f({name}·x) = {left[at]}\n  {name}·f(x) = {right[at]}\n"
                f"a difference of {difference[at] / (scale or 1.0):.3g} of max |f(x)| = {scale:.6g}; "
                f"{0.0 if exact else tolerance:.3g} is allowed. Check the types, or where f treats channels apart.")


def _elements(group: Any) -> list[tuple[str, Any]]:
    """The generators of a group with their names; for a Lie group also exp of each basis element of its algebra."""
    found = list(zip(group.names, group.generators))
    if group.is_lie:
        found += [(f"exp({name})", group.exp(**{name: 1.0})) for name in group.algebra_names]
    return found


def _moved(x: np.ndarray, rep: Rep, g: Any, name: str) -> np.ndarray:
    """(g·x)(p) = ρ̂(g) x(g⁻¹ p) for features (batch, dim, *side)."""
    turned = np.einsum("ij,bj...->bi...", rep.to_numpy(g), x)
    if x.ndim == 2:
        return turned
    move = grid(x.shape[2], ndim=x.ndim - 2).permutations(rep.group)[rep.group.names.index(name)]
    out = np.empty_like(turned).reshape(*x.shape[:2], -1)
    out[..., move] = turned.reshape(*x.shape[:2], -1)
    return out.reshape(turned.shape)


assert_complete = assert_complete_basis
