"""Streams: the features between linear maps, and the changes of basis that what acts on them admits."""
from __future__ import annotations

from dataclasses import dataclass

import torch

from .ball import HardBall, MetricBall
from .fuse import LINEAR, Linear

LINEAR_ACTIONS = (torch.nn.Identity, torch.nn.AvgPool2d, torch.nn.AdaptiveAvgPool2d, MetricBall)
POSITIVE_ACTIONS = (torch.nn.ReLU, torch.nn.LeakyReLU, torch.nn.MaxPool2d, torch.nn.AdaptiveMaxPool2d)


class NoStream(LookupError):
    """Features whose writers and readers are not linear maps that can be moved."""


class NotAdmitted(ValueError):
    """A change of basis that a nonlinearity on the stream does not commute with."""


@dataclass(frozen=True, eq=False)
class Stream:
    """Features x of n channels that are sums of the outputs of `writers`, pass `through` maps, and enter `readers`.

    Writers W ↦ TW and readers W ↦ WT⁻¹ leave the network as it is wherever each map of `through` commutes with T.
    Writers and readers are linear maps, or Sequentials that end or begin with one. `name` stands in messages.
    """

    writers: tuple[torch.nn.Module, ...]
    through: tuple[torch.nn.Module, ...]
    readers: tuple[torch.nn.Module, ...]
    name: str = "the stream"

    @property
    def outputs(self) -> tuple[Linear, ...]:
        """The linear maps that write, each once; NoStream where batch normalisation or another map follows one."""
        return tuple({id(w): w for w in (self._linear(module, -1) for module in self.writers)}.values())

    @property
    def inputs(self) -> tuple[Linear, ...]:
        """The linear maps that read, each once."""
        return tuple({id(r): r for r in (self._linear(module, 0) for module in self.readers)}.values())

    @property
    def metrics(self) -> tuple[MetricBall, ...]:
        """The balls whose metric moves along."""
        return tuple(module for module in self.through if isinstance(module, MetricBall))

    @property
    def channels(self) -> int:
        """The number n of channels."""
        return self.inputs[0].weight.shape[1]

    @property
    def group(self) -> str:
        """The largest group that is admitted: GL(n), O(n), its positive monomial matrices, or permutations.

        >>> import nn; net = nn.HyperbolicResNet(10, (1, 1), (4, 8)); net.stream(0).group, net.stream(1).group
        ('positive monomial matrices', 'O(8)')
        """
        n = self.channels
        curved = [m for m in self.through if not isinstance(m, LINEAR_ACTIONS)]
        if not curved:
            return f"GL({n})"
        if all(isinstance(m, HardBall) for m in curved):
            return f"O({n})"
        if all(isinstance(m, POSITIVE_ACTIONS) for m in curved):
            return "positive monomial matrices"
        return "permutation matrices"

    def require(self, q: torch.Tensor) -> None:
        """Raise NotAdmitted unless Q is in `group`, to 8n eps of its own precision."""
        self._require_shape(q)
        exact, eps = q.double(), 8 * len(q) * torch.finfo(q.dtype).eps
        least = float(torch.linalg.svdvals(exact)[-1])
        if not least > 0:
            raise NotAdmitted(f"Q is singular: its least singular value is {least:.3g}, and weights after {self.name} "
                              "are moved by its inverse. Give an invertible Q.")
        if self.group.startswith("O"):
            defect = float((exact @ exact.T - torch.eye(len(q), dtype=exact.dtype, device=q.device)).abs().max())
            if defect > eps:
                raise NotAdmitted(
                    f"{self.name} passes through {self._curved()}, which commutes with O({len(q)}) only, and Q is not "
                    f"orthogonal: ‖QQᵀ − 1‖ = {defect:.3g}. Take an orthogonal Q, such as torch.linalg.qr(Q)[0], or a "
                    f'network with ball=None or ball="metric", which admit GL({len(q)}).')
        elif not self.group.startswith("GL"):
            large = exact.abs() > eps
            permutes = bool((large.sum(0) == 1).all() and (large.sum(1) == 1).all())
            entry = "has more than one entry in a row" if not permutes else None
            if permutes and bool((exact < -eps).any()):
                entry = "has a negative entry"
            if permutes and self.group.startswith("perm") and bool(((exact - 1).abs()[large] > eps).any()):
                entry = "has an entry other than 0 and 1"
            if entry:
                raise NotAdmitted(f"{self.name} passes through {self._curved()}, which acts on each channel by itself "
                                  f"and commutes with {self.group} only, and Q {entry}. Move another stage, or replace "
                                  "that function by a ball, which commutes with rotations.")

    def require_generator(self, x: torch.Tensor) -> None:
        """Raise NotAdmitted unless X is in the Lie algebra of `group`, to 8n eps."""
        self._require_shape(x)
        eps = 8 * len(x) * torch.finfo(x.dtype).eps * max(1.0, float(x.abs().max()))
        defect = 0.0
        if self.group.startswith("O"):
            words, defect = f"so({len(x)})", float((x + x.T).abs().max())
        elif self.group.startswith("pos"):
            words, defect = "diagonal matrices", float((x - x.diag().diag()).abs().max())
        elif self.group.startswith("perm"):
            words, defect = "0, since permutations are discrete", float(x.abs().max())
        if defect > eps:
            raise NotAdmitted(f"{self.name} passes through {self._curved()}, whose infinitesimal symmetries are "
                              f"{words}, and X differs from one by {defect:.3g}. Take X − Xᵀ behind a ball, or move "
                              "another stage.")

    def _require_shape(self, q: torch.Tensor) -> None:
        n = self.channels
        if q.ndim != 2 or tuple(q.shape) != (n, n) or not q.is_floating_point() or not bool(q.isfinite().all()):
            raise NotAdmitted(f"{self.name} has {n} channels, and Q is {q.dtype} of shape {tuple(q.shape)}. Give a "
                              f"finite real {n}×{n} matrix.")

    def _curved(self) -> str:
        return ", ".join(repr(m) for m in self.through if not isinstance(m, LINEAR_ACTIONS))

    def _linear(self, module: torch.nn.Module, end: int) -> Linear:
        found = module[end] if isinstance(module, torch.nn.Sequential) and len(module) else module
        if not isinstance(found, LINEAR) or getattr(found, "groups", 1) != 1:
            raise NoStream(f"{self.name} is {'read' if end == 0 else 'written'} by {found}, which is not a linear map "
                           "of all channels. Fold batch normalisation in with nn.fuse_batch_norm, or list others.")
        return found
