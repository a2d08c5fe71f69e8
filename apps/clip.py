"""A clip to measure with: a slow pan over a picture, there and back."""

from pathlib import Path

import cv2
import numpy as np

from adain.builtin import list_styles
from adain.errors import VideoError
from adain.picture import read_picture

RATE = 30.0  # frames a second


def write_clip(path: Path, width: int, height: int, frames: int) -> None:
    """Write an mp4 of that many frames.

    Raises:
        VideoError: OpenCV cannot write it.
    """
    picture = read_picture(list_styles()["starry-night"].path)
    big = picture.resized(width * 3 // 2, height * 2).rgb[..., ::-1]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), RATE, (width, height))
    if not writer.isOpened():
        raise VideoError(f"{path}: OpenCV cannot write a clip of {width}x{height}; want even sides of some dozen px")
    for i in range(frames):
        share = 0.5 - 0.5 * np.cos(2 * np.pi * i / frames)
        shift = np.array([[1, 0, -share * width / 2], [0, 1, -share * height / 2]], np.float32)
        writer.write(cv2.warpAffine(big, shift, (width, height)))
    writer.release()
