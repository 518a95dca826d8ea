"""Summation by parts: the identity, orders, and energy estimates with boundary terms."""
import numpy as np
import pytest
import sympy

import pdeconv as pde
from pdeconv import System, catalog


@pytest.mark.parametrize("order", [2, 4, 6])
@pytest.mark.parametrize("extra", [0, 1, 5])
def test_the_identity_and_the_orders(order, extra):
    """H D + Dᵀ H = diag(−1, 0, …, 0, 1) with H > 0; D x^m = m x^{m−1} up to 2p inside, p at the ends and no further."""
    made = pde.summation_by_parts(order)
    size = len(made.closure[0])
    n = max(2 * size, made.closure[1].cols) + 1 + extra
    h, d = made.norm(n), made.derivative(n)
    corner = sympy.zeros(n)
    corner[0, 0], corner[n - 1, n - 1] = -1, 1
    assert h * d + d.T * h == corner and all(h[i, i] > 0 for i in range(n))

    def fault(m):
        x = sympy.Matrix(range(n))
        return d * x.applyfunc(lambda e: e ** m) - x.applyfunc(lambda e: m * e ** (m - 1) if m else sympy.S.Zero)
    assert all(e == 0 for m in range(order // 2 + 1) for e in fault(m))
    assert all(fault(m)[i] == 0 for m in range(order + 1) for i in range(size, n - size))
    assert fault(order // 2 + 1)[0] != 0 and all(fault(order + 1)[i] != 0 for i in range(size, n - size))


@pytest.mark.parametrize("order", [2, 4, 6])
@pytest.mark.parametrize("system", [catalog.advection(), catalog.acoustics(), System(x=[[1, 1], [1, 0]])], ids=repr)
def test_the_energy_does_not_grow(order, system):
    made = pde.simultaneous_approximation(system, order, 13)
    assert made.verify()
    broken = sympy.Matrix(made.matrix)
    broken[0, 0] += 1
    growth = made.energy * broken + broken.T * made.energy
    assert growth != made.energy * made.matrix + made.matrix.T * made.energy  # the check sees a wrong entry


@pytest.mark.parametrize("order", [2, 4, 6])
def test_waves_leave_through_the_ends_at_order_p_plus_one(order):
    """u_t + u_x = 0 on [0, 1] and a pulse that leaves: errors of order p + 1 at least, by RK4 with small steps."""
    sizes, errors = (25, 35, 49), []
    for n in sizes:
        matrix = pde.simultaneous_approximation(catalog.advection().at(a_x=1), order, n).to_numpy() * (n - 1)
        assert np.linalg.eigvals(matrix).real.max() < 1e-9
        x, steps = np.linspace(0, 1, n), 8 * n
        dt, u = .4 / steps, np.exp(-40 * (x - .6) ** 2)
        one = sum((np.linalg.matrix_power(dt * matrix, k) / float(sympy.factorial(k)) for k in range(1, 5)), np.eye(n))
        for _ in range(steps):
            u = one @ u
        errors.append(np.abs(u - np.exp(-40 * (x - 1) ** 2)).max())
    assert -np.polyfit(np.log(sizes), np.log(errors), 1)[0] > order // 2 + .8


REFUSALS = [
    (lambda: pde.simultaneous_approximation(catalog.burgers(), 4, 20), pde.NotLinear, r"system\.at\(u=…\)"),
    (lambda: pde.simultaneous_approximation(catalog.wave(ndim=2), 4, 20), pde.NotDefined, "in one"),
    (lambda: pde.simultaneous_approximation(catalog.wave(), 4, 5), ValueError, "too few"),
    (lambda: pde.simultaneous_approximation(catalog.wave(), 3, 9), ValueError, "2, 4 and 6"),
    (lambda: pde.simultaneous_approximation(catalog.wave(), 2, 5).to_numpy(), pde.NotANumber, "holds c"),
]


@pytest.mark.parametrize("act, kind, message", REFUSALS)
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message) as caught:
        act()
    assert str(caught.value).rstrip().endswith(".")
