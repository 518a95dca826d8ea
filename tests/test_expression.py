"""Expressions: what `repr` prints is read back, everything else is refused at its place, and nothing is ever run."""

from __future__ import annotations

import pickle
import re
import time
from inspect import getmembers, isfunction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from symmetries import groups, homs, spaces, subgroups, typed

import reptheory as rt
from reptheory.grammar import DEPTH, LENGTH, parse
from reptheory.group import Group
from reptheory.rep import Rep
from reptheory.vocabulary import CONSTANTS, CONSTRUCTORS, METHODS

EXAMPLES = [
    "C(4)", "D(4) * S(3)", "C(2) * (C(3) * C(5))", "A(5)", "Dic(3)", "Q8()", "tetrahedral(full=True)", "icosahedral()",
    "group(r='(0 1 2 3)', s='(0 3)(1 2)')", "group(r=[1, 2, 0])", "group(r=[[0, -1], [1, 0]])",
    "group(limit=200000, r=[[0, -1], [1, 0]])", "group(r=[[cyclotomic(4).number(0, 1)]])",
    "presentation('r s', 'r^4, s^2, (r*s)^2')", "presentation('r', 'r^4', limit=200000)",
    "semidirect(C(7), C(3), {'r': {'r': 'r^2'}})", "wreath(C(2), 3)", "D(4).subgroup(t='r^2')",
    "GL(2, q=3)", "SL(2, q=5)", "PGL(2, q=7)", "PSL(3, q=2)", "AGL(1, q=5)", "unitriangular(3, q=3)",
    "matrix_group(5, a=[[1, 1], [0, 1]], b=[[0, 1], [4, 0]], on='lines')", "point_group('4/mmm')", "wallpaper('p4mm')",
    "abelian(2, 4, 6)", "hyperoctahedral(3)", "frobenius(7, 3)", "central_product(Q8(), D(4), {'i^2': 'r^2'})",
    "quotient_group(Q8(), Q8().subgroup(t='i^2'))", "natural_projection(S(3), S(3).subgroup(t='(0 1 2)'))",
    "in_space(group(r='(0 1 2 3)'), r=[[0, '-1/2'], [2, 0]], gram=[1, '1/4'])",
    "(C(2) * C(3)).subgroup(t='(0 1)')", "D(4).trivial", "2*D(4).regular + D(4).vector",
    "3*(D(4).vector * D(4).sign)", "D(4).vector**3", "(D(4).vector + D(4).sign).dual", "D(4).vector.sym(2).alt(2)",
    "D(4).irrep('B1')", "S(4).irrep((3, 1))", "A(4).irrep(((2, 2), '+'), over='C')",
    "D(4).irrep(1)", "C(5).irrep(2, over='C')", "C(5).irrep(2, over='C').realify()",
    "C(4).vector.complexify()", "D(4).quotient(D(4).subgroup(s='s'))", "D(4).permutation(r='(0 1)', s='(0 1)')",
    "C(4).rep(r=[[0, '-1/2'], [2, 0]], gram=[1, '1/4'])", "D(4).vector.restrict(D(4).subgroup(t='r'))",
    "D(4).subgroup(s='s').sign.induce(D(4))", "C(4).vector.pullback((C(4) * S(3)).projections[0])",
    "C(2).sign.pullback(Homomorphism(D(4), C(2), {'r': '1', 's': 'r'}))", "octahedral().vector.orbit((1, 1, 1))",
    "POINT", "R(3)", "R(2, max_frequency=4)", "sphere(3)",
    "R(2).sample(5)", "R(3).sample(3, rings=[0.0, 1.5], sigma=[0.5, 0.5], frequencies=[0, 2])",
    "Hom(O(2).irrep(1), O(2).irrep(2), on=R(2))",
    "grid(3)", "grid(3, ndim=3)", "grid(5, ndim=1, action=C(2).sign)", "lattice('hexagonal', 2)",
    "lattice('hexagonal', 1, action=D(6).vector)", "gset(D(4).natural)", "D(4).space(D(4).subgroup(s='s'))",
    "Hom(D(4).regular, D(4).regular, on=grid(3))", "Hom(C(4).vector, C(4).regular)", "3", "Q('-1/2')",
    "quadratic(5).number('1/2', '1/2')", "cyclotomic(5)", "real_cyclotomic(7).number(1, 0, 2)", "Q",
    "number_field([-2, 0, 0, 1], root=1.26)", "number_field([-2, 0, 0, 1], root=-0.63+1.09j)",
    "Homomorphism(D(4), C(2), {'r': '1', 's': 'r'})", "D(4).element('r*s')",
]
REFUSED = {  # what is wrong: the text, the place of the caret, and pieces of the message
    "an unknown name": ("E(4)", 0, ["E is not known", "Known names are C, D"]),
    "a misspelt constructor": ("Hom(D(4).regular, octohedral())", 18, ["octohedral is not known", "'octahedral'?"]),
    "a misspelt attribute": ("D(4).regulr", 5, ["a group has no 'regulr'", "Did you mean 'regular'?", "sign, irrep"]),
    "an attribute of Python": ("C(4).__class__.__base__", 5, ["a group has no '__class__'"]),
    "an attribute that exists, but is not in the table": ("C(4).listing", 5, ["a group has no 'listing'"]),
    "an import": ("__import__('os').system('true')", 0, ["__import__ is not known"]),
    "a format": ("f'{C(4)}'", 1, ["cannot stand here", "the end"]),
    "a function": ("lambda x: x", 7, ["'x' cannot stand here"]),
    "a comprehension": ("[C(n) for n in Q]", 6, ["'for' cannot stand here", "a comma or ']'"]),
    "an assignment": ("x = C(4)", 2, ["'=' cannot stand here"]),
    "two expressions": ("C(4); C(3)", 4, ["';' has no place"]),
    "an open bracket": ("Hom(D(4).regular", 16, ["ends too early", "a comma or ')'"]),
    "an open text": ("group(r='(0 1)", 8, ["this text has no end", "the same quote"]),
    "a wrong escape": (r"group(r='\q')", 9, ["is no escape"]),
    "nothing": ("", 0, ["ends too early", "a name, a number"]),
    "a dangling operator": ("C(4).sign +", 11, ["ends too early"]),
    "a text alone": ("'C(4)'", 0, ["a text is no object of its own"]),
    "a list alone": ("[1, 2]", 0, ["a list is no object"]),
    "a missing call": ("D", 0, ["without its arguments", "D(n), where n is an integer up to"]),
    "a missing call of a method": ("D(4).sym", 5, ["a group has no 'sym'"]),
    "a method as an attribute": ("D(4).sign.sym", 10, ["without its arguments", "sym(k)"]),
    "a call too many": ("D(4).sign()", 5, ["sign takes no arguments", "brackets"]),
    "a call of a value": ("D(4)(1)", 0, ["a group takes no arguments"]),
    "too many arguments": ("C(4, 5)", 5, ["too many arguments", "C(n)"]),
    "too few arguments": ("wreath(C(2))", 0, ["wreath needs n as well"]),
    "an unknown argument": ("C(m=4)", 4, ["no argument 'm'", "C(n)"]),
    "an argument twice": ("C(4, n=4)", 7, ["no argument 'n' here"]),
    "a name twice": ("group(r='(0 1)', r='(0 1)')", 17, ["no new name"]),
    "position after name": ("grid(ndim=3, 3)", 13, ["by position stands after one by name"]),
    "a wrong kind": ("C('4')", 2, ["n of C is an integer", "'4' is not"]),
    "a wrong argument": ("D(4).rep(r=[[1.5]], s=[[1]])", 11, ["r of rep is a list of rows of exact numbers"]),
    "a number in words of another language": ("C(4).rep(r=[['1e99999999']])", 11, ["rows of exact numbers"]),
    "a sum of groups": ("C(4) + C(4)", 0, ["a group + a group has no meaning", "V + W"]),
    "a product of numbers": ("2 * 3", 0, ["an integer * an integer has no meaning"]),
    "a power of numbers": ("C(10**100)", 2, ["an integer ** an integer has no meaning"]),
    "a negative": ("-C(4)", 0, ["a group has no negative"]),
    "an index": ("(C(4) * C(3)).projections[2]", 25, ["no entry 2", "There are 2"]),
    "an index of a group": ("C(4)[0]", 4, ["a group has no entries"]),
    "an index that is no integer": ("(C(4) * C(3)).projections[C(2)]", 25, ["one integer"]),
    "a table with a name twice": (
        "Homomorphism(C(2), C(2), {'r': 'r', 'r': 'r'})", 25, ["stands twice"]),
    "a key that is no text": ("semidirect(C(7), C(3), {r: 1})", 24, ["a text in quotes"]),
    "a surrogate": ("group(r='\ud800')", 9, ["surrogate"]),
    "the library's own refusal": ("2*D(4).irrep('E')", 7, ["D(4) has no irrep 'E'", "Its keys are 'A1'"]),
    "a key inside a key": ("D(4).irrep((3, ('E', 1)))", 5, ["no irrep (3, ('E', 1))"]),
    "no key": ("D(4).irrep((3, C(2)))", 11, ["key of irrep is the key of an irrep", "(3, 1); a tuple is not"]),
    "different groups": ("Hom(C(4).sign, D(4).sign)", 0, ["needs one group"]),
    "no power": ("C(4).vector ** -1", 15, ["'-' cannot stand here"]),
    "a later line": ("Hom(C(4).sign,\n    C(4).sin)", 24, ["\n      C(4).sin)\n           ^^^\n"]),
}
BOMBS = [  # each is answered at once, by an error
    "C(10**100)", f"C({'9' * 100})", f"C({'9' * 5000})", "C(100000000)", "S(100000)", "(" * 100_000, "-" * 100_000,
    "[" * 100_000, "{'a': " * 10_000, "C(2).trivial" + ".dual" * 10_000, "S(3).natural**1000", "S(3).natural**60",
    "((C(2).trivial**64)**64)**64", "C(9).regular.sym(60)", "S(40).natural.alt(20)", "1000000000*C(2).sign",
    "S(12).regular", "S(12).subgroup(t='r').trivial.induce(S(12))", "grid(100000, ndim=3)",
    "grid(10, ndim=99999999999)", "lattice('hexagonal', 99999)", "wreath(C(50000), 100)",
    " + ".join(["C(2).sign"] * 5000), " * ".join(["C(2)"] * 5000), " * ".join(["C(2).sign"] * 5000), "x" * (LENGTH + 1),
    "quadratic(" + "9" * 900 + ")", "cyclotomic(123456789)", "presentation('a', 'a^2', limit=1000000000)",
    "C(2).rep(r=[['1e999999999']])", "Q('1/" + "9" * 2000 + "')", "group(limit=99999999999, r=[[1]])",
    "S(200).irrep((100, 50, 50))", "S(200).irrep((100, 50))", "(C(20000) * C(20000)).irrep((1, 1))",
    "quotient_group(S(33), S(33).subgroup(t='(0 1 2)'))", "number_field([1, 2, 1e999], root=1e999)",
    "D(4).permutation(r='(0 1)', s='(0 99999)')",
    "C(2).rep(r=[[cyclotomic(97).number(0, 1), real_cyclotomic(89).number(0, 1)], [0, 1]])",
    "C(2).rep(r=[[cyclotomic(997).number(0, 1)]])",
    "GL(64, q=99991)", "PSL(2, q=100000)", "SL(17, q=2)", "AGL(9, q=7)",
    f"abelian({', '.join(['2'] * 5000)})", "frobenius(99991, 9990)", "hyperoctahedral(65)",
    "R(2).sample(100000)", "R(2).sample(3, rings=[1e99])", "R(2).sample(3, frequencies=[10**9])",
    "matrix_group(99991, a=[[1, 1], [0, 1]])", f"wallpaper('{'p' * 5000}')",
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_what_repr_prints_is_read(text):
    x = rt.read(text)
    assert getattr(x, "expression", repr(x)) == text
    assert rt.read(repr(x)) == x  # with its comment


@given(st.data())
def test_reading_a_repr_gives_the_object(data):
    group, rep = data.draw(typed(1))
    number = rep.trace(group.generators[0])
    for x in (group, data.draw(subgroups(group)), rep, data.draw(spaces(group)), number, rep.field):
        assert rt.read(repr(x)) == x


@given(homs())
def test_reading_the_repr_of_a_hom_gives_the_hom(hom):
    again = rt.read(hom.expression)
    assert again == hom and again.expression == hom.expression


@pytest.mark.parametrize("text, at, pieces", REFUSED.values(), ids=REFUSED)
def test_everything_else_is_refused_where_it_goes_wrong(text, at, pieces):
    with pytest.raises(rt.ExpressionError) as caught:
        rt.read(text)
    message = str(caught.value)
    assert caught.value.at == at and caught.value.text == text
    assert all(piece in message for piece in pieces), message
    caret = next(k for k, line in enumerate(message.splitlines()) if set(line) == {" ", "^"})
    line, below = message.splitlines()[caret - 1:caret + 1]
    column = at - text.rfind("\n", 0, at) - 1
    assert below.index("^") == column + 2
    if text.isprintable():
        assert line[2:] == text


def test_the_cause_of_a_refusal_is_kept():
    with pytest.raises(rt.ExpressionError) as caught:
        rt.read("D(4).vector.restrict(C(3))")
    assert isinstance(caught.value.__cause__, rt.NotASubgroup) and str(caught.value.__cause__) in str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value) and again.at == 12


