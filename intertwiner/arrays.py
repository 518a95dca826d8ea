"""A basis as the bytes of a file: floats as .npz or .safetensors, exact numbers as .json."""
from __future__ import annotations

import io
import json

import numpy as np
from safetensors.numpy import save

import reptheory as rt
from reptheory.basis import ENTRIES
from reptheory.field import exact
from reptheory.group_file import json_number

ENDINGS = (".npz", ".safetensors", ".json")


def basis_bytes(hom: rt.Hom, ending: str, dtype: str, normalise: bool, blocks: bool) -> bytes:
    """The bytes of the file; `blocks` keeps one array for each distinct pair of summands.

    Dense: `basis` of shape (dim, *X, dim W, dim V). In blocks: `block_k` of shape (dim, |X|, dim B, dim A), and the
    rows (b, a, n, m, k) of `layout`: summands b of W and a of V, of multiplicities n and m, have block k.
    """
    pieces = hom.basis.pieces.values()
    entries = sum(p.dim * p.points * p.stalk for p in pieces) if blocks else hom.dim * hom.unknowns
    if entries > ENTRIES:
        way = "Emit the layer" if blocks else "Write it with --blocks to a .npz file, or emit the layer"
        raise rt.TooLarge(f"the basis of {hom.expression} has dimension {hom.dim} and {hom.unknowns} unknowns: "
                          f"{entries} entries, and the limit is {ENTRIES}. {way}.")
    if ending == ".json":
        return _exact(hom).encode()
    arrays = _blocks(hom, dtype, normalise) if blocks else {"basis": hom.basis.to_numpy(dtype, normalise)}
    if ending == ".npz":
        stream = io.BytesIO()
        np.savez_compressed(stream, allow_pickle=False, expression=np.array(hom.expression), **arrays)
        return stream.getvalue()
    if any(np.iscomplexobj(a) for a in arrays.values()):
        raise ValueError(f"{hom.expression} is complex, and safetensors hold real numbers. Write a .npz file.")
    return save(arrays, {"expression": hom.expression, "certificate": repr(hom.certificate)})


def _blocks(hom: rt.Hom, dtype: str, normalise: bool) -> dict[str, np.ndarray]:
    pieces = list(hom.basis.pieces.values())
    arrays = {f"block_{k}": np.ascontiguousarray(piece.table(normalise, dtype).T).reshape(
        piece.dim, hom.on.size, piece.target.dim, piece.source.dim) for k, piece in enumerate(pieces)}
    number = {id(piece): k for k, piece in enumerate(pieces)}
    layout = [(b, a, n, m, number[id(piece)]) for b, a, n, m, piece in hom.basis.layout]
    return {**arrays, "layout": np.array(layout, np.int64).reshape(-1, 5)}


def _exact(hom: rt.Hom) -> str:
    """The nonzero entries of each element of the basis, in the bases of V and W: [index, value]."""
    elements = []
    for d in range(hom.dim):
        entries = hom.basis[d].entries
        elements.append([[list(map(int, index)), json_number(exact(entries[tuple(index)]))]
                         for index in np.argwhere(entries)])
    facts = {"expression": hom.expression, "dim": hom.dim, "shape": hom.shape, "field": repr(hom.field)}
    lines = ",\n".join(f"    {json.dumps(element)}" for element in elements)
    head = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in facts.items())
    return f'{{\n{head},\n  "basis": [\n{lines}\n  ]\n}}\n'
