"""Bases on disk, by the digest of the question: read back only if they are certified again."""
from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat

from .basis import Basis
from .certificate import Certificate, certify, digest
from .field import Q
from .hom import Hom
from .linalg import scaled
from .matrix import Matrix
from .monomial import Monomial
from .piece import DensePiece, FoldedPiece, Orbit, Piece, SignedPiece
from .rep import Rep
from .solve import is_signed, orbits_of
from .tensor import factors_of

FORMAT = "1"


class NoEntry(ValueError):
    """An entry of the cache that is not the basis of its question."""


def folder(cache: bool | str | os.PathLike[str]) -> Path:
    """The folder of the cache, made if need be: the one named, or for True `intertwiner` in the user's cache folder.

    That is $XDG_CACHE_HOME or ~/.cache, ~/Library/Caches on macOS, %LOCALAPPDATA% on Windows.
    """
    if cache is True:
        defaults = {"win32": ("LOCALAPPDATA", "~/AppData/Local"), "darwin": ("", "~/Library/Caches")}
        variable, default = defaults.get(sys.platform, ("XDG_CACHE_HOME", "~/.cache"))
        chosen = Path(os.environ.get(variable) or os.path.expanduser(default), "intertwiner")
    else:
        chosen = Path(os.fspath(cache))  # type: ignore[arg-type]
    chosen.mkdir(parents=True, exist_ok=True)
    return chosen


def key(hom: Hom) -> str:
    """The SHA-256 of the question: version, expression, generators, their actions on each summand and on X.

    >>> import reptheory as rt
    >>> V, W = rt.D(4).vector, rt.D(4).regular
    >>> key(V >> W) == key(rt.D(4).vector >> rt.D(4).regular), key(V >> W) == key(W >> V)
    (True, False)
    """
    state = hashlib.sha256()
    for part in _question(hom):
        state.update(len(part).to_bytes(8, "little") + part)
    return state.hexdigest()


