"""The ways of AdaIN agree where they should."""

import numpy as np
import pytest
import torch

from adain.impose import fixed, followed, plain, recorded
from adain.layers import StyleLevels
from adain.models import load_model


@pytest.mark.parametrize("model", ["fast", "vgg"])
@torch.inference_mode()
def test_statistics_of_the_whole_make_parts_alike(model: str, photo: np.ndarray):
    network = load_model(model)
    content = torch.from_numpy(photo).permute(2, 0, 1)[None, :, :96, :128].float() / 255
    style = network.encode_style(content.flip(1))
    seen: StyleLevels = {}
    whole = network(content, plain(style))
    torch.testing.assert_close(network(content, followed(style, recorded(seen))), whole, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(network(content, fixed(style, seen)), whole, atol=1e-4, rtol=1e-4)
    part = network(content[..., :96], fixed(style, seen))[..., :32]
    by_itself = network(content[..., :96], plain(style))[..., :32]
    assert (part - whole[..., :32]).abs().mean() < 0.5 * (by_itself - whole[..., :32]).abs().mean()
