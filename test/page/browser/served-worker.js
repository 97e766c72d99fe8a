/** A worker that runs the page's graphs. */
import { serveVae } from "@vaeport/infer/worker";

serveVae();
