"""Training on a handful of pictures: it learns, resumes exactly, saves safely, survives divergence and Ctrl-C."""

import csv
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from adain.train.config import TrainConfig
from adain.train.data import PictureBank, make_batch
from adain.train.objective import Objective, through
from adain.train.train import learning_rate, prepare, train
from PIL import Image

from adain.convert import to_tensor
from adain.errors import AdainError, OptionError, TrainingError
from adain.models import load_model
from adain.trunk import load_vgg16
from adain.vgg import FEATURE_SCALE

Configure = Callable[..., TrainConfig]

CPU = torch.device("cpu")
CLI = [sys.executable, "-c", "from adain.apps.cli import main; main()"]


def weights(path: Path) -> dict[str, torch.Tensor]:
    return torch.load(path, weights_only=True)["average"]


def test_it_learns_and_can_be_watched(configure: Configure, tmp_path: Path):
    seen, notices = [], []
    train(
        configure(steps=24), progress=lambda _, _total, terms: seen.append(sum(terms.values())), notice=notices.append
    )
    assert len(seen) == 12 and seen[-1] < 0.7 * seen[0]
    assert notices == ["2 photos, 1 artworks; 1 files could not be read"]
    with (tmp_path / "run" / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == list(range(2, 25, 2))
    assert sum(float(rows[-1][name]) for name in rows[-1] if name not in ("time", "step")) == pytest.approx(
        seen[-1], abs=1e-3
    )
    sample = np.asarray(Image.open(tmp_path / "run" / "samples" / "0000024.jpg"))
    assert sample.shape == (3 * 64, 4 * 64, 3) and sample.std() > 10


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"model": "vgg", "save_every": 100},  # its pictures at each checkpoint would take longer than its steps
        {"balance": 0.6},
        {"optimizer": "adam"},
        {"pairings": 2},
    ],
)
def test_resume_gives_the_weights_of_an_uninterrupted_run(configure: Configure, changes: dict):
    whole = train(configure("whole", **changes))

    def stop(step: int, _total: int, _terms: dict) -> None:
        if step == 4:
            raise KeyboardInterrupt

    stopped = configure("parts", **changes)
    with pytest.raises(KeyboardInterrupt):
        train(stopped, progress=stop)
    parts = weights(train(stopped, resume=True))
    for name, value in weights(whole).items():
        torch.testing.assert_close(parts[name], value, atol=1e-5, rtol=1e-4)


def test_a_run_goes_on_with_its_own_optimizer_and_rates(configure: Configure):
    train(configure(optimizer="adam", steps=3))
    with pytest.raises(TrainingError, match="--optimizer adam"):
        train(configure(), resume=True)
    train(configure("styles", learn="style", steps=3))
    with pytest.raises(TrainingError, match="--learn style"):
        train(configure("styles"), resume=True)
    train(configure("deep", model="vgg", encoder_rate=0, steps=3))
    with pytest.raises(TrainingError, match="--encoder-rate 0"):
        train(configure("deep", model="vgg"), resume=True)


def test_a_truncated_checkpoint_falls_back_to_the_one_before(configure: Configure, tmp_path: Path):
    last = train(configure())
    with pytest.raises(TrainingError, match="--resume"):
        train(configure())
    last.write_bytes(last.read_bytes()[:1000])
    state = prepare(configure(), CPU, torch.float32)
    assert state.load() and state.step == 6  # saved twice: in the loop, at the end
    (tmp_path / "run" / "previous.pt").unlink()
    assert not state.load()


def test_divergence_is_rolled_back_at_half_the_rate(configure: Configure, monkeypatch: pytest.MonkeyPatch):
    calls = 0
    forward = Objective.forward

    def sick_once(self, batch, wanted):
        nonlocal calls
        calls += 1
        terms = forward(self, batch, wanted)
        return {**terms, "style": terms["style"] * float("nan")} if calls == 5 else terms

    monkeypatch.setattr(Objective, "forward", sick_once)
    notices: list[str] = []
    path = train(configure(), notice=notices.append)
    assert "back to step 3 at 0.5 of the rate" in notices[1]
    state = torch.load(path, weights_only=True)
    assert state["step"] == 6 and state["rate_factor"] == 0.5
    assert all(value.isfinite().all() for value in state["average"].values())


def test_divergence_without_end_is_an_error(configure: Configure):
    with pytest.raises(TrainingError, match="lower --learning-rate"):
        train(configure(steps=40, learning_rate=1e30, clip=1e30))


