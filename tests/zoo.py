"""Known values, each with its source."""

from __future__ import annotations

import reptheory as rt

# Bell numbers B(0), B(1), …: OEIS A000110. dim Hom_{S_n}(T^k, T^l) = B(k + l) for n ≥ k + l, the number of partitions
# of k + l things into at most n blocks below that (Maron et al., Invariant and Equivariant Graph Networks, 1812.09902).
BELL = (1, 1, 2, 5, 15, 52, 203)
STIRLING = {  # Stirling numbers of the second kind, OEIS A008277: partitions of k things into 1, 2, … blocks
    1: (1,), 2: (1, 1), 3: (1, 3, 1), 4: (1, 7, 6, 1), 5: (1, 15, 25, 10, 1), 6: (1, 31, 90, 65, 15, 1),
}

# Orbits of the pixels of an n×n grid: Burnside's lemma with the fixed points of each rotation and reflection.
# For odd n: C2 (n² + 1)/2, C4 (n² + 3)/4, D1 (n² + n)/2, D2 ((n + 1)/2)², D4 ((n + 1)/2)((n + 3)/2)/2.
# For even n: C2 n²/2, C4 n²/4, D1 n²/2, D2 n²/4, D4 (n/2)(n/2 + 1)/2 (triangular numbers, OEIS A000217).
SQUARE_ORBITS = {
    "C(1)": lambda n: n * n,
    "C(2)": lambda n: (n * n + n % 2) // 2,
    "C(4)": lambda n: (n * n + 3 * (n % 2)) // 4,
    "D(1)": lambda n: n * -(-n // 2),
    "D(2)": lambda n: (-(-n // 2)) ** 2,
    "D(4)": lambda n: (m := -(-n // 2)) * (m + 1) // 2,
}

# Orbits of the 3r(r + 1) + 1 points of the hexagon of radius r; every ring r ≥ 1 has 6r points, C6 acts freely off the
# centre, and D6 has ⌊r/2⌋ + 1 orbits on ring r (the points of half an edge).
HEXAGON_ORBITS = {
    "C(2)": lambda r: 1 + 3 * r * (r + 1) // 2,
    "C(3)": lambda r: 1 + r * (r + 1),
    "C(6)": lambda r: 1 + r * (r + 1) // 2,
    "D(6)": lambda r: 1 + sum(k // 2 + 1 for k in range(1, r + 1)),
}

# |G|·n² entries of a kernel between regular representations are free: |G|² n² unknowns on which G acts freely, so
# dim Hom(C4.regular, C4.regular, on=grid(n)) = 4n² and 8n² for D4.
REGULAR = {("C(4)", n): 4 * n * n for n in (3, 5, 7)} | {("D(4)", n): 8 * n * n for n in (3, 5, 7)}

# dim Hom_G(Ind_H, Ind_K): computed three ways in Gerken et al., arXiv 2105.13926 setting (double cosets, characters,
# elimination): S4/S3 trivial to trivial 2 (the orbits of S4 on ordered pairs of 4 points), D4 over 1 and C4: 8/4.
ORDERS = {  # Conway et al., Atlas of Finite Groups; Coxeter and Moser, Generators and Relations
    "A(5)": (60, 5), "A(6)": (360, 7), "S(5)": (120, 7), "S(6)": (720, 11), "Q8()": (8, 5), "Dic(3)": (12, 6),
    "tetrahedral()": (12, 4), "tetrahedral(full=True)": (24, 5), "octahedral()": (24, 5),
    "octahedral(full=True)": (48, 10), "icosahedral()": (60, 5), "icosahedral(full=True)": (120, 10),
    "D(8)": (16, 7), "wreath(C(2), 3)": (48, 10),
}


def m11() -> rt.Group:
    """The Mathieu group M11 on 11 points (Atlas of Finite Group Representations): order 7920, sharply 4-transitive."""
    return rt.group(a="(0 1 2 3 4 5 6 7 8 9 10)", b="(2 6 10 7)(3 9 4 5)")


def m12() -> rt.Group:
    """The Mathieu group M12 on 12 points: order 95040, sharply 5-transitive."""
    return rt.group(a="(0 1 2 3 4 5 6 7 8 9 10)", b="(2 6 10 7)(3 9 4 5)", c="(0 11)(1 10)(2 5)(3 7)(4 8)(6 9)")


def pocket_cube() -> rt.Group:
    """The 2×2×2 Rubik's cube on its 24 stickers, order 8!·3⁷ = 88 179 840 without fixing a corner."""
    return rt.group(
        u="(0 1 3 2)(8 4 16 12)(9 5 17 13)", l="(4 5 7 6)(0 8 20 19)(2 10 22 17)",
        f="(8 9 11 10)(2 12 21 7)(3 14 20 5)",
        r="(12 13 15 14)(1 18 21 9)(3 16 23 11)", b="(16 17 19 18)(0 6 23 13)(1 4 22 15)",
        d="(20 21 23 22)(10 14 18 6)(11 15 19 7)")
