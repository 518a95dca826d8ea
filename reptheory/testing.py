"""Assertions for other people's test suites: exact where they can be, with the witness in the message."""
from __future__ import annotations

from typing import Any

import numpy as np

from .check import homomorphism_check
from .hom import Hom
from .rep import Rep


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


def assert_complete(basis: np.ndarray, hom: Hom, tolerance: float = 1e-6) -> None:
    """Assert that float kernels (k, *X, dim W, dim V) span Hom(V, W, on=X), in orthonormal coordinates.

    A float path: each must agree with its projection to `tolerance` of its size, and the coordinates must have rank
    dim Hom with singular values above `tolerance` of the largest; the message gives the gap.

    >>> import reptheory as rt
    >>> H = rt.C(4).regular >> rt.C(4).regular; assert_complete(H.basis.to_numpy(), H)
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
