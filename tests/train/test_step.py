"""On a GPU a step is recorded once and replayed; it must learn what it would have learned otherwise."""

from collections.abc import Callable

import pytest
import torch
from adain.train.config import TrainConfig
from adain.train.step import RecordedStep
from adain.train.train import train

Configure = Callable[..., TrainConfig]
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")


@needs_gpu
@pytest.mark.parametrize(
    "changes",
    [
        {"pairings": 4},
        {"model": "vgg"},
        {
            "optimizer": "adam",
            "balance": 0.5,
            "structure_weight": 1,
            "colour_weight": 1,
            "halo_weight": 100,
            "palette_weight": 99,
        },
    ],
)
def test_a_recorded_step_learns_what_a_plain_one_does(
    configure: Configure, monkeypatch: pytest.MonkeyPatch, changes: dict
):
    replays = []
    run = RecordedStep.run
    monkeypatch.setattr(RecordedStep, "run", lambda self, batch: replays.append(self) or run(self, batch))
    curves: dict[bool, list[dict]] = {True: [], False: []}
    weights = {}
    for record, curve in curves.items():
        settings = {"steps": 24, "batch": 4, "device": "cuda", "record": record, "log_every": 1, **changes}
        path = train(configure(str(record), **settings), progress=lambda _, _total, terms, to=curve: to.append(terms))
        weights[record] = torch.load(path, weights_only=True)["average"]
    assert len(replays) == 24 and len(replays[-1].recorded) == changes.get("pairings", 1)
    for recorded, plain in zip(curves[True], curves[False], strict=True):
        assert recorded == pytest.approx(plain, rel=0.1, abs=0.02)  # bfloat16, and sums in whatever order
    for name, value in weights[True].items():
        torch.testing.assert_close(value, weights[False][name], rtol=0.1, atol=0.02)


@needs_gpu
def test_a_recorded_run_goes_on_after_it_diverged(configure: Configure, monkeypatch: pytest.MonkeyPatch):
    """What was recorded reads the optimizer's numbers of before; it must be recorded anew."""
    calls = 0
    run = RecordedStep.run

    def sick_once(self, batch):
        nonlocal calls
        calls += 1
        terms = run(self, batch)
        return {**terms, "style": terms["style"] * float("nan")} if calls == 9 else terms

    monkeypatch.setattr(RecordedStep, "run", sick_once)
    notices: list[str] = []
    config = configure(steps=24, device="cuda", batch=4, pairings=2)
    state = torch.load(train(config, notice=notices.append), weights_only=True)
    assert any("at 0.5 of the rate" in line for line in notices) and state["step"] == 24
    assert all(value.isfinite().all() for value in state["average"].values())
