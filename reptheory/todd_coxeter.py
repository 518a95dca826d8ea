"""Todd–Coxeter: the cosets of the trivial subgroup of a finitely presented group."""
from __future__ import annotations

from collections.abc import Sequence

from .element import Word

DEFINITIONS = 30  # how many times the limit of cosets may be defined before the enumeration is given up
STEPS, A_COSET = 10_000_000, 500  # entries read and made before the enumeration is given up: so many, and by coset


class OutOfSteps(Exception):
    """An enumeration that passed its limit of steps; `presentation` turns it into TooLarge."""


class CosetTable:
    """A partial table of cosets c·x for letters x, filled by the method of Haselgrove, Leech and Trotter.

    Each relator is traced at each coset, new cosets are defined where the trace stops, and cosets that two traces
    identify are merged. D. Holt, B. Eick, E. O'Brien, Handbook of Computational Group Theory (2005), chapter 5.
    """

    def __init__(self, generators: int, relators: Sequence[Word]) -> None:
        involutions = {word[0][0] for word in relators if len(word) == 2 and word[0] == word[1]}
        self.column: dict[tuple[int, int], int] = {}
        self.inverse: list[int] = []
        for k in range(generators):
            first = len(self.inverse)
            twin = first if k in involutions else first + 1
            self.column[k, 1], self.column[k, -1] = first, twin
            self.inverse += [first] if k in involutions else [twin, first]
        self.relators = [[self.column[letter] for letter in word]
                         for word in sorted(relators, key=len) if not (len(word) == 2 and word[0] == word[1])]
        self.periods = [_period(word) for word in self.relators]
        self.closed: list[set[int]] = [set() for _ in self.relators]
        self.rows: list[list[int]] = [[-1] * len(self.inverse)]
        self.parent = [0]
        self.live = 1
        self.steps = self.allowed = 0

    def enumerate(self, limit: int) -> bool:
        """Fill the table; False where more than `limit` cosets stay in use, OutOfSteps where that takes too long."""
        self.allowed = STEPS + A_COSET * limit
        c = 0
        while c < len(self.rows):
            for word, period, closed in zip(self.relators, self.periods, self.closed):
                if self.parent[c] != c:
                    break
                if c not in closed:
                    self._trace(c, word, True)
                    self._close(c, word, period, closed)
            for x in range(len(self.inverse)):
                if self.parent[c] == c and self.rows[c][x] < 0:
                    self._define(c, x)
            c += 1
            if self.live > limit:
                self._look_ahead(c)
                if self.live > limit:
                    return False
            if len(self.rows) > DEFINITIONS * limit:
                return False
        return True

    def _look_ahead(self, start: int) -> None:
        """Trace without defining, to find the cosets that are equal already."""
        for c in range(start, len(self.rows)):
            for word, closed in zip(self.relators, self.closed):
                if self.parent[c] != c:
                    break
                if c not in closed:
                    self._trace(c, word, False)

    def _step(self, count: int) -> None:
        self.steps += count
        if self.steps > self.allowed:
            raise OutOfSteps

    def _define(self, c: int, x: int) -> int:
        self._step(len(self.inverse))
        new = len(self.rows)
        self.rows.append([-1] * len(self.inverse))
        self.parent.append(new)
        self.live += 1
        self.rows[c][x], self.rows[new][self.inverse[x]] = new, c
        return new

    def _trace(self, c: int, word: list[int], fill: bool) -> None:
        """Follow the word from c forwards and backwards; where the ends meet, an entry or a coincidence follows."""
        rows, inverse = self.rows, self.inverse
        front = back = c
        i, j = 0, len(word) - 1
        while True:
            while i <= j and (there := rows[front][word[i]]) >= 0:
                front, i = there, i + 1
            while j >= i and (there := rows[back][inverse[word[j]]]) >= 0:
                back, j = there, j - 1
            if i >= j or not fill:
                self._step(i + len(word) - j)
            if i > j:
                if front != back:
                    self._merge(front, back)
                return
            if i == j:
                rows[front][word[i]], rows[back][inverse[word[i]]] = back, front
                return
            if not fill:
                return
            front, i = self._define(front, word[i]), i + 1

    def _close(self, c: int, word: list[int], period: int, closed: set[int]) -> None:
        """Where a power uᵏ has been traced at c, it is closed at c·u, c·u², … too."""
        for _ in range(len(word) // period if period < len(word) and self.parent[c] == c else 0):
            closed.add(c)
            for x in word[:period]:
                c = self.rows[c][x]

    def _find(self, c: int) -> int:
        root = c
        while self.parent[root] != root:
            root = self.parent[root]
        while self.parent[c] != root:
            self.parent[c], c = root, self.parent[c]
        return root

    def _merge(self, one: int, two: int) -> None:
        """Identify two cosets, and all that follows from it."""
        dead: list[int] = []

        def join(a: int, b: int) -> None:
            a, b = sorted((self._find(a), self._find(b)))
            if a != b:
                self.parent[b] = a
                self.live -= 1
                dead.append(b)

        join(one, two)
        for c in dead:
            for x, there in enumerate(self.rows[c]):
                if there < 0:
                    continue
                y = self.inverse[x]
                self.rows[there][y] = -1
                a, b = self._find(c), self._find(there)
                if self.rows[a][x] >= 0:
                    join(b, self.rows[a][x])
                elif self.rows[b][y] >= 0:
                    join(a, self.rows[b][y])
                else:
                    self.rows[a][x], self.rows[b][y] = b, a
            self.rows[c] = []

    def images(self, generators: int) -> list[list[int]]:
        """For each generator g, the coset i·g of each coset i, numbered breadth-first from the trivial one."""
        order = [0]
        place = {0: 0}
        for c in order:
            for there in self.rows[c]:
                if there not in place:
                    place[there] = len(order)
                    order.append(there)
        return [[place[self.rows[c][self.column[k, 1]]] for c in order] for k in range(generators)]


def _period(word: list[int]) -> int:
    """The length of u in the shortest way to write the word as a power uᵏ."""
    return next(p for p in range(1, len(word) + 1) if len(word) % p == 0 and word[p:] == word[:-p])
