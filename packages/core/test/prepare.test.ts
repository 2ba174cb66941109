import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type DecodeOptions,
  type Drafter,
  type DraftRequest,
  decode,
  forcedDrafter,
  type LanguageModel,
  lookupDrafter,
  modelDrafter,
  type Session,
  sampling,
  type Token,
} from "../src/index.ts";
import { randomModel } from "../src/testing/random-model.ts";

const target = randomModel({ vocabulary: 12, seed: 5, eos: [] });
const draft = randomModel({ vocabulary: 12, seed: 6, eos: [] });
const prompt = [3, 1, 4, 1, 5];

/** What a request did, in order: appends to the target, and calls of the drafter. */
async function logOf(options: Partial<DecodeOptions> = {}, inner: Drafter = modelDrafter(draft)) {
  const log: unknown[] = [];
  const watched: LanguageModel = {
    ...target,
    async open(asked) {
      const session = await target.open(asked);
      const append: Session["append"] = (tokens, how) => {
        log.push(["append", tokens.length, how?.rows]);
        return session.append(tokens, how);
      };
      return Object.assign(Object.create(session) as Session, { append });
    },
  };
  const drafter: Drafter = {
    ...inner,
    ...(inner.prepare === undefined
      ? {}
      : {
          prepare(request) {
            log.push(["prepare", request.context]);
            inner.prepare?.(request);
          },
        }),
    propose(request) {
      log.push(["propose", [...request.context]]);
      return inner.propose(request);
    },
  };
  const tokens: Token[] = [];
  for await (const event of decode(prompt, { target: watched, drafter, draftTokens: 3, maxTokens: 8, ...options })) {
    if (event.type === "finish") continue;
    tokens.push(...event.tokens.map(({ token }) => token));
    log.push(["round", event.tokens.map(({ source }) => source)]);
  }
  return { log, tokens };
}

describe("the first token", () => {
  test("comes from the prompt's own pass, during which the drafter prepares", async () => {
    const { log, tokens } = await logOf();
    const isRound = (entry: unknown) => (entry as unknown[])[0] === "round";
    const calls = log.filter((entry) => !isRound(entry));
    assert.deepEqual(calls.slice(0, 4), [
      ["append", 5, 1],
      ["prepare", prompt],
      ["propose", [...prompt, tokens[0]]],
      ["append", 4, 4],
    ]);
    assert.deepEqual(log.find(isRound), ["round", ["target"]]);
    assert.equal(log.filter((entry) => (entry as unknown[])[0] === "prepare").length, 1);
  });

  test("is drafted by a drafter that has no prompt to run", async () => {
    for (const drafter of [lookupDrafter(), forcedDrafter(), forcedDrafter(lookupDrafter())]) {
      const { log } = await logOf({}, drafter);
      assert.deepEqual(log[0], ["propose", prompt]);
    }
  });

  test("is not drafted by a drafter that leaves the draft to another with a prompt to run", async () => {
    const { log } = await logOf({}, forcedDrafter(modelDrafter(draft)));
    assert.deepEqual(log.slice(0, 2), [
      ["append", 5, 1],
      ["prepare", prompt],
    ]);
  });

  test("lets the drafter be where no draft will follow", async () => {
    for (const options of [{ maxTokens: 2 }, { maxTokens: 1 }, { draftTokens: 0 }]) {
      const { log } = await logOf(options);
      assert.deepEqual(log.map((entry) => (entry as unknown[])[0]).includes("prepare"), false, JSON.stringify(options));
    }
    const { log } = await logOf({ maxTokens: 3 });
    assert.deepEqual(log[1], ["prepare", prompt]);
  });

  test("is drafted where the target is elsewhere and runs the prompt with its first block", async () => {
    const reach = { gives: () => true, rows: true, draws: true };
    const { log } = await logOf({ target: { ...target, reach } });
    assert.deepEqual(log[0], ["propose", prompt]);
  });
});

describe("a draft model that has prepared", () => {
  const request = (context: readonly Token[]): DraftRequest => ({
    ...{ context, limit: 4, uniform: [0.1, 0.7, 0.4, 0.9] },
    sampling: sampling({ temperature: 1 }),
  });
  const context = [...prompt, 7];
  const drafted = async (drafter: Drafter) => {
    const { tokens, evidence } = await drafter.propose(request(context));
    return { tokens, logits: tokens.map((_, at) => evidence?.logits(at)) };
  };

  test("drafts what it drafts without that, and runs nothing twice", async () => {
    const ran: number[] = [];
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const counting: LanguageModel = {
      ...draft,
      async open(asked) {
        const session = await draft.open(asked);
        const append: Session["append"] = async (tokens, how) => {
          ran.push(tokens.length);
          await gate;
          return session.append(tokens, how);
        };
        return Object.assign(Object.create(session) as Session, { append });
      },
    };
    const prepared = modelDrafter(counting);
    prepared.prepare?.({ context: prompt });
    // Asked for a draft while it still prepares.
    const found = drafted(prepared);
    const expected = await drafted(modelDrafter(draft));
    release();
    assert.deepEqual(await found, expected);
    assert.deepEqual(ran, [5, 1, 1, 1, 1]);
    await prepared.close();
  });

  test("drafts all the same if that failed, or fails as the draft does", async () => {
    let failures = 1;
    const failing: LanguageModel = {
      ...draft,
      async open(asked) {
        const session = await draft.open(asked);
        const append: Session["append"] = async (tokens, how) => {
          if (failures-- > 0) throw new Error("no memory");
          return session.append(tokens, how);
        };
        return Object.assign(Object.create(session) as Session, { append });
      },
    };
    const once = modelDrafter(failing);
    once.prepare?.({ context: prompt });
    assert.deepEqual(await drafted(once), await drafted(modelDrafter(draft)));
    failures = 2;
    const twice = modelDrafter(failing);
    twice.prepare?.({ context: prompt });
    await assert.rejects(drafted(twice), /no memory/);
    await Promise.all([once.close(), twice.close()]);
  });

  test("closes its session, even while it prepares", async () => {
    let open = 0;
    const closing: LanguageModel = {
      ...draft,
      async open(asked) {
        const session = await draft.open(asked);
        open++;
        return Object.assign(Object.create(session) as Session, { close: () => void open-- });
      },
    };
    const drafter = modelDrafter(closing);
    drafter.prepare?.({ context: prompt });
    await drafter.close();
    assert.equal(open, 0);
  });
});
