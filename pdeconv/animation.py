"""Animations: the snapshots of a run as one moving picture."""
from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reptheory.whole_file import write_whole

from .plot import picture
from .solution import Series


class NotAnimated(ValueError):
    """A series without snapshots, or a form of file that cannot be written."""


def animate(series: Series, path: str | Path, names: Any = None, labels: Mapping[str, str] | None = None,
            frames_per_second: float = 10, progress: bool | None = None) -> Path:
    """The plots of all snapshots, with the same limits, in a file: GIF by Pillow, MP4 where ffmpeg is installed.

    The file is written whole or not at all. Progress is shown on terminals. Raises NotAnimated.

    >>> from pdeconv import Grid, catalog, solve
    >>> found = solve(catalog.burgers(), "rusanov", Grid(x=(0, 1, 9)), [1], 1, courant="9/10", every=0.5)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     animate(found.series, Path(folder) / "burgers.gif").name
    'burgers.gif'
    """
    from tqdm import tqdm
    path = Path(path)
    if not len(series):
        raise NotAnimated("the series has no snapshots. Take some: solve(…, every=Δt).")
    if not frames_per_second > 0:
        raise NotAnimated(f"frames_per_second={frames_per_second!r} is no rate. Give a positive number.")
    writer = _writer(path, frames_per_second)
    made = picture(series, names, labels)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder, path.name)
        with writer.saving(made.figure, draft, dpi=100):
            for solution in tqdm(series, total=len(series), unit="frame",
                                 disable=not (sys.stderr.isatty() if progress is None else progress)):
                made.show(solution)
                writer.grab_frame()
        write_whole(path, draft.read_bytes())
    return path


def _writer(path: Path, rate: Any) -> Any:
    try:
        from matplotlib.animation import FFMpegWriter, PillowWriter
    except ImportError:
        raise ImportError("pictures need matplotlib: pip install 'intertwiner[demo]'.") from None
    if path.suffix == ".gif":
        return PillowWriter(fps=rate)
    if path.suffix != ".mp4":
        raise NotAnimated(f"{path} ends with neither .gif nor .mp4, and these are the forms of animations. Rename it.")
    if not FFMpegWriter.isAvailable():
        raise NotAnimated(f"{path} needs ffmpeg, which is not installed. Install it, or use a path that ends with "
                          ".gif, for which nothing else is needed.")
    return FFMpegWriter(fps=rate)
