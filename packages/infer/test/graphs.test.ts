/** What stays on the GPU between two graphs, on a provider made up for the occasion. */
import { type GpuTensor, loadVae, type Runtime } from "@vaeport/infer";
import { expect, test } from "vitest";
import { fakeRuntime, tinyBytes } from "./helpers.js";

/** A made-up GPU, whose decoder waits for `gate`; `events` tells what is done with the encoder's mean, and when. */
function fakeGpu(gate: Promise<void>) {
  const events: string[] = [];
  const runtime = fakeRuntime({ gpu: {} }, ["gpu"]);
  const gpu: Runtime = {
    ...runtime,
    async open(...asked) {
      const provider = await runtime.open(...asked);
      return {
        ...provider,
        async createSession(...given) {
          const session = await provider.createSession(...given);
          return {
            ...session,
            async run(feeds, fetches) {
              const [latent] = Object.values(feeds);
              if ("data" in latent!) return session.run(feeds, fetches);
              events.push("decoder begins");
              await gate;
              events.push("decoder ends");
              return { reconstruction: { data: new Float32Array(12), shape: [1, 4, 3, 1] } };
            },
            async runOnGpu() {
              return { mean: resident() };
            },
          };
        },
      };
    },
  };
  const resident = (): GpuTensor => ({
    buffer: {} as never,
    device: {} as never,
    shape: [1, 2],
    dispose: () => void events.push("mean is freed"),
  });
  return { events, gpu };
}

const x = new Float32Array(12);

test("reconstruct frees the mean once the decoder has read it", async () => {
  const { events, gpu } = fakeGpu(Promise.resolve());
  await using vae = await loadVae(tinyBytes(), { runtime: gpu, verify: false });
  await vae.reconstruct(x);
  await expect.poll(() => events).toEqual(["decoder begins", "decoder ends", "mean is freed"]);
});

test("a reconstruct that is given up frees the mean in its turn, when the decoder has ended", async () => {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const { events, gpu } = fakeGpu(gate);
  await using vae = await loadVae(tinyBytes(), { runtime: gpu, verify: false });
  const abort = new AbortController();
  const call = vae.reconstruct(x, { signal: abort.signal });
  await expect.poll(() => events).toEqual(["decoder begins"]);
  abort.abort(new Error("the user left"));
  await expect(call).rejects.toThrow("the user left");
  expect(events).toEqual(["decoder begins"]);
  open();
  await expect.poll(() => events).toEqual(["decoder begins", "decoder ends", "mean is freed"]);
});
