"""One step of training: what is done with a batch.

On a GPU it is recorded and then replayed, since its thousands of short kernels run faster than a CPU can start them.
So whatever changes from step to step is a tensor, and nothing in here looks at a number.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import nn

from .checkpoint import TrainingState
from .group import mean_over_processes
from .objective import Batch, Terms, Wanted

Look = Callable[[Batch], Wanted]


class Step:
    """Takes the optimizer's step for a batch; those with the same pictures follow one another.

    Args:
        state: what is trained.
        losses, look: those of its objective, or what `torch.compile` or DDP made of them.
        dtype: of the convolutions.
    """

    def __init__(self, state: TrainingState, losses: nn.Module, look: Look, dtype: torch.dtype) -> None:
        self.state, self.losses, self.look = state, losses, look
        self.device = state.trainable[0].device
        self.autocast = partial(torch.autocast, self.device.type, dtype, enabled=dtype != torch.float32)
        self.rate, self.keep = torch.zeros(2, device=self.device)
        self.wanted: Wanted | None = None  # in the pictures of the last batch

    def __call__(self, batch: Batch, rate: float) -> Terms:
        """The loss terms, from before the step, each a tensor of one number."""
        step, config = self.state.step, self.state.config
        self.rate.fill_(rate)
        self.keep.fill_(min(config.ema, (step + 1) / (step + 10)))  # young averages forget faster
        terms = self.run(batch)
        self.state.step += 1
        return terms

    def run(self, batch: Batch) -> Terms:
        return self.take(batch)

    def take(self, batch: Batch) -> Terms:
        state = self.state
        for group in state.optimizer.param_groups:
            group["lr"] = self.rate * group.get("share", 1.0)
        with self.autocast():
            if self.wanted is None or batch.turn == 0:
                self.wanted = self.look(batch)
            terms = self.losses(batch.turned(), self.wanted.turned(batch.turn))
        state.optimizer.zero_grad(set_to_none=True)
        torch.stack(list(terms.values())).sum().backward()
        nn.utils.clip_grad_norm_(state.trainable, state.config.clip)
        state.optimizer.step()
        terms = {name: mean_over_processes(term.detach()) for name, term in terms.items()}
        state.objective.rebalance(terms)
        with torch.no_grad():
            for average, now in zip(state.average.parameters(), state.objective.net.parameters(), strict=True):
                average.lerp_(now, 1 - self.keep)
        return terms


class RecordedStep(Step):
    """A step as a CUDA graph, or several: one for each turn that the styles of a batch take."""

    def __init__(self, state: TrainingState, losses: nn.Module, look: Look, dtype: torch.dtype) -> None:
        super().__init__(state, losses, look, dtype)
        self.beside = torch.cuda.Stream(self.device)
        self.pool = torch.cuda.graph_pool_handle()
        self.warm_up = max(3, state.config.pairings)  # steps; after them libraries have chosen how to compute
        self.batch: Batch | None = None  # whose memory the graphs read
        self.recorded: dict[int, tuple[torch.cuda.CUDAGraph, Terms]] = {}  # by turn

    def run(self, batch: Batch) -> Terms:
        if self.warm_up > 0 or (batch.turn and not self.recorded):
            self.warm_up -= 1
            return self._beside(batch)
        if self.batch is None:
            self.batch = Batch._make((*(part.clone() for part in batch.tensors), 0))
        elif batch.turn == 0:
            for kept, drawn in zip(self.batch.tensors, batch.tensors):
                kept.copy_(drawn)
        if batch.turn not in self.recorded:
            graph = torch.cuda.CUDAGraph()
            self.state.optimizer.zero_grad(set_to_none=True)
            # Nothing is computed yet. Only this thread is held to what may be recorded: another draws pictures.
            with torch.cuda.graph(graph, pool=self.pool, capture_error_mode="thread_local"):
                terms = self.take(self.batch._replace(turn=batch.turn))
            self.recorded[batch.turn] = graph, terms
        graph, terms = self.recorded[batch.turn]
        graph.replay()
        return {name: term.clone() for name, term in terms.items()}

    def _beside(self, batch: Batch) -> Terms:
        """On a stream of its own, as CUDA wants it before recording."""
        current = torch.cuda.current_stream(self.device)
        self.beside.wait_stream(current)
        with torch.cuda.stream(self.beside):
            terms = self.take(batch)
        current.wait_stream(self.beside)
        return terms
