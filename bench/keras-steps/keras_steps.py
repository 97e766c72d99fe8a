"""The Keras example's VAE on given weights, batches and noise: the loss of every step, as JSON on standard output."""

import json
import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from keras_example import networks, terms

folder = sys.argv[1]
with open(f"{folder}/sizes.json") as file:
    sizes = json.load(file)
steps, batch, latent = sizes["steps"], sizes["batch"], sizes["latent"]
pixels = np.fromfile(f"{folder}/pixels.bin", np.uint8).reshape(steps, batch, 28, 28, 1)
noise = np.fromfile(f"{folder}/noise.bin", np.float32).reshape(steps, batch, latent)
flat = np.fromfile(f"{folder}/weights.bin", np.float32)

encoder, decoder = networks(latent)
weights = [*encoder.weights, *decoder.weights]
sizes = [int(np.prod(weight.shape)) for weight in weights]
assert sum(sizes) == flat.size, f"{flat.size} weights were given, the networks have {sum(sizes)}"


class AlgorithmOne:
    """Kingma and Ba, "Adam" (2014), algorithm 1, with Keras' defaults: epsilon after the bias is corrected."""

    def __init__(self):
        self.first, self.second = ([tf.Variable(tf.zeros_like(weight)) for weight in weights] for _ in "mv")
        self.step = tf.Variable(0, dtype=tf.float64)

    def apply(self, gradients, weights):
        t = self.step.assign_add(1)
        first, second = (tf.cast(1 - tf.pow(tf.cast(beta, tf.float64), t), tf.float32) for beta in (0.9, 0.999))
        for weight, gradient, m, v in zip(weights, gradients, self.first, self.second):
            m.assign(0.9 * m + 0.1 * gradient)
            v.assign(0.999 * v + 0.001 * gradient * gradient)
            weight.assign_sub(1e-3 * (m / first) / (tf.sqrt(v / second) + 1e-7))


def train(optimizer):
    """The loss of every step, from the given weights."""
    for weight, values in zip(weights, np.split(flat, np.cumsum(sizes)[:-1])):
        weight.assign(values.reshape(weight.shape))

    @tf.function
    def step(items, draws):
        with tf.GradientTape() as tape:
            loss = sum(terms(encoder, decoder, items, draws))
        variables = [weight.value for weight in weights]
        optimizer.apply(tape.gradient(loss, variables), weights)
        return loss

    return [float(step(items.astype(np.float32) / 255, draws)) for items, draws in zip(pixels, noise)]


own = keras.optimizers.Adam()
own.build(weights)
losses = {"algorithm": train(AlgorithmOne()), "own": train(own)}
print(json.dumps({**losses, "versions": {"keras": keras.__version__, "tensorflow": tf.__version__}}))
