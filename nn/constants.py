"""Constants of a layer: tensors that are no weights, in no checkpoint, and the same numbers wherever the layer goes."""
from __future__ import annotations

import torch


class Constants(torch.nn.Module):
    """A module with constants: buffers rounded once, from their exact values, to the dtype and device it is in.

    `.half().double()` loses no digit, and neither does `.to_empty`, which fills a layer made on the meta device.

    >>> layer = Constants(); layer.constant("third", torch.tensor(1 / 3, dtype=torch.float64))
    >>> layer.half().double().third.item() == 1 / 3, list(layer.state_dict())
    (True, [])
    """

    def __init__(self) -> None:
        super().__init__()
        self._exact: dict[str, torch.Tensor] = {}

    def constant(self, name: str, value: torch.Tensor | None, device: torch.device | str | None = None) -> None:
        """Keep a value, made on the CPU in float64 or as integers, under this name; None stays None."""
        if value is not None:
            self._exact[name] = value
            device = torch.get_default_device() if device is None else device
            value = value.to(device, torch.get_default_dtype() if value.is_floating_point() else value.dtype, copy=True)
        self.register_buffer(name, value, persistent=False)

    def _apply(self, fn, recurse: bool = True):
        """Convert as torch does, then round the constants again."""
        super()._apply(fn, recurse)
        for name, value in self._exact.items():
            buffer = self.get_buffer(name)
            self._buffers[name] = value.to(buffer.device, buffer.dtype, copy=True)
        return self
