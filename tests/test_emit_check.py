"""The self-check of emitted source: it passes for what was emitted, and fails for what was changed since."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from dataclasses import replace
from types import ModuleType

import pytest
import torch
from hypothesis import assume, given, settings
from symmetries import homs
from test_emit import imported

import nn
import reptheory as rt
from nn.emit import source
from reptheory.plan import Plan, Table

G, HEXAGON = rt.D(4), rt.lattice("hexagonal", 1)
EXACT = {
    "monomial": nn.EquivariantConv2d(2 * G.regular, G.vector + G.regular, 3, stride=2, padding=1),
    "linear": nn.EquivariantLinear(2 * G.vector + G.trivial, G.vector + G.regular),
    "schur": nn.EquivariantLinear(2 * G.vector + G.trivial, 3 * G.vector),
    "circular": nn.EquivariantConv2d(G.regular, G.vector, 3, padding=4, padding_mode="circular"),
    "line": nn.EquivariantConv1d(rt.C(2).regular, rt.C(2).regular, 3, action=rt.C(2).sign),
    "space": nn.EquivariantConv3d(rt.octahedral().trivial, rt.octahedral().vector, 3),
    "set": rt.lower(rt.Hom(rt.S(3).natural, rt.S(3).regular, on=rt.gset(rt.S(3).natural))),
    "hexagon": nn.EquivariantConv2d(rt.D(6).regular, rt.D(6).regular, on=HEXAGON, padding=1),
    "strided plan": rt.lower(rt.Hom(G.regular, G.vector, on=rt.grid(3)), stride=2, padding=1, padding_mode="circular"),
    "plan": rt.lower(rt.Hom(G.regular, G.regular, on=rt.grid(3)), normalise=False, bias=True),
}
ROUNDED = {
    "irrational": nn.EquivariantLinear(rt.D(5).regular, 2 * rt.D(5).vector),
    "lattice": nn.EquivariantConv2d(rt.D(6).vector, 2 * rt.D(6).vector, on=HEXAGON, stride=2, padding=2),
    "complex": nn.EquivariantLinear(2 * rt.C(5).regular.complexify(), rt.C(5).regular.complexify()),
}


@pytest.mark.parametrize("layer", EXACT.values(), ids=EXACT)
def test_signed_permutations_are_checked_on_integers(layer):
    text = source(layer)
    assert "integers up to 99" in text and "bound=0.0" in text
    assert imported(layer).Layer().self_check() == 0.0
    assert imported(layer).Layer().self_check(seed=1) == 0.0


@pytest.mark.parametrize("layer", ROUNDED.values(), ids=ROUNDED)
def test_other_representations_are_checked_to_a_stated_bound(layer):
    text = source(layer)
    terms = int(re.search(r"bound=8 \* (\d+) \* torch.finfo\(torch.float64\).eps", text)[1])
    assert f"8 eps for each of the {terms} numbers" in text
    assert 0 < imported(layer).Layer().self_check() <= 8 * terms * torch.finfo(torch.float64).eps


@settings(max_examples=25)
@given(homs())
def test_every_plan_of_a_question_checks_itself(hom: rt.Hom):
    assume(hom.dim and hom.group.names)
    module = imported(rt.lower(hom))
    assert module.Layer().self_check() <= 1e-12


@pytest.mark.parametrize("kind", ["monomial", "linear", "hexagon"])
def test_a_check_leaves_the_text_as_it_was(kind):
    """The check sets lengths to 1 in a layer of its own: those of layers made or converted later are the text's."""
    module, untouched = imported(EXACT[kind]), imported(EXACT[kind])
    before = module.Layer(dtype=torch.float64)
    module.Layer().self_check()
    assert all(torch.equal(module.TABLES[key], value) for key, value in untouched.TABLES.items())
    for found in (before, module.Layer(dtype=torch.float64), before.float().double()):
        assert all(torch.equal(found.get_buffer(key), value.to(found.get_buffer(key)))
                   for key, value in untouched.TABLES.items())


def changed(layer, table: str, entry: int, by: float = 1) -> torch.nn.Module:
    """The emitted layer with one number of its text another."""
    module = imported(layer)
    flat = module.TABLES[table].view(-1)
    flat[entry] = (flat[entry] + by) % 8 if flat.dtype == torch.int64 else flat[entry] * -by
    return module.Layer()


@pytest.mark.parametrize("kind, table", [
    ("monomial", "index_0"), ("monomial", "index_1"), ("monomial", "sign_0"), ("linear", "sign_0"),
    ("circular", "index_0"), ("set", "index_0"), ("hexagon", "index_0"), ("plan", "index_0"), ("space", "sign_0"),
    ("irrational", "basis_0"), ("lattice", "basis_0"), ("lattice", "spread"),
])
@pytest.mark.parametrize("entry", [0, -1])
def test_a_changed_entry_is_found(kind: str, table: str, entry: int):
    layer = (EXACT | ROUNDED)[kind]
    given = imported(layer).TABLES[table].view(-1)
    if not given[entry]:
        entry = int(given.nonzero()[entry])
    with pytest.raises(AssertionError, match=r"Layer does not commute with the generator (r|s|x|y|z): f\(\1·x\) and"):
        changed(layer, table, entry).self_check()


def test_a_changed_action_is_found():
    module = imported(EXACT["monomial"])
    module.ACTIONS["s"]["D(4).vector"][1][0] = -1
    with pytest.raises(AssertionError, match=r"generator s: f\(s·x\) and s·f\(x\) differ by .* and 0 is allowed"):
        module.Layer().self_check()
    module = imported(EXACT["monomial"])
    module.TURNS["r"] = ((0, 1, 3, 2), (3,))
    with pytest.raises(AssertionError, match="the generator r"):
        module.Layer().self_check()