@pytest.mark.parametrize(
    "changes",
    [
        {"style_loss": "gram", "style_scales": 2, "style_power": 0.5},
        {"content_loss": "adain", "model": "vgg", "encoder_rate": 0, "save_every": 100},
        {"colour_weight": 1.0, "structure_weight": 1.0, "identity_weight": 0, "temporal_weight": 0},
        {"halo_weight": 100.0, "palette_weight": 100.0},
    ],
)
def test_every_choice_of_loss_learns(configure: Configure, changes: dict):
    config = configure(**changes)
    state = prepare(config, CPU, torch.float32)
    first: list[dict] = []
    train(config, progress=lambda _, _total, terms: first.append(terms))
    assert set(first[0]) >= {"style", "content"}
    for term in ("colour", "structure", "halo", "palette"):
        assert (term in first[0]) == bool(changes.get(f"{term}_weight"))
    before = state.objective.net.state_dict()
    changed = [name for name, value in weights(config.run / "last.pt").items() if not torch.equal(value, before[name])]
    assert changed
    if config.model == "vgg":  # as in the paper
        assert all(name.startswith("decoder.") for name in changed)


def test_artworks_may_be_looked_at_in_a_size_of_their_own(configure: Configure):
    every_loss_that_sees_them = {"colour_weight": 1.0, "palette_weight": 1.0, "identity_weight": 1.0}
    config = configure(style_crop=128, photos_as_styles=0.5, batch=4, pairings=2, **every_loss_that_sees_them)
    first: list[dict] = []
    train(config, progress=lambda _, _total, terms: first.append(terms))
    assert set(first[0]) >= {"style", "colour", "palette", "identity"}
    sample = np.asarray(Image.open(config.run / "samples" / "0000006.jpg"))
    assert sample.shape == (3 * 64, 4 * 64, 3)  # the artworks made as small as the photos
    banks = [PictureBank(f, device=CPU, zoom=(0.5, 1)) for f in (config.content, config.style)]
    batch = make_batch(*banks, config, 0)
    assert batch.content.shape == (4, 3, 64, 64) and batch.style.shape == (4, 3, 128, 128)
    assert configure().style_crop == configure().crop


def test_the_style_encoder_learns_alone_where_asked(configure: Configure):
    config = configure(learn="style", steps=3)
    torch.manual_seed(config.seed)  # as `train` begins
    before = prepare(config, CPU, torch.float32).objective.net.state_dict()
    changed = {name for name, value in weights(train(config)).items() if not torch.equal(value, before[name])}
    assert changed and changed <= {name for name in before if name.startswith("style_encoder.")}
    with pytest.raises(OptionError, match="only fast"):
        configure(learn="style", model="vgg")


def test_the_encoder_of_vgg_learns_at_its_own_rate(configure: Configure):
    config = configure(model="vgg", encoder_rate=0.5, steps=1)
    state = prepare(config, CPU, torch.float32)
    before = {name: value.clone() for name, value in state.objective.net.state_dict().items()}
    for name, value in load_vgg16().state_dict().items():
        torch.testing.assert_close(before[f"encoder.{name}"], value)
    judge = state.objective.teacher.state_dict()
    rates = {group["share"]: len(group["params"]) for group in state.optimizer.param_groups}
    assert rates == {1.0: 15, 0.5: 16, FEATURE_SCALE: 1}
    after = weights(train(config))
    assert all(not torch.equal(after[name], value) for name, value in before.items())
    again = prepare(configure("again", model="vgg", start_from=str(config.run / "last.pt")), CPU, torch.float32)
    torch.testing.assert_close(again.objective.net.state_dict(), after)  # the encoder goes on as well
    torch.testing.assert_close(again.objective.teacher.state_dict(), judge)  # the judge is the one it always was


def test_a_second_network_judges_style_too(configure: Configure):
    config = configure(second_features="vgg16", second_weight=0.5, steps=2, log_every=1)
    alone: dict[int, dict] = {}
    both: dict[int, dict] = {}
    train(config, progress=lambda step, _total, terms: both.update({step: terms}))
    train(configure("alone", steps=2, log_every=1), progress=lambda step, _total, terms: alone.update({step: terms}))
    assert both[1]["style"] == pytest.approx(1.5 * alone[1]["style"])  # the same network a second time, at half
    assert both[1]["content"] == pytest.approx(alone[1]["content"])
    shallow = prepare(configure("shallow", second_features="vgg16", second_depth=2), CPU, torch.float32).objective
    assert shallow.second.style_layers == shallow.teacher.style_layers[:2]
    weights(config.run / "last.pt")  # what only judges is no part of it


