"""The properties the paper gives AdaIN, and the layers that stand in for slower ones."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from adain.layers import (
    VARIANCE_FLOOR,
    DetailConv,
    Statistics,
    UpsampleConv,
    _measured_on_gpu,
    _PaddedByOne,
    adain,
    statistics,
)
from adain.vgg import VGGNet

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
sizes = st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(2, 9), st.integers(2, 9))


def features(shape: tuple[int, ...], seed: int, *, spread: float = 3.0, offset: float = 2.0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * spread + offset


@settings(deadline=None, max_examples=40)
@given(shape=sizes, seed=st.integers(0, 2**16))
def test_output_takes_the_styles_statistics(shape, seed):
    content = features(shape, seed)
    style = statistics(features(shape, seed + 1, spread=0.7, offset=-4))
    got = statistics(adain(content, style))
    torch.testing.assert_close(got.mean, style.mean, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(got.std, style.std, atol=2e-2, rtol=2e-2)


@settings(deadline=None, max_examples=40)
@given(shape=sizes, seed=st.integers(0, 2**16))
def test_statistics_are_mean_and_biased_deviation(shape, seed):
    x = features(shape, seed)
    got = statistics(x)
    variance, mean = torch.var_mean(x.double(), dim=(2, 3), correction=0, keepdim=True)
    torch.testing.assert_close(got.mean.double(), mean, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(got.std.double(), (variance + VARIANCE_FLOOR).sqrt(), atol=1e-4, rtol=1e-4)


def test_own_statistics_change_nothing():
    x = features((2, 4, 16, 16), 0)
    torch.testing.assert_close(adain(x, statistics(x)), x, atol=1e-3, rtol=1e-3)  # the contrast floor takes a little


@pytest.mark.parametrize("batch", [1, 3])
def test_constant_channel_gives_no_nan(batch):
    x = torch.full((batch, 2, 8, 8), 5.0)
    style = Statistics(torch.full((1, 2, 1, 1), 1.5), torch.full((1, 2, 1, 1), 2.0))
    assert torch.isfinite(adain(x, style)).all()
    torch.testing.assert_close(adain(x, style).mean((2, 3)), torch.full((batch, 2), 1.5), atol=1e-3, rtol=0)


def test_half_precision_statistics_do_not_overflow():
    x = torch.full((1, 1, 256, 256), 60000.0, dtype=torch.float16)  # its sum is far beyond float16
    got = statistics(x)
    assert got.mean.dtype == torch.float32
    torch.testing.assert_close(got.mean.item(), 60000.0, rtol=1e-3, atol=0)
    assert torch.isfinite(got.std).all()


def test_statistics_gradient_is_the_analytic_one():
    x = features((2, 3, 6, 5), 1).double().float().requires_grad_()
    a, b = torch.randn(2, 3, 1, 1), torch.randn(2, 3, 1, 1)
    ours = statistics(x)
    (got,) = torch.autograd.grad((ours.mean * a + ours.std * b).sum(), x)
    variance, mean = torch.var_mean(x, dim=(2, 3), correction=0, keepdim=True)
    (want,) = torch.autograd.grad((mean * a + (variance + VARIANCE_FLOOR).sqrt() * b).sum(), x)
    torch.testing.assert_close(got, want, atol=1e-6, rtol=1e-4)


@settings(deadline=None, max_examples=20)
@given(height=st.integers(2, 9), width=st.integers(2, 9), seed=st.integers(0, 2**16))
def test_folded_upsampling_equals_the_plain_one(height, width, seed):
    torch.manual_seed(seed)
    layer = UpsampleConv(4, 3)
    x = torch.randn(2, 4, height, width)
    enlarged = F.pad(F.interpolate(x, scale_factor=2.0, mode="bilinear"), (1, 1, 1, 1), mode="replicate")
    torch.testing.assert_close(layer(x), F.conv2d(enlarged, layer.weight, layer.bias), atol=1e-5, rtol=1e-5)


def test_detail_convolution_is_one_of_the_full_size():
    detail = DetailConv(0.6)
    picture = torch.rand((2, 3, 20, 28), generator=torch.Generator().manual_seed(1))
    plain = F.conv2d(picture, detail.weight, padding=2)
    inside = (..., slice(4, -4), slice(4, -4))
    found = detail(picture)
    torch.testing.assert_close(found[inside], plain[inside], atol=1e-4, rtol=1e-4)


def test_a_trace_of_the_photo_comes_through_as_it_is():
    picture = torch.rand((1, 3, 32, 32), generator=torch.Generator().manual_seed(1))
    traced, plain = (DetailConv(0.6, photo)(picture) for photo in (0.1, 0.0))
    torch.testing.assert_close(traced - plain, 0.1 * picture, atol=1e-5, rtol=1e-4)


def test_detail_is_of_lines_and_not_of_flats():
    picture = torch.full((1, 3, 32, 32), 0.25)
    assert DetailConv(0.6)(picture).abs().max() < 1e-6
    picture[..., 16] = 1.0
    brought_back = DetailConv(0.6)(picture)[0, 0, 16]
    assert brought_back[16] > 0.1 and brought_back[:12].abs().max() < 1e-6


def test_a_fresh_decoder_passes_what_it_is_given():
    features = 14 * torch.rand((2, 512, 8, 8), generator=torch.Generator().manual_seed(1))  # the scale of relu4_1
    with torch.inference_mode():
        one, other = VGGNet().decoder(features)
    assert 0.05 < (one - other).abs().mean() < 5  # torch's default weights leave a thousandth of it


@settings(deadline=None, max_examples=40)
@given(shape=sizes, seed=st.integers(0, 2**16), offset=st.floats(-50, 50))
def test_a_gpu_measures_the_same_statistics(shape, seed, offset):
    x = features(shape, seed, offset=offset)  # its arithmetic, wherever
    for got, wanted in zip(_measured_on_gpu(x), statistics(x), strict=True):
        torch.testing.assert_close(got, wanted, atol=1e-3, rtol=1e-3)
    flat = torch.full((1, 2, 8, 8), 300.0)
    assert _measured_on_gpu(flat)[1].max() < 1  # what rounding leaves of no contrast


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=needs_gpu)])
@pytest.mark.parametrize(("mode", "inset"), [("reflect", 1), ("replicate", 0)])
def test_padding_by_one_is_torchs_and_keeps_the_order_in_memory(device, mode, inset):
    x = features((2, 5, 4, 6), 0).to(device, memory_format=torch.channels_last)
    weight = features((2, 5, 6, 8), 1).to(device)
    found = []
    for pad in (lambda t: _PaddedByOne.apply(t, inset), lambda t: F.pad(t, (1, 1, 1, 1), mode=mode)):
        leaf = x.clone().requires_grad_()
        padded = pad(leaf)
        (padded * weight).sum().backward()
        found.append((padded.detach(), leaf.grad))
    torch.testing.assert_close(found[0], found[1])
    assert _PaddedByOne.apply(x, inset).is_contiguous(memory_format=torch.channels_last)


@needs_gpu
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_gpu_paints_and_learns_as_the_cpu_does(dtype):
    content = features((2, 16, 24, 40), 0)
    style = statistics(features((2, 16, 24, 40), 1, spread=0.7, offset=-4))
    found = []
    for device in ("cpu", "cuda"):
        x = content.to(device, dtype, memory_format=torch.channels_last).requires_grad_()
        painted = adain(x, style.to(torch.device(device)))
        (painted.float().square() * torch.arange(40, device=device)).sum().backward()
        found.append((painted.detach().float().cpu(), x.grad.float().cpu()))
    scale = found[0][1].abs().max()
    torch.testing.assert_close(found[0][0], found[1][0], atol=0.1, rtol=0.05)
    assert (found[0][1] - found[1][1]).abs().max() < 0.05 * scale
