"""Highest-weight modules: the irreps of complex reductive Lie algebras from the Cartan matrix alone, with a metric."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import accumulate

from flint import fmpq_mat

from .field import Field, Number, Q
from .frame import Frame
from .group import TooLarge
from .linalg import orthogonal, rref
from .matrix import Matrix
from .root_datum import RootDatum, Weight, pairing, shifted

LIMIT = 1500  # the largest dimension of which matrices are made

Blocks = dict[Weight, Matrix]  # from each weight space, by its weight


@dataclass(frozen=True)
class HighestWeightModule:
    """The irreducible module V_λ: rational matrices of e_i, f_i, h_i and the metric D > 0 with e_iᴴ D = D f_i.

    V_μ is spanned by the f_i V_{μ+α_i}, with ⟨f_i x, f_j y⟩ = ⟨x, f_j e_i y⟩ + δ_ij ⟨μ+α_i, α_i^∨⟩ ⟨x, y⟩, the
    contravariant form; where it is degenerate a combination vanishes in V_λ. Level by level a basis is chosen from
    these and made orthogonal, without roots; the dimensions are compared with Freudenthal's.
    Source: Shapovalov, On a bilinear form on the universal enveloping algebra (1972); Jantzen, Moduln mit einem
    höchsten Gewicht, 1.6.

    >>> V = HighestWeightModule(RootDatum.simple("G", 2), (1, 0)); V.dim, V.metric
    (7, (1, 1, 1, 2, 4, 4, 4))
    """

    datum: RootDatum
    highest: Weight

    @property
    def dim(self) -> int:
        """Weyl's dimension."""
        return self.datum.dimension(self.highest)

    @cached_property
    def weights(self) -> tuple[Weight, ...]:
        """The weight of each basis vector, from the top level down."""
        return tuple(mu for mu, m in self._multiplicities.items() for _ in range(m))

    @cached_property
    def _multiplicities(self) -> dict[Weight, int]:
        if self.dim > LIMIT:
            raise TooLarge(f"V_λ for λ = {self.highest} has dimension {self.dim}, and matrices are made up to {LIMIT}. "
                           "Ask for weights, dimensions and tensor products by FormalCharacter, which need none.")
        return self.datum.weights(self.highest)

    @cached_property
    def starts(self) -> dict[Weight, int]:
        """The number of the first basis vector of each weight."""
        return dict(zip(self._multiplicities, accumulate(self._multiplicities.values(), initial=0)))

    @cached_property
    def _built(self) -> tuple[list[Blocks], list[Blocks], dict[Weight, tuple[Number, ...]],
                              dict[Weight, tuple[list[tuple[int, int]], Matrix]]]:
        """e_i and f_i by blocks, the metric of each weight space, and the words of the basis; see `words`."""
        roots = self.datum.roots
        e: list[Blocks] = [{} for _ in roots]
        f: list[Blocks] = [{} for _ in roots]
        metric: dict[Weight, tuple[Number, ...]] = {self.highest: (Q(1),)}
        words: dict[Weight, tuple[list[tuple[int, int]], Matrix]] = {}
        for mu, m in list(self._multiplicities.items())[1:]:
            above = [(i, nu) for i, a in enumerate(roots) if (nu := shifted(mu, a, 1)) in metric]
            gram = Matrix.vstack([Matrix.hstack([self._form(i, nu, j, other, e, f, metric) for j, other in above])
                                  for i, nu in above])
            chosen = range(1) if m == 1 and gram[0, 0] else rref(gram)[1]
            if len(chosen) != m:
                raise ArithmeticError(f"the weight {mu} occurs {len(chosen)} times in the module of highest weight "
                                      f"{self.highest}, and {m} times by Freudenthal's formula: please report this.")
            rows = gram.submatrix(chosen, range(gram.shape[1]))
            transform, norms = orthogonal(rows.submatrix(range(m), chosen))
            metric[mu] = norms
            candidates = [(i, k) for i, nu in above for k in range(len(metric[nu]))]
            words[mu] = [candidates[c] for c in chosen], transform
            table = Matrix.diagonal([1 / d for d in norms]) @ transform @ rows
            start = 0
            for i, nu in above:
                width = len(metric[nu])
                f[i][nu] = table.submatrix(range(m), range(start, start + width))
                e[i][mu] = adjoint(f[i][nu], metric[nu], norms)
                start += width
        return e, f, metric, words

    def _form(self, i: int, nu: Weight, j: int, other: Weight, e: list[Blocks], f: list[Blocks],
              metric: dict[Weight, tuple[Number, ...]]) -> Matrix:
        """⟨f_i x, f_j y⟩ for x in V_ν, ν = μ + α_i, and y in V_{μ+α_j}."""
        total = Matrix.zeros(len(metric[nu]), len(metric[other]))
        if other in e[i]:
            total = f[j][shifted(other, self.datum.roots[i], 1)] @ e[i][other]
        if i == j:
            total = total + Matrix.identity(len(metric[nu])) * pairing(nu, self.datum.coroots[i])
        return Matrix.diagonal(metric[nu]) @ total

    @cached_property
    def metric(self) -> tuple[Number, ...]:
        """The positive diagonal D, 1 on the highest weight vector."""
        return tuple(d for mu in self._multiplicities for d in self._built[2][mu])

    @cached_property
    def words(self) -> dict[Weight, tuple[list[tuple[int, int]], Matrix]]:
        """For each lower weight μ the pairs (i, k) of vectors f_i b_k, b_k in V_{μ+α_i}, and the matrix T with basis
        b = T (f_i b_k)."""
        return self._built[3]

    def raising(self, i: int) -> Matrix:
        """The matrix of e_i."""
        return self.dense([(self._built[0][i], self.datum.roots[i], Q(1))], Q)

    def lowering(self, i: int) -> Matrix:
        """The matrix of f_i.

        >>> HighestWeightModule(RootDatum.simple("A", 1), (2,)).lowering(0)
        [0 0 0; 1 0 0; 0 1 0]
        """
        return self.dense([(self._built[1][i], tuple(-a for a in self.datum.roots[i]), Q(1))], Q)

    def root_blocks(self, frame: Frame) -> dict[Weight, Blocks]:
        """E_β and F_β by blocks, with the same brackets as in the frame; see `Frame.roots`."""
        e, _, metric, _ = self._built
        made: list[Blocks] = []
        found: dict[Weight, Blocks] = {}
        for beta, i, before, _, _ in frame.roots:
            blocks = dict(e[i]) if before < 0 else self._bracket(i, made[before], frame.roots[before][0])
            made.append(blocks)
            found[beta] = blocks
            found[tuple(-b for b in beta)] = {
                shifted(mu, beta, 1): adjoint(block, metric[mu], metric[shifted(mu, beta, 1)])
                for mu, block in blocks.items()}
        return found

    def _bracket(self, i: int, blocks: Blocks, beta: Weight) -> Blocks:
        """[e_i, E_β]."""
        e, alpha = self._built[0][i], self.datum.roots[i]
        found: Blocks = {}
        for mu in self._multiplicities:
            up, across = shifted(mu, beta, 1), shifted(mu, alpha, 1)
            if mu in blocks and up in e:
                found[mu] = e[up] @ blocks[mu]
            if mu in e and across in blocks:
                other = blocks[across] @ e[mu]
                found[mu] = found[mu] - other if mu in found else -other
        return found

    def dense(self, terms: Sequence[tuple[Blocks, Weight, Number]], field: Field,
              diagonal: Sequence[Number] = ()) -> Matrix:
        """Σ c·blocks for operators of different nonzero weights β, and a diagonal."""
        parts = tuple(fmpq_mat(self.dim, self.dim) for _ in range(field.degree))
        for blocks, beta, c in terms:
            coefficients = field(c).coefficients
            for mu, block in blocks.items():
                row, column = self.starts[shifted(mu, beta, 1)], self.starts[mu]
                for i, entries in enumerate(block.parts[0].tolist()):
                    for j, x in enumerate(entries):
                        if x:
                            for part, k in zip(parts, coefficients):
                                part[row + i, column + j] = k * x
        for i, value in enumerate(diagonal):
            for part, k in zip(parts, field(value).coefficients):
                part[i, i] = k
        return Matrix(field, parts)


