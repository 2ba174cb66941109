/** A program that worker.test.ts runs: loads the model of its first argument and ends as the second says. */
import { loadModel } from "../src/index.ts";

const [dir = "", ending] = process.argv.slice(2);
const model = await loadModel(dir);
const session = await model.open();
if (ending === "idle") {
  await session.append([1]);
  console.log(session.length);
} else if (ending === "awaiting") {
  session.append([1, 2]).then(() => console.log(session.length));
} else {
  await model.close();
  console.log("closed");
}
