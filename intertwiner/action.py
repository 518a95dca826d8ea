"""What the commands do: derive, prove, print, write."""
from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import reptheory as rt
from reptheory.basis import Block
from reptheory.steerable import Path as SteerablePath
from reptheory.steerable import Paths
from reptheory.vocabulary import noun
from reptheory.whole_file import check_target, write_whole

from .arrays import ENDINGS, basis_bytes
from .progress import progress


def run(options: Namespace) -> None:
    """Run the command that the options name."""
    if options.output is not None:
        check_target(options.output)  # before the work, not after it
    {"basis": basis, "certify": certify, "emit": emit, "table": table}[options.command](options)


def basis(options: Namespace) -> None:
    """Print the question and the table of its orbits, and write the basis."""
    ending = Path(options.output or "").suffix
    if options.output is not None and ending not in ENDINGS:
        raise ValueError(f"-o {options.output}: a basis is written to files that end in {', '.join(ENDINGS)}.")
    if ending == ".json" and (options.blocks or options.dtype != "float64"):
        raise ValueError("a .json file holds the exact dense basis. Leave --blocks and --dtype out, or write .npz.")
    hom = _question(options)
    if options.output is not None or options.json:
        _refuse_paths(hom)
    if options.json:
        rows = [{"source": b.source.expression, "target": b.target.expression, "copies": b.copies, **_place(b),
                 "dim": b.dim} for b in hom.blocks.rows]
        _show({**_facts(hom), "blocks": rows})
    else:
        print(f"{hom!r}\n{hom.blocks!r}")
    if options.output is not None:
        with progress("writing the basis"):
            data = basis_bytes(hom, ending, options.dtype, not options.exact, options.blocks)
        write_whole(options.output, data)


def _place(row: Block | SteerablePath) -> dict[str, Any]:
    """Which orbit of points, or which path of what degree, a line of a table is about."""
    if isinstance(row, SteerablePath):
        return {"degree": row.degree, "index": row.index}
    return {"x": row.point, "orbit": row.orbit, "stabiliser": row.stabiliser}


def certify(options: Namespace) -> None:
    """Print or write the certificate; NotCertified when there is none."""
    hom = _question(options)
    with progress("proving the certificate"):
        proof = hom.certificate
    if options.json:
        _refuse_paths(hom)
        facts = {**_facts(hom), "by characters": proof.by_characters, "reason": proof.reason or None,
                 "primes": proof.primes, "digest": proof.digest, "certified": proof.ok}
        _show(facts, options.output)
    else:
        _show(repr(proof), options.output)


def emit(options: Namespace) -> None:
    """Print or write the stand-alone torch module of a certified basis."""
    try:
        import nn
        from nn.linear import refuse_empty
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ImportError("emit needs torch. Install it: pip install 'intertwiner[torch]'.") from None
    hom = _question(options)
    _refuse_paths(hom)
    refuse_empty(hom.basis)
    with progress("proving the certificate"):
        plan = rt.lower(hom, bias=options.bias, init=options.init, stride=options.stride, padding=options.padding,
                        padding_mode=options.padding_mode, dilation=options.dilation)
    _show(nn.source(plan, name=options.name).rstrip("\n"), options.output)


def table(options: Namespace) -> None:
    """Print or write the character table of a group."""
    group = _read(options)
    if isinstance(group, rt.LieGroup):
        raise ValueError(f"table takes a finite group, and {options.expression} is a Lie group, whose irreps are told "
                         "apart by weights. Print V.weights in Python, or write S(5), say.")
    if not isinstance(group, rt.Group):
        raise ValueError(f"table takes a group, and {options.expression} is {noun(group)}. Write S(5), say.")
    with progress("computing the character table"):
        found = group.character_table
    if options.latex or options.html:
        _show(found._repr_latex_() if options.latex else found._repr_html_(), options.output)
    elif options.json:
        classes = [{"representative": str(c.representative), "size": c.size, "order": c.order} for c in found.classes]
        rows = [{"key": key, "degree": degree, "values": list(map(repr, chi.values))}
                for key, degree, chi in zip(found.keys, found.degrees, found.characters)]
        facts = {"group": group.expression, "order": group.order, "classes": classes, "characters": rows}
        _show(facts, options.output)
    else:
        _show(str(found), options.output)


def _question(options: Namespace) -> rt.Hom:
    """The Hom of the expression, its basis derived."""
    hom = _read(options)
    if not isinstance(hom, rt.Hom):
        raise ValueError(f"{options.command} takes a space of maps, and {options.expression} is {noun(hom)}. Write "
                         "\"V >> W\", or \"Hom(V, W, on=grid(3))\".")
    with progress("deriving the basis") as step:
        return rt.derive(hom, progress=step)


def _refuse_paths(hom: rt.Hom) -> None:
    """Raise ValueError for kernels on Rⁿ, whose basis is paths with free radial functions and no finite table."""
    if isinstance(hom.basis, Paths):
        raise ValueError(f"{hom.expression} has paths with free radial functions, which no table of numbers holds. "
                         "Print them, without -o and --json; sample them in Python, by nn.SteerableConv2d, "
                         "nn.SteerableConv3d or nn.PointConv; or ask for a grid, on=grid(3).")


def _read(options: Namespace) -> Any:
    """The object of the expression, which may name the groups of --group-file."""
    groups: dict[str, rt.Group] = {}
    for text in options.group_file:
        name, equals, path = text.partition("=")
        if not equals or Path(text).exists():
            name, path = "", text
        group = rt.load_group(path)
        title = group.title or ""
        name = name or (title if title.isidentifier() else Path(path).stem)
        if name in groups:
            raise ValueError(f"--group-file {text}: the name {name} is taken by another file. Write NAME={path}.")
        if not name.isidentifier():
            raise ValueError(f"--group-file {text}: {name!r} is no name for an expression. Write NAME={path}.")
        groups[name] = group
    return rt.read(options.expression, groups)


def _facts(hom: rt.Hom) -> dict[str, Any]:
    """What both tables say of a question."""
    return {"expression": hom.expression, "dim": hom.dim, "unknowns": hom.unknowns, "shape": hom.shape,
            "field": repr(hom.field)}


def _show(what: str | dict[str, Any], output: str | None = None) -> None:
    """Print a text, or facts as JSON; to a file where one is given."""
    text = what if isinstance(what, str) else json.dumps(what, indent=2, ensure_ascii=False)
    if output is None:
        print(text)
    else:
        write_whole(output, f"{text}\n".encode())
