"""Muon, for what is a matrix: every step moves all directions of a layer equally far, also those of small gradients.

Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024, https://kellerjordan.github.io/posts/muon).
Steps are as large as late ones of Adam's, after Liu et al. (2025, arXiv:2502.16982): rates are of the size one knows.
"""

from collections.abc import Iterable

import torch
from torch import Tensor

from adain.device import choose_training_dtype

MOMENTUM = 0.95
QUINTIC = (3.4445, -4.7750, 2.0315)  # Jordan's: a few rounds bring singular values of 0.01 to 1 near 1
ROUNDS = 5
ADAM_STEP = 0.2  # root mean square of Adam's steps, in learning rates (Liu et al., section 2.2)
ADAM_BETAS = (0.9, 0.99)
ADAM_FLOOR = 1e-8


class Muon(torch.optim.Optimizer):
    """Muon for weights of two dimensions and more, each a matrix of output by all inputs; Adam for biases.

    torch has a Muon since 2.9, for parameters of two dimensions only, which convolutions are not.
    """

    def __init__(self, params: Iterable, lr: float) -> None:
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    (self._step_matrix if p.ndim > 1 else self._step_vector)(p, p.grad, group["lr"])

    def _step_matrix(self, p: Tensor, gradient: Tensor, rate: float | Tensor) -> None:
        state = self.state[p]
        if not state:
            state["momentum"] = torch.zeros_like(p)
        state["momentum"].lerp_(gradient, 1 - MOMENTUM)
        ahead = gradient.lerp(state["momentum"], MOMENTUM).flatten(1)  # Nesterov's; (out, in * k * k)
        size = ADAM_STEP * max(ahead.shape) ** 0.5  # the root mean square of an orthogonal matrix: 1 / root
        p.sub_(orthogonal(ahead).view_as(p) * (rate * size))

    def _step_vector(self, p: Tensor, gradient: Tensor, rate: float | Tensor) -> None:
        """Adam's step (Kingma & Ba, ICLR 2015, algorithm 1)."""
        state = self.state[p]
        if "age" not in state:
            state.update(age=p.new_zeros(()), mean=torch.zeros_like(p), square=torch.zeros_like(p))
        state["age"] += 1  # a tensor, as all that changes between steps is: see `train.step`
        slow, slower = ADAM_BETAS
        mean = state["mean"].lerp_(gradient, 1 - slow) / (1 - slow ** state["age"])
        square = state["square"].lerp_(gradient.square(), 1 - slower) / (1 - slower ** state["age"])
        p.sub_(mean / square.sqrt_().add_(ADAM_FLOOR) * rate)


def orthogonal(matrix: Tensor) -> Tensor:
    """The (semi-)orthogonal matrix nearest to (M, N), roughly: singular values 0.7 to 1.2 instead of 1.

    By Newton and Schulz's iteration, which needs products only; in bfloat16, whose errors are smaller than those, where
    the hardware multiplies it: emulated, it takes a fifth of a step's time.
    """
    a, b, c = QUINTIC
    x = matrix.to(choose_training_dtype(matrix.device))
    tall = len(x) > x.shape[1]
    x = x.T if tall else x
    x = x / (x.norm() + 1e-12)  # no singular value above 1; a gradient of zero stays zero
    for _ in range(ROUNDS):
        square = x @ x.T
        x = torch.addmm(x, torch.addmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return (x.T if tall else x).to(matrix.dtype)
