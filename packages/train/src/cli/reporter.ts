/** Shows training as it goes: a bar on a terminal, plain lines elsewhere. */
import type { WriteStream } from "node:tty";
import { SingleBar } from "cli-progress";
import type { TrainConfig } from "../config.js";
import type { EpochMetrics, Progress } from "../training/loop.js";
import type { ResumedEvent } from "../training/resume.js";
import type { TrainEvent } from "../training/train.js";

export interface Reporter {
  report(config: TrainConfig, event: TrainEvent | ResumedEvent): void;
  /** Takes the bar away. */
  close(): void;
}

/** Where there is no bar, progress within an epoch is told this often. */
const LINE_SECONDS = 10;

/** The same for the reading of data. */
const READING_SECONDS = 2;

/**
 * @param output gets the lines
 * @param terminal gets the bar, where it is one
 */
export function createReporter(
  output: Pick<WriteStream, "write">,
  terminal: Pick<WriteStream, "isTTY"> & NodeJS.WritableStream = process.stderr,
): Reporter {
  const line = (text: string) => output.write(`${text}\n`);
  const progress = terminal.isTTY ? progressBar(terminal) : progressLines(line);
  const reading = readingLines(line);
  return {
    report(config, event) {
      if (event.type === "reading") return reading(event);
      if (event.type === "progress") return progress.show(event);
      progress.clear();
      if (event.type === "resumed") return resumedLines(event).forEach(line);
      line(event.type === "start" ? startLine(config, event) : epochLine(event));
    },
    close: () => progress.clear(),
  };
}

/** Reading that takes longer than a moment is told, and that it is done then. */
function readingLines(line: (text: string) => void): (event: { done: number; of: number }) => void {
  const began = performance.now();
  let last = began;
  let told = false;
  return ({ done, of }) => {
    const now = performance.now();
    if (now - last < READING_SECONDS * 1000 && !(told && done === of)) return;
    last = now;
    told = true;
    line(`reading the data  ${Math.floor((100 * done) / of)}%`);
  };
}

function resumedLines({ epoch, step, damaged }: ResumedEvent): string[] {
  const after = step > 0 ? `epoch ${epoch} and ${step} steps` : `epoch ${epoch}`;
  const nothing = epoch === 0 && step === 0;
  return [
    ...damaged.map((reason) => `passed over: ${reason}`),
    nothing ? "nothing was saved yet: from the beginning" : `resumed after ${after}`,
  ];
}

function startLine(
  { name, training, seed }: TrainConfig,
  event: Extract<TrainEvent, { type: "start" }>,
): string {
  const count = (value: number) => value.toLocaleString("en");
  return (
    `${name}: ${count(event.parameters)} parameters, ${count(event.trainItems)} training and ` +
    `${count(event.testItems)} held-out items, ${training.epochs} ${training.epochs === 1 ? "epoch" : "epochs"}, seed ${seed}`
  );
}

function epochLine({ epochs, metrics }: { epochs: number; metrics: EpochMetrics }): string {
  const { epoch, train, test, seconds, imagesPerSecond } = metrics;
  return [
    `epoch ${pad(epoch, epochs)}/${epochs}`,
    `held-out -ELBO ${terms(test)}`,
    `train ${train.negativeElbo.toFixed(2)}`,
    `active units ${test.activeUnits}`,
    `${seconds.toFixed(1)} s`,
    `${imagesPerSecond.toFixed(0)} images/s`,
  ].join("  ");
}

interface ProgressDisplay {
  show(event: Progress): void;
  clear(): void;
}

function progressBar(stream: NodeJS.WritableStream): ProgressDisplay {
  const format = "epoch {epoch}/{epochs} [{bar}] {percentage}%  -ELBO {terms}  {left} left";
  let bar: SingleBar | undefined;
  return {
    show(event) {
      const { epoch, epochs, items, of, train, secondsLeft } = event;
      const values = {
        epoch: pad(epoch, epochs),
        epochs,
        terms: terms(train),
        left: duration(secondsLeft),
      };
      if (!bar) {
        bar = new SingleBar({
          stream,
          format,
          barsize: 24,
          barCompleteChar: "=",
          barIncompleteChar: " ",
          clearOnComplete: true,
          gracefulExit: false, // Ctrl-C is the command's to handle
        });
        bar.start(of, items, values);
      }
      bar.update(items, values);
    },
    clear() {
      bar?.stop();
      bar = undefined;
    },
  };
}

function progressLines(line: (text: string) => void): ProgressDisplay {
  let last = performance.now();
  return {
    show({ epoch, epochs, items, of, train, secondsLeft }) {
      if (performance.now() - last < LINE_SECONDS * 1000 || items === of) return;
      last = performance.now();
      const percentage = Math.floor((100 * items) / of);
      line(
        `epoch ${pad(epoch, epochs)}/${epochs}  ${percentage}%  -ELBO ${terms(train)}  ` +
          `${duration(secondsLeft)} left`,
      );
    },
    clear() {
      last = performance.now();
    },
  };
}

function terms({ negativeElbo, distortion, rate }: Progress["train"]): string {
  const [sum, first, second] = [negativeElbo, distortion, rate].map((value) => value.toFixed(2));
  return `${sum} = distortion ${first} + rate ${second}`;
}

/** Minutes and seconds. */
function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function pad(value: number, largest: number): string {
  return String(value).padStart(String(largest).length);
}
