"""Certificate: a proof that a basis is right and complete, checked by code that does not share the solver."""
from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from .count import by_characters
from .field import Field, Number, Q
from .folded_proof import flaw
from .modular import reduce_mod
from .monomial import Monomial, as_matrix
from .piece import DensePiece, FoldedPiece, Orbit, SignedPiece
from .pointer_jumping import roots
from .residual import is_fixed
from .sparse import Sparse, rank_mod, split_prime
from .tensor_action import TensorAction, cleared

if TYPE_CHECKING:
    from .basis import Basis
    from .hom import Hom

TERMS = 1_000    # entries of a constraint above which characters bound the dimension instead
LEVELS = 500     # applications of the generators after which an orbit is searched by pointer jumping instead


class NotCertified(ArithmeticError):
    """A basis that fails one of the checks of its certificate."""


@dataclass(frozen=True, eq=False, repr=False)
class Certificate:
    """What `certify` proved of a basis; it cannot be made by hand, and `verify()` proves it all again.

    Lower bound: every element satisfies the constraint on every generator, exactly, and they are independent.
    Upper bound, piece by piece: the orbits of the signed permutation graph of the unknowns, or the rank of the sparse
    constraint modulo a prime ideal, since rank mod 𝔭 ≤ rank. Independent road: the mean of the characters, which is the
    upper bound where that constraint is large; `by_orbits` says whether it was not needed. For a Lie group the
    constraint is that of its Lie algebra and components, and the independent road is Weyl's integration formula by
    weights; where the group is not compact it is taken for the compact form of its complexification (Weyl's unitarian
    trick). A group that is not reductive has no such road, and the bounds by residual and rank prove its basis.
    """

    basis: Basis
    dim: int
    by_orbits: bool
    by_characters: int | None
    reason: str
    field: Field
    primes: tuple[int, ...]
    digest: str

    @property
    def ok(self) -> bool:
        """Whether the basis is still the one that was proved."""
        return self.digest == digest(self.basis)

    def verify(self) -> bool:
        """Prove everything again, without the solver; True, or NotCertified with the check that failed."""
        again = certify(self.basis)
        if again.digest != self.digest:
            raise NotCertified(f"the basis of {self.basis.hom.expression} is not the one that this certificate proves: "
                               "its digest differs. Derive it again with rt.Hom.")
        return True

    def __repr__(self) -> str:
        lie = self.basis.hom.group.is_lie
        road = "weights" if lie else "characters"
        third = f"{self.by_characters} by {road}, " if self.by_characters is not None else ""
        why = f" (no count by {road}: {self.reason})" if self.by_characters is None else ""
        state = "ok" if self.ok else "BROKEN"
        how = "independent" if not self.by_orbits else "by rank" if lie else "by orbits"
        return f"<Certificate: {self.dim} {how}, {third}residual 0, over {self.field}: {state}{why}>"


def certify(basis: Basis) -> Certificate:
    """Prove a basis right and complete; NotCertified names the first check that fails."""
    hom = basis.hom
    _check_pairs(basis)
    _check_orbits(hom, basis.orbits)
    primes: list[int] = []
    by_orbits = True
    count, reason = by_characters(hom)
    for piece in basis.pieces.values():
        name = f"the piece {piece.source.expression} → {piece.target.expression}"
        if isinstance(piece, SignedPiece):
            _check_signed(name, hom, piece)
        elif isinstance(piece, FoldedPiece):
            reason_, prime = flaw(piece)
            if reason_:
                raise NotCertified(f"{name} of {hom.expression} {reason_} Derive it again with rt.Hom.")
            primes.append(prime)
        elif isinstance(piece, DensePiece):
            found, complete = _check_dense(name, hom, piece, count is not None)
            primes += found
            by_orbits = by_orbits and complete
    if count is not None and count != basis.dim:
        road = "weights" if hom.group.is_lie else "characters"
        raise NotCertified(f"{hom.expression} has dimension {count} by {road}, but the basis has {basis.dim} "
                           "elements. Derive it again with rt.Hom.")
    return Certificate(basis, basis.dim, by_orbits, count, reason, hom.field, tuple(sorted(set(primes))), digest(basis))