@pytest.mark.parametrize("text", BOMBS, ids=lambda text: text[:40])
def test_no_text_hangs(text):
    start = time.process_time()
    with pytest.raises(rt.ExpressionError) as caught:
        rt.read(text)
    assert time.process_time() - start < 1 and len(str(caught.value)) < 2500


def test_long_lines_are_cut_around_the_fault():
    with pytest.raises(rt.ExpressionError) as caught:
        rt.read(" + ".join(["C(2).sign"] * 50 + ["C(2).sgn"] + ["C(2).sign"] * 50))
    _, line, carets, _ = str(caught.value).splitlines()
    assert len(line) < 130 and line.startswith("  …") and line.endswith("…")
    assert line[carets.index("^"):carets.rindex("^") + 1] == "sgn"


def test_groups_may_be_given_names():
    cube = rt.octahedral()
    assert rt.read("Hom(cube.vector, cube.natural)", groups={"cube": cube}).source.group is cube
    for name in ("C", "POINT", "a b", "4"):
        with pytest.raises(ValueError, match="cannot name a group"):
            rt.read("C(4)", groups={name: cube})
    with pytest.raises(rt.ExpressionError, match="Did you mean 'cube'"):
        rt.read("cubes.vector", groups={"cube": cube})
    with pytest.raises(TypeError, match=r"Write rt\.read"):
        rt.read(4)


