"""Every block of README.md and docs/*.md is run: a page is one session, its blocks in order."""

from __future__ import annotations

import doctest
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))) if path.exists()]
FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>[\w-]*)[^\n]*\n(?P<body>.*?)^(?P=indent)```[ ]*$", re.M | re.S
)
LINK = re.compile(r"\]\((?!\w+:)(?P<path>[^)#\s]+)[^)]*\)")
KNOWN = {"python", "pycon", "bash", "text", "latex", "toml", "yaml", "bibtex", "mermaid"}


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text without the fence's indentation, and where it starts."""

    language: str
    body: str
    line: int


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        body = re.sub(rf"^{match['indent']}", "", match["body"], flags=re.M)
        found.append(Block(match["language"], body, text.count("\n", 0, match.start("body"))))
    return found


every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@every_page
def test_the_blocks_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)  # what a page writes is not left in the tree
    names: dict[str, object] = {"__name__": "__main__"}
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for block in blocks(page):
        if block.language == "python":
            exec(compile("\n" * block.line + block.body, str(page), "exec"), names)
        elif block.language == "pycon":
            test = doctest.DocTestParser().get_doctest(block.body, names, page.name, str(page), block.line)
            report: list[str] = []
            runner.run(test, out=report.append, clear_globs=False)
            names |= test.globs
            if report:
                pytest.fail("".join(report), pytrace=False)


@every_page
def test_a_page_names_languages_we_check(page: Path):
    assert {block.language for block in blocks(page)} <= KNOWN


@every_page
def test_the_commands_of_a_page_exist(page: Path):
    targets = set(re.findall(r"^([\w-]+):(?!=)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for block in blocks(page):
        if block.language == "bash":
            assert set(re.findall(r"\bmake +(?:\w+=\S+ +)*([a-z][\w-]*)", block.body)) <= targets
            for script in re.findall(r"\bpython3? +([\w./-]+\.py)", block.body):
                assert (ROOT / script).is_file()


@every_page
def test_the_links_of_a_page_lead_somewhere(page: Path):
    for match in LINK.finditer(FENCE.sub("", page.read_text(encoding="utf-8"))):
        assert (page.parent / match["path"]).exists(), match["path"]