@dataclass(frozen=True)
class FramedModule:
    """V_λ as a module of the matrices of a frame: dρ(x) and ρ(g) of matrices x, g in the basis of the frame.

    >>> V = FramedModule(Frame.of(("SL", 2)), (1,)); V.at(Matrix.of([[0, -1], [1, 0]]))
    [0 -1; 1 0]
    """

    frame: Frame
    highest: Weight

    @cached_property
    def module(self) -> HighestWeightModule:
        """The module over the complex Lie algebra."""
        return HighestWeightModule(self.frame.datum, self.highest)

    @cached_property
    def _blocks(self) -> dict[Weight, Blocks]:
        return self.module.root_blocks(self.frame)

    def derivative(self, x: Matrix) -> Matrix:
        """dρ(x)."""
        coefficients, point = self.frame.expand(x)
        terms = [(self._blocks[beta], beta, c) for beta, c in coefficients.items()]
        diagonal = [sum((p * k for p, k in zip(point, mu) if k), x.field(0)) for mu in self.module.weights]
        return self.module.dense(terms, x.field, diagonal)

    def at(self, g: Matrix) -> Matrix:
        """ρ(g) = exp(dρ(log l)) t^μ exp(dρ(log u)) for g = l t u, unipotent triangular and diagonal factors.

        They lie in the group, as its Borel subgroup is triangular in the frame; where a leading minor of g vanishes it
        is multiplied by exp(n) with n lower triangular, which is undone. Source: Bruhat decomposition, Borel, Linear
        Algebraic Groups, 14.12 and 21.9.
        """
        size, k = g.shape[0], 0
        while True:
            n = sum((f * (c * k) for c, (_, _, _, _, f) in enumerate(self.frame.roots, 1)), Matrix.zeros(size, size))
            found = triangular(g @ unipotent(n))
            if found is not None:
                break
            k += 1
        lower, diagonal, upper = found
        values = [g.field(1)] * self.frame.datum.rank
        for i, row in enumerate(self.frame.coordinates.rows()):
            for c, t in zip(row, diagonal):
                values[i] = values[i] * t ** int(c.to_fraction())
        torus = []
        for mu in self.module.weights:
            x = g.field(1)
            for z, e in zip(values, mu):
                x = x * z ** e
            torus.append(x)
        left, right = self.derivative(logarithm(lower)), self.derivative(logarithm(upper))
        result = unipotent(left) @ Matrix.diagonal(torus) @ unipotent(right)
        return result @ unipotent(-self.derivative(n)) if k else result


