"""Pictures of solutions: what is drawn, which way up, and what is written."""
from __future__ import annotations

import numpy as np
import pytest

import pdeconv as pde
from pdeconv import catalog

pytest.importorskip("matplotlib")

FLOW = catalog.advection(ndim=2).at(a_x=1, a_y=0)
LINE = catalog.wave().at(c=1)


def solved(**options):
    return pde.solve(FLOW, "upwind", pde.Grid(x=(0, 4, 8), y=(1, 3, 4)), lambda x, y: [x * 0 + y], 0.5, courant="1/2",
                     **options)


def test_images_have_y_up_and_equal_aspect():
    found = solved()
    panel = found.plot(labels={"u": "height", "y": "north"}).axes[0]
    (image,) = panel.images
    assert image.get_extent() == [0, 4, 1, 3] and panel.get_aspect() == 1 and image.origin == "upper"
    assert np.array_equal(image.get_array(), found["u"]) and found["u"][0, 0] > found["u"][-1, 0]  # large y on top
    assert panel.get_title() == "height" and panel.get_ylabel() == "north" and panel.get_xlabel() == "$x$"


def test_lines_of_each_unknown_share_the_axis():
    found = pde.solve(LINE, "rusanov", pde.Grid(x=(0, 1, 9)), [1, 0], 0.5, courant=1)
    first, second = found.plot().axes
    assert [a.get_ylabel() for a in (first, second)] == ["$p$", "$v_{x}$"] and second.get_xlabel() == "$x$"
    assert np.array_equal(first.lines[0].get_ydata(), found["p"])
    assert len(found.plot("p").axes) == 1
    with pytest.raises(KeyError, match=r"'q' is no unknown. They are p, v_x."):
        found.plot("q")


def test_boxes_are_cut_in_the_middle():
    system = catalog.wave(ndim=3).at(c=1)
    found = pde.solve(system, "rusanov", pde.Grid(x=(0, 1, 3), y=(0, 1, 4), z=(0, 1, 5)),
                      lambda x, y, z: [x + y * z, 0, 0, 0], 0, courant="1/3")
    figure = found.plot("p")
    assert np.array_equal(figure.axes[0].images[0].get_array(), found["p"][2])
    assert figure._suptitle.get_text() == "t = 0, z = 0.5"


def test_animations_have_a_frame_for_each_snapshot(tmp_path, capsys):
    image = pytest.importorskip("PIL.Image")
    found = solved(every=0.25)
    path = found.series.animate(tmp_path / "flow.gif", "u", progress=False)
    with image.open(path) as picture:
        assert picture.n_frames == len(found.series) == 3
    assert [p.name for p in tmp_path.iterdir()] == ["flow.gif"] and not capsys.readouterr().err


def test_animations_that_cannot_be_are_refused(tmp_path, monkeypatch):
    from matplotlib.animation import FFMpegWriter
    with pytest.raises(pde.NotAnimated, match=r"has no snapshots. Take some"):
        solved().series.animate(tmp_path / "a.gif")
    series = solved(every=0.25).series
    with pytest.raises(pde.NotAnimated, match=r"ends with neither .gif nor .mp4"):
        series.animate(tmp_path / "a.avi")
    monkeypatch.setattr(FFMpegWriter, "isAvailable", classmethod(lambda cls: False))
    with pytest.raises(pde.NotAnimated, match=r"needs ffmpeg, which is not installed. Install it, or use a path that"):
        series.animate(tmp_path / "a.mp4")
    assert not list(tmp_path.iterdir())
