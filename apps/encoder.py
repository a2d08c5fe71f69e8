"""The process behind a recording: raw frames on stdin become an mp4.

A process of its own because PyAV and OpenCV's window each bring a libavdevice and must not share one, and because it
outlives a crash of the other: when its stdin ends, for whatever reason, it finishes the file.

Protocol: each frame is its time in microseconds, 8 bytes, little-endian, and then width * height * 3 bytes of RGB.
Exit 0: the file is whole.
"""

import signal
import sys
from fractions import Fraction

import av
import numpy as np

CRF = "20"  # of libx264: hard to tell from the original
KEYFRAMES = 2  # s between key frames: what a killed encoder can lose
TICKS = 90_000  # a second


def main(path: str, width: int, height: int, fps: int) -> None:
    with av.open(path, "w", format="mp4", options={"movflags": "frag_keyframe+empty_moov+default_base_moof"}) as file:
        stream = file.add_stream("libx264", rate=fps, options={"preset": "veryfast", "crf": CRF})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size = KEYFRAMES * fps
        stream.codec_context.time_base = stream.time_base = Fraction(1, TICKS)
        last = -1
        while len(data := sys.stdin.buffer.read(8 + width * height * 3)) == 8 + width * height * 3:
            frame = av.VideoFrame.from_ndarray(np.frombuffer(data, np.uint8, offset=8).reshape(height, width, 3))
            # Rates of a camera vary: each frame keeps its own time.
            frame.pts = last = max(last + 1, int.from_bytes(data[:8], "little") * TICKS // 1_000_000)
            frame.time_base = Fraction(1, TICKS)
            file.mux(stream.encode(frame))
        file.mux(stream.encode())


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the app, which then ends our stdin
    path, *numbers = sys.argv[1:]
    try:
        main(path, *map(int, numbers))
    except (OSError, ValueError, av.FFmpegError) as error:
        sys.exit(f"{error}")
