"""The command line: what it prints and writes, its exit codes, its page, and that it stops cleanly."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import reptheory as rt
from intertwiner.command import main
from intertwiner.progress import progress

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "command.md"
HOM = "Hom(D(4).vector, 2*D(4).regular, on=grid(3))"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *argv: str) -> tuple[int, str, str]:
    """The exit code, and what was printed to stdout and stderr."""
    try:
        code = main(argv)
    except SystemExit as end:  # argparse ends the program itself
        code = int(end.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


# The page ----------------------------------------------------------------------------------------------------
def sessions() -> list[tuple[str, str]]:
    """Each command of the page with what it prints."""
    found = []
    for block in re.findall(r"^```text\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S):
        found += re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M)
    return found


def test_the_page_shows_what_the_commands_print(folder, capsys):
    assert len(sessions()) >= 8
    for line, expected in sessions():
        program, *argv = shlex.split(line)
        if program == "cat" and argv == ["f21.json"]:
            Path(argv[0]).write_text(expected, encoding="utf-8")
        elif program == "cat":
            assert Path(argv[0]).read_text(encoding="utf-8") == expected
        elif program == "python":
            exec(compile(Path(argv[0]).read_text(encoding="utf-8"), argv[0], "exec"), {"__name__": "__main__"})
            assert capsys.readouterr().out == expected
        else:
            assert program == "intertwiner"
            _, out, err = run(capsys, *argv)
            start, dots, _ = expected.partition("…")
            assert (out + err)[:len(start)] == start and (dots or out + err == expected)


# Bases -------------------------------------------------------------------------------------------------------
def test_a_basis_is_printed(capsys):
    hom = rt.read(HOM)
    assert run(capsys, "basis", HOM) == (0, f"{hom!r}\n{hom.blocks!r}\n", "")
    code, out, _ = run(capsys, "basis", HOM, "--json")
    found = json.loads(out)
    assert code == 0 and found["dim"] == hom.dim and rt.read(found["expression"]) == hom
    assert sum(block["dim"] for block in found["blocks"]) == hom.dim and found["blocks"][0]["copies"] == [1, 2]


@pytest.mark.parametrize("ending", [".npz", ".safetensors"])
@pytest.mark.parametrize("options", [(), ("--exact",), ("--dtype", "float32")])
def test_the_dense_basis_is_written(capsys, ending, options):
    hom, path = rt.read(HOM), f"basis{ending}"
    assert run(capsys, "basis", HOM, "-o", path, *options)[0] == 0
    found = (np.load if ending == ".npz" else load_file)(path)["basis"]
    expected = hom.basis.to_numpy("float32" if "float32" in options else "float64", "--exact" not in options)
    assert found.dtype == expected.dtype and np.array_equal(found, expected)


@pytest.mark.parametrize("ending", [".npz", ".safetensors"])
def test_the_blocks_make_up_the_basis(capsys, ending):
    text = "2*D(4).vector + D(4).sign >> 3*D(4).regular + D(4).vector"
    assert run(capsys, "basis", text, "-o", f"b{ending}", "--blocks", "--exact")[0] == 0
    arrays = dict((np.load if ending == ".npz" else load_file)(f"b{ending}"))
    layout = arrays["layout"].tolist()
    assert sum(len(arrays[f"block_{k}"]) * n * m for _, _, n, m, k in layout) == rt.read(text).dim
    hom = rt.read(text)
    for b, a, n, m, k in layout:
        (times, target), (channels, source) = hom.target.summands[b], hom.source.summands[a]
        assert (times, channels) == (n, m)
        assert np.array_equal(arrays[f"block_{k}"], rt.Hom(source, target).basis.to_numpy(normalise=False)[:, None])


def test_the_exact_basis_is_written(capsys):
    hom = rt.read("C(5).vector >> 2*C(5).regular")
    assert run(capsys, "basis", hom.expression, "-o", "b.json")[0] == 0
    found = json.loads(Path("b.json").read_text(encoding="utf-8"))
    assert rt.read(found["expression"]) == hom and found["shape"] == list(hom.shape)
    for d, element in enumerate(found["basis"]):
        entries = np.zeros(hom.shape, object)
        for index, value in element:
            entries[tuple(index)] = rt.read(value) if isinstance(value, str) and "(" in value else rt.Q(value)
        assert np.array_equal(entries, hom.basis[d].entries)


def test_complex_bases_are_written_where_they_can_be(capsys):
    text = "C(3).irrep(1, over='C') >> C(3).regular"
    assert run(capsys, "basis", text, "-o", "b.npz")[0] == 0
    assert np.load("b.npz")["basis"].dtype == np.complex128
    code, _, err = run(capsys, "basis", text, "-o", "b.safetensors")
    assert code == 2 and "is complex" in err and not Path("b.safetensors").exists()


# Certificates and layers -------------------------------------------------------------------------------------
def test_sampled_kernels_are_shown_by_their_paths_and_emitted(capsys):
    text = "Hom(SO(2).vector, SO(2).vector, on=R(2).sample(5))"
    code, out, _ = run(capsys, "basis", text)
    assert code == 0 and "dim 10 of 100, sampled from 4 paths J = 0, 2" in out and "J  index  source" in out
    found = json.loads(run(capsys, "basis", text, "--json")[1])
    assert [(row["degree"], row["index"]) for row in found["blocks"]] == [(0, 0), (0, 1), (2, 0), (2, 1)]
    code, out, _ = run(capsys, "emit", text)
    assert code == 0 and "Dimension: 10 of 100, sampled from 4 paths J = 0, 2." in out
    compile(out, "layer", "exec")


def test_a_certificate_is_printed(capsys):
    hom = rt.read(HOM)
    assert run(capsys, "certify", HOM) == (0, f"{hom.certificate!r}\n", "")
    code, out, _ = run(capsys, "certify", HOM, "--json")
    found = json.loads(out)
    assert (code, found["certified"], found["digest"]) == (0, True, hom.certificate.digest)
    assert run(capsys, "certify", HOM, "-o", "proof.txt") == (0, "", "")
    assert Path("proof.txt").read_text(encoding="utf-8") == f"{hom.certificate!r}\n"


def test_a_failed_certificate_is_code_1(capsys, monkeypatch):
    monkeypatch.setattr("reptheory.certificate.by_characters", lambda hom: (17, ""))
    code, out, err = run(capsys, "certify", HOM)
    assert (code, out) == (1, "") and err.startswith("intertwiner: Hom(") and "17 by characters" in err


def test_a_layer_is_emitted(capsys):
    import torch

    import nn

    code, out, _ = run(capsys, "emit", HOM, "--name", "Lift", "--padding", "1", "--bias")
    plan = rt.lower(rt.read(HOM), padding=1, bias=True)
    assert code == 0 and out == nn.source(plan, name="Lift")
    assert run(capsys, "emit", HOM, "--name", "Lift", "--padding", "1", "--bias", "-o", "lift.py") == (0, "", "")
    assert Path("lift.py").read_text(encoding="utf-8") == out
    names: dict = {"__name__": "lift"}
    exec(compile(out, "lift.py", "exec"), names)
    assert names["Lift"]()(torch.ones(1, 2, 5, 5)).shape == (1, 16, 5, 5)


def test_emit_refuses_what_is_no_layer(capsys):
    code, _, err = run(capsys, "emit", "D(4).vector >> D(4).sign")
    assert code == 2 and "is zero into D(4).sign" in err
    code, _, err = run(capsys, "emit", HOM, "--name", "class")
    assert code == 2 and "'class' cannot be the name" in err


def test_without_torch_emit_says_so(capsys, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "nn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    code, _, err = run(capsys, "emit", HOM)
    assert code == 2 and "emit needs torch" in err and "intertwiner[torch]" in err
    for command in ("basis", "certify"):
        assert run(capsys, command, HOM)[0] == 0


# Tables ------------------------------------------------------------------------------------------------------
def test_a_character_table_is_printed(capsys):
    table = rt.A(5).character_table
    assert run(capsys, "table", "A(5)") == (0, f"{table}\n", "")
    assert run(capsys, "table", "A(5)", "--latex") == (0, f"{table._repr_latex_()}\n", "")
    assert run(capsys, "table", "A(5)", "--html", "-o", "a5.html") == (0, "", "")
    assert Path("a5.html").read_text(encoding="utf-8") == f"{table._repr_html_()}\n"


def test_a_character_table_is_json(capsys):
    code, out, _ = run(capsys, "table", "A(5)", "--json")
    found = json.loads(out)
    assert (code, found["group"], found["order"]) == (0, "A(5)", 60)
    assert [c["size"] for c in found["classes"]] == [c.size for c in rt.A(5).classes]
    for row, expected in zip(found["characters"], rt.A(5).character_table.characters, strict=True):
        assert [rt.read(x) for x in row["values"]] == list(expected.values) and row["values"][0] == str(row["degree"])


def test_a_table_needs_a_group(capsys):
    code, _, err = run(capsys, "table", "D(4).sign")
    assert code == 2 and "table takes a group, and D(4).sign is a representation" in err
    code, _, err = run(capsys, "table", "S(3)", "--latex", "--json")
    assert code == 2 and "not allowed with" in err


# Groups in files ---------------------------------------------------------------------------------------------
def test_groups_are_named_by_files(capsys, folder):
    rt.save_group(rt.octahedral().named("cube"), "a.json")
    rt.save_group(rt.D(4).named("the square"), "square.json")
    expected = repr((rt.octahedral().vector >> rt.octahedral().natural).certificate)
    for name, file in (("cube", "a.json"), ("Oct", "Oct=a.json"), ("square", "square.json")):
        code, out, _ = run(capsys, "certify", f"{name}.vector >> {name}.natural", "--group-file", file)
        assert code == 0 and (out.strip() == expected or name == "square")
    code, _, err = run(capsys, "certify", "cube.sign >> cube.sign", "--group-file", "a.json", "--group-file", "a.json")
    assert code == 2 and "the name cube is taken" in err
    os.rename("square.json", "a b.json")
    code, _, err = run(capsys, "certify", "C(2).sign >> C(2).sign", "--group-file", "a b.json")
    assert code == 2 and "'a b' is no name" in err and "NAME=a b.json" in err
    code, _, err = run(capsys, "certify", "D.sign >> D.sign", "--group-file", "D=a.json")
    assert code == 2 and "'D' cannot name a group" in err


# Mistakes ----------------------------------------------------------------------------------------------------
PATHS = "Hom(SO(3).irrep(1), SO(3).irrep(2), on=R(3))"
MISTAKES = {
    "an expression": (["basis", "D(4).regulr"], ["a group has no 'regulr'", "^^^^^^", "'regular'?"]),
    "Python": (["basis", "__import__('os').abort()"], ["__import__ is not known"]),
    "no Hom": (["certify", "D(4).regular"], ["certify takes a space of maps", "is a representation", "V >> W"]),
    "different groups": (["basis", "C(4).sign >> D(4).sign"], ["needs one group"]),
    "an ending": (["basis", HOM, "-o", "basis.txt"], ["-o basis.txt", ".npz, .safetensors, .json"]),
    "a folder": (["certify", HOM, "-o", "."], [". cannot be written: it is a folder"]),
    "no folder": (["certify", HOM, "-o", "nowhere/proof"], ["nowhere/proof cannot be written", "Make the folder"]),
    "a file of groups": (["basis", HOM, "--group-file", "none.json"], ["none.json"]),
    "too large": (["basis", "S(6).regular >> S(6).regular", "-o", "b.npz"], ["entries, and", "with --blocks to"]),
    "too large in blocks": (["basis", "S(6).regular >> S(6).regular", "-o", "b.npz", "--blocks"], ["Emit the layer."]),
    "exact blocks": (["basis", HOM, "-o", "b.json", "--blocks"], ["Leave --blocks and --dtype out"]),
    "a table of paths": (["basis", PATHS, "-o", "b.npz"], ["free radial functions", "nn.SteerableConv3d"]),
    "a layer of paths": (["emit", PATHS], ["free radial functions", "on=grid(3)"]),
    "facts of paths": (["certify", PATHS, "--json"], ["without -o and --json"]),
    "characters of a Lie group": (["table", "SO(3)"], ["takes a finite group, and SO(3) is a Lie group", "V.weights"]),
    "a command": (["derive", HOM], ["invalid choice: 'derive'"]),
    "nothing": ([], ["the following arguments are required"]),
    "an option": (["basis", HOM, "--dtype", "int8"], ["invalid choice: 'int8'"]),
}


@pytest.mark.parametrize("argv, pieces", MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_messages(capsys, folder, argv, pieces):
    code, _, err = run(capsys, *argv)
    assert code == 2 and all(piece in err for piece in pieces), err
    assert "Traceback" not in err and not list(folder.iterdir())


def test_help_and_version(capsys):
    assert run(capsys, "--version") == (0, f"intertwiner {rt.__version__}\n", "")
    code, out, _ = run(capsys, "--help")
    assert code == 0 and all(name in out for name in ("basis", "certify", "emit", "table", "Exit codes"))
    for name in ("basis", "certify", "emit", "table"):
        assert run(capsys, name, "--help")[0] == 0


def test_an_old_file_is_replaced_whole(capsys, monkeypatch, folder):
    Path("b.json").write_text("old", encoding="utf-8")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    code, _, err = run(capsys, "basis", HOM, "-o", "b.json")
    assert (code, err) == (130, "intertwiner: interrupted; nothing was written.\n")
    assert Path("b.json").read_text(encoding="utf-8") == "old" and len(list(folder.iterdir())) == 1
    monkeypatch.undo()
    os.chdir(folder)
    assert run(capsys, "basis", HOM, "-o", "b.json")[0] == 0 and json.loads(Path("b.json").read_bytes())["dim"] == 36


# Progress ----------------------------------------------------------------------------------------------------
class Terminal(io.StringIO):
    """What a terminal would receive."""

    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_terminals_when_it_takes_long(monkeypatch):
    monkeypatch.setattr("intertwiner.progress.PERIOD", 0.01)
    quick, slow, plain = Terminal(), Terminal(), io.StringIO()
    with progress("deriving", quick, delay=10):
        pass
    with progress("deriving", plain, delay=0):
        time.sleep(0.05)
    assert quick.getvalue() == plain.getvalue() == ""
    with progress("deriving", slow, delay=0) as step:
        time.sleep(0.05)
        step(3, 7)
        time.sleep(0.1)
    assert "deriving … 00:00" in slow.getvalue() and "3/7" in slow.getvalue()
    assert slow.getvalue().split("\r")[-2].strip() == ""  # wiped out


def test_progress_ends_with_an_error(monkeypatch):
    with pytest.raises(KeyboardInterrupt), progress("deriving", Terminal(), delay=0):
        raise KeyboardInterrupt


LONG = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # shells start jobs in the background with SIGINT ignored
import reptheory.basis
from intertwiner.command import main
reptheory.derivation.derived = lambda *_: (print("begun", file=sys.stderr), time.sleep(30))
sys.exit(main(["basis", "C(4).regular >> C(4).regular", "-o", "b.json"]))
"""


