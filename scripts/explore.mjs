/** `npm run explore`: builds examples/latent-explorer and serves it; Ctrl-C ends it. */
import { bootstrapSteps, runPnpm } from "./lib/bootstrap.mjs";
import { runMain, runSteps, SetupError } from "./lib/steps.mjs";

/** @param {string[]} args of the example's own Vite */
const vite = (...args) =>
  runPnpm(["--filter", "@vaeport/latent-explorer", "exec", "vite", ...args]);

const buildStep = {
  title: "the latent explorer (Vite)",
  run: async () => {
    if ((await vite("build", "--logLevel", "error")) === 0) return;
    throw new SetupError("Vite could not build the example; its messages are above.");
  },
};

await runMain(async () => {
  await runSteps([...bootstrapSteps, buildStep]);
  console.log("\nThe latent explorer is served at the address below; Ctrl-C ends it.");
  const status = await vite("preview", ...process.argv.slice(2));
  return status === null ? 130 : status;
});
