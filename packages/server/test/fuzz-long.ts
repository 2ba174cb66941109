/** The long form of fuzz.test.ts: `bun packages/server/test/fuzz-long.ts --run 7 --count 100000`. */
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz/fuzz.ts";

const text = { type: "string" } as const;
const { values } = parseArgs({ options: { run: text, from: text, count: text } });
const run = Number(values.run ?? Math.floor(Math.random() * 2 ** 31));
const [from, count] = [Number(values.from ?? 0), Number(values.count ?? 100_000)];
console.log(`run ${run}`);
const began = performance.now();
const progress = (done: number, statuses: object) => {
  if (done % 5000 === 0) console.log(`${done} ${JSON.stringify(statuses)}`);
};
const statuses = await fuzz({ run, from, count, progress }).catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
console.log(`${count} requests in ${((performance.now() - began) / 1000).toFixed(0)} s: ${JSON.stringify(statuses)}`);
