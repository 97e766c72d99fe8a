/** `npm run setup`: everything that the quickstart and the tests need, in numbered steps. */
import { bootstrapSteps } from "./lib/bootstrap.mjs";
import { browserStep, cudaStep, refereeStep, tensorFlowStep } from "./lib/setup-steps.mjs";
import { runMain, runSteps } from "./lib/steps.mjs";

const own = [tensorFlowStep, browserStep, cudaStep, refereeStep];
await runMain(() => runSteps([...bootstrapSteps, ...own]));
