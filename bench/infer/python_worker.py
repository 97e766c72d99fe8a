"""Decoders in Python's ONNX Runtime or in PyTorch eager, on the CPU or a GPU, timed when told to.

Usage: python_worker.py {onnxruntime|pytorch|pytorch-cuda} decoder.onnx conv|dense
Reads lines {"z": [...], "items": n, "calls": c}; answers {"milliseconds": m} and, for one call, the outputs' first values.
"""

import json
import sys
import time

import numpy

engine, path, net = sys.argv[1:]


def onnxruntime_decoder():
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda z: session.run(["reconstruction"], {"z": z})[0]


def pytorch_decoder():
    """The same weights, read from the ONNX file."""
    import onnx
    import torch
    from onnx import numpy_helper

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    torch.backends.cudnn.allow_tf32 = False  # as its matrix products are: all engines compute in float32
    device = "cuda" if engine == "pytorch-cuda" else "cpu"
    graph = onnx.load(path).graph
    weights = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()).to(device) for i in graph.initializer}
    steps = []
    for node in graph.node:
        given = [weights.get(name) for name in node.input[1:]]
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        steps.append(step(torch, node.op_type, given, attributes))
    return lambda z: run(steps, torch.from_numpy(z).to(device))


def run(steps, x):
    for apply in steps:
        x = apply(x)
    return x.cpu().numpy()


def step(torch, kind, given, attributes):
    functional = torch.nn.functional
    if kind in ("Gemm", "MatMul"):
        weight = given[0].T.contiguous() if attributes.get("transB", 0) == 0 else given[0]
        bias = given[1] if len(given) > 1 else None
        return lambda x: functional.linear(x, weight, bias)
    if kind == "ConvTranspose":
        top, left, bottom, right = attributes["pads"]
        extra = attributes.get("output_padding", [0, 0])
        weight, bias, stride = given[0], given[1] if len(given) > 1 else None, attributes["strides"]

        def transposed(x):
            y = functional.conv_transpose2d(x, weight, bias, stride, 0, extra)
            return y[:, :, top : y.shape[2] - bottom, left : y.shape[3] - right]

        return transposed
    if kind == "Conv":
        top, left, bottom, right = attributes["pads"]
        weight, bias, stride = given[0], given[1] if len(given) > 1 else None, attributes["strides"]
        assert (top, left) == (bottom, right), attributes["pads"]
        return lambda x: functional.conv2d(x, weight, bias, stride, (top, left))
    if kind == "Reshape":
        shape = [int(n) for n in given[0]]
        return lambda x: x.reshape(x.shape[0], *[n if n != 0 else x.shape[i + 1] for i, n in enumerate(shape[1:])])
    if kind == "Transpose":
        return lambda x: x.permute(*attributes["perm"])
    if kind == "Slice":
        starts, ends, axes = ([int(n) for n in numbers] for numbers in given)

        def cut(x):
            for start, end, axis in zip(starts, ends, axes):
                x = x.narrow(axis, start, end - start)
            return x

        return cut
    if kind == "Add":
        return lambda x: x + given[0]
    simple = {"Relu": torch.relu, "Sigmoid": torch.sigmoid, "Identity": lambda x: x}
    return simple[kind]


decode = onnxruntime_decoder() if engine == "onnxruntime" else pytorch_decoder()
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    z = numpy.asarray(request["z"], dtype=numpy.float32).reshape(request["items"], -1)
    start = time.perf_counter()
    for _ in range(request["calls"]):
        output = decode(z)
    milliseconds = (time.perf_counter() - start) * 1000
    print(json.dumps({"milliseconds": milliseconds, "first": output.reshape(-1)[:784].tolist()}), flush=True)