def load(hom: Hom, place: Path) -> Certificate | None:
    """The certificate of the basis of this question in the cache, proved now; None where there is no such entry, or a
    damaged or wrong one."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as parse
    try:
        data = (place / f"{key(hom)}.safetensors").read_bytes()
        arrays = parse(data)
        found = certify(_basis(hom, arrays))
        return found if found.digest.encode() == arrays["digest"].tobytes() else None
    except (OSError, SafetensorError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError,
            RecursionError):
        return None  # it will be derived again, and the entry replaced


def store(basis: Basis, place: Path) -> None:
    """Put the basis into the cache in one step, so that readers and other writers see a whole entry or none."""
    from safetensors.numpy import save
    arrays = {"digest": np.frombuffer(digest(basis).encode(), np.uint8)}
    for n, piece in enumerate(basis.pieces.values()):
        if isinstance(piece, SignedPiece | FoldedPiece):
            arrays[f"{n}.labels"], arrays[f"{n}.signs"] = piece.labels, piece.signs
        if isinstance(piece, DensePiece | FoldedPiece):
            tables = piece.tables if isinstance(piece, DensePiece) else (piece.coordinates,)
            text = json.dumps([{"shape": t.shape, "field": t.field.expression,
                                "parts": [[str(c) for c in part.entries()] for part in t.parts]}
                               for t in tables])
            arrays[f"{n}.tables"] = np.frombuffer(text.encode(), np.uint8)
    name = key(basis.hom)
    handle, draft = tempfile.mkstemp(prefix=f".{name[:16]}.", dir=place)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(save(arrays, {"intertwiner": FORMAT, "question": basis.hom.expression[:1000]}))
        os.replace(draft, place / f"{name}.safetensors")
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _question(hom: Hom) -> Iterator[bytes]:
    from . import __version__
    group: Any = hom.group
    yield from (FORMAT.encode(), __version__.encode(), hom.expression.encode(), repr(hom.on.shape).encode())
    if group.is_lie:
        yield repr((group.names, group.algebra_names, group.algebra, group.components)).encode()
    else:
        yield repr((group.names, group.degree, group.images)).encode()
    yield from (np.asarray(move, "<i8").tobytes() for move in hom.moves)
    for _, rep in (*hom.target.summands, *hom.source.summands):
        yield f"{rep.expression} {rep.scalars}".encode()
        for factor in factors_of(rep):
            yield repr((factor.dim, factor.gram)).encode()
            for a in factor.actions:
                if isinstance(a, Monomial):
                    yield np.asarray(a.images, "<i8").tobytes() + np.asarray(a.signs, "<i1").tobytes()
                else:
                    yield repr((a.field, a.parts)).encode()
            yield from (repr((x.field, x.parts)).encode() for x in factor.derivatives)


def _basis(hom: Hom, arrays: dict[str, np.ndarray]) -> Basis:
    """The basis that the arrays of an entry spell; NoEntry (or another error) when they spell none."""
    orbits = orbits_of(hom.on.size, hom.moves)
    pairs = dict.fromkeys((source, target) for _, target in hom.target.summands for _, source in hom.source.summands)
    pieces: dict[tuple[Rep, Rep], Piece] = {}
    for n, (source, target) in enumerate(pairs):
        if is_signed(source, target):
            pieces[source, target] = _signed(hom, source, target, orbits, arrays[f"{n}.labels"], arrays[f"{n}.signs"])
        elif hom.group.is_lie:
            pieces[source, target] = _folded(source, target, orbits, arrays[f"{n}.labels"], arrays[f"{n}.signs"],
                                             arrays[f"{n}.tables"])
        else:
            pieces[source, target] = _dense(hom, source, target, orbits, arrays[f"{n}.tables"])
    return Basis(hom, orbits, pieces)


def _signed(hom: Hom, source: Rep, target: Rep, orbits: tuple[Orbit, ...], labels: np.ndarray,
            signs: np.ndarray) -> SignedPiece:
    """The signed piece, whose elements are in the order of their first unknowns, where they are +1."""
    unknowns = hom.on.size * source.dim * target.dim
    if (labels.dtype not in (np.dtype(np.int32), np.dtype(np.int64)) or signs.dtype != np.int8
            or labels.shape != (unknowns,) or signs.shape != (unknowns,)
            or labels.min(initial=-1) < -1 or labels.max(initial=-1) >= unknowns):
        raise NoEntry("labels or signs of the wrong kind")
    piece = SignedPiece(source, target, hom.on.size, orbits, labels, signs)
    used = np.bincount(labels[labels >= 0], minlength=piece.dim)
    if not used.all() or (np.diff(piece.firsts) <= 0).any() or not (signs[piece.firsts] == 1).all():
        raise NoEntry("elements in another order")
    return piece


def _dense(hom: Hom, source: Rep, target: Rep, orbits: tuple[Orbit, ...], text: np.ndarray) -> DensePiece:
    """The dense piece, whose rows are orthogonal."""
    tables = _tables(source, target, text)
    stalk = source.dim * target.dim
    if [t.shape[1] for t in tables] != [orbit.size * stalk for orbit in orbits]:
        raise NoEntry("tables of the wrong width")
    piece = DensePiece(source, target, hom.on.size, orbits, tuple(tables))
    for orbit, table in zip(orbits, tables):
        _orthogonal((scaled(table, piece.weights * orbit.size) if piece.weights else table) @ table.H)
    return piece


def _folded(source: Rep, target: Rep, orbits: tuple[Orbit, ...], labels: np.ndarray, signs: np.ndarray,
            text: np.ndarray) -> FoldedPiece:
    """The folded piece, whose labels are numbered by first unknown and whose rows are orthogonal."""
    (table,) = _tables(source, target, text)
    if labels.dtype not in (np.dtype(np.int32), np.dtype(np.int64)) or signs.dtype != np.int8 or {
            labels.shape, signs.shape} != {(source.dim * target.dim,)} or labels.max(initial=-1) >= table.shape[1]:
        raise NoEntry("labels or signs of the wrong kind")
    piece = FoldedPiece(source, target, 1, orbits, labels, signs, table)
    _orthogonal(scaled(table, piece.metric) @ table.H)
    return piece


def _tables(source: Rep, target: Rep, text: np.ndarray) -> list[Matrix]:
    """The matrices that an entry spells."""
    fields = {f.expression: f for f in (Q, source.field, target.field, source.field.compositum(target.field))}
    tables = []
    for entry in json.loads(text.tobytes()):
        (m, n), field = entry["shape"], fields[entry["field"]]
        if len(entry["parts"]) != field.degree or any(len(part) != m * n for part in entry["parts"]):
            raise NoEntry("a table of the wrong shape")
        tables.append(Matrix(field, tuple(fmpq_mat(m, n, [fmpq(*map(int, c.split("/"))) for c in part])
                                          for part in entry["parts"])))
    return tables


def _orthogonal(gram: Matrix) -> None:
    if gram.shape[0] and gram != Matrix.diagonal([gram[d, d] for d in range(gram.shape[0])]):
        raise NoEntry("rows that are not orthogonal")
