"""One pass through a model in double precision, call by call: by torch.fx, or by hooks where it cannot be traced."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx

from .scheme_layer import SchemeConv
from .symmetric_hyperbolic import SymmetricHyperbolicBlock

Judge = Callable[["Call", Any], Any]  # a call, and its result where it is known already


@dataclass(frozen=True, eq=False)
class Call:
    """A call in a model: its name, the module or function, the tensors that it was given, and how to call it again."""

    name: str
    target: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    is_last: bool = False
    method: str | None = None
    module: torch.nn.Module | None = None
    owner: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.target, torch.nn.Module):
            object.__setattr__(self, "module", self.target)

    @property
    def tensors(self) -> list[torch.Tensor]:
        """The tensors among the arguments, in order."""
        return tensors_in((self.args, self.kwargs))

    def again(self, chosen: Sequence[torch.Tensor], others: Sequence[torch.Tensor]) -> Any:
        """The call with other tensors in the place of the chosen ones."""
        swap = {id(old): new for old, new in zip(chosen, others)}
        args, kwargs = _swapped(self.args, swap), _swapped(self.kwargs, swap)
        if self.method is not None:
            return getattr(args[0], self.method)(*args[1:], **kwargs)
        return self.target(*args, **kwargs)

    @property
    def kind(self) -> str:
        """The class of the module, or the name of the function."""
        if self.module is not None:
            return type(self.module).__name__
        return self.method or str(getattr(self.target, "__name__", self.target))


def tensors_in(x: Any) -> list[torch.Tensor]:
    """The tensors in tuples, lists and dicts, in order.

    >>> tensors_in({"y": (torch.ones(1), 2)})
    [tensor([1.])]
    """
    return [t for t in _flat(x) if isinstance(t, torch.Tensor)]


def _flat(x: Any) -> Iterator[Any]:
    if isinstance(x, (tuple, list)):
        for y in x:
            yield from _flat(y)
    elif isinstance(x, dict):
        yield from _flat(list(x.values()))
    else:
        yield x


def _swapped(x: Any, swap: dict[int, torch.Tensor]) -> Any:
    if isinstance(x, (tuple, list)):  # torch.fx has lists of its own
        found = [_swapped(y, swap) for y in x]
        return found if isinstance(x, list) else tuple(found)
    if isinstance(x, dict):
        return {key: _swapped(y, swap) for key, y in x.items()}
    return swap.get(id(x), x) if isinstance(x, torch.Tensor) else x


WHOLE = (SchemeConv, SymmetricHyperbolicBlock)  # layers that are one call


class Tracer(fx.Tracer):
    """torch.fx down to the modules of torch, and to those that carry their own representations."""

    def is_leaf_module(self, m: torch.nn.Module, module_qualified_name: str) -> bool:
        """Modules of torch, and those with types; transformers are taken apart into attention and the rest."""
        if isinstance(m, (torch.nn.TransformerEncoderLayer, torch.nn.TransformerDecoderLayer)):
            return False
        return hasattr(m, "in_type") or isinstance(m, WHOLE) or super().is_leaf_module(m, module_qualified_name)


def traced(model: torch.nn.Module) -> fx.GraphModule | None:
    """The model as a graph of calls, or None where Python decides on the way."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # which looks at values
    try:
        return fx.GraphModule(model, Tracer().trace(model))
    except Exception:  # whatever a forward does with a symbol: the hooks then see its modules
        return None
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


class Walk(fx.Interpreter):
    """Runs a graph, and shows every call that has a tensor in it to `judge`, whose answer replaces the result."""

    def __init__(self, graph: fx.GraphModule, judge: Judge, dim: int | None):
        super().__init__(graph, garbage_collect_values=False)
        self.judge = judge
        self.last = ends(graph, dim)

    def run_node(self, n: fx.Node) -> Any:
        """One call."""
        if n.op not in ("call_module", "call_function", "call_method"):
            return super().run_node(n)
        args, kwargs = self.fetch_args_kwargs_from_env(n)
        owner = next(reversed(n.meta.get("nn_module_stack") or {"": None}))
        name, target, method = f"{owner}.{n.name}" if owner else str(n.name), n.target, None
        if n.op == "call_module":
            name, target = str(n.target), self.fetch_attr(str(n.target))
        elif n.op == "call_method":
            method = str(n.target)
        return self.judge(Call(name, target, tuple(args), dict(kwargs), n in self.last, method, owner=owner), None)


def is_single(m: torch.nn.Module) -> bool:
    """Whether a module holds no others, but for the parametrisations of its weights."""
    return all(name == "parametrizations" for name, _ in m.named_children())


def hooked(model: torch.nn.Module, x: torch.Tensor, judge: Judge) -> Any:
    """Runs a model that cannot be traced, and shows `judge` the calls of its modules that hold no others."""
    leaves = {m: name for name, m in model.named_modules()
              if is_single(m) or isinstance(m, torch.nn.MultiheadAttention) or hasattr(m, "in_type")}
    inside = {child for m in leaves for child in m.modules() if child is not m}
    leaves = {m: name for m, name in leaves.items() if m not in inside}
    weighed = [name for m, name in leaves.items() if any(p.ndim > 1 for p in m.parameters())]

    def hook(module: torch.nn.Module, args: Any, kwargs: Any, y: Any) -> Any:
        name = leaves[module]
        call = Call(name, module.forward, args, kwargs, name == weighed[-1] if weighed else False, module=module)
        return judge(call, y)
    handles = [m.register_forward_hook(hook, with_kwargs=True) for m in leaves]
    try:
        return model(x)
    finally:
        for handle in handles:
            handle.remove()


def ends(graph: fx.GraphModule, dim: int | None) -> set[fx.Node]:
    """The last calls with weights before the output, through calls that have none."""
    output = next(n for n in graph.graph.nodes if n.op == "output")
    waiting, seen, found = list(output.all_input_nodes), set(), set()
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        module = graph.get_submodule(str(node.target)) if node.op == "call_module" else None
        if module is not None and any(p.ndim > 1 for p in module.parameters()):
            found.add(node)
            continue
        weighed = node.op == "call_function" and any(n.op == "get_attr" for n in node.all_input_nodes)
        if weighed and getattr(node.target, "__name__", "") not in ("add", "mul"):
            found.add(node)
            continue
        waiting += node.all_input_nodes
    return found
