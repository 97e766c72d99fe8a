/** The provisioning of native TensorFlow: caches that appear whole, libraries of the user's own. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadTensorFlow, setupTensorFlow } from "@vaeport/train/tensorflow";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFolder } from "../../src/tensorflow/cache.js";
import { findLibrary } from "../../src/tensorflow/library.js";
import { runCommand } from "../../src/tensorflow/run-command.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "vaeport-setup-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("tfjs-node runs on the native library, and setting it up again changes nothing", async () => {
  const lines: string[] = [];
  const version = await setupTensorFlow({ log: (line) => lines.push(line) });
  expect(version).toMatch(/^2\.\d+\.\d+/);
  expect(lines).toEqual([]);
  const tf = await loadTensorFlow();
  expect(tf.getBackend()).toBe("tensorflow");
  expect(Array.from(tf.matMul([[1, 2]], [[3], [4]]).dataSync())).toEqual([11]);
});

test("a tensor has memory of its own, wherever the values that it was made of lie", async () => {
  const tf = await loadTensorFlow();
  const memory = new Float32Array(64);
  for (let offset = 0; offset < 16; offset++) {
    const values = memory.subarray(offset, offset + 4).fill(1);
    const tensor = tf.tensor1d(values);
    tf.neg(tensor); // now it is TensorFlow's
    values.fill(2);
    expect(tf.neg(tensor).arraySync(), `${4 * offset} bytes on`).toEqual([-1, -1, -1, -1]);
  }
});

test("loading TensorFlow prints nothing", async () => {
  const load = new URL("../../dist/tensorflow/index.js", import.meta.url).href;
  const script = `const { loadTensorFlow } = await import(${JSON.stringify(load)});
    const tf = await loadTensorFlow(); tf.add(1, 2).dataSync();`;
  const { status, output } = await runCommand(process.execPath, [
    "--input-type=module",
    "-e",
    script,
  ]);
  expect({ status, output }).toEqual({ status: 0, output: "" });
});

describe("createFolder", () => {
  test("shows the folder only when it is filled", async () => {
    const target = join(folder, "library");
    await createFolder(target, async (temporary) => {
      await writeFile(join(temporary, "file"), "content");
      expect(await readdir(folder)).not.toContain("library");
    });
    expect(await readFile(join(target, "file"), "utf8")).toBe("content");
    expect(await readdir(folder)).toEqual(["library"]);
  });

  test("leaves nothing when filling fails", async () => {
    const failing = createFolder(join(folder, "library"), async (temporary) => {
      await writeFile(join(temporary, "half"), "");
      throw new Error("cut off");
    });
    await expect(failing).rejects.toThrow("cut off");
    expect(await readdir(folder)).toEqual([]);
  });

  test("removes what a killed process left, not what a living one writes", async () => {
    const { output } = await runCommand(process.execPath, ["-p", "process.pid"]);
    const dead = `library.${output.trim()}-abcdef.partial`;
    const alive = `library.${process.pid}-abcdef.partial`;
    await mkdir(join(folder, dead));
    await mkdir(join(folder, alive));
    await createFolder(join(folder, "library"), async () => {});
    expect((await readdir(folder)).sort()).toEqual(["library", alive].sort());
  });

  test("keeps the folder of a process that was faster", async () => {
    const target = join(folder, "library");
    await createFolder(target, async () => {
      await mkdir(target);
      await writeFile(join(target, "file"), "theirs");
    });
    expect(await readFile(join(target, "file"), "utf8")).toBe("theirs");
    expect(await readdir(folder)).toEqual(["library"]);
  });
});

describe("VAEPORT_LIBTENSORFLOW", () => {
  test("takes the layout of the C archive and of an installed wheel", async () => {
    const header = join(folder, "include", "tensorflow", "c");
    await mkdir(header, { recursive: true });
    await writeFile(join(header, "c_api.h"), "");
    await mkdir(join(folder, "lib"));
    for (const name of ["libtensorflow.so.2", "libtensorflow_framework.so.2"]) {
      await writeFile(join(folder, "lib", name), "");
    }
    expect(findLibrary(folder)).toEqual({
      libraries: [
        join(folder, "lib", "libtensorflow.so.2"),
        join(folder, "lib", "libtensorflow_framework.so.2"),
      ],
      include: join(folder, "include"),
    });
    await writeFile(join(folder, "libtensorflow_cc.so.2"), "");
    await writeFile(join(folder, "libtensorflow_framework.so.2"), "");
    expect(findLibrary(folder).libraries[0]).toBe(join(folder, "libtensorflow_cc.so.2"));
  });

  test("says what a folder lacks", () => {
    expect(() => findLibrary(folder)).toThrow(/lacks libtensorflow.*framework.*c_api\.h.*unset it/);
  });
});
