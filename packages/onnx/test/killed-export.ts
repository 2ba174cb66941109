/**
 * A program that export-files.test.ts runs: exports the model of its first argument, and is killed at the first news of
 * the stage in its second.
 */
import { exportDecoder } from "../src/index.ts";

const [dir = "", at] = process.argv.slice(2);
await exportDecoder(dir, {
  weights: "int8",
  calibration: [[1, 2, 3]],
  inlineBytes: 0,
  progress({ stage }) {
    if (stage === at) process.kill(process.pid, "SIGKILL");
  },
});
