"""A stand-in for Triton's C++ backend `onnxruntime`, on Python's ONNX Runtime: for tests alone.

Requests that the server hands over together run as one batch, as the C++ backend does it.
"""

import json
import os
import sys
from pathlib import Path

# The server runs Python in isolated mode, which leaves PYTHONPATH aside.
sys.path[:0] = os.environ["PYTHONPATH"].split(os.pathsep)

import numpy as np
import onnxruntime
import triton_python_backend_utils as triton


class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        folder = Path(args["model_repository"]) / args["model_version"]
        self.session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
        self.inputs = [tensor["name"] for tensor in config["input"]]
        self.outputs = [tensor["name"] for tensor in config["output"]]
        self.check(self.inputs, [tensor.name for tensor in self.session.get_inputs()])
        self.check(self.outputs, [tensor.name for tensor in self.session.get_outputs()])

    def check(self, configured, existing):
        unknown = set(configured) - set(existing)
        if unknown:
            raise triton.TritonModelException(f"the graph has no {sorted(unknown)}; it has {sorted(existing)}")

    def execute(self, requests):
        read = lambda request, name: triton.get_input_tensor_by_name(request, name).as_numpy()
        batches = {name: [read(request, name) for request in requests] for name in self.inputs}
        feeds = {name: np.concatenate(parts) for name, parts in batches.items()}
        ends = np.cumsum([len(part) for part in batches[self.inputs[0]]])[:-1]
        results = dict(zip(self.outputs, self.session.run(self.outputs, feeds)))
        parts = {name: np.split(value, ends) for name, value in results.items()}
        return [
            triton.InferenceResponse([triton.Tensor(name, np.ascontiguousarray(part[i])) for name, part in parts.items()])
            for i in range(len(requests))
        ]