def digest(basis: Basis) -> str:
    """A SHA-256 of the question and of every exact entry of the answer."""
    state = hashlib.sha256(basis.hom.expression.encode())
    state.update(repr([orbit.members for orbit in basis.orbits]).encode())
    for (source, target), piece in basis.pieces.items():
        state.update(f"{source.expression} → {target.expression}".encode())
        if isinstance(piece, SignedPiece | FoldedPiece):
            state.update(piece.labels.tobytes() + piece.signs.tobytes())
        if isinstance(piece, DensePiece | FoldedPiece):
            for table in piece.tables if isinstance(piece, DensePiece) else (piece.coordinates,):
                state.update(f"{table.shape} {table.field}".encode())
                state.update(repr(cleared(table)).encode())
    return state.hexdigest()


def _check_pairs(basis: Basis) -> None:
    """Each distinct pair of summands has its piece, on the orbits of the basis, and nothing else is there."""
    wanted = {(source, target) for _, target in basis.hom.target.summands for _, source in basis.hom.source.summands}
    for source, target in wanted ^ set(basis.pieces):
        state = "has no piece" if (source, target) in wanted else "is no pair of summands"
        raise NotCertified(f"{source.expression} → {target.expression} {state} of {basis.hom.expression}. Derive it "
                           "again with rt.Hom.")
    for (source, target), piece in basis.pieces.items():
        if (piece.source, piece.target) != (source, target) or piece.orbits != basis.orbits:
            raise NotCertified(f"the piece filed under {source.expression} → {target.expression} is another one, or "
                               "lives on other orbits. Derive it again with rt.Hom.")


def _check_orbits(hom: Hom, orbits: tuple[Orbit, ...]) -> None:
    """The orbits partition X and every generator preserves each of them."""
    owner = np.full(hom.on.size, -1)
    for n, orbit in enumerate(orbits):
        if (owner[list(orbit.members)] >= 0).any():
            raise NotCertified(f"the orbit of point {orbit.representative} meets another one.")
        owner[list(orbit.members)] = n
    if (owner < 0).any() or any((owner[move] != owner).any() for move in hom.moves):
        raise NotCertified(f"the orbits recorded for {hom.on!r} are not preserved by {hom.group.expression}.")


def _check_signed(name: str, hom: Hom, piece: SignedPiece) -> None:
    """Residual zero on every generator; every other unknown follows from the first ones of the elements, or is zero.

    The equations say u(gn) = ±u(n). So whatever unknowns the generators reach from a first one are multiples of it, and
    the unknowns of label −1 must be in components of the signed double cover that hold n and −n.
    """
    labels, signs = piece.labels, piece.signs
    kind = np.int32 if len(labels) < 2 ** 31 else np.int64
    images = []
    for move, a, b in zip(hom.moves, piece.source.actions, piece.target.actions):
        assert isinstance(a, Monomial) and isinstance(b, Monomial)
        columns = (b.images[:, None] * piece.source.dim + a.images).ravel().astype(kind)
        image = ((move * piece.stalk).astype(kind)[:, None] + columns).ravel()
        turned = None if a.is_permutation and b.is_permutation else (b.signs[:, None] * a.signs).ravel()
        images.append((image, turned))
        expected = signs if turned is None else (signs.reshape(-1, piece.stalk) * turned).ravel()
        if not (np.array_equal(labels[image], labels) and np.array_equal(signs[image], expected)):
            raise NotCertified(f"{name} of {hom.expression} has a nonzero residual on a generator.")
    alive = labels >= 0
    if not np.array_equal(alive, np.abs(signs)):
        raise NotCertified(f"{name} of {hom.expression} has an entry other than ±1 in an element, or other "
                           "than 0 outside.")
    if not (np.bincount(labels[alive], minlength=piece.dim) > 0).all():
        raise NotCertified(f"{name} of {hom.expression} has a zero element.")
    moves = [image for image, _ in images]
    if not _floods(~alive, piece.firsts, moves):
        here = np.arange(len(labels))
        orbits = len(np.unique(roots(len(labels), [(here, image) for image in moves])[alive]))
        if orbits > piece.dim:
            raise NotCertified(f"{name} of {hom.expression} has {orbits} surviving orbits of unknowns, but {piece.dim} "
                               "elements. Derive it again with rt.Hom.")
    dead = np.flatnonzero(~alive)
    if len(dead):
        _check_dead(name, hom, piece, dead, images)


