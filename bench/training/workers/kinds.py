"""Kinds of VAE in PyTorch, as vaeport has them: objectives, likelihoods, posteriors, classes, residual convolutions."""

import math

import torch
from torch import nn
from torch.nn import functional as F

LOG_TWO_PI = math.log(2 * math.pi)
LOGIT_LIMIT = math.log(2**23 - 1)
PIXELS = 784


class Block(nn.Module):
    """The activation of a value plus two normalised convolutions of it."""

    def __init__(self, channels):
        super().__init__()
        self.first = normalised(nn.Conv2d(channels, channels, 3, 1, 1, bias=False))
        self.second = normalised(nn.Conv2d(channels, channels, 3, 1, 1, bias=False))

    def forward(self, x):
        return F.relu(x + self.second(F.relu(self.first(x))))


def normalised(layer):
    return nn.Sequential(layer, nn.BatchNorm2d(layer.out_channels, eps=1e-3, momentum=0.1))


def residual_networks(latent):
    up = {"stride": 2, "padding": 1, "output_padding": 1, "bias": False}
    encoder = nn.Sequential(
        normalised(nn.Conv2d(1, 32, 3, 2, 1, bias=False)),
        nn.ReLU(),
        Block(32),
        normalised(nn.Conv2d(32, 64, 3, 2, 1, bias=False)),
        nn.ReLU(),
        Block(64),
        nn.Flatten(),
    )
    decoder = nn.Sequential(
        nn.Linear(latent, 3136),
        nn.ReLU(),
        nn.Unflatten(1, (64, 7, 7)),
        Block(64),
        normalised(nn.ConvTranspose2d(64, 64, 3, **up)),
        nn.ReLU(),
        Block(64),
        normalised(nn.ConvTranspose2d(64, 32, 3, **up)),
        nn.ReLU(),
    )
    return encoder, 3136, decoder, nn.ConvTranspose2d(32, 1, 3, 1, 1)


def dense_networks(latent, classes, outputs):
    encoder = nn.Sequential(nn.Linear(PIXELS + classes, 400), nn.ReLU())
    decoder = nn.Sequential(nn.Linear(latent + classes, 400), nn.ReLU())
    return encoder, 400, decoder, nn.Linear(400, outputs)


class Kind(nn.Module):
    """The forward pass gives what is minimised, and -ELBO, in nats per item."""

    def __init__(self, likelihood="bernoulli", full=False, samples=1, classes=0, residual=False, latent=20):
        super().__init__()
        self.likelihood, self.full, self.samples, self.latent = likelihood, full, samples, latent
        outputs = {"gaussian-learned": PIXELS + 1, "logistic": 2 * PIXELS}.get(likelihood, PIXELS)
        networks = residual_networks(latent) if residual else dense_networks(latent, classes, outputs)
        self.encoder, features, self.decoder, self.head = networks
        self.mean = nn.Linear(features, latent)
        self.log_variance = nn.Linear(features, latent)
        self.lower = nn.Linear(features, latent**2) if full else None
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)
        for module in self.modules():
            if getattr(module, "bias", None) is not None and not isinstance(module, nn.BatchNorm2d):
                nn.init.zeros_(module.bias)
        if full:
            nn.init.zeros_(self.lower.weight)

    def forward(self, x, label=None):
        given = x if label is None else torch.cat([x, label], 1)
        features = self.encoder(given)
        mean, log_variance = self.mean(features), self.log_variance(features)
        noise = torch.randn(self.samples, *mean.shape)
        if self.full:
            lower = torch.tril(self.lower(features).view(-1, self.latent, self.latent), -1)
            factor = lower + torch.diag_embed(torch.exp(0.5 * log_variance))
            z = mean + torch.einsum("nij,snj->sni", factor, noise)
            squares = factor.square().sum((1, 2))
        else:
            z = mean + torch.exp(0.5 * log_variance) * noise
            squares = torch.exp(log_variance).sum(1)
        rate = 0.5 * (squares + mean.square().sum(1) - log_variance.sum(1) - self.latent)
        code = z.flatten(0, 1)
        if label is not None:
            code = torch.cat([code, label], 1)
        distortion = self.distortion(self.head(self.decoder(code)), x).view(self.samples, -1)
        elbo = distortion.mean() + rate.mean()
        if self.samples == 1:
            return elbo, elbo
        ratio = 0.5 * ((noise.square() - z.square()).sum(2) + log_variance.sum(1))
        bound = torch.logsumexp(ratio - distortion, 0) - math.log(self.samples)
        return -bound.mean(), elbo

    def distortion(self, output, x):
        output, x = output.flatten(1), x.flatten(1)
        if self.samples > 1:
            x = x.repeat(self.samples, 1)
        return LIKELIHOODS[self.likelihood](output, x)


def bernoulli(logits, x):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)


def continuous_bernoulli(raw, x):
    a = raw.clamp(-LOGIT_LIMIT, LOGIT_LIMIT)
    small = a.abs() < 0.3
    safe = torch.where(small, torch.ones_like(a), a)
    square = a.square()
    series = math.log(2) + square * (1 / 12 + square * (-7 / 1440 + square * (31 / 90720)))
    constant = torch.where(small, series, torch.log(safe / torch.tanh(safe / 2)))
    return (F.softplus(a) - x * a - constant).sum(1)


def gaussian(mean, x):
    return (0.5 * ((x - mean).square() + LOG_TWO_PI)).sum(1)


def gaussian_learned(output, x):
    mean, s = output[:, :-1], soft_floor(output[:, -1:], -12)
    return (0.5 * ((x - mean).square() * torch.exp(-s) + s + LOG_TWO_PI)).sum(1)


def gaussian_optimal(mean, x):
    square = (x - mean).square()
    s = square.mean().clamp_min(math.exp(-12)).log()
    return (0.5 * (square * torch.exp(-s) + s + LOG_TWO_PI)).sum(1)


def logistic(output, x):
    location, raw = output.chunk(2, 1)
    half = 1 / 510
    inverse = torch.exp(-soft_floor(raw, -7))
    above = F.softplus(-(x - location + half) * inverse)
    below = F.softplus((x - location - half) * inverse)
    width = torch.log(-torch.expm1(-2 * half * inverse))
    inside = above + below - width
    return torch.where(x < half, above, torch.where(x > 1 - half, below, inside)).sum(1)


def soft_floor(x, floor):
    return floor + F.softplus(x - floor)


LIKELIHOODS = {
    "bernoulli": bernoulli,
    "continuous-bernoulli": continuous_bernoulli,
    "gaussian": gaussian,
    "gaussian-learned": gaussian_learned,
    "gaussian-optimal": gaussian_optimal,
    "logistic": logistic,
}

KINDS = {
    "iwae": {"samples": 5},
    "conditional": {"classes": 10},
    "full": {"full": True},
    "residual": {"residual": True, "latent": 16},
    **{name: {"likelihood": name} for name in LIKELIHOODS if name != "bernoulli"},
}
