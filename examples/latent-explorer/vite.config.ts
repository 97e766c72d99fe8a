/** Vite's settings: the models as they lie in their package, a module worker, and the headers that threads need. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** Isolation from other origins: without it WebAssembly runs on one thread. Your server must send them too. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  base: "./",
  // Served, and copied into the build, untouched: `loadVae("mnist-conv-2/")` finds a folder of @vaeport/models.
  publicDir: dirname(fileURLToPath(import.meta.resolve("@vaeport/models/package.json"))),
  build: { target: "es2022" },
  worker: { format: "es" },
  server: { headers },
  preview: { headers },
});