@pytest.mark.parametrize("changes", [{}, {"style_loss": "gram"}, {"content_loss": "adain", "style_scales": 2}])
def test_what_was_seen_in_a_batch_serves_every_pairing(configure: Configure, changes: dict):
    config = configure(batch=3, pairings=3, photos_as_styles=1.0, **changes)
    objective = prepare(config, CPU, torch.float32).objective
    photos, artworks = (PictureBank(f, device=CPU, zoom=(0.5, 1)) for f in (config.content, config.style))
    drawn = make_batch(photos, artworks, config, 0)
    turned = drawn._replace(turn=2).turned()
    seen = objective.look(drawn)
    known, anew = objective(turned, seen.turned(2)), objective(turned, objective.look(turned))
    torch.testing.assert_close(known, anew)
    wrongly = objective(turned, seen.turned(1))
    assert float(known["style"].detach()) != pytest.approx(float(wrongly["style"].detach()))


def test_hard_styles_drown_the_rest_less(configure: Configure):
    """Below 1, `style_power` makes the slope steeper at small distances than at large ones; at 1 all count alike."""
    config = configure(batch=3, temporal_weight=0, identity_weight=0)
    objective = prepare(config, CPU, torch.float32).objective
    photos, artworks = (PictureBank(f, device=CPU, zoom=(0.5, 1)) for f in (config.content, config.style))
    drawn = make_batch(photos, artworks, config, 0)
    wanted = objective.look(drawn)
    seen = through(drawn.view, objective.painted(drawn, drawn.content)["photos"])
    distances = objective.style_distances(objective.teacher, seen, None, wanted.style[0])
    assert distances.shape == (3,)
    for power, counted in ((1.0, distances), (0.5, 2 * (distances + 0.02).sqrt())):
        objective.config = configure("other", batch=3, temporal_weight=0, identity_weight=0, style_power=power)
        torch.testing.assert_close(objective(drawn, wanted)["style"], config.style_weight * counted.mean())


def test_a_run_starts_from_the_weights_of_another(configure: Configure, tmp_path: Path):
    before = train(configure("before"))
    start = prepare(configure(start_from=str(before)), CPU, torch.float32)
    for name, value in start.objective.net.state_dict().items():
        torch.testing.assert_close(value, weights(before)[name])
    shipped = prepare(configure(start_from="fast"), CPU, torch.float32).average.state_dict()
    torch.testing.assert_close(shipped, load_model("fast").state_dict(), check_dtype=False)


def test_samples_are_painted_as_the_model_will_paint(configure: Configure, photo: np.ndarray):
    average = prepare(configure(start_from="vgg", model="vgg"), CPU, torch.float32).average
    style = to_tensor(photo[:64, :64], CPU)
    torch.testing.assert_close(average.encode_style(style), load_model("vgg").encode_style(style))


@pytest.mark.parametrize(
    ("source", "told"), [("vgg", "down_half"), ("none.pt", "none.pt"), ("nobody", "unknown model")]
)
def test_what_cannot_be_started_from_is_told(configure: Configure, source: str, told: str):
    with pytest.raises(AdainError, match=told):
        train(configure(start_from=source))


def test_identity_can_be_learned_alone(configure: Configure):
    config = configure(
        model="vgg", style_weight=0, content_weight=0, steps=24, learning_rate=5e-4, balance=0.5, save_every=100
    )
    seen: list[dict] = []
    train(config, progress=lambda _, _total, terms: seen.append(terms))
    assert all(list(terms) == ["identity"] for terms in seen)
    assert seen[-1]["identity"] < 0.8 * seen[0]["identity"]


def test_a_painting_keeps_the_structure_it_is_asked_to_keep(configure: Configure):
    seen: dict[float, list[float]] = {}
    for weight in (1e-6, 20.0):
        told = seen.setdefault(weight, [])
        config = configure(
            str(weight), start_from="fast", structure_weight=weight, steps=24, learning_rate=1e-3, save_every=100
        )
        train(
            config, progress=lambda _, _total, terms, told=told, weight=weight: told.append(terms["structure"] / weight)
        )
    assert np.mean(seen[20.0][-4:]) < 0.9 * np.mean(seen[1e-6][-4:])


def test_balance_brings_style_to_its_share(configure: Configure):
    objective = prepare(configure(balance=0.6), CPU, torch.float32).objective
    for _ in range(3000):
        style, content = 9 * objective.style_factor, torch.tensor(1.0)
        objective.rebalance({"style": style, "content": content})
    assert (style / (style + content)).item() == pytest.approx(0.6, abs=0.01)


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "none"},
        {"style_loss": "x"},
        {"style_power": 0.0},
        {"optimizer": "sgd"},
        {"style_weight": 0, "content_weight": 0, "identity_weight": 0},
        {"batch": 0},
        {"crop": 100},
        {"style_crop": 100},
        {"style_zoom": (0.9, 0.2)},
        {"balance": 2},
        {"balance": float("nan")},
        {"second_depth": -1},
        {"pairings": 3, "batch": 2},
    ],
)
def test_bad_settings_are_told(configure: Configure, changes: dict):
    with pytest.raises(OptionError, match="want"):
        configure(**changes)