def _floods(reached: np.ndarray, frontier: np.ndarray, moves: list[np.ndarray]) -> bool:
    """Whether few applications of the generators lead from these nodes to all that are not reached yet."""
    reached[frontier] = True
    for _ in range(LEVELS):
        found = []
        for move in moves:
            nodes = move[frontier]
            fresh = nodes[~reached[nodes]]
            reached[fresh] = True
            found.append(fresh)
        frontier = np.concatenate(found) if found else frontier[:0]
        if not len(frontier):
            break
    return bool(reached.all())


def _check_dead(name: str, hom: Hom, piece: SignedPiece, dead: np.ndarray, images: list) -> None:
    """Every unknown that vanishes is joined to its negative in the signed double cover."""
    count = len(dead)
    place = np.empty(len(piece.labels), dead.dtype)
    place[dead] = np.arange(count)
    cover = []
    for image, turned in images:
        minus = np.zeros(count, np.int64) if turned is None else (turned[dead % piece.stalk] < 0).astype(np.int64)
        cover += [(np.arange(count) + count * side, place[image[dead]] + count * (side ^ minus)) for side in (0, 1)]
    joined = roots(2 * count, cover)
    lost = np.flatnonzero(joined[:count] != joined[count:])
    if len(lost):
        raise NotCertified(f"{name} of {hom.expression} is zero on unknown {dead[lost[0]]}, which no element of the "
                           "group maps to its negative. Derive it again with rt.Hom.")


def _check_dense(name: str, hom: Hom, piece: DensePiece, counted: bool) -> tuple[list[int], bool]:
    """Residual zero, independence and completeness on every orbit; the primes that prove the latter two, and whether
    they do: where the constraint is large and the dimension is `counted` by characters, that bounds it from above."""
    primes, complete = [], True
    for orbit, table in zip(piece.orbits, piece.tables):
        at = f"on the orbit of {hom.on.label(orbit.representative)}"
        action = TensorAction.over(orbit, hom.moves, piece.source, piece.target)
        large = counted and _terms(action) > TERMS
        constraint = None if large else _constraint(orbit, hom.moves, piece)
        if table.shape[0] and not (constraint.annihilates(table.T) if constraint else is_fixed(action, table)):
            raise NotCertified(f"{name} of {hom.expression} has a nonzero residual {at}.")
        field = reduce(Field.compositum, (action.field, table.field, piece.source.field, piece.target.field))
        prime, images = split_prime(field, *(m.over(field) for m in action.matrices), table)
        primes.append(prime)
        if reduce_mod(table.over(field), prime, images[0]).rank() < table.shape[0]:
            raise NotCertified(f"{name} of {hom.expression} has dependent elements modulo {prime}.")
        if constraint is None:
            complete = False
            continue
        nullity = piece.stalk * orbit.size - rank_mod(constraint, prime, images[0])
        if nullity != table.shape[0]:
            raise NotCertified(f"{name} of {hom.expression} {at} has nullity {nullity} modulo {prime}, but "
                               f"{table.shape[0]} elements.")
    return primes, complete


def _terms(action: TensorAction) -> int:
    """A bound on the number of nonzero entries of the constraint over an orbit."""
    return sum(prod(f[s].shape[0] if isinstance(f[s], Monomial) else f[s].shape[0] ** 2 for f in action.factors)
               for s in range(len(action.factors[0])))


def _constraint(orbit: Orbit, moves: tuple[np.ndarray, ...], piece: DensePiece) -> Sparse:
    """The sparse equations κ(gx) − (ρ_B ⊗ ρ_A^(−T))(g) κ(x) = 0 over one orbit, all generators and points."""
    pairs = [(as_matrix(b), as_matrix(a)) for a, b in zip(piece.source.actions, piece.target.actions)]
    blocks = [b.kron(a.inverse().T) for b, a in pairs]
    place, stalk = {x: n for n, x in enumerate(orbit.members)}, piece.stalk
    rows: list[int] = []
    columns: list[int] = []
    entries: list[Number] = []
    nonzero = [[(i, j, -x) for i, row in enumerate(block.rows()) for j, x in enumerate(row) if not x.is_zero]
               for block in blocks]
    height = 0
    for move, terms in zip(moves, nonzero):
        for x in orbit.members:
            here, there = place[x] * stalk, place[int(move[x])] * stalk
            rows += [height + i for i in range(stalk)] + [height + i for i, _, _ in terms]
            columns += [there + i for i in range(stalk)] + [here + j for _, j, _ in terms]
            entries += [Q(1)] * stalk + [value for _, _, value in terms]
            height += stalk
    return Sparse.of((height, orbit.size * stalk), rows, columns, entries)
