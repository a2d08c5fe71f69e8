"""Interlaced video, as camcorders and television make it, in whole frames.

Each of its frames holds two moments, in every other row. Painted as it comes, whatever moves would have a comb for an
outline, and strokes along its teeth.
"""

from collections.abc import Iterator

import av

from .filters import Filters

# Bob Weaver (Weston 3 field), one frame for two fields; what a frame flags as whole passes as it is.
WEAVE = "bwdif", "mode=send_frame:deint=interlaced"


class Progressive:
    """Whole frames for those of one video, at the times of theirs; whole ones are what most have in the first place."""

    def __init__(self) -> None:
        self._filters = Filters(WEAVE)
        self._needed = False  # from the first interlaced frame on

    def __call__(self, frame: av.VideoFrame) -> Iterator[av.VideoFrame]:
        self._needed |= frame.interlaced_frame
        if self._needed:
            yield from self._filters(frame)
        else:
            yield frame

    def rest(self) -> Iterator[av.VideoFrame]:
        """The last frame, which waited for the one after it."""
        return self._filters.rest()
