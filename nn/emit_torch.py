"""Plain torch in emitted source: the call that makes a module of torch.nn again, and the name of a function."""
from __future__ import annotations

import inspect
from typing import Any

import torch
import torch.nn.functional as F
from torch.nn.utils.parametrize import is_parametrized

from .emit_text import quoted

HOMES: tuple[tuple[Any, str], ...] = (
    (torch, "torch"), (F, "F"), (torch.special, "torch.special"), (torch.Tensor, "torch.Tensor"))
PLACE = ("device", "dtype")


class NoSource(TypeError):
    """A module or function whose text is not known, with the way out."""


def constructor(module: torch.nn.Module) -> str:
    """The call of a class of torch.nn that makes a module with the same options, checked by making one.

    Raises NoSource for other classes and for options that are no plain numbers, truth values or strings.

    >>> constructor(torch.nn.Conv2d(3, 4, 5, padding=2, bias=False))
    'torch.nn.Conv2d(3, 4, (5, 5), padding=(2, 2), bias=False, device=device, dtype=dtype)'
    """
    kind = type(module)
    refuse_changed(module)
    if getattr(torch.nn, kind.__name__, None) is not kind or list(module.children()):
        raise NoSource(f"{kind.__name__} is no layer of torch.nn")
    values: list[Any] = []
    options: dict[str, Any] = {}
    found = inspect.signature(kind).parameters
    for name, parameter in found.items():
        if name in PLACE or not hasattr(module, name):
            continue
        value = getattr(module, name)
        if name == "bias":
            value = value is not None
        if parameter.default is parameter.empty:
            values.append(value)
        elif _plain(value):
            options[name] = value
    if not all(map(_plain, values)):
        raise NoSource(f"{kind.__name__} has options that are no plain values")
    place = [name for name in PLACE if name in found]
    if not _same(module, values, options, place):
        raise NoSource(f"the options of {kind.__name__} do not say all that it does, or it was changed after it "
                       "was made")
    for name in list(options):
        fewer = {k: v for k, v in options.items() if k != name}
        options = fewer if _same(module, values, fewer, place) else options
    texts = [*map(_text, values), *(f"{k}={_text(v)}" for k, v in options.items()), *(f"{k}={k}" for k in place)]
    return f"torch.nn.{kind.__name__}({', '.join(texts)})"


def refuse_changed(module: torch.nn.Module) -> None:
    """Raise NoSource for a module that was changed after it was made, so that its class does not say what it does.

    >>> layer = torch.nn.ReLU(); layer.forward = torch.tanh; refuse_changed(layer)
    Traceback (most recent call last):
    nn.emit_torch.NoSource: this ReLU has a forward of its own
    """
    kind = type(module)
    if module._forward_hooks or module._forward_pre_hooks:
        raise NoSource(f"a forward hook changes what this {kind.__name__} does")
    if module._backward_hooks or module._backward_pre_hooks:
        raise NoSource(f"a backward hook changes the gradients of this {kind.__name__}")
    if is_parametrized(module):
        raise NoSource(f"a parametrization makes the weights of this {kind.__name__}")
    for name in vars(module):
        if callable(getattr(kind, name, None)):
            raise NoSource(f"this {kind.__name__} has a {name} of its own")


def function_name(fn: Any) -> str:
    """The name under which torch has a function; NoSource for functions of one's own.

    >>> function_name(torch.tanh), function_name(F.gelu)
    ('torch.tanh', 'F.gelu')
    """
    own = getattr(fn, "__name__", "")
    for home, prefix in HOMES:
        if isinstance(own, str) and own.isidentifier() and getattr(home, own, None) is fn:
            return f"{prefix}.{own}"
    raise NoSource(f"the function {own or type(fn).__name__} is none of torch's")


def _same(module: torch.nn.Module, values: list[Any], options: dict[str, Any], place: list[str]) -> bool:
    """Whether a module made with these options works as this one does: made without memory for its weights."""
    where = {"device": torch.device("meta"), "dtype": torch.get_default_dtype()}
    try:
        again = type(module)(*values, **options, **{name: where[name] for name in place})
        public, others = ({k: v for k, v in vars(m).items() if not k.startswith("_") and k != "training"}
                          for m in (module, again))
        shapes, other_shapes = ({k: t.shape for k, t in m.state_dict().items()} for m in (module, again))
        return bool(public == others and shapes == other_shapes)
    except (TypeError, ValueError, RuntimeError):
        return False


def _text(value: object) -> str:
    return quoted(value) if isinstance(value, str) else repr(value)


def _plain(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(_plain, value))
    return value is None or (type(value) in (bool, int, str)) or (type(value) is float and value - value == 0)
