"""A dense network as a PyTorch module that takes rows as they are: its scaling is a part of it.

Imported where PyTorch is used already: by ``trainers.pytorch``, and by whatever loads a saved network.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.core.extras import require

torch: Any = require("torch", what="A PyTorch model", extra="pytorch")
_Module: Any = torch.nn.Module  # an extra's class, whose types may not be there


class DenseNet(_Module):  # type: ignore[misc]  # for that reason
    """Rows to one number each (``outputs`` is 0), or to a share for each of ``outputs`` classes.

    ``columns`` and ``hidden`` are the widths of its layers. The mean and the spread of each column, fitted on the training
    data, are buffers of the module: a row is scaled the same alone, in a batch, and beside any other.
    """

    def __init__(self, columns: int, hidden: Sequence[int], outputs: int) -> None:
        super().__init__()
        widths = [columns, *(int(width) for width in hidden)]
        self.config = {"columns": columns, "hidden": widths[1:], "outputs": outputs}
        layers: list[Any] = []
        for narrow, wide in itertools.pairwise(widths):
            layers += [torch.nn.Linear(narrow, wide), torch.nn.ReLU()]
        self.layers = torch.nn.Sequential(*layers, torch.nn.Linear(widths[-1], outputs or 1))
        for name, size in (("mean", columns), ("spread", columns), ("target_mean", 1), ("target_spread", 1)):
            self.register_buffer(name, torch.ones(size) if "spread" in name else torch.zeros(size))

    def scale_by(self, rows: Any, targets: Any) -> None:
        """Fit the scaling; ``targets`` is None for classes."""
        self.mean.copy_(rows.mean(0))
        self.spread.copy_(_spread(rows))
        if targets is not None:
            self.target_mean.copy_(targets.mean(0, keepdim=True))
            self.target_spread.copy_(_spread(targets.unsqueeze(1)))

    def raw(self, rows: Any) -> Any:
        """What losses compare: the scaled target, or a logit for each class."""
        return self.layers((rows - self.mean) / self.spread)

    def forward(self, rows: Any) -> Any:
        """A number for each row in the target's own unit, or the shares of the classes."""
        found = self.raw(rows)
        if self.config["outputs"]:
            return torch.softmax(found, dim=1)
        return found * self.target_spread + self.target_mean

    def __reduce__(self) -> tuple[Any, ...]:
        """Saved as numbers and the widths of its layers, and not as an object of any release of PyTorch."""
        return restored, (dict(self.config), dict(self.state_dict()))


def restored(config: Mapping[str, Any], state: Mapping[str, Any]) -> DenseNet:
    """The network of a configuration and a state, ready to predict."""
    network = DenseNet(config["columns"], config["hidden"], config["outputs"])
    network.load_state_dict(state)
    network.eval()
    return network


def _spread(rows: Any) -> Any:
    """The standard deviation of each column; 1 for one that never changes."""
    found = rows.std(0, correction=0)
    return torch.where(found > 0, found, torch.ones_like(found))
