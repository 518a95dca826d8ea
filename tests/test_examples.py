"""The programs in examples/ run as they stand, each in a process of its own, and the demo proves what it prints."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest
import torch

import reptheory as rt

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


def run(program: Path, *arguments: str, cwd: Path) -> str:
    code = f"import sys, runpy; sys.path.insert(0, {str(ROOT)!r}); sys.argv = {[str(program), *arguments]!r}; " \
           f"runpy.run_path({str(program)!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr  # bars are drawn for people only
    return done.stdout


@pytest.fixture(scope="module")
def demo() -> ModuleType:
    spec = importlib.util.spec_from_file_location("demo", EXAMPLES / "demo.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# What each example prints, beyond running.
SAYS = {
    "new_group": ["dim 3 of 49", "3 by orbits, 3 by characters", "4 weights, loss", "tensor([[0, 1, 1, 0, 1, 0, 0],"],
    "kernels": ["dim 6 of 50", "κ5: the x and y components", "  0 -1  0  1  0    0  0  0  0  0"],
    "any_size": ["dim 15 for n ≥ 4", "at n = 3: ab->cd = 6·aa->aa", "50 nodes: R² = "],
    "tetris": ["3 paths J = 1, 2, 3", "told apart in 100 others: 100 %"],
    "colours": ["27 by characters", "turned:             same", "exchanged:  same", "mirrored:           another"],
}


def test_every_example_is_run_here():
    others = {"demo", "continuous_symmetry", "molecules", "augmentation_dynamics", "learn_pde", "shallow_water"}
    assert {path.stem for path in EXAMPLES.glob("*.py")} == {*SAYS, *others}


@pytest.mark.parametrize("name", SAYS)
def test_an_example_runs_and_says_what_it_found(name, tmp_path):
    text = run(EXAMPLES / f"{name}.py", cwd=tmp_path)
    for words in SAYS[name]:
        assert words in text
    assert len((EXAMPLES / f"{name}.py").read_text(encoding="utf-8").splitlines()) <= 40  # one screen
    for picture in tmp_path.glob("**/*.svg"):
        assert ElementTree.parse(picture).getroot().tag.endswith("svg")


@pytest.mark.parametrize("task", ["digits", "graphs", "translations"])
def test_augmentation_keeps_compatible_layers_equivariant_and_no_others(task, tmp_path):
    text = run(EXAMPLES / "augmentation_dynamics.py", "--task", task, "--epochs", "1", "1", "--runs", "1", "--out",
               str(tmp_path), cwd=tmp_path)
    drift = {line[:13].strip(): float(line[13:].split()[0]) for line in text.partition("first epoch of SGD")[2]
             .splitlines()[1:] if line[:13].strip() and not line.startswith(("Written", "("))}
    stays = {"digits": {"cross", "full"}, "graphs": set(), "translations": {"augmented"}}[task]
    assert stays < drift.keys()
    assert all((value <= 1e-10) if name in stays else (value >= 1e-4) for name, value in drift.items())
    assert (tmp_path / f"augmentation_{task}.png").read_bytes().startswith(b"\x89PNG")
    assert {"digits": "dim L = 5, dim Hom_G = 3, dim E = 2>", "graphs": "dim E = 15, and 2 invariant",
            "translations": "dim E = 512, and 8 invariant"}[task] in text


@pytest.mark.slow
def test_a_dam_breaks_and_a_lake_rests(tmp_path):
    text = run(EXAMPLES / "shallow_water.py", cwd=tmp_path)
    finest = next(line.split() for line in text.splitlines() if line.split()[:1] == ["400"])
    assert float(finest[2]) > 0.6 and float(finest[4]) > 0.9  # observed orders of the mean error, across a shock
    assert "A lake at rest moves by 0.0 and its depth by 0.0." in text
    assert (tmp_path / "out" / "shallow_water.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_molecules_keep_their_energy_and_turn_their_forces(tmp_path):
    pytest.importorskip("ase")
    text = run(EXAMPLES / "molecules.py", "--epochs", "1", "--out", str(tmp_path), cwd=tmp_path)
    assert text.startswith("148 molecules") and text.count("\n") == 7
    energy, force = (float(x) for x in re.findall(r"by (\S+?),", text))
    assert energy < 1e-13 and force < 1e-11  # relative, float64, sums over some hundred atoms
    assert (tmp_path / "molecules.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_hyperbolic_system_is_recovered_from_snapshots(tmp_path):
    text = run(EXAMPLES / "learn_pde.py", "--out", str(tmp_path), cwd=tmp_path)
    errors = {line.split()[0]: float(line.split()[-2]) for line in text.splitlines() if "relative error" in line}
    assert errors.keys() == {"matrices", "sound", "wind", "120"} and max(errors.values()) < 1  # per cent
    assert (tmp_path / "learn_pde.png").read_bytes().startswith(b"\x89PNG")


def test_the_demo_goes_the_whole_road(tmp_path):
    text = run(EXAMPLES / "demo.py", "--epochs", "1", "--out", str(tmp_path / "demo"), cwd=tmp_path)
    assert text.count(": ok>") == 5  # three layers, the derivation, and the note of its plan
    assert "The equivariant accuracy does not move at all: all 597 answers" in text
    assert "in every bit, for every g: True" in text and "(torch.equal)" in text
    rows = [line.split() for line in text.splitlines() if line.endswith("%")]
    assert len(rows) == 8 and len({row[1] for row in rows}) == 1 and len({row[2] for row in rows}) > 1
    assert (tmp_path / "demo" / "demo.png").read_bytes().startswith(b"\x89PNG")
    source = (tmp_path / "demo" / "first_layer.py").read_text(encoding="utf-8")
    assert "reptheory" not in source and "import nn" not in source


def test_the_demo_names_every_element_of_the_group_once(demo):
    assert set(demo.ELEMENTS) == set(demo.G.elements) and len(demo.ELEMENTS) == len(demo.NAMES) == 8
    for g, name in zip(demo.ELEMENTS, demo.NAMES):
        assert g == demo.G.element("*".join(name.replace("s", " s").replace("r", " r").replace("²", "^2")
                                            .replace("³", "^3").split()))


def test_the_plain_net_of_the_demo_is_of_equal_size(demo):
    ours = demo.parameters(demo.equivariant_net())
    assert abs(demo.parameters(demo.matched_plain_net(ours)) - ours) <= 0.01 * ours


def test_the_split_of_the_demo_is_fixed_and_has_no_digit_twice(demo):
    train, test, _, labels = demo.digits()
    assert len(train) == 1200 and len(test) == len(labels) == 597
    assert all(torch.equal(a, b) for a, b in zip((train, test), demo.digits()))
    rows = {x.numpy().tobytes() for x in train}
    assert not rows & {x.numpy().tobytes() for x in test}


def test_the_untrained_net_of_the_demo_is_invariant_and_the_plain_one_is_not(demo):
    torch.manual_seed(0)
    images = demo.digits()[1][:40]
    drift, margin = demo.stability(demo.logits_under_the_group(demo.equivariant_net(), images))
    assert drift < 1e-12 < margin
    with pytest.raises(RuntimeError, match="answers change under the group"):
        demo.stability(demo.logits_under_the_group(demo.plain_net(8, 8), images))


def test_the_demo_fails_loudly_when_rounding_could_flip_an_answer(demo):
    logits = torch.tensor([[[1.0, 0.0]], [[1.0, 1e-9]]]).repeat(1, 1, 1)
    assert demo.stability(logits)[0] == pytest.approx(1e-9)
    logits[1, 0, 1] = 0.6  # the answer is still the first, by a margin that the change could have eaten
    with pytest.raises(RuntimeError, match="0 of 1 answers change"):
        demo.stability(logits)


def test_the_exact_check_of_the_demo_sees_a_broken_layer(demo, monkeypatch):
    hom = rt.Hom(demo.G.trivial, demo.G.regular, on=rt.grid(3))
    images = demo.digits()[1][:4]
    assert demo.exact_in_torch(hom, images)
    monkeypatch.setattr(demo.nn, "PlanModule", lambda plan: Skewed(plan))
    assert not demo.exact_in_torch(hom, images)


class Skewed(torch.nn.Module):
    """A convolution whose filter commutes with nothing."""

    def __init__(self, plan):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(8, 1, 3, 3))

    def forward(self, x):
        return torch.nn.functional.conv2d(x, self.weight)


def test_the_demo_says_so_when_the_stand_alone_source_differs(demo, tmp_path, monkeypatch):
    layer = demo.equivariant_net()[0].eval()
    x = demo.scaled(demo.digits()[1][:2])
    assert demo.run_alone(layer, tmp_path, x) == tmp_path / "first_layer.py"
    text = demo.nn.source(layer, name="FirstLayer")
    monkeypatch.setattr(demo.nn, "source", lambda *_, **__: text.replace("padding=1)", "padding=1) * 2"))
    with pytest.raises(RuntimeError, match="its outputs differ"):
        demo.run_alone(layer, tmp_path, x)
    monkeypatch.setattr(demo, "ALONE", demo.ALONE.replace("sys.path.append({site!r})",
                                                          f"sys.path += [{{site!r}}, {str(ROOT)!r}]"))
    with pytest.raises(RuntimeError, match="this process can import"):
        demo.run_alone(layer, tmp_path, x)


@pytest.mark.slow
def test_weights_move_along_a_group_and_answers_stay(tmp_path):
    options = ("--epochs", "1", "--count", "1", "--out", str(tmp_path))
    text = run(EXAMPLES / "continuous_symmetry.py", *options, cwd=tmp_path)
    rows = {line.split(", exp")[0]: line for line in text.splitlines() if ", exp(tX)" in line}
    for name in ("hyperbolic network", "the same with a metric"):
        low, high = re.search(r"([\d.]+) to ([\d.]+) %", rows[name]).groups()
        assert low == high and float(rows[name].split()[-1]) < 1e-12
    low, high = re.search(r"([\d.]+) to ([\d.]+) %", rows["ReLU ResNet"]).groups()
    assert float(high) > float(low) and float(rows["ReLU ResNet"].split()[-1]) > 1e-2
    assert "commutes with positive monomial matrices only" in text
    assert (tmp_path / "continuous_symmetry.png").read_bytes().startswith(b"\x89PNG")
