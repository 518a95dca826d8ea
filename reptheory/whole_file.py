"""Files that are written whole or not at all."""
from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Put these bytes in place of the file, in one step: an interruption leaves the file as it was.

    They are written beside the file first; what is no ordinary file (a terminal, a pipe) is written to directly.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder, "a"), b"1"); write_whole(Path(folder, "a"), b"2")
    ...     [(p.name, p.read_bytes()) for p in Path(folder).iterdir()]
    [('a', b'2')]
    """
    path = Path(os.path.realpath(path))  # a link stays a link
    check_target(path)
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(data)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def check_target(path: str | os.PathLike[str]) -> None:
    """Raise OSError where `write_whole` cannot write, as a rule: its folder does not exist, or the path is a folder.

    >>> check_target("nowhere/a")
    Traceback (most recent call last):
        ...
    FileNotFoundError: nowhere/a cannot be written: its folder does not exist. Make the folder first.
    """
    if Path(path).is_dir():
        raise IsADirectoryError(f"{os.fspath(path)} cannot be written: it is a folder. Give the name of a file.")
    if not Path(path).parent.is_dir():
        raise FileNotFoundError(f"{os.fspath(path)} cannot be written: its folder does not exist. Make the folder "
                                "first.")
