"""Intertwiners V → A for an absolutely irreducible A, by spinning eigenvectors: modulo primes, then exactly."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import fmpq_mat, nmod_mat

from .construct import descend
from .field import Q
from .matrix import Matrix
from .modular import FIRST, interpolate, reconstruct, reduce_mod, split_prime
from .monomial import Monomial, as_matrix
from .rep import Action, Rep

PRIMES = 40  # the most primes for one system of intertwiners
TRIES = 20   # the most elements of the group algebra whose eigenvalues are tried

Tree = list[tuple[int, int]]  # the row before and the generator that made each row after the first


def intertwiners(source: Rep, target: Rep, count: int) -> tuple[Matrix, ...] | None:
    """A basis T_1, …, T_m of Hom(V, A), m the multiplicity of the absolutely irreducible A; None if not found.

    Where an element a of the group algebra has a simple eigenvalue μ on A, and its eigenspace in V has dimension m, the
    row x with x ρ_A(a) = μ x is sent to any such row y of V by exactly one T: when the x ρ_A(g_k) are a basis, T is
    given by x ρ_A(g_k) T = y ρ_V(g_k). This is done modulo split primes and lifted, with the first rows of T_1, …, T_m
    in reduced echelon form, and T ρ_V(s) = ρ_A(s) T decides exactly whether it is right.
    Source: R. Parker, The computer calculation of modular characters (1984); Holt, Eick and O'Brien, Handbook of
    Computational Group Theory, §7.5.

    >>> import reptheory as rt
    >>> intertwiners(rt.S(3).natural, rt.S(3).irrep((2, 1)), 1)
    ([1 1 -2; 1 -1 0],)
    """
    field = source.field.compositum(target.field)
    given = [[a if isinstance(a, Monomial) else a.over(field) for a in v.actions] for v in (source, target)]
    dense = [a for actions in given for a in actions if isinstance(a, Matrix)]
    pivots: tuple[int, ...] = ()
    below, modulus, residues = FIRST, 1, [0]
    shape = target.dim, source.dim
    for _ in range(PRIMES):
        p, roots = split_prime(field, *dense, below=below)
        below = p
        images = [_images(Reduced.of(given[0], p, root), Reduced.of(given[1], p, root), count) for root in roots]
        tables = [table for table, _ in images if table is not None]
        if len(tables) < len(roots):
            return None
        fresh = interpolate(tables, roots, p, count * target.dim, source.dim)
        if images[0][1] != pivots:
            residues, modulus, pivots = fresh, p, images[0][1]
        else:
            inverse = pow(modulus, -1, p)
            residues = [a + modulus * ((b - a) * inverse % p) for a, b in zip(residues, fresh)]
            modulus *= p
        values = reconstruct(residues, modulus)
        if values is not None:
            one, all_ = shape[0] * shape[1], count * shape[0] * shape[1]
            found = tuple(Matrix(field, tuple(
                fmpq_mat(*shape, values[k * all_ + j * one:k * all_ + (j + 1) * one]) for k in range(field.degree)))
                for j in range(count))
            if all(times(t, a) == as_matrix(b) @ t for t in found for a, b in zip(source.actions, target.actions)):
                return found
    return None


def real_form(t: Matrix, target: Rep) -> Matrix:
    """The map V → B as a map to the real form `B.realify()`: z = a + bθ ↦ (a, b) with θ = α − ᾱ."""
    theta = target.field.generator - target.field.generator.conj()
    bar = t.conj()
    rows = zip(((t + bar) * Q("1/2")).rows(), ((t - bar) * (1 / (2 * theta))).rows())
    return Matrix.of([[descend(x) for x in row] for pair in rows for row in pair])


def times(rows: Matrix, action: Action) -> Matrix:
    """Rows times an action, by permuting columns where it is a signed permutation."""
    if isinstance(action, Matrix):
        return rows @ action
    parts = []
    for part in rows.parts:
        table = part.tolist()
        parts.append(fmpq_mat(*rows.shape, [row[i] if s > 0 else -row[i] for row in table
                                            for i, s in zip(action.images.tolist(), action.signs.tolist())]))
    return Matrix(rows.field, tuple(parts))


@dataclass(frozen=True, eq=False)
class Reduced:
    """A representation modulo a split prime: signed permutations stay what they are."""

    actions: tuple[Monomial | nmod_mat, ...]
    dim: int
    p: int

    @staticmethod
    def of(actions: Sequence[Action], p: int, root: int) -> Reduced:
        """The image of the actions under one embedding of their field in F_p."""
        images = tuple(a if isinstance(a, Monomial) else reduce_mod(a, p, root) for a in actions)
        return Reduced(images, actions[0].shape[0], p)

    def times(self, rows: nmod_mat, letter: int) -> nmod_mat:
        """Rows times ρ(s)."""
        action = self.actions[letter]
        if not isinstance(action, Monomial):
            return rows * action
        signed = list(zip(action.images.tolist(), action.signs.tolist()))
        return nmod_mat(rows.nrows(), self.dim, [row[i] * s for row in rows.tolist() for i, s in signed], self.p)

    def element(self, letters: Sequence[int], coefficients: Sequence[int]) -> nmod_mat:
        """ρ(c_0 + c_1 s_1 + c_2 s_1 s_2 + …) for the letters s_1, s_2, …"""
        if all(isinstance(a, Monomial) for a in self.actions):
            total, now = np.diag(np.full(self.dim, coefficients[0])), Monomial.identity(self.dim)
            for letter, c in zip(letters, coefficients[1:]):
                now = now @ self.actions[letter]  # type: ignore[operator]
                total[now.images, np.arange(self.dim)] += c * now.signs.astype(np.int64)
            return nmod_mat(self.dim, self.dim, total.ravel().tolist(), self.p)
        rows = nmod_mat(self.dim, self.dim, np.eye(self.dim, dtype=np.int64).ravel().tolist(), self.p)
        sum_ = rows * coefficients[0]
        for letter, c in zip(letters, coefficients[1:]):
            rows = self.times(rows, letter)
            sum_ += rows * c
        return sum_

    def spin(self, row: nmod_mat) -> tuple[Tree, nmod_mat]:
        """A tree of elements x_k for which the row times ρ(x_k) are a basis, and this basis, level by level."""
        tree: Tree = []
        basis, frontier = [row], [0]
        while frontier and len(basis) < self.dim:
            steps = [(parent, letter) for parent in frontier for letter in range(len(self.actions))]
            images = [self.times(basis[parent], letter) for parent, letter in steps]
            chosen = _pivots(_stack([*basis, *images], self.p).transpose())
            fresh = [k - len(basis) for k in chosen[len(basis):]]
            frontier = list(range(len(basis), len(basis) + len(fresh)))
            tree += [steps[k] for k in fresh]
            basis += [images[k] for k in fresh]
        return tree, _stack(basis, self.p)

    def walk(self, rows: nmod_mat, tree: Tree) -> list[nmod_mat]:
        """The rows times ρ(x_k) for each element of the tree."""
        found = [rows]
        for parent, letter in tree:
            found.append(self.times(found[parent], letter))
        return found


def _images(source: Reduced, target: Reduced, count: int) -> tuple[nmod_mat | None, tuple[int, ...]]:
    """The T_j modulo p above one another, and the pivots of their first rows; None where no element serves."""
    random, n, p = np.random.default_rng(0), source.dim, source.p
    for attempt in range(TRIES):
        letters = random.integers(len(source.actions), size=4 + 2 * attempt).tolist()
        coefficients = random.integers(1, 1000, size=len(letters) + 1).tolist()
        small, large = target.element(letters, coefficients), None
        for root in [int(root) for root, power in small.charpoly().roots() if power == 1][:3]:
            large = source.element(letters, coefficients) if large is None else large
            there = _left_kernel(large, root)
            tree, basis = target.spin(_left_kernel(small, root))
            if there.nrows() != count or basis.nrows() < target.dim:  # A may be reducible modulo p
                continue
            back = basis.inv()
            first = nmod_mat(1, target.dim, back.tolist()[0], p) * _flat(source.walk(there, tree), p)
            rows = nmod_mat(count, n, first.entries(), p)
            pivots = _pivots(rows)
            change = nmod_mat(count, count, [rows[i, j] for i in range(count) for j in pivots], p)
            there = change.inv() * there
            tables = (back * _flat(source.walk(there, tree), p)).tolist()
            return nmod_mat(count * target.dim, n, [
                x for j in range(count) for row in tables for x in row[j * n:(j + 1) * n]], p), pivots
    return None, ()


def _flat(blocks: Sequence[nmod_mat], p: int) -> nmod_mat:
    """A row for each block, its rows one after the other."""
    return nmod_mat(len(blocks), blocks[0].nrows() * blocks[0].ncols(), [x for b in blocks for x in b.entries()], p)


def _left_kernel(matrix: nmod_mat, root: int) -> nmod_mat:
    """A basis of {x : x M = μ x}, as rows."""
    n, p = matrix.nrows(), matrix.modulus()
    shifted = matrix.transpose()
    for i in range(n):
        shifted[i, i] -= root
    kernel, nullity = shifted.nullspace()
    return nmod_mat(nullity, n, [x for row in kernel.transpose().tolist()[:nullity] for x in row], p)


def _stack(blocks: Sequence[nmod_mat], p: int) -> nmod_mat:
    rows = [row for block in blocks for row in block.tolist()]
    return nmod_mat(len(rows), blocks[0].ncols(), [x for row in rows for x in row], p)


def _pivots(matrix: nmod_mat) -> tuple[int, ...]:
    """The pivot columns of the reduced row echelon form."""
    image, rank = matrix.rref()
    table = image.tolist()
    return tuple(next(j for j, x in enumerate(table[i]) if int(x)) for i in range(rank))
