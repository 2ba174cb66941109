/**
 * A program that worker.test.ts runs: loads the model of its first argument, with the worker script of its third, and
 * ends as the second says.
 */
import { pathToFileURL } from "node:url";
import { loadModel } from "../src/index.ts";
import { deadly } from "./mortal-worker.ts";

const [dir = "", ending, script] = process.argv.slice(2);
const model = await loadModel(dir, script === undefined ? {} : { worker: pathToFileURL(script) });
const session = await model.open();
const lose = () => session.append([deadly]).catch((error) => console.log(error.code));
if (ending === "idle") {
  await session.append([1]);
  console.log(session.length);
} else if (ending === "added") {
  await session.append([1]);
  console.log(model.graph.added.join());
} else if (ending === "awaiting") {
  session.append([1, 2]).then(() => console.log(session.length));
} else if (ending === "lost") {
  await lose();
} else if (ending === "lost and awaited") {
  await lose();
  void model.open().then(({ length }) => console.log(length));
} else if (ending === "refused") {
  // The file that is refused lies beside one that is not.
  await model.close();
  await loadModel(dir, { file: "damaged.onnx" }).catch(({ code }) => console.log(code));
} else {
  await model.close();
  console.log("closed");
}
