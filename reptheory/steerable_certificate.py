"""The proof that the paths of a space of steerable kernels are right and complete."""
from __future__ import annotations

import hashlib
from dataclasses import dataclass
from math import prod

import numpy as np

from .certificate import NotCertified
from .count import by_characters
from .field import Field
from .folded_proof import flaw
from .hom import Hom
from .linalg import rank
from .matrix import Matrix
from .monomial import as_matrix
from .piece import DensePiece, FoldedPiece, Piece, SignedPiece
from .rep import Rep
from .steerable import SteerableHom, clebsch_gordan_degrees, degrees, elements
from .tensor import factors_of, tensor

Cleared = tuple[np.ndarray, int]  # the integers d·m, and d


@dataclass(frozen=True, eq=False, repr=False)
class SteerableCertificate:
    """What `certify` proved of the paths: each T satisfies T (ρ_J ⊗ ρ_V) = ρ_W T exactly, they are independent, and in
    each degree as many as the characters say.

    Above the last degree a group that is transitive on the sphere has none (`frequency_bound`); for other groups the
    space names the last degree. `counted` says by what the numbers are known: the Clebsch–Gordan rule, or characters.
    """

    hom: SteerableHom
    dim: int
    counted: str
    field: Field
    digest: str

    @property
    def ok(self) -> bool:
        """Whether the paths are still those that were proved."""
        return self.digest == digest(self.hom)

    def verify(self) -> bool:
        """Prove everything again, counting by characters wherever they are known; True, or NotCertified."""
        again = certify(self.hom, thorough=True)
        if again.digest != self.digest:
            raise NotCertified(f"the paths of {self.hom.expression} are not those that this certificate proves: their "
                               "digest differs. Derive them again with rt.Hom.")
        return True

    def __repr__(self) -> str:
        state = "ok" if self.ok else "BROKEN"
        return f"<Certificate: {self.dim} paths, {self.counted}, residual 0, over {self.field}: {state}>"


def certify(hom: SteerableHom, thorough: bool = False) -> SteerableCertificate:
    """Prove the paths right and complete; NotCertified names the first check that fails."""
    roads: set[str] = set()
    for (source, target), by_degree in hom.pieces.items():
        known = None if thorough else clebsch_gordan_degrees(hom, source, target)
        for degree in degrees(hom, source, target):
            piece = by_degree.get(degree)
            name = f"the paths {source.expression} → {target.expression} of degree J = {degree}"
            if piece is not None:
                if piece.source != tensor(hom.harmonics(degree), source) or piece.target != target:
                    raise NotCertified(f"{name} are intertwiners of other representations. Derive them again with "
                                       "rt.Hom.")
                _check(name, piece)
            found = 0 if piece is None else piece.dim
            count, road = (_by_rule(source, target, degree), "Clebsch–Gordan") if known is not None else _by_characters(
                hom, source, target, degree)
            roads.add(road)
            if count is not None and count != found:
                raise NotCertified(f"{name} number {count} by {road}, but {found} are listed. Derive them again with "
                                   "rt.Hom.")
    missing = [pair for pair in ((a, b) for _, b in hom.target.summands for _, a in hom.source.summands)
               if pair not in hom.pieces]
    if missing:
        raise NotCertified(f"no paths were derived for {missing[0][0].expression} → {missing[0][1].expression}.")
    counted = " and ".join(f"complete by {road}" if "no count" not in road else road for road in sorted(roads))
    return SteerableCertificate(hom, hom.dim, counted or "complete", hom.field, digest(hom))


def digest(hom: SteerableHom) -> str:
    """A SHA-256 of the question and of every exact entry of the paths."""
    state = hashlib.sha256(hom.expression.encode())
    for (source, target), by_degree in hom.pieces.items():
        for degree, piece in by_degree.items():
            state.update(f"{source.expression} → {target.expression}, {degree}".encode())
            if isinstance(piece, SignedPiece):
                state.update(piece.labels.tobytes() + piece.signs.tobytes())
            elif isinstance(piece, DensePiece | FoldedPiece):
                state.update(f"{piece.tables[0].parts} {piece.tables[0].field}".encode())
    return state.hexdigest()


