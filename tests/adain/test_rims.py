"""What glows beside the edges of things is taken out; surfaces, edges and dabs of the brush stay."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from adain.builtin import find_style
from adain.convert import to_tensor
from adain.losses import luma
from adain.picture import read_picture
from adain.rims import CELL, rimless, rims_of
from adain.stylizer import Stylizer
from adain.tint import FAINT, along

SIDE = 160  # px
THING = slice(60, 100)  # px, along both sides


def scene(ground: float, thing: float) -> torch.Tensor:
    """(1, 1, SIDE, SIDE): a square thing before its ground."""
    picture = torch.full((1, 1, SIDE, SIDE), ground)
    picture[..., THING, THING] = thing
    return picture


GREY = scene(0, 0)
SEEN = torch.full((1, 1, 1, 1), FAINT)


@pytest.mark.parametrize("light, likewise", [(scene(0.8, 0.2), GREY), (GREY + 0.5, scene(-0.2, 0.3))])
def test_a_rim_goes_and_what_it_surrounds_stays(light: torch.Tensor, likewise: torch.Tensor):
    channel = scene(0.1, -0.1)
    glowing = channel.clone()
    glowing[..., 52:108, 52:108] += 0.25
    glowing[..., THING, THING] = channel[..., THING, THING]
    rim = glowing != channel
    kept = rimless(glowing, light, likewise, SEEN)
    assert (kept - channel)[rim].abs().mean() < 0.25 * 0.45
    assert (kept - channel)[~rim].abs().mean() < 0.01
    assert (kept - channel)[..., 70:90, 70:90].abs().max() < 0.05
    assert (kept - channel)[..., :16, :].abs().max() < 0.002


@pytest.mark.parametrize("light, likewise", [(scene(0.8, 0.2), GREY), (GREY + 0.5, scene(-0.2, 0.3))])
def test_edges_that_the_photo_has_stay_sharp(light: torch.Tensor, likewise: torch.Tensor):
    """Also those between things of one lightness, such as poppies in grass."""
    channel = scene(0.1, -0.1)
    torch.testing.assert_close(rimless(channel, light, likewise, SEEN), channel, atol=0.004, rtol=0)


@pytest.mark.parametrize("height", [0.01, 0.02])
def test_dabs_stay(height: float):
    channel = torch.zeros(1, 1, SIDE, SIDE)
    channel[..., torch.arange(SIDE) // 12 % 2 == 0, :] = height
    assert rimless(channel, GREY + 0.5, GREY, SEEN).std() > 0.9 * channel.std()


def test_what_is_faint_may_differ_from_place_to_place():
    channel = torch.zeros(1, 1, SIDE, SIDE)
    channel[..., torch.arange(SIDE) // 12 % 2 == 0, :] = 0.2
    left = torch.full((1, 1, SIDE // CELL, SIDE // CELL), 2.0)
    left[..., SIDE // CELL // 2 :] = FAINT
    kept = rimless(channel, GREY + 0.5, GREY, left)
    assert kept[..., :70].std() > 0.95 * channel.std() > 1.5 * kept[..., 90:].std()


@given(st.integers(1, 12), st.integers(1, 12), st.floats(-1, 1, width=32), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_any_size_and_wherever_the_channel_lies(rows: int, columns: int, shift: float, seed: int):
    some = torch.Generator().manual_seed(seed)
    channel, *photo = torch.rand(3, 1, 1, CELL * rows, CELL * columns, generator=some)
    kept = rimless(channel, *photo, SEEN)
    assert kept.shape == channel.shape and kept.isfinite().all()
    torch.testing.assert_close(rimless(channel + shift, *photo, SEEN), kept + shift, atol=1e-4, rtol=0)


def test_pictures_of_a_batch_do_not_meet():
    pictures = torch.rand(3, 2, 1, 32, 48, generator=torch.Generator().manual_seed(1))
    together = rimless(*pictures, SEEN)
    for i in range(2):
        torch.testing.assert_close(together[i : i + 1], rimless(*pictures[:, i : i + 1], SEEN))


def test_bfloat16_will_do(photo: np.ndarray):
    """OpenVINO computes so by default, where a CPU can."""
    seen = to_tensor(photo, torch.device("cpu"))
    cells = [F.avg_pool2d(channel, CELL) for channel in (along(seen.roll(1, 1)), luma(seen), along(seen))]
    rims = rims_of(*cells)
    with torch.autocast("cpu", torch.bfloat16):  # the means
        rough = rims_of(*(channel.bfloat16().float() for channel in cells))
    assert rims.std() > 0.02 and (rough - rims).abs().max() < 0.01


@pytest.mark.parametrize("name", ["stained-glass", "pastel"])
def test_paintings_have_fewer_green_and_magenta_rims(
    photo: np.ndarray, fast: Stylizer, monkeypatch: pytest.MonkeyPatch, name: str
):
    style = fast.encode_style(read_picture(find_style(name)))  # practised, there would be fewer to begin with
    seen = to_tensor(photo, torch.device("cpu"))

    def rims(painted: np.ndarray) -> float:
        channels = along(to_tensor(painted, torch.device("cpu"))), luma(seen), along(seen)
        cells = [F.avg_pool2d(channel, CELL) for channel in channels]
        return rims_of(*cells).square().mean().sqrt().item()

    kept = rims(fast.stylize(photo, style))
    monkeypatch.setattr(fast.network, "colours", None)
    assert kept < 0.7 * rims(fast.stylize(photo, style))
