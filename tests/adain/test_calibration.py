"""Styles tried on photos before they are used."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from adain import list_styles
from adain.calibration import calibrated, references
from adain.convert import to_tensor
from adain.impose import plain
from adain.layers import statistics
from adain.models import load_model
from adain.vgg import VGGNet

CPU = torch.device("cpu")


@given(share=st.floats(0.3, 1.2), shift=st.floats(-0.5, 0.5))
@settings(max_examples=25, deadline=None)
def test_what_a_decoder_misses_is_made_up_for(share: float, shift: float):
    wanted = torch.randn(1, 32, 1, 1)

    def decoder(mean: torch.Tensor) -> torch.Tensor:
        return share * mean + shift

    missed, left = ((decoder(mean) - wanted).norm() for mean in (wanted, calibrated(wanted, decoder)))
    assert left <= 0.75 * missed + 1e-5


def test_a_decoder_that_misses_nothing_is_left_alone():
    wanted = torch.randn(1, 32, 1, 1)
    torch.testing.assert_close(calibrated(wanted, lambda mean: mean), wanted)


def test_references_are_small_square_photos():
    photos = references()
    assert photos.shape[1:] == (3, 128, 128) and len(photos) >= 4
    assert (photos.std((1, 2, 3)) > 0.1).all() and photos.min() >= 0 and photos.max() <= 1


@pytest.fixture(scope="module")
def net() -> VGGNet:
    return load_model("vgg")  # type: ignore[return-value]


@torch.inference_mode()
def test_a_photo_never_tried_comes_nearer_to_its_style(net: VGGNet, photo: np.ndarray):
    content = to_tensor(photo, CPU)
    missed = {"measured": 0.0, "calibrated": 0.0}
    for info in list(list_styles().values())[::5]:
        with Image.open(info.path) as picture:
            style = to_tensor(np.array(picture.convert("RGB").resize((96, 96))), CPU)
        wanted = statistics(net.encoder(style)["relu4_1"])
        for name, levels in (("measured", {"relu4_1": wanted}), ("calibrated", net.encode_style(style))):
            found = statistics(net.encoder(net(content, plain(levels)).clamp(0, 1))["relu4_1"])
            missed[name] += float((found.mean - wanted.mean).square().sum() / wanted.std.square().sum())
    assert missed["calibrated"] < 0.95 * missed["measured"]


@torch.inference_mode()
def test_styles_of_a_batch_are_calibrated_one_by_one(net: VGGNet):
    styles = torch.rand(2, 3, 32, 32)
    together, alone = net.encode_style(styles)["relu4_1"], net.encode_style(styles[1:])["relu4_1"]
    torch.testing.assert_close(together.pick(1), alone, rtol=1e-3, atol=1e-3)
    net.train()  # which needs the paper's, and has no time for more
    torch.testing.assert_close(net.encode_style(styles)["relu4_1"], statistics(net.encoder(styles)["relu4_1"]))
    net.eval()
