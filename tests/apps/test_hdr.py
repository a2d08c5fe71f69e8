"""HDR and wide-gamut video looks as it was meant."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from adain.apps.frame import Frame
from adain.apps.reader import open_reader
from av.video.reformatter import ColorPrimaries, ColorTrc

PATCHES = np.array(  # red, green, blue, skin, greys: BT.709, of 255
    [[200, 60, 50], [60, 170, 60], [60, 70, 190], [200, 160, 130], [40, 40, 40], [128, 128, 128], [240, 240, 240]]
)
TO_BT2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])  # ITU-R BT.2087
LUMA_BT2020 = np.array([0.2627, 0.6780, 0.0593])
WHITE = 203.0  # nits, of ordinary white: ITU-R BT.2408
HLG_PEAK, HLG_GAMMA = 1000.0, 1.2  # nits, and between the light of the scene and that of the screen: BT.2100, table 5
BT2020 = 9  # the colour matrix; PyAV names it from 18 on
SIDE = 32  # px of a patch


def hlg(nits: np.ndarray) -> np.ndarray:
    """Light of the screen, (N, 3), to code values, 0..1: ITU-R BT.2100, table 5."""
    screen = nits / HLG_PEAK
    scene = screen * (screen @ LUMA_BT2020)[:, None] ** (1 / HLG_GAMMA - 1)
    bright = 0.17883277 * np.log(12 * np.maximum(scene, 1 / 12) - 0.28466892) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), bright)


def pq(nits: np.ndarray) -> np.ndarray:
    """The same for table 4."""
    power = (nits / 10_000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


def write_clip(path: Path, codes: np.ndarray, transfer: ColorTrc, primaries: ColorPrimaries) -> Path:
    """One frame of a row of patches, (N, 3) code values 0..1, with the colour matrix of BT.2020."""
    luma = codes @ LUMA_BT2020
    blue, red = (codes[:, 2] - luma) / 1.8814, (codes[:, 0] - luma) / 1.4746
    limited = np.stack([4096 + 56064 * luma, 32768 + 57344 * blue, 32768 + 57344 * red], 1)
    pixels = np.tile(np.repeat(np.rint(limited).astype(np.uint16), SIDE, 0), (SIDE, 1, 1))
    with av.open(str(path), "w") as container:
        video = container.add_stream("ffv1", rate=25)
        video.width, video.height, video.pix_fmt = pixels.shape[1], SIDE, "yuv444p16le"
        context = video.codec_context
        context.color_trc, context.color_primaries, context.colorspace = transfer, primaries, BT2020
        frame = av.VideoFrame.from_ndarray(pixels, format="yuv444p16le")
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        container.mux([*video.encode(frame), *video.encode(None)])
    return path


def patches_of(path: Path) -> np.ndarray:
    """(N, 3) of 255, as the reader sees them."""
    reader = open_reader(str(path))
    frame = next(item for item in reader if isinstance(item, Frame))
    reader.close()
    return frame.rgb[SIDE // 2, SIDE // 2 :: SIDE].astype(int)


def hues(colours: np.ndarray) -> np.ndarray:
    """Shares of red, green and blue, which tone mapping leaves as they are."""
    return colours / colours.sum(1, keepdims=True)


@pytest.mark.parametrize(("transfer", "coded"), [(ColorTrc.ARIB_STD_B67, hlg), (ColorTrc.SMPTE2084, pq)])
def test_hdr_keeps_its_colours_and_its_greys(tmp_path: Path, transfer: ColorTrc, coded):
    codes = coded((PATCHES / 255) ** 2.4 @ TO_BT2020.T * WHITE)  # the screen's gamma: BT.1886
    seen = patches_of(write_clip(tmp_path / "hdr.mkv", codes, transfer, ColorPrimaries.BT2020))
    colours, greys = seen[:4], seen[4:]
    assert np.abs(hues(colours) - hues(PATCHES[:4])).max() < 0.05
    assert np.abs(hues(codes[:4]) - hues(PATCHES[:4])).max() > 0.1  # as they come
    assert np.ptp(greys, axis=1).max() <= 2 and 140 < greys[2, 0] < 255
    assert (np.diff(greys[:, 0]) > 40).all()


def test_what_is_brighter_than_white_is_not_cut_off(tmp_path: Path):
    codes = np.repeat(np.linspace(0.75, 1, 6), 3).reshape(6, 3)  # from ordinary white to the peak
    seen = patches_of(write_clip(tmp_path / "sky.mkv", codes, ColorTrc.ARIB_STD_B67, ColorPrimaries.BT2020))
    assert (np.diff(seen[:, 1]) >= 5).all()


def test_ordinary_video_stays_as_it_is(tmp_path: Path):
    clip = write_clip(tmp_path / "plain.mkv", PATCHES / 255, ColorTrc.BT709, ColorPrimaries.BT709)
    assert np.abs(patches_of(clip) - PATCHES).max() <= 1
