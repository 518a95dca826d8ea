"""Steerable kernels on Rⁿ: angular parts as intertwiners H_J ⊗ V → W from the harmonics, radial parts free."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import islice
from math import inf, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from .circular_path import circular_intertwiners
from .euclidean_space import Euclidean, Sphere
from .field import Field
from .harmonic_rep import harmonic_polynomials, harmonic_rep
from .hom import Hom
from .matrix import Matrix
from .piece import DensePiece, FoldedPiece, Orbit, Piece
from .polynomial import Polynomial
from .polynomial_kernel import PolynomialKernel, polynomial_kernel
from .rep import Rep
from .rotation_irrep import CircularIrrep, SphericalIrrep
from .solve import is_signed, solve, solve_lie, solve_orbits
from .spherical_path import spherical_intertwiner
from .tabular import Tabular
from .tensor import tensor

if TYPE_CHECKING:
    from .steerable_certificate import SteerableCertificate

ORBITS = (Orbit(0, (0,)),)


@dataclass(frozen=True, eq=False)
class Path:
    """One angular part κ(x) v = T(Y_J(x) ⊗ v), for an intertwiner T: H_J ⊗ A → B of a pair of summands.

    `index` numbers the intertwiners of this degree; `copies` are the multiplicities (m, n) of A and B, so that it has
    n · m weights for each radial function.
    """

    degree: int
    index: int
    source: Rep
    target: Rep
    copies: tuple[int, int]
    action: Rep
    piece: Piece

    @property
    def dim(self) -> int:
        """n · m."""
        return self.copies[0] * self.copies[1]

    @cached_property
    def intertwiner(self) -> Matrix:
        """The exact matrix T, of shape (dim B, dim H_J · dim A), the index of the harmonics slow."""
        return next(islice(elements(self.piece), self.index, None))

    @cached_property
    def kernel(self) -> PolynomialKernel:
        """κ with the solid harmonics, homogeneous polynomials of degree J: κ_ij(x) = Σ_c T_{i,cj} Y_c(x)."""
        harmonics = harmonic_polynomials(self.action, self.degree)
        zero = Polynomial(self.action.dim, {})
        width, rows = self.source.dim, self.intertwiner.rows()
        return PolynomialKernel(tuple(tuple(
            reduce(Polynomial.__add__, (y * row[c * width + j] for c, y in enumerate(harmonics) if row[c * width + j]),
                   zero) for j in range(width)) for row in rows))

    def __call__(self, *point: Any) -> Matrix:
        """The exact matrix κ(x), x in the coordinates of the action: zero at the origin except for J = 0.

        >>> import reptheory as rt
        >>> V = rt.SO(2).irrep(1); rt.Hom(V, V, on=rt.R(2)).paths[2]("3/5", "4/5")
        [-7/25 24/25; 24/25 7/25]
        """
        return self.kernel(*point)


@dataclass(frozen=True, repr=False)
class Paths(Tabular):
    """The paths of a space of steerable kernels, one `Path` a row, by pairs of summands and then by degree."""

    rows: tuple[Path, ...]

    @property
    def cells(self) -> list[list[str]]:
        """The table as text, the heading first."""
        head = ["J", "index", "source", "target", "copies", "dim"]
        return [head] + [[str(r.degree), str(r.index), r.source.expression, r.target.expression,
                          f"{r.copies[1]}×{r.copies[0]}", str(r.dim)] for r in self.rows]


@dataclass(frozen=True, repr=False)
class SteerableHom(Hom):
    """The kernels κ: Rⁿ → Hom(V, W) with κ(gx) = ρ_W(g) κ(x) ρ_V(g)⁻¹: κ(x) = Σ_J φ_J(|x|) T_J(Y_J(x/|x|) ⊗ ·).

    T_J runs over Hom_G(H_J ⊗ V, W), H_J the harmonics of degree J restricted to G: all square integrable kernels on
    each sphere, since L² of the sphere is the sum of the H_J (Peter–Weyl). `paths` lists the T_J, `dim` counts them: it
    is the rank over the G-invariant radial functions, and the dimension on a sphere. For a group that is transitive on
    the sphere the degrees end; for others they are those up to the `max_frequency` of the space.
    Sources: Lang and Weiler, A Wigner–Eckart theorem for group equivariant convolution kernels, arXiv 2010.10952;
    Cesa, Lang and Weiler, A program to build E(N)-equivariant steerable CNNs (ICLR 2022).

    >>> import reptheory as rt
    >>> G = rt.octahedral(); rt.Hom(G.trivial, G.vector, on=rt.R(3, max_frequency=4))
    Hom(octahedral().trivial, octahedral().vector, on=R(3, max_frequency=4))  # 3 paths J = 1, 3, 4, exact over Q
    """

    on: Euclidean

    @property
    def moves(self) -> tuple[np.ndarray, ...]:
        """None: the points are not permuted one by one. Checks that G acts and that the paths are finitely many."""
        _ = self.action
        self.on.refuse_infinite(self.group)
        return ()

    @cached_property
    def action(self) -> Rep:
        """The representation that moves Rⁿ."""
        return self.on.action_name(self.group)

    @property
    def field(self) -> Field:
        """The exact field in which the kernels live."""
        return super().field.compositum(self.action.field)

    @property
    def unknowns(self) -> float:  # type: ignore[override]
        """∞."""
        return inf

    def harmonics(self, degree: int) -> Rep:
        """The representation of G on the harmonics of this degree."""
        return harmonic_rep(self.action, degree)

    @cached_property
    def pieces(self) -> dict[tuple[Rep, Rep], dict[int, Piece]]:
        """For each distinct pair (A, B) of summands the intertwiners H_J ⊗ A → B, by degree J where there are any."""
        harmonics: dict[int, Rep] = {}
        found: dict[tuple[Rep, Rep], dict[int, Piece]] = {}
        for _, target in self.target.summands:
            for _, source in self.source.summands:
                if (source, target) in found:
                    continue
                found[source, target] = {}
                for degree in degrees(self, source, target):
                    rep = harmonics.setdefault(degree, self.harmonics(degree))
                    piece = intertwiners(rep, source, target)
                    if piece.dim:
                        found[source, target][degree] = piece
        return found

    @cached_property
    def paths(self) -> Paths:
        """The table of paths."""
        return Paths(tuple(
            Path(degree, k, source, target, (m, n), self.action, piece)
            for n, target in self.target.summands for m, source in self.source.summands
            for degree, piece in self.pieces[source, target].items() for k in range(piece.dim)))

    @property
    def basis(self) -> Paths:  # type: ignore[override]
        """The paths, a basis over the radial functions."""
        return self.paths

    @property
    def blocks(self) -> Paths:  # type: ignore[override]
        """The paths."""
        return self.paths

    @property
    def dim(self) -> int:
        """Σ n m over the paths."""
        return sum(path.dim for path in self.paths)

    @cached_property
    def certificate(self) -> SteerableCertificate:  # type: ignore[override]
        """The proof that each path is an intertwiner and that none is missing; `verify()` checks it again."""
        from .steerable_certificate import certify
        return certify(self)

    def violation(self, kernel: Any) -> str | None:
        """The generator, or element of the Lie algebra, and entry where a kernel of polynomials breaks the law.

        The kernel is `PolynomialKernel`, or rows of polynomials and exact numbers in the coordinates of the action.

        >>> import reptheory as rt
        >>> V = rt.SO(2).vector; H = rt.Hom(V, V, on=rt.R(2)); [[1, 0], [0, 1]] in H, [[1, 0], [0, 2]] in H
        (True, False)
        """
        return polynomial_kernel(kernel, self.on.n, (self.target.dim, self.source.dim)).violation(self)

    def project(self, kernel: Any) -> Any:
        """TypeError: the mean over the group of a kernel on Rⁿ has no finite list of entries."""
        raise TypeError(f"{self.expression} has no exact projection of kernels. Test with `kernel in H`, or build a "
                        "kernel from H.paths.")

    @property
    def projector(self) -> Matrix:
        """TypeError, as for `project`."""
        return self.project(None)

    def __repr__(self) -> str:
        found = sorted({path.degree for path in self.paths})
        noun = "path" if self.dim == 1 else "paths"
        listed = f" J = {', '.join(map(str, found))}" if found else ""
        count = f"dim {self.dim}, paths" if isinstance(self.on, Sphere) else f"{self.dim} {noun}"
        return f"{self.expression}  # {count}{listed}, exact over {self.field}"

    def _repr_html_(self) -> str:
        from html import escape

        from .show import table_html
        return (f"<div><code>{escape(repr(self))}</code><br/><code>{escape(repr(self.certificate))}</code>"
                f"{table_html(self.paths.cells)}</div>")


def intertwiners(harmonics: Rep, source: Rep, target: Rep) -> Piece:
    """All T: H_J ⊗ A → B with T ρ(g) = ρ_B(g) T, as a piece on one point; `elements` are its matrices."""
    product = tensor(harmonics, source)
    if all(isinstance(rep, CircularIrrep) for rep in (harmonics, source, target)):
        rows = circular_intertwiners(harmonics.k, source, target)  # type: ignore[attr-defined,arg-type]
        return DensePiece(product, target, 1, ORBITS, (rows,))
    if all(isinstance(rep, SphericalIrrep) for rep in (harmonics, source, target)):
        row = spherical_intertwiner(harmonics.l, source, target)  # type: ignore[attr-defined,arg-type]
        return DensePiece(product, target, 1, ORBITS, (row,))
    moves = (np.zeros(1, np.int64),) * len(source.group.generators)
    if is_signed(product, target):
        return solve(product, target, 1, moves, ORBITS)
    if product.group.is_lie:
        return solve_lie(product, target, ORBITS)
    return DensePiece(product, target, 1, ORBITS, solve_orbits(product, target, moves, ORBITS))


def elements(piece: Piece) -> Iterator[Matrix]:
    """The intertwiners of a piece on one point as exact matrices (dim B, dim H_J · dim A), harmonics slow."""
    height, width = piece.target.dim, piece.source.dim
    if isinstance(piece, DensePiece | FoldedPiece):
        for row in piece.tables[0].rows():
            yield Matrix.of([row[i * width:(i + 1) * width] for i in range(height)])
        return
    for d in range(piece.dim):
        rows: list[list[Any]] = [[0] * width for _ in range(height)]
        for unknown, x in piece.support(d):
            rows[unknown // width][unknown % width] = x
        yield Matrix.of(rows)


def orthonormal(piece: Piece) -> np.ndarray:
    """The intertwiners of norm 1 in orthonormal coordinates as floats, (dim B · dim H_J · dim A, dim)."""
    if isinstance(piece, DensePiece) and piece.weights is None and piece.tables[0].is_integer:
        rows = piece.tables[0].to_integers()
        return (rows / np.sqrt((rows ** 2).sum(1, keepdims=True))).T
    return piece.table()


def degrees(hom: SteerableHom, source: Rep, target: Rep) -> list[int]:
    """The degrees J for which Hom_G(H_J ⊗ A, B) may be nonzero, and perhaps others.

    >>> import reptheory as rt
    >>> G = rt.SO(3); degrees(rt.Hom(G.irrep(1), G.irrep(3), on=rt.R(3)), G.irrep(1), G.irrep(3))
    [2, 3, 4]
    """
    limit = hom.on.max_frequency
    if not hom.on.is_transitive(hom.group):
        return list(range(limit + 1))  # type: ignore[operator]
    found = clebsch_gordan_degrees(hom, source, target)
    if found is None:
        found = list(range(frequency_bound(hom, source, target) + 1))
    return found if limit is None else [j for j in found if j <= limit]


def clebsch_gordan_degrees(hom: SteerableHom, source: Rep, target: Rep) -> list[int] | None:
    """The degrees with paths for irreps of SO(2), O(2), SO(3) and O(3) on their own space; None for others.

    |l − l'| ≤ J ≤ l + l', of the right parity; J = |k − k'| or k + k' on the plane (Clebsch, Gordan).
    """
    if hom.action != hom.group.vector:
        return None
    if isinstance(source, SphericalIrrep) and isinstance(target, SphericalIrrep):
        found = range(abs(source.l - target.l), source.l + target.l + 1)
        odd = None if source.parity is None else int(source.parity != target.parity)
        return [j for j in found if odd is None or j % 2 == odd]
    if isinstance(source, CircularIrrep) and isinstance(target, CircularIrrep):
        if not (source.k or target.k) and source.parity != target.parity:
            return []
        return sorted({abs(source.k - target.k), source.k + target.k})
    return None


def frequency_bound(hom: SteerableHom, source: Rep, target: Rep) -> int:
    """A degree above which a transitive group has no path A → B: J s ≤ a + b.

    For an element X of the Lie algebra that turns space with speed s, iJs is an eigenvalue of X on H_J, and H_J, being
    irreducible under a transitive connected group, lies in B ⊗ A*: so iJs is a difference of eigenvalues there, whose
    sizes a and b are bounded by the norms of the matrices.
    """
    x = next(i for i, d in enumerate(hom.action.derivatives) if not d.is_zero)

    def size(rep: Rep) -> float:
        d = rep.derivatives[x]
        square = -float((d @ d).trace()) if rep.scalars == "R" else -complex((d @ d).trace()).real
        return sqrt(max(square, 0) / (2 if rep.scalars == "R" else 1))
    return int((size(source) + size(target)) / size(hom.action) + 1e-9)
