"""A model folder in Python's ONNX Runtime, after the ONNX checker: a runtime that this project did not write.

Usage: run_model.py request.json result.json, both in the form of test/src/parity/types.ts.
"""

import base64
import json
import sys
from pathlib import Path

import numpy
import onnx
import onnxruntime


def decode(record):
    values = numpy.frombuffer(base64.b64decode(record["data"]), dtype="<f4")
    return values.reshape(record["shape"])


def encode(values):
    data = base64.b64encode(values.astype("<f4").tobytes()).decode()
    return {"shape": list(values.shape), "data": data}


def load(path):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert model.ir_version == 8, model.ir_version
    assert [entry.version for entry in model.opset_import] == [17], model.opset_import
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def run(session, **feeds):
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, feeds)))


def one_hot(session, batch):
    """The input `label` of a model with classes, [N, classes]."""
    for entry in session.get_inputs():
        if entry.name == "label":
            return {"label": numpy.eye(entry.shape[1], dtype=numpy.float32)[batch["label"]]}
    return {}


def run_batch(encoder, decoder, score, batch):
    x, label = decode(batch["x"]), one_hot(encoder, batch)
    posterior = run(encoder, x=x, **label)
    decoded = run(decoder, z=decode(batch["z"]), **label)
    logits = run(decoder, z=posterior["mean"], **label)["logits"]
    outputs = posterior | decoded | run(score, x=x, logits=logits, **posterior)
    return {name: encode(values) for name, values in outputs.items()}


request_file, result_file = map(Path, sys.argv[1:])
request = json.loads(request_file.read_text())
sessions = [load(str(Path(request["model"]) / f"{name}.onnx")) for name in ("encoder", "decoder", "score")]
outputs = [run_batch(*sessions, batch) for batch in request["batches"]]
result_file.write_text(json.dumps({"provider": sessions[0].get_providers()[0], "outputs": outputs}))