@pytest.mark.parametrize("kind", ["linear", "set", "hexagon", "irrational", "complex"])
def test_features_are_moved_where_they_are(kind):
    """The tables of a file imported under torch.set_default_device are not where the check is made."""
    layer = (EXACT | ROUNDED)[kind]
    module = imported(layer)
    side = min(module.TURNS["r"]) if kind == "hexagon" else 0
    shape = {"set": (2, 3, 3), "hexagon": (2, 12, side, side)}.get(kind) or (2, layer.in_type.dim)
    x = torch.ones(shape, device="meta", dtype=torch.complex64 if kind == "complex" else torch.float32)
    assert all(module.moved(x, module.INPUT, g).is_meta for g in module.ACTIONS)
    assert kind != "hexagon" or module.inside(x).is_meta


def test_a_changed_digit_of_the_text_is_found():
    text = source(EXACT["monomial"])
    assert text.count("0, 8, 7, 15, 16, 13,") == 1
    module = ModuleType("emitted")
    exec(text.replace("0, 8, 7, 15, 16, 13,", "0, 8, 7, 15, 14, 13,"), module.__dict__)
    with pytest.raises(AssertionError, match="Layer does not commute with the generator"):
        module.Layer().self_check()


def test_a_plan_changed_after_it_was_lowered_fails_the_check_of_its_question():
    plan = EXACT["plan"]
    index = next(c for c in plan.consts if c.name == "index_0")
    other = index.value.array.copy()
    other[0] = (other[0] + 1) % (other.max() + 1)
    consts = tuple(replace(c, value=Table.of(other)) if c is index else c for c in plan.consts)
    with pytest.raises(AssertionError, match="Layer does not commute with the generator r"):
        imported(replace(plan, consts=consts)).Layer().self_check()


def test_the_question_of_a_plan_is_no_part_of_it(tmp_path):
    plan = EXACT["plan"]
    rt.save(plan, tmp_path / "plan")
    for again in (pickle.loads(pickle.dumps(plan)), rt.load(tmp_path / "plan")):
        assert again == plan and again.digest == plan.digest and again.origin is None
        text = source(again)
        assert "self_check" not in text and plan.digest in text and "72 by orbits" in text
    assert plan.prune().origin is plan.origin and plan.fold().origin is plan.origin


def test_a_check_that_proves_nothing_fails():
    module = imported(EXACT["linear"])
    module.Layer.forward = lambda self, x: 0 * x
    with pytest.raises(AssertionError, match=r"f\(x\) is 0 on these features, which proves nothing. Take"):
        module.Layer().self_check()
    nothing = rt.lower(rt.Hom(G.trivial, G.sign))
    assert "No self-check: it has no weights: zero is the only such map." in source(nothing)


def test_writing_a_source_draws_no_random_numbers():
    network = torch.nn.Sequential(EXACT["schur"], nn.EquivariantBatchNorm(3 * G.vector), torch.nn.Linear(6, 2))
    state = torch.get_rng_state()
    source(network)
    source(EXACT["plan"])
    assert torch.equal(torch.get_rng_state(), state)


def test_the_docstring_states_the_question_and_its_answer():
    layer = EXACT["monomial"]
    text = imported(layer).__doc__
    assert text.startswith("Hom(2*D(4).regular, D(4).vector + D(4).regular, on=grid(3))\n")
    for line in ("Group: D(4)  # order 8, generators r, s.", "Input: 2*D(4).regular, 16 channels.",
                 "Output: D(4).vector + D(4).regular, 10 channels.", "Space: grid(3), 9 points.",
                 "Dimension: 180 of 1440, exact over Q.", layer.plan.digest,
                 "Certificate: 180 by orbits, 180 by characters, residual 0, over Q: ok."):
        assert line in text


def test_the_file_checks_itself_when_it_is_run(tmp_path):
    path = tmp_path / "layer.py"
    path.write_text(source(EXACT["linear"], "Linear"), encoding="utf-8")
    run = subprocess.run([sys.executable, "-I", "-W", "ignore", str(path)], capture_output=True, text=True,
                         cwd=tmp_path)
    assert (run.returncode, run.stdout) == (0, "Linear commutes with r s up to a relative error of 0.0\n")


def test_a_plan_of_no_question_has_no_check():
    text = source(Plan(("x",), (), (), (), "x"))
    assert "self_check" not in text and "__main__" not in text


LIE = {"rotations": rt.SO(3).irrep(1) + rt.SO(3).irrep(2), "spins": 2 * rt.SU(2).irrep("1/2"),
       "with parity": rt.O(3).irrep("1o") + rt.O(3).irrep("0e"), "Lorentz": rt.SO(1, 3).vector}


@pytest.mark.parametrize("name", LIE)
def test_emitted_layers_of_lie_groups_check_themselves_on_their_one_parameter_groups(name):
    v = LIE[name]
    text = nn.source(nn.EquivariantLinear(v, v, dtype=torch.complex128 if v.scalars == "C" else torch.float64))
    space: dict = {"__name__": "emitted"}
    exec(text, space)
    assert "No self-check" not in text and len(space["ACTIONS"]) == v.group.dim + len(v.group.names)
    assert space["Layer"]().self_check() < 1e-13
    right = space["Layer"].forward
    space["Layer"].forward = lambda self, x: right(self, x).roll(1, 1)  # the kind of mistake that an edit makes
    with pytest.raises(AssertionError, match=r"does not commute with the generator (i:|exp\(0\.7·[A-Z])"):
        space["Layer"]().self_check()


def test_what_preserves_no_grid_is_said():
    layer = nn.SteerableConv2d(rt.SO(2).irrep(1), rt.SO(2).irrep(1), 3)
    assert "No self-check: SO(2) has no generator that preserves a grid." in nn.source(layer)
