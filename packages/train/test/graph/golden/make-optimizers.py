"""Writes optimizers.json: 30 steps of PyTorch's optimizers on a small smooth net.

Made with torch 2.13.0 (CPU), Python 3.11: python3 make-optimizers.py
"""

import json
import pathlib

import torch

STEPS = 30
OPTIMIZERS = {
    "adam": lambda p: torch.optim.Adam(p, lr=0.01),
    "adam with other coefficients": lambda p: torch.optim.Adam(
        p, lr=0.02, betas=(0.8, 0.95), eps=1e-3
    ),
    "adamW": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "sgd with momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    "sgd with nesterov momentum": lambda p: torch.optim.SGD(
        p, lr=0.05, momentum=0.9, nesterov=True
    ),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9, eps=0),
    "adagrad": lambda p: torch.optim.Adagrad(
        p, lr=0.1, initial_accumulator_value=0.1, eps=1e-7
    ),
}


def run(make):
    torch.manual_seed(0)
    shapes = {"w1": (5, 8), "b1": (8,), "w2": (8, 3), "b2": (3,)}
    variables = {
        name: torch.nn.Parameter(torch.randn(shape) * 0.5)
        for name, shape in shapes.items()
    }
    x, y = torch.randn(16, 5), torch.randn(16, 3)
    record = {
        "x": x.flatten().tolist(),
        "y": y.flatten().tolist(),
        "initial": {k: v.detach().flatten().tolist() for k, v in variables.items()},
    }
    optimizer = make(list(variables.values()))
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        hidden = torch.tanh(x @ variables["w1"] + variables["b1"])
        loss = torch.mean((hidden @ variables["w2"] + variables["b2"] - y) ** 2)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    final = {k: v.detach().flatten().tolist() for k, v in variables.items()}
    return record, {"losses": losses, "final": final}


if __name__ == "__main__":
    torch.set_num_threads(1)
    problem, results = None, {}
    for name, make in OPTIMIZERS.items():
        problem, results[name] = run(make)
    golden = {"torch": torch.__version__, "problem": problem, "results": results}
    path = pathlib.Path(__file__).with_name("optimizers.json")
    path.write_text(json.dumps(golden, indent=1) + "\n")
