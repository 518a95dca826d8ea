"""Derivations over executors: the same basis, bit for bit; progress; interruptions."""

from __future__ import annotations

import io
import pickle
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from time import sleep

import pytest
from hypothesis import given, settings

import reptheory as rt
from reptheory import derivation
from reptheory.derivation import tasks
from tests.symmetries import homs


def questions() -> list[rt.Hom]:
    """Monomial and dense pairs, at one point and over several orbits."""
    I, D, S = rt.icosahedral(), rt.D(5), rt.S(4)
    V = I.vector
    return [rt.Hom(V + I.trivial, V**2 + I.natural), rt.Hom(D.vector, 2*D.vector + D.natural, on=rt.gset(2*D.natural)),
            rt.Hom(S.irrep((2, 2)) + S.sign, S.irrep((3, 1)), on=rt.gset(S.natural))]


def fresh(hom: rt.Hom) -> rt.Hom:
    return rt.Hom(hom.source, hom.target, on=hom.on)


@pytest.fixture
def small_tasks(monkeypatch):
    """One orbit a task."""
    monkeypatch.setattr(derivation, "UNKNOWNS", 1)


def test_a_process_pool_derives_what_one_process_derives(small_tasks):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for hom in questions():
            found = rt.derive(fresh(hom), executor=pool)
            assert found.certificate.digest == hom.certificate.digest and found.certificate.verify()


def test_a_thread_pool_derives_what_one_process_derives(small_tasks):
    with ThreadPoolExecutor(3) as pool:
        for hom in questions():
            assert rt.derive(fresh(hom), executor=pool).certificate.digest == hom.certificate.digest


@settings(max_examples=40, deadline=None)
@given(homs())
def test_tasks_survive_pickling_and_their_order_does_not_matter(hom):
    class Backwards(Executor):
        """Runs the tasks last to first, each in a pickled copy."""

        def __init__(self):
            self.waiting = []

        def submit(self, function, task):
            future: Future = Future()
            self.waiting.append((future, pickle.dumps((function, task))))
            if len(self.waiting) == count:
                for waiting, data in reversed(self.waiting):
                    work, copy = pickle.loads(data)
                    waiting.set_result(pickle.loads(pickle.dumps(work(copy))))
            return future

    count = len(tasks(hom, hom.basis.orbits))
    seen = []
    found = rt.derive(fresh(hom), executor=Backwards(), progress=lambda *step: seen.append(step))
    assert found.certificate.digest == hom.certificate.digest
    assert [(done, total) for done, total, _ in seen] == [(n + 1, count) for n in range(count)]


def test_an_interruption_cancels_what_has_not_begun(small_tasks):
    class Lazy(Executor):
        """Runs the first task, and leaves the others pending."""

        def __init__(self):
            self.futures = []

        def submit(self, function, task):
            future: Future = Future()
            if not self.futures:
                future.set_result(function(task))
            self.futures.append(future)
            return future

    def interrupt(done, total, label):
        raise KeyboardInterrupt

    hom, lazy = fresh(questions()[0]), Lazy()
    with pytest.raises(KeyboardInterrupt):
        rt.derive(hom, executor=lazy, progress=interrupt)
    assert len(lazy.futures) == 4 and all(f.cancelled() for f in lazy.futures[1:])
    assert rt.derive(hom).dim == questions()[0].dim


def test_an_error_in_a_task_reaches_the_caller():
    class Broken(Executor):
        def submit(self, function, task):
            future: Future = Future()
            future.set_exception(MemoryError("no memory"))
            return future

    with pytest.raises(MemoryError, match="no memory"):
        rt.derive(fresh(questions()[0]), executor=Broken())


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream, delay, shown", [(Terminal(), 0, True), (Terminal(), 60, False),
                                                  (io.StringIO(), 0, False)])
def test_a_bar_is_drawn_on_a_terminal_after_a_delay(stream, delay, shown):
    with rt.progress_bar("deriving", stream, delay) as step:
        for done in (1, 2):
            sleep(0.15)
            step(done, 2, "V → W")
    assert ("deriving V → W: 100%" in stream.getvalue()) == shown and (stream.getvalue() == "") != shown
