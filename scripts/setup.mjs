/** `npm run setup`: everything that the quickstart and the tests need, in numbered steps. */
import { bootstrapSteps } from "./lib/bootstrap.mjs";
import { browserStep, refereeStep, tensorFlowStep } from "./lib/setup-steps.mjs";
import { runMain, runSteps } from "./lib/steps.mjs";

await runMain(() => runSteps([...bootstrapSteps, tensorFlowStep, browserStep, refereeStep]));
