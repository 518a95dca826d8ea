"""The operations of programs on NumPy arrays and on torch tensors."""
from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

ARITHMETIC: dict[str, Callable] = {
    "number": float, "pi": lambda: math.pi, "add": operator.add, "sub": operator.sub, "mul": operator.mul,
    "div": operator.truediv, "neg": operator.neg, "abs": abs, "pow": operator.pow, "lt": operator.lt,
    "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq, "ne": operator.ne, "and": operator.and_,
    "or": operator.or_}

def _of_arrays(function: Callable) -> Callable:
    """Keeps numbers Python floats, which take the precision of the arrays they meet."""
    return lambda a: float(function(a)) if isinstance(a, float) else function(a)


NUMPY: Mapping[str, Callable] = ARITHMETIC | {
    "min": np.minimum, "max": np.maximum, "select": np.where, "not": np.logical_not} | {
    name: _of_arrays(getattr(np, name)) for name in ("sqrt", "sign", "exp", "log", "sin", "cos", "tan", "tanh")}


def torch_operations() -> Mapping[str, Callable]:
    """The operations on torch tensors, where numbers stay Python floats, with those of `straight` in one pass."""
    import torch

    def of(function: Callable, numbers: Callable) -> Callable:
        return lambda a: function(a) if isinstance(a, torch.Tensor) else numbers(a)

    def bound(clamp: Callable, of_tensors: Callable, of_numbers: Callable) -> Callable:
        def apply(a: Any, b: Any) -> Any:
            if isinstance(a, torch.Tensor):
                return of_tensors(a, b) if isinstance(b, torch.Tensor) else clamp(a, b)
            return clamp(b, a) if isinstance(b, torch.Tensor) else of_numbers(a, b)
        return apply

    def select(condition: Any, a: Any, b: Any) -> Any:
        return torch.where(condition, a, b) if isinstance(condition, torch.Tensor) else (a if condition else b)

    def added(sign: int) -> Callable:
        def apply(x: Any, y: Any, c: float) -> Any:
            tensors = isinstance(x, torch.Tensor) and isinstance(y, torch.Tensor)
            return torch.add(x, y, alpha=sign * c) if tensors else x + sign * c * y
        return apply

    def multiplied(sign: int) -> Callable:
        def apply(x: Any, y: Any, z: Any) -> Any:
            tensors = all(isinstance(a, torch.Tensor) for a in (x, y, z))
            return torch.addcmul(x, y, z, value=sign) if tensors else x + sign * y * z
        return apply

    unary = {name: of(getattr(torch, name), getattr(np, name))
             for name in ("sqrt", "sign", "exp", "log", "sin", "cos", "tan", "tanh")}
    return ARITHMETIC | unary | {
        "min": bound(lambda a, b: torch.clamp(a, max=b), torch.minimum, min),
        "max": bound(lambda a, b: torch.clamp(a, min=b), torch.maximum, max),
        "select": select, "not": of(torch.logical_not, operator.not_),
        "axpy": added(1), "axmy": added(-1), "fma": multiplied(1), "fms": multiplied(-1)}
