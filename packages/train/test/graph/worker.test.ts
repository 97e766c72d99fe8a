/** A program in a worker thread gives what one in this thread gives, and leaves this thread free. */
import {
  DisposedError,
  GraphError,
  InputError,
  RemoteProgram,
  type SetUp,
  StateError,
} from "@vaeport/train/graph";
import { expect, test } from "vitest";
import { tf } from "./support.js";

const MODULE = new URL("./remote-setup.mjs", import.meta.url);
const X = Float32Array.of(1, 3);

test("calls, state and errors cross the threads", async () => {
  const { default: setUp } = (await import(MODULE.href)) as { default: SetUp };
  const { program, functions } = await setUp(tf, {});
  const local = Array.from({ length: 4 }, () => functions.step!.values(tf.tensor1d(X) as never));
  program.dispose();

  const remote = await RemoteProgram.open(MODULE, {});
  const losses: unknown[] = await Promise.all([remote.call("step", X), remote.call("step", X)]);
  const state = await remote.state();
  losses.push(await remote.call("step", X));
  expect(Object.keys(state).sort()).toEqual([
    ...["step/learning_rate", "step/step", "step/w/m", "step/w/v", "w"],
  ]);
  await remote.restore(state);
  expect(await remote.call("step", X)).toEqual(losses[2]);
  losses.push(await remote.call("step", X));
  expect(losses).toEqual(local);

  await expect(remote.call("step", Float32Array.of(1))).rejects.toThrow(InputError);
  await expect(remote.call("leap")).rejects.toThrow(/no function "leap"; it has step/);
  await expect(remote.restore({})).rejects.toThrow(StateError);
  await remote.dispose();
  await remote.dispose();
  await expect(remote.call("step", X)).rejects.toThrow(DisposedError);
});

test("an error of the set-up comes through, and the worker is gone", async () => {
  const open = RemoteProgram.open(MODULE, { fail: true });
  await expect(open).rejects.toThrow(GraphError);
  await expect(RemoteProgram.open(MODULE, { fail: true })).rejects.toThrow("not today");
});
