"""A progress bar for long derivations: on a terminal, after two seconds."""
from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO


@contextmanager
def progress_bar(title: str = "deriving", stream: TextIO | None = None, delay: float = 2.0
                 ) -> Iterator[Callable[[int, int, str], None]]:
    """A callback (done, total, label) that draws a bar once the body has taken `delay` seconds, on a terminal only.

    >>> import reptheory as rt
    >>> H = rt.D(4).vector >> rt.D(4).regular
    >>> with progress_bar() as step:
    ...     rt.derive(H, progress=step)
    Hom(D(4).vector, D(4).regular)  # dim 2 of 16, exact over Q
    """
    from tqdm import tqdm
    stream = sys.stderr if stream is None else stream
    with tqdm(desc=title, file=stream, delay=delay, disable=not stream.isatty(), leave=False) as bar:
        def step(done: int, total: int, label: str = "") -> None:
            bar.total = total
            bar.set_description_str(f"{title} {label}".rstrip(), refresh=False)
            bar.update(done - bar.n)
        yield step
