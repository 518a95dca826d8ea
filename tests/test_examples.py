"""The programs in examples/ run as they stand, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


def run(program: Path, *arguments: str, cwd: Path) -> str:
    code = f"import sys, runpy; sys.path.insert(0, {str(ROOT)!r}); sys.argv = {[str(program), *arguments]!r}; " \
           f"runpy.run_path({str(program)!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ["new_group", "kernels"])
def test_an_example_runs(name, tmp_path):
    assert run(EXAMPLES / f"{name}.py", cwd=tmp_path)


def test_the_demo_goes_the_whole_road(tmp_path):
    text = run(EXAMPLES / "demo.py", "--epochs", "1", "--out", str(tmp_path / "demo"), cwd=tmp_path)
    assert "the equivariant accuracy did not move at all" in text
    assert "stand-alone layer equal in every bit: True" in text
    rows = [line.split() for line in text.splitlines() if line.endswith("%")]
    assert len(rows) == 8 and len({row[1] for row in rows}) == 1 and len({row[2] for row in rows}) > 1
    assert (tmp_path / "demo" / "demo.png").read_bytes().startswith(b"\x89PNG")
    assert "import reptheory" not in (tmp_path / "demo" / "first_layer.py").read_text(encoding="utf-8")
