"""Trains the Keras example by Keras alone: keras_epochs.py SEED EPOCHS IDX_FILE...; the loss of each epoch, a line each."""

import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from keras_example import networks, terms

LATENT, BATCH = 2, 128
seed, epochs, files = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
digits = np.concatenate([np.fromfile(file, np.uint8)[16:].reshape(-1, 28, 28, 1) for file in files])
digits = digits.astype(np.float32) / 255

keras.utils.set_random_seed(seed)
encoder, decoder = networks(LATENT)
optimizer = keras.optimizers.Adam()
weights = [*encoder.trainable_weights, *decoder.trainable_weights]
optimizer.build(weights)


@tf.function(reduce_retracing=True)
def step(items):
    draws = tf.random.normal((tf.shape(items)[0], LATENT))
    with tf.GradientTape() as tape:
        loss = sum(terms(encoder, decoder, items, draws))
    optimizer.apply(tape.gradient(loss, [weight.value for weight in weights]), weights)
    return loss


batches = tf.data.Dataset.from_tensor_slices(digits).shuffle(len(digits), seed=seed).batch(BATCH)
for epoch in range(1, epochs + 1):
    losses = [step(items) for items in batches]
    print(f"{epoch} {np.mean(losses):.4f}", flush=True)
