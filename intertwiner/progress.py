"""Progress on a terminal, for derivations that take longer than one wants to wait."""
from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TextIO

DELAY = 2.0   # seconds before anything is shown
PERIOD = 0.5  # seconds between two pictures


@contextmanager
def progress(title: str, stream: TextIO | None = None, delay: float = DELAY) -> Iterator[Callable[..., None]]:
    """Show the time that the body takes, once it takes longer than `delay`, on a terminal only.

    The body may report step(done, total, label), and then there is a bar. What is shown is wiped out at the end.

    >>> with progress("counting") as step:
    ...     step(1, 2)
    """
    stream = sys.stderr if stream is None else stream
    state: list[int] = []

    def step(done: int, total: int, label: str = "") -> None:
        state[:] = done, total

    if not stream.isatty():
        yield step
        return
    over = Event()
    thread = Thread(target=_draw, args=(title, stream, delay, state, over), daemon=True)
    thread.start()
    try:
        yield step
    finally:
        over.set()
        thread.join()


def _draw(title: str, stream: TextIO, delay: float, state: list[int], over: Event) -> None:
    """Draw until it is over: in a thread of its own, since the library reports nothing while it computes."""
    if over.wait(delay):
        return
    from tqdm import tqdm
    with tqdm(desc=title, file=stream, leave=False, bar_format="{desc} … {elapsed}") as bar:
        while not over.wait(PERIOD):
            if state:
                bar.n, bar.total = state
                bar.bar_format = "{desc} … {elapsed} |{bar}| {n_fmt}/{total_fmt}"
            bar.refresh()
