"""All equivariant maps between two representations: ours (exact) against EMLP (float32), from cold."""

from __future__ import annotations

import argparse
import itertools
import time

import paired

FACES = list(itertools.product(range(3), (0, 1)))  # of a cube: the axis, and which of its two sides
VERTICES = list(itertools.product((0, 1), repeat=3))


def cube() -> dict[str, tuple[list[int], list[int]]]:
    """Two quarter turns that generate the 24 rotations, as permutations of the vertices and of the faces."""
    turns = {}
    for name, (a, b) in {"r": (0, 1), "s": (1, 2)}.items():
        vertices, faces = [], []
        for vertex in VERTICES:
            image = list(vertex)
            image[a], image[b] = 1 - vertex[b], vertex[a]
            vertices.append(VERTICES.index(tuple(image)))
        for axis, side in FACES:
            image = (b, side) if axis == a else (a, 1 - side) if axis == b else (axis, side)
            faces.append(FACES.index(image))
        turns[name] = (vertices, faces)
    return turns


def dihedral(n: int) -> dict[str, list[int]]:
    """The left translations of D(n) by r and s, on r^k (numbers 0 … n-1) and r^k s (n … 2n-1)."""
    turn = [(k + 1) % n for k in range(n)] + [n + (k + 1) % n for k in range(n)]
    reflection = [n + (-k) % n for k in range(n)] + [(-k) % n for k in range(n)]
    return {"r": turn, "s": reflection}


def rubik() -> dict[str, list[int]]:
    """The six quarter turns of the 3×3×3 puzzle on its 48 moving stickers: a place and the way it faces."""
    places = itertools.product((-1, 0, 1), repeat=3)
    stickers = [
        (place, axis)
        for place in places
        for axis in range(3)
        if place[axis] and any(place[:axis] + place[axis + 1 :])
    ]
    turns = {}
    for axis, side in FACES:
        a, b = (axis + 1) % 3, (axis + 2) % 3
        images = []
        for place, facing in stickers:
            if place[axis] == 2 * side - 1:
                turned = list(place)
                turned[a], turned[b] = -place[b], place[a]
                place, facing = tuple(turned), {a: b, b: a}.get(facing, facing)
            images.append(stickers.index((place, facing)))
        turns[f"{'xyz'[axis]}{side}"] = images
    return turns


def ours(question: str, n: int) -> paired.Result:
    start = time.perf_counter()
    import reptheory as rt

    imported = time.perf_counter()
    if question == "S":
        V = W = rt.S(n).natural ** 2
    elif question == "D":
        V = W = rt.group(**dihedral(n)).natural
    elif question == "rubik":
        V = W = rt.group(**rubik()).natural
    else:
        G = rt.group(**{name: vertices for name, (vertices, _) in cube().items()})
        V, W = G.natural, G.permutation(**{name: faces for name, (_, faces) in cube().items()})
    H = V >> W
    H.certificate.verify()
    dense = H.basis.to_numpy("float64")
    solved = time.perf_counter()
    return {"import": imported - start, "solve": solved - imported, "dim": H.dim, "entries": dense.size}


def emlp(question: str, n: int) -> paired.Result:
    start = time.perf_counter()
    import numpy as np
    from emlp.groups import Group, S
    from emlp.reps import Rep, T, V
    from emlp.reps.linear_operators import LazyPerm

    imported = time.perf_counter()

    class Permutations(Group):
        """A group given by permutations; LazyPerm wants where each entry comes from."""

        is_permutation = True

        def __init__(self, *images):
            self.discrete_generators = [LazyPerm(np.argsort(image)) for image in images]
            super().__init__()

    if question == "S":
        source = target = T(2)(S(n))
    elif question == "D":
        source = target = V(Permutations(*dihedral(n).values()))
    elif question == "rubik":
        source = target = V(Permutations(*rubik().values()))
    else:
        incidence = np.array([[vertex[axis] == side for vertex in VERTICES] for axis, side in FACES], float)

        class Faces(Rep):
            """The permutation of the faces that a permutation of the vertices makes."""

            is_permutation = True

            def __init__(self, G):
                self.G = G

            def __call__(self, G):
                return Faces(G)

            def __str__(self):
                return "Faces"

            def size(self):
                return len(FACES)

            def rho(self, M):
                dense = M @ np.eye(len(VERTICES))
                return (incidence @ dense @ incidence.T == 4).astype(float)

        G = Permutations(*(vertices for vertices, _ in cube().values()))
        source, target = V(G), Faces(G)
    basis = np.asarray((source >> target).equivariant_basis())
    solved = time.perf_counter()
    return {
        "import": imported - start, "solve": solved - imported, "dim": basis.shape[1], "entries": basis.size,
    }


CASES = {
    **{f"S({n}): T2 → T2": {"question": "S", "n": n} for n in range(4, 9)},
    **{f"D({n}): regular → regular": {"question": "D", "n": n} for n in (4, 8, 16)},
    "cube: vertices → faces": {"question": "cube", "n": 0},
    "Rubik's cube: stickers → stickers": {"question": "rubik", "n": 0},
}


def parent(asked: argparse.Namespace) -> None:
    """Ours exact, certified and expanded to float64; EMLP's float32. Each in a fresh process."""
    head = (
        "question", "dim", "EMLP", "ours", "EMLP", "ratio", "ours with import", "EMLP with import", "ratio",
    )
    paired.table("Equivariant maps from cold: ours and EMLP", head, paired.answers(__file__, "emlp", CASES, asked))


if __name__ == "__main__":
    paired.main(__file__, {"ours": ours, "emlp": emlp}, parent)
