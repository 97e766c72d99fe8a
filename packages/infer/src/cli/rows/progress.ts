/** A line on standard error that says how far a command is; on a terminal it is written over. */

const EVERY_MILLISECONDS = 200;

export interface Progress {
  update(done: number): void;
  /** Ends the line; rows per second of this run. */
  end(done: number): { seconds: number; rowsPerSecond: number };
}

export function startProgress(rows: number, resumed: number): Progress {
  const started = performance.now();
  let shown = 0;
  const speed = (done: number) => {
    const seconds = (performance.now() - started) / 1000;
    return { seconds, rowsPerSecond: (done - resumed) / seconds };
  };
  const show = (done: number) => {
    const count = (n: number) => n.toLocaleString("en");
    const { rowsPerSecond } = speed(done);
    process.stderr.write(
      `\r\x1b[K${count(done)} of ${count(rows)} rows, ${count(Math.round(rowsPerSecond))} a second`,
    );
  };
  return {
    update: (done) => {
      if (!process.stderr.isTTY || performance.now() - shown < EVERY_MILLISECONDS) return;
      shown = performance.now();
      show(done);
    },
    end: (done) => {
      if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
      return speed(done);
    },
  };
}
