import { styleText } from "node:util";
import { size } from "../size.ts";
import type { Report } from "./pull-model.ts";
import type { Pulled } from "./pulled.ts";

/** Where the report is written: standard error, or a stand-in in tests. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Milliseconds between redraws of the bar. */
const frame = 100;

/** Lists the files, then shows a progress bar; without a terminal, a line for every 10 %. */
export function pullReport(screen: Screen): Report {
  return screen.isTTY === true ? barReport(screen) : lineReport(screen);
}

function barReport(screen: Screen): Report {
  let began: { readonly at: number; readonly done: number } | undefined;
  let drawn = 0;
  let open = false;
  const line = (text: string, last: boolean) => {
    screen.write(`\r${text}\x1b[K${last ? "\n" : ""}`);
    open = !last;
  };
  return {
    plan: (plan) => screen.write(`${describePlan(plan)}\n`),
    progress(done, all) {
      const now = performance.now();
      began ??= { at: now, done };
      if (done < all && now - drawn < frame) return;
      drawn = now;
      const rate = (1000 * (done - began.done)) / Math.max(1, now - began.at);
      line(bar(done, all, rate, screen.columns || 80), done === all);
    },
    note: (text) => line(styleText("dim", text), true),
    end: () => open && screen.write("\n"),
  };
}

function lineReport(screen: Screen): Report {
  let tenths = 0;
  return {
    plan: (plan) => screen.write(`${describePlan(plan)}\n`),
    progress(done, all) {
      const now = Math.floor((10 * done) / Math.max(1, all));
      if (now > tenths) screen.write(`${10 * now} %, ${size(done)} of ${size(all)}\n`);
      tenths = now;
    },
    note: (text) => screen.write(`${text}\n`),
    end: () => {},
  };
}

/** One line that fits the terminal. `rate` in bytes per second. */
export function bar(done: number, all: number, rate: number, columns: number): string {
  const left = rate > 0 ? clock((all - done) / rate) : "";
  const figures = [`${Math.floor((100 * done) / Math.max(1, all))} %`.padStart(5), `${size(done)} of ${size(all)}`];
  if (done < all && rate > 0) figures.push(`${size(rate)}/s`, `${left} left`);
  const text = figures.join(" · ");
  const width = Math.min(30, columns - text.length - 3);
  if (width < 4) return text.slice(0, columns - 1);
  const full = Math.floor((width * done) / Math.max(1, all));
  return `${"█".repeat(full)}${"░".repeat(width - full)} ${text}`;
}

/** Minutes and seconds, or hours and minutes. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function describePlan({ model, revision, commit, files }: Pulled): string {
  const width = Math.max(...files.map(({ path }) => path.length));
  const lines = files.map(
    ({ path, bytes, cached }) => `  ${path.padEnd(width)} ${size(bytes).padStart(9)}${cached ? "  in the cache" : ""}`,
  );
  const sum = (list: Pulled["files"]) => size(list.reduce((total, { bytes }) => total + bytes, 0));
  const missing = files.filter(({ cached }) => !cached);
  const total =
    missing.length === 0
      ? `all ${files.length} files are in the cache`
      : `${missing.length} of ${files.length} files to download, ${sum(missing)}`;
  const at = revision === commit ? commit.slice(0, 7) : `${revision} (${commit.slice(0, 7)})`;
  return [`${model} at ${at}: ${total}`, ...lines].join("\n");
}
