"""The painter's thread: newest frame in, painting out, with bounded delay."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from adain.apps.camera import Frame
from adain.apps.live import Fade, LivePainter, Look, Painting
from adain.apps.mailbox import Mailbox
from adain.apps.speed import SpeedController

from adain import Style, Stylizer
from adain.frames import FrameStylizer, Painted


def difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(int) - b).mean())


SOON = 5.0  # s


@pytest.fixture(scope="module")
def wave(fast: Stylizer) -> Style:
    return fast.encode_style("ukiyo-e", size=256)


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    yield
    assert not [t for t in threading.enumerate() if t.name in ("painter", "finisher")]


def numbered(number: int, rgb: np.ndarray, shot: int = 1) -> Frame:
    return Frame(rgb, number, shot, time.monotonic())


class Slow:
    """Stands in for a FrameStylizer on a slow machine."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.size, self.resets, self.calls = seconds, None, 0, 0

    def paint(self, frames: list[np.ndarray]) -> list[Painted]:
        self.calls += 1
        time.sleep(self.seconds)
        return [Painted(frame, frame, frame, False) for frame in frames]

    def finish(self, painted: Painted) -> np.ndarray:
        time.sleep(self.seconds / 4)
        return painted.picture

    def reset(self) -> None:
        self.resets += 1


def test_slow_model_delays_by_two_of_its_frames_at_most(starry: Style):
    frames: Mailbox[Frame] = Mailbox()
    paint = 0.1
    delays = []
    with LivePainter(Slow(paint), frames, Look(starry)) as painter:  # type: ignore[arg-type]
        end = time.monotonic() + 1.5
        number = 0
        while time.monotonic() < end:
            number += 1
            frames.put(numbered(number, np.zeros((8, 8, 3), np.uint8)))
            painting = painter.paintings.take(0.005)
            if painting:
                delays.append(time.monotonic() - painting.captured)
    assert len(delays) >= 8 and np.median(delays) <= 2 * paint


def test_paints_as_asked_and_changes_between_frames(fast: Stylizer, starry: Style, wave: Style, photo: np.ndarray):
    frames: Mailbox[Frame] = Mailbox()
    with LivePainter(FrameStylizer(fast, starry, size=96, smooth="off"), frames, Look(starry, smooth="off")) as painter:

        def paint(number: int) -> Painting:
            frames.put(numbered(number, photo))
            painting = painter.paintings.take(SOON)
            assert painting is not None
            return painting

        plain = paint(1)
        assert plain.painted.shape == photo.shape and plain.number == 1 and plain.size == 96
        assert plain.captured <= plain.started <= plain.finished
        painter.look = replace(painter.look, mirror=True)
        mirrored = paint(2)
        assert np.array_equal(mirrored.content, photo[:, ::-1])
        painter.look = replace(painter.look, mirror=False, strength=0.0)
        assert np.array_equal(paint(3).painted, photo)
        painter.look = replace(painter.look, strength=1.0, calm=0.7)
        calm = FrameStylizer(fast, fast.calmed(starry, 0.7), size=96, smooth="off")(photo)
        assert difference(paint(4).painted, calm) < 0.5 and difference(plain.painted, calm) > 3
        painter.look = replace(painter.look, calm=0.0, style=wave)
        during = paint(5)
        time.sleep(0.55)
        after = paint(6)
        plain, during, after = plain.painted, during.painted, after.painted
        assert difference(during, plain) < difference(during, after)  # it has only just begun to turn
        assert difference(after, plain) > 10


def test_pause_holds_the_picture_and_still_shows_other_styles(starry: Style, wave: Style):
    frames: Mailbox[Frame] = Mailbox()
    slow = Slow(0.001)
    with LivePainter(slow, frames, Look(starry)) as painter:  # type: ignore[arg-type]
        frames.put(numbered(1, np.zeros((8, 8, 3), np.uint8)))
        assert painter.paintings.take(SOON)
        painter.look = replace(painter.look, paused=True)
        time.sleep(0.2)
        painter.paintings.take(0)
        calls = slow.calls
        frames.put(numbered(2, np.ones((8, 8, 3), np.uint8)))
        time.sleep(0.2)
        assert slow.calls == calls and painter.paintings.take(0) is None  # nothing new to paint
        painter.look = replace(painter.look, style=wave)
        painting = painter.paintings.take(SOON)
        assert painting is not None and painting.number == 1
        time.sleep(0.8)
        assert slow.style is wave  # type: ignore[attr-defined]


def test_new_shot_and_new_size_forget_the_past(starry: Style):
    frames: Mailbox[Frame] = Mailbox()
    slow = Slow(0)
    small, large = np.zeros((8, 8, 3), np.uint8), np.zeros((16, 8, 3), np.uint8)
    with LivePainter(slow, frames, Look(starry)) as painter:  # type: ignore[arg-type]
        for number, (rgb, shot) in enumerate([(small, 1), (small, 1), (small, 2), (large, 2)]):
            frames.put(numbered(number, rgb, shot))
            assert painter.paintings.take(SOON)
    assert slow.resets == 3


def test_controller_sets_the_size_that_is_painted_at(fast: Stylizer, starry: Style, photo: np.ndarray):
    frames: Mailbox[Frame] = Mailbox()
    controller = SpeedController(1000.0, largest=2000, start=1024)  # nobody paints that fast
    with LivePainter(FrameStylizer(fast, starry), frames, Look(starry), controller=controller) as painter:
        sizes = []
        for number in range(40):
            frames.put(numbered(number, photo))
            painting = painter.paintings.take(SOON)
            assert painting is not None and painting.painted.shape == photo.shape
            sizes.append(painting.size)
    assert sizes[0] == max(photo.shape) and sizes[-1] == 192


@pytest.mark.parametrize("half", ["paint", "finish"])
def test_error_of_either_half_reaches_the_main_thread(starry: Style, half: str):
    def broken(_: object) -> None:
        raise RuntimeError("out of memory")

    model = Slow(0.01)
    setattr(model, half, broken)
    frames: Mailbox[Frame] = Mailbox()
    with LivePainter(model, frames, Look(starry)) as painter:  # type: ignore[arg-type]
        frames.put(numbered(1, np.zeros((8, 8, 3), np.uint8)))
        assert painter.paintings.take(SOON) is None and painter.paintings.finished
    assert "out of memory" in str(painter.error)


def test_last_painting_can_be_taken_after_the_end(starry: Style):
    frames: Mailbox[Frame] = Mailbox()
    frames.put(numbered(1, np.zeros((8, 8, 3), np.uint8)))
    frames.close()
    with LivePainter(Slow(0.01), frames, Look(starry)) as painter:  # type: ignore[arg-type]
        assert painter.paintings.take(SOON) is not None
        assert painter.paintings.take(SOON) is None and painter.paintings.finished


def test_fade_goes_from_one_style_to_the_other_and_on_from_where_it_is(starry: Style, wave: Style):
    fade = Fade(starry, seconds=1.0)
    layer = next(iter(starry.levels))
    mean = lambda now: fade.at(now).levels[layer].mean  # noqa: E731
    assert fade.at(100.0) is starry
    fade.turn_to(wave, 100.0)
    assert (mean(100.0) - starry.levels[layer].mean).abs().max() < 1e-5
    half = (starry.levels[layer].mean + wave.levels[layer].mean) / 2
    assert (mean(100.5) - half).abs().max() < 1e-4
    fade.turn_to(starry, 100.5)
    assert (mean(100.5) - half).abs().max() < 1e-4  # no jump where it is turned round
    assert fade.at(101.6) is starry and not fade.running(101.6)