def test_a_group_is_made_once():
    hom = rt.read("Hom(D(4).subgroup(t='r').trivial, 2*D(4).subgroup(t='r').regular)")
    assert hom.source.group is hom.target.summands[0][1].group


def test_the_tree_keeps_the_depth_and_the_places():
    tree = parse("2*(C(4).vector + C(4).sign).dual")
    assert tree.depth <= DEPTH and tree.parts[1].value == "dual"
    assert [part.kind for part in tree.parts[1].parts[0].parts] == [".", "."]


# The table is complete ---------------------------------------------------------------------------------------
MAKES = {"Group", "LieGroup", "Group | LieGroup", "Rep", "Hom", "Field", "Number", "Grid", "Hexagonal", "GSet",
         "Homomorphism", "Element",
         "PermutationFamily", "tuple[Homomorphism, ...]"}
NOT_READ = {
    "from_table": "prints as a group of permutations", "automorphisms": "prints as a group of permutations",
    "from_sympy": "prints as a group or a presentation",
    "load_group": "reads a file, and prints the generators in it",
    "stabiliser": "prints as a subgroup", "setwise_stabiliser": "prints as a subgroup",
    "derive": "gives back the Hom that it is asked about",
}
NOT_READ_METHODS = {
    "copies": "prints as a sum", "conjugate": "prints as a subgroup", "field": "prints as a field",
    "identity": "prints as an element", "evaluate": "prints as an element", "trace": "prints as a number",
    "commutant": "prints as a Hom",
}


