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
    """The operations on torch tensors, where numbers stay Python floats."""
    import torch

    def with_numbers(of_tensors: Callable, of_numbers: Callable) -> Callable:
        def apply(*args: Any) -> Any:
            like = next((a for a in args if isinstance(a, torch.Tensor)), None)
            if like is None:
                return of_numbers(*args)
            return of_tensors(*(a if isinstance(a, torch.Tensor) else like.new_tensor(a) for a in args))
        return apply

    def select(condition: Any, a: Any, b: Any) -> Any:
        return torch.where(condition, a, b) if isinstance(condition, torch.Tensor) else (a if condition else b)

    unary = {name: with_numbers(getattr(torch, name), getattr(np, name))
             for name in ("sqrt", "sign", "exp", "log", "sin", "cos", "tan", "tanh")}
    return ARITHMETIC | unary | {"min": with_numbers(torch.minimum, min), "max": with_numbers(torch.maximum, max),
                                 "select": select, "not": with_numbers(torch.logical_not, operator.not_)}
