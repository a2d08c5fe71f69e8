"""Which encoder for which file, and how to set it."""

from fractions import Fraction
from typing import Any

import av

from adain.errors import DeviceError, OptionError

from .filters import graph_for
from .options import Encoding

CRF = {"libx264": 18, "libx265": 20, "libvpx-vp9": 28, "libsvtav1": 28}  # about where painted texture stops losing
PRESETS = {"libx264": "veryfast", "libx265": "veryfast", "libvpx-vp9": "5", "libsvtav1": "8"}
PRESET_OPTION = {"libvpx-vp9": "cpu-used"}
EXTRA: dict[str, dict[str, str]] = {
    "libvpx-vp9": {"b": "0", "deadline": "good", "row-mt": "1"},
    "libx265": {"x265-params": "log-level=error"},
    "libwebp_anim": {"quality": "85"},  # of 100; at its own 75 fine strokes are smoothed away (35 dB, not 37)
}
TINY = 96  # px; below, x265 with several rows of blocks at work is not the same from run to run
QUALITY_OPTION = {"nvenc": "cq", "qsv": "global_quality", "amf": "qp_i"}  # of hardware encoders, in place of crf
HARDWARE = ("h264_nvenc", "h264_videotoolbox", "h264_qsv", "h264_amf", "h264_v4l2m2m", "h264_mf")
CODECS = {
    ".mp4": "libx264",
    ".m4v": "libx264",
    ".mov": "libx264",
    ".mkv": "libx264",
    ".webm": "libvpx-vp9",
    ".gif": "gif",
    ".webp": "libwebp_anim",
    ".apng": "apng",
}
ANIMATED = {"gif": "pal8", "apng": "rgba", "libwebp_anim": "bgra"}  # see-through; frames build on those before
START_CODES = ("h264", "hevc")  # codecs whose encoders give start codes where files hold lengths


def choose_codec(name: str, size: tuple[int, int]) -> str:
    """The encoder by a name, or for "hardware" the first that works here."""
    if name != "hardware":
        try:
            if av.Codec(name, "w").type != "video":
                raise OptionError(f"got --codec {name}; that encodes no video; want one such as libx264 or libx265")
        except av.codec.codec.UnknownCodecError:
            raise OptionError(
                f"got --codec {name}; there is no such encoder; want one such as libx264 or hardware"
            ) from None
        return name
    tried = []
    for candidate in HARDWARE:
        try:
            context: Any = av.CodecContext.create(candidate, "w")
            context.width, context.height = max(256, size[0] & ~1), max(256, size[1] & ~1)
            context.pix_fmt, context.time_base, context.framerate = (
                pixel_format(candidate),
                Fraction(1, 25),
                Fraction(25),
            )
            context.open()
            return candidate
        except (av.codec.codec.UnknownCodecError, av.error.FFmpegError, OSError, ValueError) as error:
            tried.append(f"{candidate}: {error}")
    raise DeviceError(
        "no hardware encoder is at work here; leave --codec out to encode on the CPU (" + "; ".join(tried) + ")"
    )


def encoder_options(codec: str, encoding: Encoding, size: tuple[int, int]) -> dict[str, str]:
    """Quality, speed and what else an encoder wants to hear."""
    options = dict(EXTRA.get(codec, {}))
    crf = CRF.get(codec) if encoding.crf is None else encoding.crf
    if crf is not None:
        options[next((o for k, o in QUALITY_OPTION.items() if codec.endswith(k)), "crf")] = str(crf)
    if preset := encoding.preset or PRESETS.get(codec):
        options[PRESET_OPTION.get(codec, "preset")] = preset
    if codec.startswith("libx264") and has_avx512():
        options["x264-params"] = "asm=avx2"
    if codec == "libx265" and min(size) < TINY:
        options["x265-params"] += ":wpp=0"
    return options


def has_avx512() -> bool:
    """Whether x264 would use instructions of AVX-512.

    With them its macroblock tree differs from run to run, at 854x480 and many other sizes (build 165; never in some
    hundred runs with AVX2). Without the tree files are a tenth larger.
    """
    from torch.backends import cpu  # by now it is loaded anyway

    return cpu.get_cpu_capability().startswith("AVX512")


def needs_even(codec: str) -> bool:
    """Whether it refuses odd sizes."""
    return pixel_format(codec).startswith(("yuv420", "nv12")) and codec != "libvpx-vp9"


def pixel_format(codec: str) -> str:
    """What plays everywhere, 4:2:0, where the encoder takes it."""
    if codec in ANIMATED:
        return ANIMATED[codec]
    formats = [f.name for f in av.Codec(codec, "w").video_formats or []]
    return next((f for f in ("yuv420p", "nv12") if f in formats), formats[0] if formats else "yuv420p")


def gif_graph(template: av.VideoFrame) -> av.filter.Graph:
    """Frames in, frames with the palette that suits each out."""
    graph, source = graph_for(template)
    split, generate = graph.add("split"), graph.add("palettegen", "stats_mode=single")
    use, sink = graph.add("paletteuse", "new=1:dither=bayer:bayer_scale=3"), graph.add("buffersink")
    source.link_to(split)
    split.link_to(use, 0, 0)
    split.link_to(generate, 1, 0)
    generate.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    return graph


def with_start_codes(packet: av.Packet) -> av.Packet:
    """A packet of H.264 or HEVC as the encoder gave it: before each unit a start code, where files have its length."""
    data, at, units = bytes(packet), 0, bytearray()
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        units += b"\0\0\0\1" + data[at + 4 : at + 4 + length]
        at += 4 + length
    result = av.Packet(bytes(units))
    result.pts, result.dts, result.time_base, result.duration = (
        packet.pts,
        packet.dts,
        packet.time_base,
        packet.duration,
    )
    result.is_keyframe = packet.is_keyframe
    return result
