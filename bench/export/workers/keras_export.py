"""Saves a net of keras.applications (`prepare <name> <file>`), or exports it by Keras (`export <file> <onnx>`)."""

import json
import os
import resource
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras


def prepare(name, path):
    getattr(keras.applications, name)(weights=None).save(path)


def export(path, target):
    started = time.perf_counter()
    model = keras.saving.load_model(path, compile=False)
    loaded = time.perf_counter()
    signature = [keras.InputSpec(shape=(None, *model.inputs[0].shape[1:]), dtype="float32")]
    model.export(target, format="onnx", verbose=False, input_signature=signature)
    exported = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    import onnx  # noqa: the peak is that of the export

    print(
        json.dumps(
            {
                "load": loaded - started,
                "export": exported - loaded,
                "peak": peak * (1 if sys.platform == "darwin" else 1024),
                "nodes": len(onnx.load(target).graph.node),
            }
        )
    )


{"prepare": prepare, "export": export}[sys.argv[1]](*sys.argv[2:])
