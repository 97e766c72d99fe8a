"""The nets in PyTorch: eager or compiled, with Adam of either kind. Speaks the protocol of serve.mjs."""

import argparse
import json
import os
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional as F

from kinds import KINDS, Kind

BATCH = 128
LOG_EVERY = {"conv": 2, "residual": 2}
CLASSES = 10
COMPILE = {
    "loss": {},
    "cpp": {"options": {"cpp_wrapper": True}},
    "tuned": {"mode": "max-autotune-no-cudagraphs"},
    "all": {},
}


class Vae(nn.Module):
    """Encodes, samples and decodes; the forward pass gives what is minimised, and -ELBO, in nats per item."""

    def __init__(self, encoder, features, latent, decoder):
        super().__init__()
        self.encoder = encoder
        self.mean = nn.Linear(features, latent)
        self.log_variance = nn.Linear(features, latent)
        self.decoder = decoder
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)
            else:
                nn.init.zeros_(parameter)

    def forward(self, x):
        features = self.encoder(x)
        mean, log_variance = self.mean(features), self.log_variance(features)
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        distortion = F.binary_cross_entropy_with_logits(self.decoder(z), x, reduction="sum")
        rate = 0.5 * torch.sum(torch.expm1(log_variance) - log_variance + mean.square())
        loss = (distortion + rate) / x.shape[0]
        return loss, loss


def dense():
    encoder = nn.Sequential(nn.Linear(784, 400), nn.ReLU())
    decoder = nn.Sequential(nn.Linear(20, 400), nn.ReLU(), nn.Linear(400, 784))
    return Vae(encoder, 400, 20, decoder)


def conv():
    """Keras pads on one side where PyTorch pads on both: the same shapes and work, shifted by a pixel."""
    up = {"stride": 2, "padding": 1, "output_padding": 1}
    encoder = nn.Sequential(
        nn.Conv2d(1, 32, 3, 2, 1),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, 2, 1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3136, 16),
        nn.ReLU(),
    )
    decoder = nn.Sequential(
        nn.Linear(2, 3136),
        nn.ReLU(),
        nn.Unflatten(1, (64, 7, 7)),
        nn.ConvTranspose2d(64, 64, 3, **up),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 3, **up),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 3, 1, 1),
    )
    return Vae(encoder, 16, 2, decoder)


def read_images(file, count):
    """The first images of an IDX file, [count, 784] in 0..1."""
    pixels = numpy.fromfile(file, dtype=numpy.uint8, offset=16, count=count * 784)
    return torch.from_numpy(pixels.reshape(count, 784).astype(numpy.float32) / 255)


def read_labels(file, count):
    """One-hot, [count, 10]."""
    labels = numpy.fromfile(file, dtype=numpy.uint8, offset=8, count=count)
    return F.one_hot(torch.from_numpy(labels.astype(numpy.int64)), CLASSES).float()


def make_step(options, model):
    """A function from a batch to its -ELBO, that also takes the optimizer's step."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True if options.fused else None)
    loss_of, update = model, optimizer.step
    if options.compile:
        loss_of = torch.compile(model, dynamic=False, **COMPILE[options.compile])
    if options.compile == "all":
        update = torch.compile(optimizer.step, dynamic=False)

    def step(*batch):
        optimizer.zero_grad(set_to_none=True)
        loss, elbo = loss_of(*batch)
        loss.backward()
        update()
        return elbo.detach()

    return step


def train(options):
    """Trains for ever and yields (steps, mean loss) of every window."""
    images = read_images(options.images, options.items)
    sets = [images]
    if options.net in KINDS:
        model = Kind(**KINDS[options.net])
    else:
        model = dense() if options.net == "dense" else conv()
    if options.net in ("conv", "residual"):
        sets = [images.view(-1, 1, 28, 28)]
    if options.net == "conditional":
        sets = [images, read_labels(options.labels, options.items)]
    if options.channels_last:
        model = model.to(memory_format=torch.channels_last)
    step = make_step(options, model)
    window = LOG_EVERY.get(options.net, 12)
    losses = []
    while True:
        order = torch.randperm(options.items)
        for rows in order.split(BATCH):
            losses.append(step(*(each.index_select(0, rows) for each in sets)))
            if len(losses) == window:
                yield window, torch.stack(losses).mean().item()
                losses = []


def serve(training):
    versions = {"Python": sys.version.split()[0], "PyTorch": torch.__version__}
    say({"versions": versions})
    for line in sys.stdin:
        wanted = json.loads(line)["steps"]
        steps, windows = 0, []
        start, start_cpu = time.perf_counter(), time.process_time()
        while steps < wanted:
            count, loss = next(training)
            windows.append({"steps": count, "loss": loss})
            steps += count
        milliseconds = (time.perf_counter() - start) * 1000
        cpu = (time.process_time() - start_cpu) * 1000
        say({"steps": steps, "milliseconds": milliseconds, "cpu": cpu, "windows": windows})


def say(message):
    print(json.dumps(message), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fused", action="store_true")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--compile", choices=list(COMPILE))
    parser.add_argument("net", choices=["dense", "conv", *KINDS])
    options = parser.parse_args()
    options.images = os.environ["BENCH_IMAGES"]
    options.labels = options.images.replace("images-idx3", "labels-idx1")
    options.items = int(os.environ["BENCH_ITEMS"])
    torch.set_num_threads(int(os.environ["BENCH_THREADS"]))
    torch.manual_seed(1)
    serve(train(options))


main()