def _check(name: str, piece: Piece) -> None:
    """Residual zero on every generator and every element of the Lie algebra, and independence."""
    if isinstance(piece, FoldedPiece):
        reason, _ = flaw(piece)
        if reason:
            raise NotCertified(f"{name}: this piece {reason} Derive them again with rt.Hom.")
        return
    right = _commutes_in_integers(piece) if isinstance(piece, DensePiece) else None
    if right is None:
        source, target = piece.source, piece.target
        pairs = [*zip(map(as_matrix, source.actions), map(as_matrix, target.actions)),
                 *zip(source.derivatives, target.derivatives)]
        right = all(t @ a == b @ t for t in elements(piece) for a, b in pairs)
    if not right:
        raise NotCertified(f"{name} have a nonzero residual on a generator. Derive them again with rt.Hom.")
    if isinstance(piece, DensePiece) and rank(piece.tables[0]) < piece.dim:
        raise NotCertified(f"{name} are dependent. Derive them again with rt.Hom.")


def _commutes_in_integers(piece: DensePiece) -> bool | None:
    """T (h ⊗ a) = b T on generators and T (X_h ⊗ 1 + 1 ⊗ X_a) = X_b T, for all T at once, with no product H_J ⊗ A.

    Denominators are cleared, so that all are integers; None where there are irrational numbers, more than two
    factors, or integers that might pass 2⁶².
    """
    reps = (*factors_of(piece.source), piece.target)
    if len(reps) != 3 or not piece.tables[0].is_integer:
        return None
    moved = [[_integral(as_matrix(m)) for m in rep.actions] for rep in reps]
    turned = [[_integral(m) for m in rep.derivatives] for rep in reps]
    rows = _integral(piece.tables[0])
    if rows is None or any(m is None for row in (*moved, *turned) for m in row):
        return None
    one, two, target = (rep.dim for rep in reps)
    table = rows[0].reshape(-1, target, one, two)
    largest = int(abs(table).max(initial=1))
    equal: list[bool] = []
    for law, triples in ((_moves, zip(*moved)), (_turns, zip(*turned))):
        for (h, p), (a, q), (b, r) in triples:
            sums = prod(max(1, int(abs(m).sum(axis).max(initial=0))) for m, axis in ((h, 0), (a, 0), (b, 1)))
            if 2 * largest * p * q * r * sums >= 2 ** 62:
                return None
            equal.append(law(table, (h, p), (a, q), (b, r)))
    return all(equal)


def _moves(table: np.ndarray, h: Cleared, a: Cleared, b: Cleared) -> bool:
    """T (h ⊗ a) = b T, the denominators multiplied out."""
    return np.array_equal((h[0].T @ (table @ a[0])) * b[1], _image(b[0], table) * (h[1] * a[1]))


def _turns(table: np.ndarray, h: Cleared, a: Cleared, b: Cleared) -> bool:
    """T (X_h ⊗ 1 + 1 ⊗ X_a) = X_b T, the denominators multiplied out."""
    left = (h[0].T @ table) * (a[1] * b[1]) + (table @ a[0]) * (h[1] * b[1])
    return np.array_equal(left, _image(b[0], table) * (h[1] * a[1]))


def _image(b: np.ndarray, table: np.ndarray) -> np.ndarray:
    """b T for each T of the table."""
    return np.tensordot(b, table, (1, 1)).swapaxes(0, 1)


def _integral(m: Matrix) -> Cleared | None:
    """The integers d·m and d, for a rational matrix with entries below 2³¹; None for others."""
    if not m.is_rational:
        return None
    numerators, d = m.parts[0].numer_denom()
    entries = [int(c) for c in numerators.entries()]
    if max(map(abs, entries), default=0) >= 2 ** 31 or d >= 2 ** 31:
        return None
    return np.array(entries, np.int64).reshape(m.shape), int(d)


def _by_rule(source: Rep, target: Rep, degree: int) -> int:
    """The number of paths in a degree of the Clebsch–Gordan rule: 1, except for circles without reflections.

    There End(H) = C doubles it for each pair of irreps of complex type, once for each way to reach the degree.
    """
    if source.dim == target.dim == 1 or source.group.family != ("SO", 2):  # type: ignore[attr-defined]
        return 1
    return 2


def _by_characters(hom: SteerableHom, source: Rep, target: Rep, degree: int) -> tuple[int | None, str]:
    count, reason = by_characters(Hom(tensor(hom.harmonics(degree), source), target))
    return count, "characters" if count is not None else f"no count by characters: {reason}"
