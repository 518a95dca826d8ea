"""The command line: arguments, error messages and exit codes. What the commands do is in `action`."""
from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

DESCRIPTION = """\
Derive all linear maps or convolution kernels that commute with a group, prove that none is missing, and write them
down. EXPR is what Python prints: "D(4).regular >> D(4).vector", "Hom(D(4).regular, D(4).regular, on=grid(3))"."""
EPILOGUE = "Exit codes: 0 done, 1 a certificate fails, 2 a wrong expression, file or option, 130 interrupted."
FAILED, REFUSED, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command, and return its exit code; errors are one message on stderr, without a traceback.

    >>> main(["certify", "D(4).regular >> D(4).vector"])
    <Certificate: 2 by orbits, 2 by characters, residual 0, over Q: ok>
    0
    """
    try:
        options = parser().parse_args(argv)
        from reptheory.certificate import NotCertified  # not above: an interrupted import is an interruption too

        from . import action
        try:
            action.run(options)
            sys.stdout.flush()
        except NotCertified as error:
            return _complain(error, FAILED)
        return 0
    except KeyboardInterrupt:
        return _complain("interrupted; nothing was written.", INTERRUPTED)
    except BrokenPipeError:  # whoever reads our output has seen enough; flushing it at exit would fail again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except (ValueError, TypeError, ArithmeticError, OSError, ImportError) as error:
        return _complain(error, REFUSED)


def _complain(error: object, code: int) -> int:
    print(f"intertwiner: {error}", file=sys.stderr)
    return code


def parser() -> argparse.ArgumentParser:
    """The arguments of every command."""
    top = argparse.ArgumentParser("intertwiner", description=DESCRIPTION, epilog=EPILOGUE)
    top.add_argument("--version", action=_Version, help="print the version and exit")
    commands = top.add_subparsers(dest="command", required=True, metavar="basis|certify|emit|table")

    def command(name: str, what: str, text: str, result: str) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.", epilog=EPILOGUE)
        found.add_argument("expression", metavar="EXPR", help=what)
        found.add_argument("-o", "--output", metavar="FILE", help=result)
        found.add_argument("--group-file", metavar="[NAME=]FILE", action="append", default=[],
                           help="a group in JSON, which EXPR may name: by NAME, its own name, or that of the file")
        return found

    hom = "a space of maps: \"V >> W\" or \"Hom(V, W, on=X)\""
    basis = command("basis", hom, "print the orbits behind a basis, and write the basis",
                    "write the basis: .npz or .safetensors for floats, .json for exact numbers")
    basis.add_argument("--exact", action="store_true", help="floats in the bases of V and W, not orthonormal ones")
    basis.add_argument("--blocks", action="store_true", help="one array for each pair of summands, not a dense one")
    basis.add_argument("--dtype", choices=("float64", "float32"), default="float64", help="the floats of -o (float64)")
    certify = command("certify", hom, "prove that a basis is right and complete", "write the certificate to a file")
    emit = command("emit", hom, "write a torch module that needs torch only (needs torch itself)",
                   "write the module to a file")
    emit.add_argument("--name", default="Layer", help="the name of the class (Layer)")
    emit.add_argument("--bias", action="store_true", help="add the equivariant bias")
    emit.add_argument("--init", choices=("he", "xavier", "lecun"), default="he", help="the initial variance (he)")
    emit.add_argument("--stride", type=int, default=1, help="of a convolution (1)")
    emit.add_argument("--padding", type=int, default=0, help="of a convolution (0)")
    emit.add_argument("--padding-mode", choices=("zeros", "reflect", "replicate", "circular"), default="zeros",
                      help="of a convolution (zeros)")
    emit.add_argument("--dilation", type=int, default=1, help="of a convolution (1)")
    table = command("table", "a group: \"S(5)\"", "print the character table of a group", "write the table to a file")
    forms = table.add_mutually_exclusive_group()
    forms.add_argument("--latex", action="store_true", help="as LaTeX")
    forms.add_argument("--html", action="store_true", help="as HTML")
    for each in (basis, certify, forms):
        each.add_argument("--json", action="store_true", help="as JSON")
    return top


class _Version(argparse.Action):
    """--version, without loading the library for every other command."""

    def __init__(self, option_strings, dest, help=None) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser, namespace, values, option_string=None) -> None:
        from reptheory import __version__
        print(f"intertwiner {__version__}")
        parser.exit()