def made_by(function) -> str:
    return str(getattr(function, "__annotations__", {}).get("return", ""))


FUNCTIONS = {name: getattr(rt, name) for name in rt.__all__ if isfunction(getattr(rt, name))}


@pytest.mark.parametrize("name", [name for name, function in FUNCTIONS.items() if made_by(function) in MAKES])
def test_every_public_constructor_is_read(name):
    assert name in CONSTRUCTORS or name in NOT_READ, f"add {name} to CONSTRUCTORS in vocabulary.py, or say here why not"


@pytest.mark.parametrize("kind", [Group, Rep])
def test_every_public_method_that_makes_one_is_read(kind):
    for name, member in getmembers(kind):
        function = getattr(member, "fget", None) or getattr(member, "func", None) or member
        if not name.startswith("_") and made_by(function) in MAKES:
            assert name in METHODS[kind] or name in NOT_READ_METHODS, name


def test_the_table_names_what_it_calls():
    for name, (function, _) in CONSTRUCTORS.items():
        assert name == "Q" or function.__name__ == name
        assert name in rt.__all__
    for kind, entries in METHODS.items():
        assert all(hasattr(kind, name) for name in entries)
    assert not CONSTANTS.keys() - {"True", "False"} - set(rt.__all__)


# Fuzz --------------------------------------------------------------------------------------------------------
WORDS = [*CONSTRUCTORS, *CONSTANTS, *(name for table in METHODS.values() for name in table), "x", "__class__",
         "import", "lambda", "eval", "1", "2", "7", "0.5", "1j", "'r'", "'(0 1 2)'", "'r^2'", "'1/2'", '"r s"', "(",
         ")", "[", "]", "{", "}", ",", ".", "+", "-", "*", "**", ">>", "=", ":", " ", "\n", "#", "\\", "é", "'"]


