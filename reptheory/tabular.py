"""Tables of exact answers: rows to go through, and the same table as text and for notebooks."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Tabular:
    """A table with `rows`, and `cells` that are its text with the heading first."""

    rows: tuple[Any, ...]

    @property
    def cells(self) -> list[list[str]]:
        """The table as text, the heading first."""
        raise NotImplementedError  # abstract: Blocks and Mackey define it

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index):
        return self.rows[index]

    def __repr__(self) -> str:
        widths = [max(map(len, column)) for column in zip(*self.cells)]
        return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip() for row in self.cells)

    def _repr_html_(self) -> str:
        from .show import table_html
        return table_html(self.cells)
