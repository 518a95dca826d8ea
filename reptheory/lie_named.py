"""The classical Lie groups, tori, and any matrix Lie group from generators."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from .element import generator_names
from .field import Q, quadratic
from .lie import LieGroup
from .lie_algebra import Algebra, NotALieAlgebra, commutator, real_row
from .linalg import rank
from .matrix import Matrix

SIZE = 64  # the largest matrices of a classical group

Basis = dict[str, Matrix]


def SO(p: int, q: int = 0) -> LieGroup:
    """The special orthogonal group SO(n), or SO(p, q) of the form diag(1ᵖ, −1^q): dim n(n−1)/2 with n = p + q.

    Its basis is L_ij = E_ji − E_ij, which turns e_i to e_j; the boosts E_ij + E_ji are K_ij. In SO(3) they are named
    Lx, Ly, Lz after their axes. SO(p, q) with p, q ≥ 1 has a second component, that of −1 where p and q are odd,
    otherwise of diag(−1, 1, …, 1, −1).

    >>> SO(4).dim, SO(1, 3).names
    (6, ('c',))
    """
    return _orthogonal("SO", p, q)


def O(p: int, q: int = 0) -> LieGroup:  # noqa: E743 (its name in mathematics)
    """The orthogonal group O(n), or O(p, q) of the form diag(1ᵖ, −1^q).

    The second component of O(n) is that of i = −1 for odd n and of s = diag(1, …, 1, −1) for even n. O(p, q) has the
    components of t = diag(−1, 1, …) and s = diag(…, 1, −1).

    >>> O(3).names, O(2).names, O(1, 3).names
    (('i',), ('s',), ('t', 's'))
    """
    return _orthogonal("O", p, q)


def SU(n: int) -> LieGroup:
    """The special unitary group, of dimension n² − 1 over R: A_ij = E_ij − E_ji, B_ij = i(E_ij + E_ji) and
    H_k = i diag(1, …, 1, −k, 0, …).

    In SU(2) the basis is X, Y, Z = −iσ/2 with the Pauli matrices σ, so that [X, Y] = Z and Z has the eigenvalues ±i/2.

    >>> SU(3).dim
    8
    """
    _size("SU", n, 2)
    return _hermitian("SU", n, _special_unitary(n), 1)


def U(n: int) -> LieGroup:
    """The unitary group, of dimension n² over R: the basis of su(n) and H0 = i·1.

    >>> U(2).dim
    4
    """
    _size("U", n, 1)
    i = quadratic(-1).generator
    basis = {**(_special_unitary(n) if n > 1 else {}), "H0": Matrix.identity(n) * i}
    return _hermitian("U", n, basis, None)


def Sp(n: int, over: str = "H") -> LieGroup:
    """The compact symplectic group Sp(n) ⊂ U(2n), of dimension n(2n + 1); with over="R" the group Sp(n, R) of real n×n
    matrices with gᵀJg = J, for even n.

    >>> Sp(1).dim, Sp(2).dim, Sp(4, over="R").dim
    (3, 10, 10)
    """
    if over == "R":
        return _real_symplectic(n)
    if over != "H":
        raise ValueError(f"Sp({n}, over={over!r}): write Sp({n}) for the compact group of quaternionic matrices, or "
                         f"Sp({n}, over='R') for the real one, of n×n matrices.")
    _size("Sp", n, 1)
    i, zero = quadratic(-1).generator, Matrix.zeros(n, n)
    basis: Basis = {}

    def add(name: str, a: Matrix, b: Matrix) -> None:
        basis[name] = Matrix.vstack([Matrix.hstack([a, -b.conj()]), Matrix.hstack([b, a.conj()])])
    for j, k in combinations(range(n), 2):
        add(f"A{_label(j, k)}", _unit(n, j, k) - _unit(n, k, j), zero)
        add(f"B{_label(j, k)}", (_unit(n, j, k) + _unit(n, k, j)) * i, zero)
    for j in range(n):
        add(f"H{j + 1}", _unit(n, j, j) * i, zero)
    for j in range(n):
        for k in range(j, n):
            both = _unit(n, j, k) + _unit(n, k, j) if j != k else _unit(n, j, j)
            add(f"C{_label(j, k)}", zero, both)
            add(f"D{_label(j, k)}", zero, both * i)
    return LieGroup(tuple(basis), tuple(basis.values()), over="C", form=("sesquilinear", Matrix.identity(2 * n)),
                    determinant=1, family=("Sp", n), expression=f"Sp({n})")


def G2() -> LieGroup:
    """The exceptional compact group of dimension 14 in SO(7): automorphisms of the octonions, on the imaginary ones,
    g(x × y) = gx × gy.

    Its basis is E_β − F_β, i(E_β + F_β) and i h_k for the six positive roots β. Elements are those of SO(7) that keep
    the Lie algebra, since its normaliser there is G₂. Source: Fulton and Harris, Representation Theory, §22.3.

    >>> G = G2(); G.dim, [G.irrep(key).dim for key in ((1, 0), (0, 1), (2, 0))]
    (14, [7, 14, 27])
    """
    from .frame import Frame
    frame, i = Frame.of(("G", 2)), quadratic(-1).generator
    assert frame is not None
    found: Basis = {}
    for k, (_, _, _, e, f) in enumerate(frame.roots, 1):
        found |= {f"X{k}": e - f, f"Y{k}": (e + f) * i}
    for k in range(2):
        found[f"H{k + 1}"] = Matrix.diagonal([mu[k] for mu in frame.weights]) * i
    basis = {name: Matrix(Q, (frame.basis @ x @ frame.inverse).parts[:1]) for name, x in found.items()}
    return LieGroup(tuple(basis), tuple(basis.values()), determinant=1, form=("bilinear", Matrix.identity(7)),
                    family=("G", 2), expression="G2()")


def torus(n: int) -> LieGroup:
    """The torus U(1)ⁿ of diagonal unitary matrices, with the basis H_k = i E_kk; its irreps are its weights in Zⁿ.

    >>> torus(2).dim
    2
    """
    _size("torus", n, 1)
    i = quadratic(-1).generator
    basis = {f"H{k + 1}": _unit(n, k, k) * i for k in range(n)}
    return _hermitian("torus", n, basis, None)


def special_linear(n: int) -> LieGroup:
    """SL(n, R), of dimension n² − 1: E_ij for i ≠ j and H_k = E_kk − E_{k+1,k+1}.

    >>> special_linear(2).algebra_names
    ('E12', 'E21', 'H1')
    """
    _size("SL", n, 2)
    basis = _traceless(n)
    return LieGroup(tuple(basis), tuple(basis.values()), determinant=1, family=("SL", n), expression=f"SL({n})")


def general_linear(n: int) -> LieGroup:
    """GL(n, R), of dimension n², with the component of s = diag(1, …, 1, −1).

    >>> general_linear(2).dim
    4
    """
    _size("GL", n, 1)
    basis = {**(_traceless(n) if n > 1 else {}), "H0": Matrix.identity(n)}
    return LieGroup(tuple(basis), tuple(basis.values()), ("s",), (_signs(n, [n - 1]),), family=("GL", n),
                    expression=f"GL({n})")


def lie_group(algebra: Sequence | Mapping[str, Any], components: Sequence | Mapping[str, Any] = (),
              name: str | None = None, dim: int | None = None) -> LieGroup:
    """The matrix Lie group with this Lie algebra and these generators of components, all exact, by name or in order.

    The matrices of the algebra have to be independent and closed under the commutator, or generate a Lie algebra of the
    declared dimension `dim`, which is then completed by commutators. Raises NotALieAlgebra (with the commutator that
    escapes), NotExact for floats, and ValueError for a component that does not preserve the algebra.

    >>> lie_group([[[0, 1], [0, 0]]], name="shears")  # x ↦ x + ty
    lie_group([[[0, 1], [0, 0]]], name='shears')  # dim 1
    """
    given = _by_name(algebra, "X")
    others = _by_name(components, "c")
    if not given and not others:
        raise ValueError("lie_group needs matrices: a basis of the Lie algebra, or generators of components.")
    generator_names({**given, **others})
    _check_shapes({**given, **others})
    basis = dict(given)
    rows = [real_row(m) for m in basis.values()]
    if rows and rank(Matrix.vstack(rows)) < len(rows):
        last = next(k for k in range(1, len(rows) + 1) if rank(Matrix.vstack(rows[:k])) < k)
        raise NotALieAlgebra(f"the matrices of the Lie algebra depend on one another: {list(basis)[last - 1]} is a "
                             "combination of those before it. Leave it out.")
    if dim is not None:
        basis = _completed(basis, dim)
    _ = Algebra(tuple(basis), tuple(basis.values())).structure if basis else None  # NotALieAlgebra
    over = "R" if all(m.field.is_real for m in [*basis.values(), *others.values()]) else "C"
    text = ", ".join([_text(algebra, given)] + ([f"components={_text(components, others)}"] if others else [])
                     + ([f"name={name!r}"] if name else []) + ([f"dim={dim}"] if dim is not None else []))
    group = LieGroup(tuple(basis), tuple(basis.values()), tuple(others), tuple(others.values()), over,
                     expression=f"lie_group({text})")
    for label, c in others.items():
        if c.det().is_zero:
            raise ValueError(f"the component {label} = {c} is singular. Give invertible matrices.")
        inverse = c.inverse()
        moved = next((n for n, x in basis.items() if group.lie_algebra.outside(c @ x @ inverse)), None)
        if moved is not None:
            raise ValueError(f"the component {label} does not preserve the Lie algebra: {label} {moved} {label}⁻¹ = "
                             f"{c @ basis[moved] @ inverse} is outside. Change it, or add that matrix to the algebra.")
    return group


def _orthogonal(name: str, p: int, q: int) -> LieGroup:
    _size(name, p, 0 if q else 1)
    _size(name, q, 0)
    n = p + q
    _size(name, n, 2 if name == "SO" else 1)
    basis: Basis = {}
    for i, j in combinations(range(n), 2):
        if i < p <= j:
            basis[f"K{_label(i, j)}"] = _unit(n, i, j) + _unit(n, j, i)
        else:
            basis[f"L{_label(i, j)}"] = _unit(n, j, i) - _unit(n, i, j)
    if (n, q) == (2, 0):
        basis = {"L": basis["L12"]}
    if (n, q) == (3, 0):
        basis = {"Lx": basis["L23"], "Ly": -basis["L13"], "Lz": basis["L12"]}
    components: Basis = {}
    if name == "O":
        mixed = {"t": _signs(n, [0]), "s": _signs(n, [n - 1])}
        components = mixed if p and q else {"i": -Matrix.identity(n)} if n % 2 else {"s": _signs(n, [n - 1])}
    elif p and q:
        components = {"c": -Matrix.identity(n) if p % 2 and q % 2 else _signs(n, [0, n - 1])}
    args = f"{p}, {q}" if q else str(p)
    return LieGroup(tuple(basis), tuple(basis.values()), tuple(components), tuple(components.values()),
                    form=("bilinear", _signs(n, list(range(p, n)))), determinant=1 if name == "SO" else None,
                    family=(name, p, q) if q else (name, p), expression=f"{name}({args})")


def _hermitian(name: str, n: int, basis: Basis, determinant: int | None) -> LieGroup:
    return LieGroup(tuple(basis), tuple(basis.values()), over="C", form=("sesquilinear", Matrix.identity(n)),
                    determinant=determinant, family=(name, n), expression=f"{name}({n})")


def _special_unitary(n: int) -> Basis:
    i = quadratic(-1).generator
    if n == 2:
        up, down = _unit(2, 0, 1), _unit(2, 1, 0)
        half = Matrix.of([["1/2"]])[0, 0]
        return {"X": (up + down) * (-i * half), "Y": (down - up) * half,
                "Z": (_unit(2, 0, 0) - _unit(2, 1, 1)) * (-i * half)}
    basis: Basis = {}
    for j, k in combinations(range(n), 2):
        basis[f"A{_label(j, k)}"] = _unit(n, j, k) - _unit(n, k, j)
        basis[f"B{_label(j, k)}"] = (_unit(n, j, k) + _unit(n, k, j)) * i
    for k in range(1, n):
        basis[f"H{k}"] = Matrix.diagonal([1] * k + [-k] + [0] * (n - k - 1)) * i
    return basis


def _real_symplectic(n: int) -> LieGroup:
    _size("Sp", n, 2)
    if n % 2:
        raise ValueError(f"Sp({n}, over='R'): a symplectic form has even rank. Give an even number of rows.")
    m = n // 2
    basis: Basis = {}
    for j in range(m):
        for k in range(m):
            basis[f"A{_label(j, k)}"] = _unit(n, j, k) - _unit(n, m + k, m + j)
    for letter, row, column in (("B", 0, m), ("C", m, 0)):
        for j in range(m):
            for k in range(j, m):
                one = _unit(n, row + j, column + k)
                basis[f"{letter}{_label(j, k)}"] = one if j == k else one + _unit(n, row + k, column + j)
    form = sum((_unit(n, j, m + j) - _unit(n, m + j, j) for j in range(m)), Matrix.zeros(n, n))
    return LieGroup(tuple(basis), tuple(basis.values()), form=("bilinear", form), family=("Sp", n, "R"),
                    expression=f"Sp({n}, over='R')")


def _traceless(n: int) -> Basis:
    basis = {f"E{_label(i, j)}": _unit(n, i, j) for i in range(n) for j in range(n) if i != j}
    return basis | {f"H{k + 1}": _unit(n, k, k) - _unit(n, k + 1, k + 1) for k in range(n - 1)}


def _completed(basis: Basis, dim: int) -> Basis:
    """The basis with commutators added until it is closed; NotALieAlgebra where that passes the declared dimension."""
    basis = dict(basis)
    if len(basis) > dim:
        raise NotALieAlgebra(f"{len(basis)} independent matrices span more than the declared dimension {dim}. Leave "
                             "some out, or declare their dimension.")
    rows = [real_row(m) for m in basis.values()]
    queue = list(combinations(basis, 2))
    for a, b in queue:
        bracket = commutator(basis[a], basis[b])
        row = real_row(bracket)
        if rank(Matrix.vstack([*rows, row])) == len(rows):
            continue
        if len(basis) == dim:
            raise NotALieAlgebra(f"these matrices generate more than the declared dimension {dim}: the commutator "
                                 f"[{a}, {b}] = {bracket} is no combination of the {dim} found before it. Declare a "
                                 "larger dim, or change the generators.")
        name = f"{a}_{b}"
        queue += [(other, name) for other in basis]
        basis[name], rows = bracket, [*rows, row]
    if len(basis) < dim:
        raise NotALieAlgebra(f"these matrices generate a Lie algebra of dimension {len(basis)}, less than the declared "
                             f"{dim}: every commutator of them is a combination of them. Declare dim={len(basis)}, or "
                             "add generators.")
    return basis


def _by_name(given: Sequence | Mapping[str, Any], letter: str) -> Basis:
    if isinstance(given, Mapping):
        return {name: Matrix.of(m) for name, m in given.items()}
    return {f"{letter}{k + 1}": Matrix.of(m) for k, m in enumerate(given)}


def _check_shapes(matrices: Basis) -> None:
    n = next(iter(matrices.values())).shape[0]
    for name, m in matrices.items():
        if m.shape != (n, n):
            raise ValueError(f"the matrix {name} has the shape {m.shape[0]}×{m.shape[1]}, and the first one is of "
                             f"{n} rows. Give square matrices of one size.")


def _text(given: Sequence | Mapping[str, Any], matrices: Basis) -> str:
    from .standard import literal

    def rows(m: Matrix) -> str:
        return "[" + ", ".join("[" + ", ".join(map(literal, row)) + "]" for row in m.rows()) + "]"
    if isinstance(given, Mapping):
        return "{" + ", ".join(f"{name!r}: {rows(m)}" for name, m in matrices.items()) + "}"
    return "[" + ", ".join(map(rows, matrices.values())) + "]"


def _unit(n: int, i: int, j: int) -> Matrix:
    return Matrix.of([[int((a, b) == (i, j)) for b in range(n)] for a in range(n)])


def _signs(n: int, negative: list[int]) -> Matrix:
    return Matrix.diagonal([-1 if k in negative else 1 for k in range(n)])


def _label(i: int, j: int) -> str:
    return f"{i + 1}{j + 1}" if max(i, j) < 9 else f"{i + 1}_{j + 1}"


def _size(name: str, n: Any, least: int) -> None:
    if not isinstance(n, int) or isinstance(n, bool) or not least <= n <= SIZE:
        raise ValueError(f"{name}({n!r}): the size is an integer from {least} to {SIZE}.")
