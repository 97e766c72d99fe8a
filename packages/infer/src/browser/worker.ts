/** `dist/browser/vaeport-infer-worker.js`: a web worker that runs the graphs of its page. */
import { serveVae } from "../runtime/worker.js";

serveVae();