def adjoint(block: Matrix, source: Sequence[Number], target: Sequence[Number]) -> Matrix:
    """D_source⁻¹ Bᵀ D_target, the adjoint of a block, which maps the metric spaces the other way."""
    entries = block.parts[0].tolist()
    a, b = ([d.poly[0] for d in metric] for metric in (source, target))
    return Matrix(Q, (fmpq_mat(len(a), len(b), [entries[j][i] * y / x for i, x in enumerate(a)
                                                for j, y in enumerate(b)]),))


def unipotent(n: Matrix) -> Matrix:
    """exp(n) of a nilpotent matrix, a polynomial."""
    total = term = Matrix.identity(n.shape[0])
    for k in range(1, n.shape[0] + 1):
        term = term @ n * Q(Fraction(1, k))
        if term.is_zero:
            break
        total = total + term
    return total


def logarithm(u: Matrix) -> Matrix:
    """log u = Σ (−1)^{k−1} (u − 1)^k / k of a unipotent matrix.

    >>> logarithm(Matrix.of([[1, 1, 0], [0, 1, 1], [0, 0, 1]]))
    [0 1 -1/2; 0 0 1; 0 0 0]
    """
    n = u - Matrix.identity(u.shape[0])
    total, power = n, n
    for k in range(2, u.shape[0] + 1):
        power = power @ n
        total = total + power * Q(Fraction(1, k if k % 2 else -k))
    return total


def triangular(g: Matrix) -> tuple[Matrix, list[Number], Matrix] | None:
    """The factors of g = l t u, l and u unipotent lower and upper triangular; None where a leading minor vanishes.

    >>> triangular(Matrix.of([[2, 2], [1, 2]]))
    ([1 0; 1/2 1], [2, 1], [1 1; 0 1])
    """
    n = g.shape[0]
    rows = [list(row) for row in g.rows()]
    lower = [[g.field(int(i == j)) for j in range(n)] for i in range(n)]
    for k in range(n):
        if not rows[k][k]:
            return None
        for i in range(k + 1, n):
            if rows[i][k]:
                c = rows[i][k] / rows[k][k]
                lower[i][k] = c
                rows[i] = [x - c * y for x, y in zip(rows[i], rows[k])]
    diagonal = [rows[k][k] for k in range(n)]
    upper = [[x / diagonal[k] for x in rows[k]] for k in range(n)]
    return Matrix.of(lower, g.field), diagonal, Matrix.of(upper, g.field)
