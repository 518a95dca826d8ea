"""Products of layer spaces, and spaces with a fixed part."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .angle import Angle, square_root
from .commutation import Commutation, commute
from .field import Number, Q
from .hom import Hom
from .kernel import Kernel, exact_kernel
from .project import DifferentSpaces, Projection
from .witness import Witness


@dataclass(frozen=True, eq=False, repr=False)
class ProductCommutation:
    """The answers for the layers of a network: it is compatible when each of them is."""

    names: tuple[str, ...]
    layers: tuple[Commutation, ...]

    def __bool__(self) -> bool:
        return all(self.layers)

    @cached_property
    def norm_squared(self) -> Number:
        """‖[Π_L, Π_G]‖² = Σ ‖[Π_{L_i}, Π_G]‖², exactly."""
        return sum((layer.norm_squared for layer in self.layers), Q(0))

    @cached_property
    def norm(self) -> Number:
        """‖[Π_L, Π_G]‖, an exact algebraic number."""
        return square_root(self.norm_squared)

    @cached_property
    def dims(self) -> dict[str, int]:
        """The dimensions of `Commutation.dims`, summed over the layers."""
        return {key: sum(layer.dims[key] for layer in self.layers) for key in self.layers[0].dims}

    @cached_property
    def angles(self) -> tuple[Angle, ...]:
        """The principal angles of all layers, the smallest first."""
        count: dict[Any, int] = {}
        for angle in (angle for layer in self.layers for angle in layer.angles):
            count[angle.cos_squared] = count.get(angle.cos_squared, 0) + angle.multiplicity
        return tuple(sorted((Angle(c, n) for c, n in count.items()), key=lambda a: -float(a.cos_squared)))

    @cached_property
    def witness(self) -> NamedWitness | None:
        """The witness of the first layer that is not compatible, with its name."""
        for name, layer in zip(self.names, self.layers):
            if layer.witness is not None:
                return NamedWitness(name, layer.witness)
        return None

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {layer!r}" for name, layer in zip(self.names, self.layers))


@dataclass(frozen=True)
class NamedWitness:
    """A witness in a layer."""

    layer: str
    witness: Witness

    def __str__(self) -> str:
        return f"in {self.layer}: {self.witness}"


@dataclass(frozen=True, eq=False)
class ProductSpace:
    """The space L₁ × … × L_k of the kernels of all layers; `rt.product_space` makes it."""

    names: tuple[str, ...]
    spaces: tuple[Projection, ...]

    @property
    def dim(self) -> int:
        """Σ dim L_i."""
        return sum(space.dim for space in self.spaces)

    def commute(self, homs: Sequence[Hom] | None = None) -> ProductCommutation:
        """Whether Π_L and Π_G commute on the product: G acts on each factor, so the projections are block diagonal."""
        given = homs if homs is not None else [space.hom for space in self.spaces]
        if len(given) != len(self.spaces):
            raise DifferentSpaces(f"the product has {len(self.spaces)} layers, and {len(given)} spaces are given to "
                                  "compare. Give one for each layer.")
        return ProductCommutation(self.names, tuple(map(commute, self.spaces, given)))


def product_space(spaces: Sequence[Projection], names: Sequence[str] | None = None) -> ProductSpace:
    """The space of a network with these layers, such as the branches of a residual block or the projections of
    attention: every layer has weights of its own. The names of layers are used in messages.

    >>> import reptheory as rt
    >>> V = rt.S(3).natural; attention = rt.product_space([rt.full(V >> V)] * 4, ["query", "key", "value", "output"])
    >>> bool(attention.commute()), attention.commute().dims["meet"]
    (True, 8)
    """
    given = tuple(names) if names is not None else tuple(f"layer {k}" for k in range(len(spaces)))
    if len(given) != len(spaces) or not spaces:
        raise ValueError(f"product_space needs one name for each of at least one space: {len(spaces)} spaces and "
                         f"{len(given)} names. Give a name for each.")
    return ProductSpace(given, tuple(spaces))


@dataclass(frozen=True, eq=False)
class Affine:
    """The affine space A₀ + L of layers with a fixed part A₀, such as a skip connection or a fixed bias."""

    space: Projection
    offset: Kernel

    @cached_property
    def normal(self) -> Kernel:
        """(1 − Π_L) A₀, the point of A₀ + L nearest to 0."""
        inside = self.space.project(self.offset)
        return Kernel(self.offset.entries - inside.entries)

    def project(self, kernel: Any) -> Kernel:
        """The nearest point of A₀ + L to a kernel given exactly, Π_L κ + (1 − Π_L) A₀."""
        return Kernel(self.space.project(kernel).entries + self.normal.entries)

    def violation(self, hom: Hom) -> str | None:
        """Why the projection onto A₀ + L does not commute with Π_G, in words; None when it does.

        Π_G Π − Π Π_G = [Π_G, Π_L] + (Π_G − 1)(1 − Π_L)A₀: both parts have to vanish, at κ = 0 the second one.
        """
        found = commute(self.space, hom)
        if not found:
            return str(found.witness)
        moved = hom.violation(self.normal)
        return None if moved is None else f"the fixed part is not equivariant off L: {moved}"


def affine(space: Projection, offset: Any) -> Affine:
    """The affine space A₀ + L, for an exact kernel A₀ of shape (*X, dim W, dim V).

    >>> import reptheory as rt
    >>> V = rt.S(2).natural; A = rt.affine(rt.causal(V >> V), [[1, 7], [0, 1]])
    >>> A.project([[0, 5], [2, 0]]).to_numpy().tolist()
    [[0.0, 7.0], [2.0, 0.0]]
    """
    return Affine(space, exact_kernel(offset, space.hom.shape))


