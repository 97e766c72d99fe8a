/** Bundles the compiled package for pages without a bundler: `dist/browser/vaeport-infer.js` and its worker. */
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

/** @param {string} path below the package */
const file = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const FILES = { "vaeport-infer": "index.js", "vaeport-infer-worker": "worker.js" };

/** onnxruntime-web goes by its address there, not by the package's name. */
const byAddress = {
  name: "onnxruntime-web-by-address",
  /** @param {string} source */
  resolveId: (source) => (source.endsWith("/web-entry.js") ? file("dist/browser/entry.js") : null),
};

/** In one file nothing is left for later: what modules import when they need it, they import at once. */
const atOnce = {
  name: "import-at-once",
  /** @param {string} code */
  transform(code) {
    const found = /await import\((".*?")\)/.exec(code);
    if (found === null) return null;
    const [later, path] = found;
    return { code: `${code.replace(later, "later")}\nimport * as later from ${path};`, map: null };
  },
};

for (const [name, input] of Object.entries(FILES)) {
  const build = await rolldown({
    input: file(`dist/browser/${input}`),
    platform: "browser",
    resolve: { conditionNames: ["default", "import"] },
    plugins: [byAddress, atOnce],
  });
  await build.write({
    file: file(`dist/browser/${name}.js`),
    format: "es",
    minify: true,
    sourcemap: true,
    codeSplitting: false,
  });
  await build.close();
}
