"""The applications: command line over the library."""

import os

# OpenCV reads these when it is loaded. Its warnings would stand between ours on stderr and say less; a camera that
# gives nothing must not hold a thread for ten seconds, the default.
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "3")
