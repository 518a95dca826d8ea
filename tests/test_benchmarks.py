"""`make bench` and `make bench-peers`: every script is there, and every peer is pinned exactly and built once."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
PINNED = re.compile(r"[\w.-]+==[\w.]+")


def words(variable: str) -> list[str]:
    return re.search(rf"^{variable} *:= *(.*)$", MAKEFILE, re.M)[1].split()


def peers() -> list[str]:
    return re.search(r"foreach peer,([^,]*),", MAKEFILE)[1].split()


def test_every_claim_is_a_script_named_once():
    claims = words("CLAIMS")
    assert len(claims) == len(set(claims))
    assert set(claims) <= {path.stem for path in (ROOT / "benchmarks").glob("*.py")}


def test_the_peers_are_those_with_a_list_and_each_is_built_in_one_way():
    lists = {path.stem.removeprefix("peers-") for path in (ROOT / "benchmarks").glob("peers-*.txt")}
    assert set(peers()) == lists
    assert sorted(words("PLAIN_PEERS") + words("TORCH_PEERS")) == sorted(lists)


@pytest.mark.parametrize("peer", peers())
def test_a_list_of_packages_pins_each_exactly(peer: str):
    lines = (ROOT / "benchmarks" / f"peers-{peer}.txt").read_text(encoding="utf-8").splitlines()
    packages = [line for line in lines if not line.startswith("#")]
    assert packages and all(PINNED.fullmatch(line) for line in packages)


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_would_install_every_list_of_packages():
    made = subprocess.run(["make", "-n", "-B", "bench-peers"], cwd=ROOT, capture_output=True, text=True, check=True)
    for peer in peers():
        assert made.stdout.count(f"-r benchmarks/peers-{peer}.txt") == 1
        assert made.stdout.count(f"touch .venv-peers/{peer}/installed") == 1