def attempt(text: str) -> None:
    """Either an object or an ExpressionError whose place is in the text, and soon."""
    start = time.process_time()
    try:
        rt.read(text)
    except rt.ExpressionError as error:
        assert 0 <= error.at <= len(text) and error.fact
    assert time.process_time() - start < 5


@settings(max_examples=300)
@given(st.lists(st.sampled_from(WORDS), max_size=25).map("".join))
def test_soup_of_tokens(text):
    attempt(text)


@settings(max_examples=100)
@given(st.text(max_size=60))
def test_soup_of_characters(text):
    attempt(text)


@settings(max_examples=300)
@given(st.sampled_from(EXAMPLES), st.data())
def test_mutated_expressions(text, data):
    pieces = re.findall(r"\w+|\W", text)
    for k in data.draw(st.lists(st.integers(0, len(pieces) - 1), min_size=1, max_size=3)):
        pieces[k] = data.draw(st.sampled_from(["", pieces[k] * 2, pieces[k - 1], *WORDS]))
    attempt("".join(pieces))


@given(groups(), st.sampled_from(["__class__", "__dict__", "__init__", "_list", "schreier", "images", "expression"]))
def test_only_the_table_is_reachable(group, name):
    with pytest.raises(rt.ExpressionError, match="has no"):
        rt.read(f"G.{name}", groups={"G": group})