def test_an_interrupted_derivation_ends_cleanly(folder):
    """As in a shell: the title appears, Ctrl-C, one line, code 130, no file."""
    termios = pytest.importorskip("termios", reason="needs a pseudo-terminal")
    above, below = os.openpty()
    termios.tcsetwinsize(below, (24, 80))
    with subprocess.Popen([sys.executable, "-c", LONG], stderr=below, stdout=subprocess.PIPE,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}) as child:
        os.close(below)
        seen = b""
        while b"begun" not in seen or "deriving the basis …".encode() not in seen:
            seen += os.read(above, 1000)
        child.send_signal(signal.SIGINT)
        try:
            while chunk := os.read(above, 1000):
                seen += chunk
        except OSError:  # the other end of the terminal is closed
            pass
        os.close(above)
        assert child.wait(20) == 130 and child.stdout.read() == b""
    assert seen.decode().splitlines()[-1].endswith("intertwiner: interrupted; nothing was written.")
    assert b"Traceback" not in seen and not list(folder.iterdir())


def test_a_reader_that_has_seen_enough(folder):
    command = f"{shlex.quote(sys.executable)} -m intertwiner basis {shlex.quote(HOM)} | head -c 3"
    done = subprocess.run(command, shell=True, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    assert (done.stdout, done.stderr) == ("Hom", "")
