"""README's Python, run as it stands."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from adain import list_styles

README = Path(__file__).parents[2] / "README.md"


def test_its_python_runs(tmp_path: Path, adain_here, photo: np.ndarray):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    assert adain_here("export", "onnx") == (0, "")
    assert adain_here("export", "styles", "-s", "mosaic") == (0, "")
    shutil.copyfile(list_styles()["ukiyo-e"].path, "wave.jpg")
    Image.fromarray(photo).save("photo.jpg")
    shown: list[np.ndarray] = []
    names = {"frames": [photo, np.roll(photo, 4, 1)], "show": shown.append}  # of the reader's own
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(blocks) == 4
    for block in blocks:
        exec(compile(block, str(README), "exec"), names)
    assert names["picture"].size == photo.shape[1::-1] and Path("mix.style").is_file()
    assert [frame.shape for frame in shown] == [photo.shape] * 2
    assert np.abs(shown[1].astype(int) - photo).mean() > 10
    assert names["painted"].shape == (1, 688, 1024, 3) and Path("painted.png").is_file()
    assert names["style"]["mean"].shape == names["found"][0].shape
