"""Every backend paints what torch paints."""

import builtins

import numpy as np
import pytest
import torch

from adain import Style, Stylizer
from adain.backend import SHAPES_KEPT
from adain.errors import DeviceError
from adain.frames import FrameStylizer
from adain.impose import move, smoothed
from adain.layers import Statistics, StyleLevels
from adain.shots import ShotStatistics

CLOSE = 0.5  # of 255, mean, from torch in the same number format


def apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - other).mean())


@pytest.fixture(scope="module")
def openvino() -> Stylizer:
    pytest.importorskip("openvino")
    return Stylizer("fast", device="cpu", dtype="float32", backend="openvino")


@pytest.fixture(scope="module")
def frames(photo: np.ndarray) -> list[np.ndarray]:
    """Two shots of a moving picture of odd sides."""
    shot = [np.ascontiguousarray(np.roll(photo, 4 * i, 1)[:117, :155]) for i in range(4)]
    return [*shot, *(255 - frame[::-1, ::-1] for frame in shot[:2])]


def test_openvino_paints_pictures_of_any_size(fast: Stylizer, openvino: Stylizer, starry: Style, photo: np.ndarray):
    assert openvino.stylize(photo[:1, :1], starry).shape == (1, 1, 3)  # of one colour: what rounding makes of it
    for picture in (photo, photo[:117, :155], *(photo[: 30 + i] for i in range(SHAPES_KEPT + 1))):
        got, want = openvino.stylize(picture, starry), fast.stylize(picture, starry)
        assert got.shape == picture.shape and apart(got, want) < CLOSE


def test_openvino_paints_in_the_other_format_and_model(photo: np.ndarray):
    pytest.importorskip("openvino")
    for model, dtype in (("fast", "bfloat16"), ("vgg", "float32")):
        exact = Stylizer(model, device="cpu", dtype="float32")
        style = exact.encode_style("starry-night")
        other = Stylizer(model, dtype=dtype, backend="openvino")
        assert other.device.type == "cpu" and "openvino" in repr(other)
        assert apart(other.stylize(photo, style), exact.stylize(photo, style)) < 4 * CLOSE


@pytest.mark.parametrize("batch", [1, 3])
def test_frames_are_normalised_alike(fast: Stylizer, openvino: Stylizer, starry: Style, frames, batch: int):
    """Statistics that are smoothed over the frames of a batch, and over batches; cuts in the midst of one."""
    ways = [FrameStylizer(stylizer, starry) for stylizer in (fast, openvino)]
    for i in range(0, len(frames), batch):
        want, got = (way.paint(frames[i : i + batch]) for way in ways)
        assert [p.start for p in got] == [p.start for p in want] == [n in (0, 4) for n in range(i, i + batch)]
        assert max(apart(a.picture, b.picture) for a, b in zip(want, got)) < CLOSE
    for layer, level in ways[0].memory.items():
        torch.testing.assert_close(ways[1].memory[layer].mean, level.mean, atol=1e-2, rtol=1e-2)


def test_statistics_of_the_shot_are_taken_as_given(fast: Stylizer, openvino: Stylizer, starry: Style, frames):
    pass_one = ShotStatistics(fast)
    for frame in frames[:4]:
        pass_one.add(frame, starry)
    own = [pass_one.shots()[0].own] * 2
    want, got = (FrameStylizer(s, starry).paint(frames[:2], own=own) for s in (fast, openvino))
    assert max(apart(a.picture, b.picture) for a, b in zip(want, got)) < CLOSE
    plain = FrameStylizer(fast, starry, smooth="off").paint(frames[:2])
    assert apart(want[1].picture, plain[1].picture) > 2 * apart(want[1].picture, got[1].picture)


def test_several_styles_at_once(fast: Stylizer, openvino: Stylizer, starry: Style, frames):
    style = Style.stack([starry, fast.encode_style("ukiyo-e")])
    want, got = (s.paint_frames(frames[:2], style)[0] for s in (fast, openvino))
    assert all(apart(a, b) < CLOSE for a, b in zip(want, got)) and apart(want[0], want[1]) > 5


def test_compiled_torch_paints_the_same(fast: Stylizer, starry: Style, photo: np.ndarray):
    compiled = Stylizer("fast", device="cpu", dtype="float32", backend="compile")
    try:
        got = compiled.stylize(photo[:64, :96], starry)
    except DeviceError as error:
        pytest.skip(str(error))  # no C++ compiler
    assert apart(got, fast.stylize(photo[:64, :96], starry)) < CLOSE


def test_what_cannot_be_compiled_is_said_in_a_line(monkeypatch: pytest.MonkeyPatch, starry: Style, photo: np.ndarray):
    monkeypatch.setenv("CXX", "no-such-compiler")
    monkeypatch.setattr("torch._inductor.config.cpp.cxx", ("no-such-compiler",))
    torch._dynamo.reset()
    stylizer = Stylizer("fast", device="cpu", dtype="float32", backend="compile")
    with pytest.raises(DeviceError, match="choose the backend 'torch'"):
        stylizer.stylize(photo[:48, :112], starry)


def test_backends_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(DeviceError, match="want torch, compile, openvino"):
        Stylizer("fast", backend="warp")

    def without(name: str, *others, **more):
        if name == "openvino":
            raise ImportError(name)
        return real(name, *others, **more)

    real = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(DeviceError, match="adain-style\\[openvino\\]"):
        Stylizer("fast", backend="openvino")


@pytest.mark.parametrize("remembers", [False, True])
def test_a_batch_is_smoothed_as_its_frames_one_by_one(remembers: bool):
    generator = torch.Generator().manual_seed(3)
    seen = [Statistics(*torch.rand((2, 1, 5, 1, 1), generator=generator)) for _ in range(6)]
    one_by_one: StyleLevels = {"x": seen[5]} if remembers else {}
    starts = [False, False, True, False, False]
    mix = smoothed(dict(one_by_one), starts, 0.3)
    got = mix.of("x", Statistics.join(seen[:5]), torch.device("cpu"))
    for i, start in enumerate(starts):
        want = move(one_by_one, "x", seen[i], start=start, rate=0.3)
        torch.testing.assert_close(got.pick(i), want)
