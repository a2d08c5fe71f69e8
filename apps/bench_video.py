"""`adain bench video`: a clip from file to file, with decoding, smoothing and encoding, as `adain video` does it."""

import statistics
import tempfile
import time
from fractions import Fraction
from pathlib import Path

from adain.stylizer import Stylizer

from .bench import Timing
from .clip import write_clip
from .options import VideoOptions
from .painter import Painter
from .recipe import Blend, Recipe
from .timeline import Keyframe
from .video import stylize_video

FRAMES, RUNS = 36, 3
STYLE = "starry-night"


def time_video(stylizer: Stylizer, width: int, height: int) -> Timing:
    """Milliseconds a frame, the model already loaded."""
    options = VideoOptions(model=stylizer.model, device=stylizer.device.type, size=0, overwrite=True)
    painter = Painter(options)
    painter.stylizer = stylizer  # with the number format in question
    only = stylizer.only_style
    recipe = Recipe(own=only.name) if only else Recipe(Blend((STYLE,), (1.0,)))
    milliseconds = []
    with tempfile.TemporaryDirectory() as folder:
        clip, painted = Path(folder) / "clip.mp4", Path(folder) / "painted.mp4"
        write_clip(clip, width, height, FRAMES)
        for _ in range(1 + RUNS):
            started = time.perf_counter()
            stylize_video(str(clip), str(painted), [Keyframe(Fraction(0), recipe)], options, painter=painter)
            milliseconds.append(1000 * (time.perf_counter() - started) / FRAMES)
    return Timing(milliseconds[0], statistics.median(milliseconds[1:]))