def test_the_learning_rate_suits_the_optimizer_and_the_network_unless_given(configure: Configure):
    rates = {name: configure(**changes).learning_rate for name, changes in {
        "muon": {}, "adam": {"optimizer": "adam"}, "deep": {"model": "vgg"}, "given": {"learning_rate": 0.5},
    }.items()}  # fmt: skip
    assert rates["deep"] < rates["adam"] < rates["muon"] < rates["given"] == 0.5


def test_learning_rate_warms_up_and_falls(configure: Configure):
    settings = configure(steps=1000, warmup=100)
    rates = [learning_rate(step / 1000, step, settings) for step in range(1000)]
    assert rates[0] < rates[50] < rates[99] and rates[100:] == sorted(rates[100:], reverse=True)
    assert rates[-1] < 0.02 * max(rates)


def test_a_run_of_so_many_minutes_ends_by_the_clock(configure: Configure, monkeypatch: pytest.MonkeyPatch):
    clock = SimpleNamespace(monotonic=itertools.count(step=3).__next__)  # every step takes three seconds
    monkeypatch.setattr("adain.train.train.time", clock)
    config = configure(steps=10_000, minutes=1, save_every=10_000)
    totals: list[int] = []
    state = torch.load(train(config, progress=lambda _, total, terms: totals.append(total)), weights_only=True)
    assert state["step"] == 20 and state["seconds"] == 60
    assert totals == [20] * 10  # a progress bar counts to what the time allows
    assert state["optimizer"]["param_groups"][0]["lr"] < 0.03 * config.learning_rate  # it has fallen with the time
    again = torch.load(train(config, resume=True), weights_only=True)
    assert again["step"] == state["step"]


def in_two_processes(config: TrainConfig, folder: Path, *limits: object) -> subprocess.CompletedProcess:
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
        "--no-python",
        "--",
    ]
    command += [*CLI, "train", "--content", config.content, "--style", config.style, "--run", "r", *limits]
    command += ["--crop", "64", "--batch", "1", "--save-every", "2", "--log-every", "2", "--device", "cpu"]
    return subprocess.run(
        [*map(str, command)],
        check=False,
        cwd=folder,
        capture_output=True,
        timeout=200,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def test_two_processes_train_one_network(configure: Configure, tmp_path: Path):
    done = in_two_processes(configure(), tmp_path, "--steps", 4)
    assert done.returncode == 0, done.stderr.decode()
    state = torch.load(tmp_path / "r" / "last.pt", weights_only=True)
    assert state["step"] == 4
    assert len((tmp_path / "r" / "log.csv").read_text().splitlines()) == 3  # the first process alone writes
    assert done.stdout.decode().split() == ["r/last.pt"]


def test_two_processes_end_together_by_the_clock(configure: Configure, tmp_path: Path):
    done = in_two_processes(
        configure(), tmp_path, "--minutes", 0.03
    )  # one that ended first would leave the other waiting
    assert done.returncode == 0, done.stderr.decode()
    assert torch.load(tmp_path / "r" / "last.pt", weights_only=True)["seconds"] >= 0.03 * 60


def test_command_line(adain, folders: tuple[Path, Path], tmp_path: Path):
    done = adain("train", "--content", folders[0], "--style", folders[1], "--run", "r", "--steps", 2, "--crop", 64,
                 "--style-zoom", 0.6, 0.9)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().strip() == "r/last.pt"
    assert adain("export-weights", "r/last.pt", "--folder", "w", "--name", "tiny").returncode == 0
    Image.new("RGB", (32, 32), "navy").save(tmp_path / "s.png")
    assert adain("image", "s.png", "-s", "s.png", "-o", "o.png", "--model", "w/tiny.safetensors").returncode == 0
    empty = tmp_path / "empty"
    empty.mkdir()
    failed = adain("train", "--content", empty, "--style", folders[1], "--run", "r2")
    assert failed.returncode == 1 and b"no readable picture" in failed.stderr and b"Traceback" not in failed.stderr
    wrong = adain("train", "--content", folders[0], "--style", folders[1], "--run", "r3", "--features", "alexnet")
    assert wrong.returncode == 2 and b"vgg16, vgg16-smooth, vgg19, resnet50" in wrong.stderr


def test_ctrl_c_saves_and_exits_130(folders: tuple[Path, Path], tmp_path: Path):
    command = [*CLI, "train", "--content", folders[0], "--style", folders[1], "--run", tmp_path / "r"]
    command += ["--crop", "64", "--log-every", "1", "--batch", "1"]
    with subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 100
        while not (tmp_path / "r" / "log.csv").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"go on with --resume" in errors and b"Traceback" not in errors
    assert torch.load(tmp_path / "r" / "last.pt", weights_only=True)["step"] >= 1
