"""Made the files beside it: a Keras net as tensorflowjs_converter writes it, plain and quantised, with Keras' output.

pip install tensorflow-cpu==2.21.0 tf_keras==2.21.0 h5py, and --no-deps tensorflowjs==4.22.0; then, in this folder,
python3 make.py. The converter's own entry imports packages that it does not use here; they are left out.
"""
import importlib.util
import json
import os
import sys
import types

os.environ["TF_USE_LEGACY_KERAS"] = "1"
import h5py
import numpy as np
import tf_keras as keras

root = os.path.dirname(importlib.util.find_spec("tensorflowjs").origin)
for name, path in {"tensorflowjs": root, "tensorflowjs.converters": f"{root}/converters"}.items():
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [path]
from tensorflowjs.converters import keras_h5_conversion as conversion

layers = keras.layers
image = keras.Input((6, 5, 2), name="image")
h = layers.Conv2D(3, 3, padding="same", activation="relu", name="conv")(image)
h = layers.BatchNormalization(name="norm")(h)
h = layers.Reshape((6, 15), name="rows")(h)
h = layers.LSTM(4, name="lstm")(h)
model = keras.Model(image, layers.Dense(3, activation="softmax", name="class")(h), name="keras_net")

random = np.random.default_rng(1)
draw = lambda shape, scale=1.0: random.normal(size=shape, scale=scale).astype("float32")
model.set_weights([
    np.abs(draw(w.shape)) + 0.1 if "variance" in w.name else draw(w.shape, 0.5) for w in model.weights
])
x = draw((2, 6, 5, 2))
expected = {"input": x.ravel().tolist(), "output": model.predict(x, verbose=0).ravel().tolist()}
json.dump(expected, open("expected.json", "w"))

model.save("model.h5")
with h5py.File("model.h5") as file:
    topology, groups = conversion.h5_merged_saved_model_to_tfjs_format(file)
for folder, quantisation in {"float32": None, "uint16": {"uint16": "*"}}.items():
    os.makedirs(folder, exist_ok=True)
    conversion.write_artifacts(topology, groups, folder, quantization_dtype_map=quantisation)
os.remove("model.h5")
