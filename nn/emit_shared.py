"""What the classes of emitted source share: functions and base classes, as text, each written once in a file."""
from __future__ import annotations

from .literal import DECODER

TABLED = '''\
class Tabled(torch.nn.Module):
    """A module with constants, its `tables`: in no checkpoint, and rounded once to the dtype it is in."""

    def __init__(self, device=None, dtype=None):
        super().__init__()
        device = torch.get_default_device() if device is None else device
        dtype = torch.get_default_dtype() if dtype is None else dtype
        for key, value in self.tables.items():
            exact = value.dtype in (torch.int64, torch.bool)
            value = value.to(device, value.dtype if exact else dtype, copy=True)
            self.register_buffer(key, value, persistent=False)

    def _apply(self, fn, recurse=True):
        """Follow .to and .double; constants are rounded from the tables again, so that no digit is lost."""
        super()._apply(fn, recurse)
        for key, value in self.tables.items():
            buffer = self._buffers[key]
            self._buffers[key] = value.to(buffer.device, buffer.dtype, copy=True)
        return self
'''
CIRCULAR = '''\
def circular(x, widths):
    """Continue the last axes of x periodically, also more than once around."""
    for axis, (low, high) in enumerate(widths, start=x.ndim - len(widths)):
        size = x.shape[axis]
        x = x.index_select(axis, torch.arange(-low, size + high, device=x.device) % size)
    return x
'''
FIELDS = '''\
def fields(x, summands):
    """The views (batch, dim, copies, *spatial) of the summands: representation index slow, copies fast."""
    parts = x.split([copies * dim for copies, dim in summands], 1)
    return [part.unflatten(1, (dim, copies)) for part, (copies, dim) in zip(parts, summands)]
'''
JOINED = '''\
def joined(parts):
    """The features (batch, channels, *spatial) whose summands are these parts."""
    flat = [part.flatten(1, 2) for part in parts]
    return flat[0] if len(flat) == 1 else torch.cat(flat, 1)
'''
SQUARED_NORM = '''\
def squared_norm(part):
    """The square of the length of each field of (batch, dim, copies, *spatial), in float32 at least."""
    if part.is_complex():
        part = torch.view_as_real(part)
        return part.square().sum(-1).sum(1, keepdim=True)
    wide = part.float() if part.dtype in (torch.float16, torch.bfloat16) else part
    return wide.square().sum(1, keepdim=True)
'''
EACH_PART = '''\
def each_part(layer, x):
    """A real linear map on the real and imaginary parts."""
    return torch.complex(layer(x.real), layer(x.imag)) if x.is_complex() else layer(x)
'''
CHECK_WINDOWS = '''\
def check_windows(x, kernel_size, stride, padding, mirrored):
    """ValueError where windows leave pixels over at one end of an axis that the group runs backwards."""
    for axis in mirrored[x.ndim - 3]:
        size = x.shape[2 + axis]
        k, s, p = (v[axis] if isinstance(v, tuple) else v for v in (kernel_size, stride, padding))
        if (size + 2 * p - k) % s:
            raise ValueError(f"windows of {k} with stride {s} and padding {p} do not fit the {size} pixels of spatial "
                             f"axis {axis} from both ends. Change the size by {(size + 2 * p - k) % s}.")
'''
FIELD_NORM = '''\
class FieldNorm(Tabled):
    """Batch normalisation of fields: means along invariant vectors only, a variance for each field and block.

    `summands` has, for each of them, copies, dim, the block of each row, (size, invariants) of each block, the number
    of invariants, and whether one mean and variance of all rows will do, as in torch.
    """

    tables = {}

    def __init__(self, device=None, dtype=None):
        dtype = torch.get_default_dtype() if dtype is None else dtype
        kind = dtype.to_complex() if self.is_complex else dtype
        super().__init__(device, kind)
        variances = sum(copies * len(degrees) for copies, _, _, degrees, _, _ in self.summands)
        means = sum(copies * invariants for copies, _, _, _, invariants, _ in self.summands)
        ones = torch.ones(variances, device=device, dtype=dtype)
        zeros = torch.zeros(means, device=device, dtype=kind)
        self.weight = torch.nn.Parameter(ones.clone()) if self.affine else None
        self.bias = torch.nn.Parameter(zeros.clone()) if self.affine else None
        self.register_buffer("running_mean", zeros if self.tracked else None)
        self.register_buffer("running_var", ones if self.tracked else None)
        self.register_buffer("num_batches_tracked", torch.tensor(0, device=device) if self.tracked else None)

    def forward(self, x):
        factor, parts, mean, spread = self.step(), [], 0, 0
        for k, field in enumerate(fields(x, [summand[:2] for summand in self.summands])):
            copies, _, blocks, degrees, invariants, uniform = self.summands[k]
            means = slice(mean, mean := mean + copies * invariants)
            spreads = slice(spread, spread := spread + copies * len(degrees))
            state = [None if values is None else values[where] for values, where in (
                (self.running_mean, means), (self.running_var, spreads), (self.weight, spreads), (self.bias, means))]
            points = field.shape[0] * field[0, 0, 0].numel() if field.shape[0] else 0
            if self.from_batch and any(points * size <= inner for size, inner in degrees):
                raise ValueError(f"a batch of {field.shape[0]} is too small to normalise by. Call eval().")
            if uniform:
                y = self.uniform(field.reshape(-1, *field.shape[2:]), state, factor)
            else:
                y = self.general(field.flatten(3) if field.ndim > 3 else field.unsqueeze(3), k, state, factor)
            parts.append(y.reshape(field.shape))
        return joined(parts)

    @property
    def from_batch(self):
        """Whether the statistics are those of the batch."""
        return self.training or not self.tracked

    def step(self):
        """The weight of this batch in the running statistics."""
        if not (self.training and self.tracked):
            return 0.0
        self.num_batches_tracked.add_(1)
        return 1.0 / float(self.num_batches_tracked) if self.momentum is None else self.momentum

    def uniform(self, rows, state, factor):
        """torch's batch norm, with the rows of a field as part of the batch."""
        running_mean, running_var, weight, bias = state
        if not (self.training and self.tracked):
            return F.batch_norm(rows, running_mean, running_var, weight, bias, self.from_batch, eps=self.eps)
        mean, var = running_mean.clone(), running_var.clone()  # autograd keeps these
        y = F.batch_norm(rows, mean, var, weight, bias, True, factor, self.eps)
        self.advance(running_mean, mean, 1.0)
        self.advance(running_var, var, 1.0)
        return y

    def general(self, x, k, state, factor):
        """The same for any unitary summand: x is (batch, dim, copies, points)."""
        copies, _, blocks, degrees, count, _ = self.summands[k]
        running_mean, running_var, weight, bias = state
        tables = [getattr(self, f"{name}_{k}") for name in ("invariants", "dual", "average")]
        kind, dtype = torch.promote_types(x.dtype, tables[0].dtype), x.dtype
        x = x.to(kind)
        invariants, dual, average = tables[0].to(kind), tables[1].to(kind), tables[2].to(kind).real
        if self.from_batch:
            mean = torch.einsum("dk,bdms->km", dual.conj(), x) / (x.shape[0] * x.shape[3])
            x = x - (invariants @ mean)[:, :, None]
            var = average @ (x * x.conj()).real.mean((0, 3))
            if self.training and self.tracked:
                counts = [(x.shape[0] * x.shape[3] * size, inner) for size, inner in degrees]
                unbiased = torch.cat([v * (n / (n - inner)) for v, (n, inner) in zip(var.split(1), counts)])
                self.advance(running_mean, mean.reshape(-1), factor)
                self.advance(running_var, unbiased.reshape(-1), factor)
        else:
            x = x - (invariants @ running_mean.reshape(count, copies).to(kind))[:, :, None]
            var = running_var.reshape(len(degrees), copies)
        scale = torch.rsqrt(var + self.eps)
        if weight is not None:
            scale = scale * weight.reshape(scale.shape)
        x = x * scale[list(blocks)][:, :, None]
        if bias is not None:
            x = x + (invariants @ bias.reshape(count, copies).to(kind))[:, :, None]
        return x.to(dtype)

    def advance(self, running, new, factor):
        """running <- (1 - factor) running + factor new, in place."""
        with torch.no_grad():
            new = new.detach().to(running.dtype)
            running.copy_(new if factor == 1 else (1 - factor) * running + factor * new)
'''
SHARED = {"table": DECODER, "circular": CIRCULAR, "fields": FIELDS, "joined": JOINED, "squared_norm": SQUARED_NORM,
          "each_part": EACH_PART, "check_windows": CHECK_WINDOWS}
BASES = {"Tabled": TABLED, "FieldNorm": FIELD_NORM}
