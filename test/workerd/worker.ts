/** The worker under test: the chat server with several kinds of models, and routes that show internal state. */
import { arithmetic } from "../../packages/core/src/arithmetic/fastest.ts";
import { plain } from "../../packages/core/src/arithmetic/plain.ts";
import { createServer } from "../../packages/server/src/index.ts";
import { delayed, randomPair, sayingModel, served } from "../../packages/server/test/models.ts";
import { verdicts } from "./verdicts.ts";

const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

const { target, draft } = randomPair();
/** Delays each pass, like a model behind `fetch`. */
const remote = delayed(target, (held) => sleep(1 + (held % 3)));
const endless = sayingModel("x".repeat(3000));
const slow = delayed(endless, () => sleep(2));

const app: ReturnType<typeof createServer> = createServer({
  models: [
    served(target, draft, { id: "table" }),
    served(
      remote,
      delayed(draft, () => sleep(1)),
      { id: "remote" },
    ),
    served(slow, sayingModel(""), { id: "slow" }),
  ],
});

/** Internal state for the tests, by path. */
const internals: Record<string, () => unknown> = {
  "/arithmetic": () => ({ plain: arithmetic() === plain }),
  "/verdicts": verdicts,
  "/sessions": () => ({ open: endless.openSessions }),
};

const worker: { fetch(...request: Parameters<typeof app.fetch>): Promise<Response> } = {
  async fetch(request, env, context) {
    const answer = internals[new URL(request.url).pathname];
    return answer === undefined ? app.fetch(request, env, context) : Response.json(await answer());
  },
};
export default worker;
