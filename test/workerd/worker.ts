/** The worker under test: the chat server with models of several kinds, and what the tests ask about the inside. */
import { arithmetic } from "../../packages/core/src/arithmetic/fastest.ts";
import { plain } from "../../packages/core/src/arithmetic/plain.ts";
import { createServer } from "../../packages/server/src/index.ts";
import { delayed, randomPair, sayingModel, served } from "../../packages/server/test/doubles.ts";
import { verdicts } from "./verdicts.ts";

const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

const { target, draft } = randomPair();
/** Answers each pass later, as a model behind `fetch` does. */
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

/** What the tests ask of the inside, by path. */
const questions: Record<string, () => unknown> = {
  "/arithmetic": () => ({ plain: arithmetic() === plain }),
  "/verdicts": verdicts,
  "/sessions": () => ({ open: endless.openSessions }),
};

const worker: { fetch(...request: Parameters<typeof app.fetch>): Promise<Response> } = {
  async fetch(request, env, context) {
    const answer = questions[new URL(request.url).pathname];
    return answer === undefined ? app.fetch(request, env, context) : Response.json(await answer());
  },
};
export default worker;
