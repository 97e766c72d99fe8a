"""Encodes and scores a parquet dataset of images with a vaeport model, on a Ray cluster.

    python encode.py <model folder> <parquet in> <parquet out> [--id id] [--image image]

Images are raw uint8 pixels in the model's layout, as bytes or lists. Out come the id, the posterior's parameters, and
distortion and rate at its mean. Every path must be seen by all nodes. A run that was killed is run again: rows that are
done are not done twice, and `_SUCCESS` says how many there are once all of them are.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import ray
from ray.data.checkpoint import CheckpointConfig


class Encoder:
    """An actor that holds the three graphs of one model."""

    def __init__(self, folder, id_column, image_column, threads):
        manifest = json.loads(Path(folder, "vae.json").read_text())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        load = lambda graph: onnxruntime.InferenceSession(str(Path(folder, graph["file"])), options)
        graphs = manifest["variants"]["float32"]
        self.encoder, self.decoder, self.score = (load(graphs[name]) for name in ["encoder", "decoder", "score"])
        self.shape, (self.low, self.high) = manifest["data"]["shape"], manifest["data"]["range"]
        self.id_column, self.image_column = id_column, image_column

    def __call__(self, batch):
        rows = [np.frombuffer(row, np.uint8) if isinstance(row, bytes) else row for row in batch[self.image_column]]
        pixels = np.stack(rows).reshape(-1, *self.shape)
        x = (self.low + (self.high - self.low) * pixels.astype(np.float64) / 255).astype(np.float32)
        posterior = run(self.encoder, x=x)
        parameters = run(self.decoder, z=posterior["mean"])
        return {self.id_column: batch[self.id_column], **posterior, **run(self.score, x=x, **posterior, **parameters)}


def run(session, **tensors):
    """The outputs by name; of the tensors, those go in that the graph takes."""
    feeds = {tensor.name: tensors[tensor.name] for tensor in session.get_inputs()}
    outputs = dict(zip([tensor.name for tensor in session.get_outputs()], session.run(None, feeds)))
    return {name: value[:, 0] if name in ("distortion", "rate") else value for name, value in outputs.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model"), parser.add_argument("input"), parser.add_argument("output")
    parser.add_argument("--id", default="id"), parser.add_argument("--image", default="image")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--actors", type=int, default=2, help="most of them at once")
    parser.add_argument("--cpus", type=int, default=1, help="of an actor")
    parser.add_argument("--block", type=int, help="bytes that go through, and are lost by a kill, together (128 MiB)")
    args = parser.parse_args()
    model, source, target = (str(Path(path).resolve()) for path in [args.model, args.input, args.output])
    success = Path(target, "_SUCCESS")
    if success.exists():
        return print(f"{success} is there: nothing to do")
    if "condition" in json.loads(Path(model, "vae.json").read_text()):
        sys.exit(f"encode.py: {model} takes labels, which this example does not read. Feed them in Encoder.__call__.")

    ray.init(ignore_reinit_error=True, log_to_driver=False)
    context = ray.data.DataContext.get_current()
    context.checkpoint_config = CheckpointConfig(args.id, f"{target}.checkpoint", delete_checkpoint_on_success=False)
    if args.block is not None:
        context.target_max_block_size, context.target_min_block_size = args.block, min(args.block, 2**20)
    dataset = ray.data.read_parquet(source)
    missing = {args.id, args.image} - set(dataset.schema().names)
    if missing:
        sys.exit(f"encode.py: {source} has no column {', '.join(sorted(missing))}, but {dataset.schema().names}. "
                 "Name them with --id and --image.")  # fmt: skip
    encoded = dataset.map_batches(
        Encoder, fn_constructor_args=[model, args.id, args.image, args.cpus], batch_size=args.batch,
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=args.actors), num_cpus=args.cpus,
    )  # fmt: skip
    encoded.write_parquet(target)
    context.checkpoint_config = None
    rows = ray.data.read_parquet(target).count()
    success.write_text(json.dumps({"rows": rows}) + "\n")
    print(f"{target}: {rows} rows")


if __name__ == "__main__":
    main()
