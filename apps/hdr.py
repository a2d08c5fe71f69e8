"""HDR and wide-gamut video, such as telephones film, in the colours of ordinary video.

Taken as they come, its pixels look pale and flat: they are meant for a wider range of light and colour than the BT.709
in which pictures are painted and written.
"""

import av
from av.video.reformatter import ColorPrimaries, ColorTrc

from .filters import Filters

HDR = {ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67}  # better known as PQ and HLG
WIDE = {ColorPrimaries.BT2020, ColorPrimaries.SMPTE431, ColorPrimaries.SMPTE432}  # the last two are DCI and Display P3
# Perceptual: what is brighter than white or more colourful than BT.709 is brought in gently, where the colorimetric
# ones would clip a sky.
TO_ORDINARY = "out_primaries=bt709:out_transfer=bt709:intent=perceptual"


def is_wide(frame: av.VideoFrame) -> bool:
    """Whether a frame says that its light or its colours go beyond ordinary video's."""
    return frame.color_trc in HDR or frame.color_primaries in WIDE


class Ordinary:
    """Brings frames of one video to RGB in BT.709, by the colour management of FFmpeg (libswscale).

    The first takes a second or two, for a table of all colours; those that follow 5 ms at 640x360, 30 ms at 1920x1080.
    """

    def __init__(self) -> None:
        self._filters = Filters(("scale", TO_ORDINARY), ("format", "pix_fmts=rgb24"))

    def __call__(self, frame: av.VideoFrame) -> av.VideoFrame:
        (ordinary,) = self._filters(frame)
        return ordinary
