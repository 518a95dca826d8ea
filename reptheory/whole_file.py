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
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(data)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
