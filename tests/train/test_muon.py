"""Steps that move all directions of a layer equally far."""

import torch
from adain.train.muon import ADAM_STEP, Muon, orthogonal
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

SIDES = st.integers(2, 48)


@given(SIDES, SIDES, st.integers(0, 1000), st.floats(1e-6, 1e6))
def test_the_directions_stay_and_their_sizes_become_alike(rows: int, columns: int, seed: int, size: float):
    torch.manual_seed(seed)
    left, right = (torch.linalg.qr(torch.randn(n, n))[0] for n in (rows, columns))
    rank = min(rows, columns)
    sizes = torch.linspace(1, 0.1, rank)  # a tenth is far above what the rounds lift
    matrix = size * (left[:, :rank] * sizes) @ right[:rank]
    between = left[:, :rank].T @ orthogonal(matrix) @ right[:rank].T  # in the matrix's own directions
    assert between.diagonal().min() > 0.5 and between.diagonal().max() < 1.35
    assert (between - between.diagonal().diag()).abs().max() < 0.15


def test_a_gradient_of_zero_moves_nothing():
    assert orthogonal(torch.zeros(3, 5)).abs().max() == 0


def test_steps_of_convolutions_are_as_large_as_those_of_adam_and_biases_are_left_to_it():
    torch.manual_seed(0)
    conv, twin = (nn.Conv2d(16, 24, 3) for _ in range(2))
    twin.load_state_dict(conv.state_dict())
    conv = conv.to(memory_format=torch.channels_last)
    before = conv.weight.detach().clone()
    optimizer, adam = Muon(conv.parameters(), 1e-3), torch.optim.Adam(twin.parameters(), 1e-3, (0.9, 0.99))
    image = torch.rand(2, 16, 9, 9)
    for net, chosen in ((conv, optimizer), (twin, adam)):
        net(image).square().sum().backward()
        chosen.step()
    torch.testing.assert_close(conv.bias, twin.bias)
    assert (conv.weight - before).square().mean().sqrt().item() / 1e-3 < 1.3 * ADAM_STEP
    assert (conv.weight - before).square().mean().sqrt().item() / 1e-3 > 0.6 * ADAM_STEP
