/** The progress of a long run on standard error: a bar at a terminal, elsewhere a line for every tenth. */
import cliProgress from "cli-progress";

/** Tells how many of `all` parts are done; the first call may already count parts of an earlier run. */
export type ReportProgress = (done: number, all: number) => void;

interface Display {
  show(done: number, all: number, left: string): void;
  end(): void;
}

/** Runs `work` and shows the progress it reports, with an estimate of the time left. `what` is what is counted. */
export async function withProgress<Result>(
  what: string,
  work: (report: ReportProgress) => Promise<Result>,
  stream: NodeJS.WriteStream = process.stderr,
): Promise<Result> {
  const display = stream.isTTY ? bar(what, stream) : lines(what, stream);
  let first: { readonly done: number; readonly time: number } | undefined;
  const report: ReportProgress = (done, all) => {
    first ??= { done, time: performance.now() };
    const each = (performance.now() - first.time) / (done - first.done);
    display.show(done, all, done > first.done && done < all ? `, about ${duration(each * (all - done))} left` : "");
  };
  try {
    return await work(report);
  } finally {
    display.end();
  }
}

function bar(what: string, stream: NodeJS.WriteStream): Display {
  const format = `{bar} {percentage} % · {value} of {total} ${what}{left}`;
  // With linewrap the terminal's mode stays as it is, so that Ctrl-C leaves nothing to restore.
  const options = { format, stream, barsize: 30, linewrap: true };
  const shown = new cliProgress.SingleBar(options, cliProgress.Presets.shades_classic);
  let started = false;
  return {
    show(done, all, left) {
      if (!started) shown.start(all, done, { left });
      else shown.update(done, { left });
      started = true;
    },
    end: () => shown.stop(),
  };
}

function lines(what: string, stream: NodeJS.WriteStream): Display {
  let tenth: number | undefined;
  return {
    show(done, all, left) {
      const now = Math.floor((10 * done) / all);
      if (now !== tenth && (tenth !== undefined || done > 0)) stream.write(`${done} of ${all} ${what}${left}\n`);
      tenth = now;
    },
    end() {},
  };
}

/** `40 s`, `12 min`, `3 h 5 min`. */
function duration(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  const minutes = Math.round(seconds / 60);
  if (seconds < 100) return `${seconds} s`;
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
