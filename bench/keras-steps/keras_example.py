"""The networks and the objective of the Keras example (keras.io/examples/generative/vae)."""

import keras
from keras import layers, ops


def networks(latent):
    """Encoder, from [B, 28, 28, 1] to mean and log-variance [B, latent], and decoder, back to pixels in (0, 1)."""
    x = keras.Input((28, 28, 1))
    hidden = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(x)
    hidden = layers.Conv2D(64, 3, strides=2, padding="same", activation="relu")(hidden)
    hidden = layers.Dense(16, activation="relu")(layers.Flatten()(hidden))
    encoder = keras.Model(x, [layers.Dense(latent)(hidden), layers.Dense(latent)(hidden)])

    z = keras.Input((latent,))
    hidden = layers.Reshape((7, 7, 64))(layers.Dense(7 * 7 * 64, activation="relu")(z))
    hidden = layers.Conv2DTranspose(64, 3, strides=2, padding="same", activation="relu")(hidden)
    hidden = layers.Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu")(hidden)
    hidden = layers.Conv2DTranspose(1, 3, padding="same", activation="sigmoid")(hidden)
    return encoder, keras.Model(z, hidden)


def terms(encoder, decoder, items, draws):
    """Distortion and rate, means over the batch in nats."""
    mean, log_variance = encoder(items, training=True)
    reconstruction = decoder(mean + ops.exp(0.5 * log_variance) * draws, training=True)
    crossentropy = keras.losses.binary_crossentropy(items, reconstruction)
    distortion = ops.mean(ops.sum(crossentropy, axis=(1, 2)))
    rate = -0.5 * (1 + log_variance - ops.square(mean) - ops.exp(log_variance))
    return distortion, ops.mean(ops.sum(rate, axis=1))
