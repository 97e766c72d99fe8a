/**
 * vaeport as its users run it: the loop of @vaeport/train, which reads its losses every tenth of a second. The first
 * argument is the engine, the second how many megabytes of images the graph may hold.
 */
import { trainEpochs } from "@vaeport/train";
import { BATCH } from "../nets.mjs";
import { serve } from "./serve.mjs";
import { loadSetting } from "./setting.mjs";

const { tf, config, dataset, vae, versions } = await loadSetting();
const [engine, residentMegabytes] = process.argv.slice(2, -1);
config.training.engine = /** @type {"captured" | "eager"} */ (engine);
if (residentMegabytes) config.training.residentMegabytes = Number(residentMegabytes);

async function* train() {
  let epoch = 0;
  let items = 0;
  let sum = 0;
  for await (const event of trainEpochs({ tf, vae, dataset, config })) {
    if (event.type === "epoch") continue;
    if (event.epoch !== epoch) [epoch, items, sum] = [event.epoch, 0, 0];
    // Events tell means over the epoch so far.
    const done = event.items - items;
    const total = event.items * event.train.negativeElbo;
    yield { steps: done / BATCH, loss: (total - sum) / done };
    [items, sum] = [event.items, total];
  }
}

await serve(train(), versions);
