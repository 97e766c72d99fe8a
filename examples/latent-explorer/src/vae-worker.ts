/** The web worker that runs the graphs, so that the page never waits. */
import { serveVae } from "@vaeport/infer/worker";

serveVae();
