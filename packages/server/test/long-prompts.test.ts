/** Prompts of any size: read once, refused before they are encoded where they cannot fit, and encoded elsewhere where they are long. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seeded, type Tokenizer } from "@lenity/core";
import { promptEncoding } from "../src/encode-prompt.ts";
import { ready } from "../src/generation.ts";
import { type ChatMessage, createServer, promptWriter } from "../src/index.ts";
import { jsonValues, mostValues } from "../src/json-scan.ts";
import { promptText } from "../src/prompt.ts";
import { firstLetters, spelled, unusedCharacter } from "../src/spelling.ts";
import { bytes, post, queueOf, type Reply, reply, sayingModel, served, textOf, until } from "./doubles.ts";

/** The double's tokenizer, with what was asked of it. */
function counted(more: Partial<Tokenizer> = {}): { readonly tokenizer: Tokenizer; readonly asked: { here: string[]; aside: string[] } } {
  const asked = { here: [] as string[], aside: [] as string[] };
  const tokenizer: Tokenizer = {
    ...bytes,
    longestToken: Math.max(...Array.from(bytes.special, (id) => bytes.decode([id], { special: true }).length)),
    encode(text) {
      asked.here.push(text);
      return bytes.encode(text);
    },
    async encodeAsync(texts) {
      asked.aside.push(...texts);
      return texts.map((text) => bytes.encode(text));
    },
    ...more,
  };
  return { tokenizer, asked };
}

const user = (content: string): ChatMessage => ({ role: "user", content });
const model = (tokenizer: Tokenizer, contextLength = 100_000) => served(sayingModel("Yes.", { contextLength }), undefined, { tokenizer });

describe("a prompt of a request", () => {
  test("has the tokens of one that is written at once, whatever its length, and long ones are encoded aside", async () => {
    const spellings = Array.from(bytes.special, (id) => bytes.decode([id], { special: true }));
    const parts = [
      ...spellings,
      ...spellings.map((text) => text.slice(0, -2)),
      "<",
      "é🎉",
      "\ud800",
      "\ue000\ue001",
      " ",
      "word ",
      "0".repeat(99),
    ];
    const random = seeded(5);
    for (const length of [0, 5, 50, 500, 3000]) {
      for (let time = 0; time < 5; time++) {
        const content = Array.from({ length }, () => parts[Math.floor(random() * parts.length)]).join("");
        const messages = [{ role: "system", content: "Be brief. <|end|>" } as const, user(content), user("?")];
        const { tokenizer, asked } = counted();
        const tokens = await ready(model(tokenizer)).write(messages);
        assert.deepEqual(tokens, promptWriter(model(bytes))(messages));
        // The empty text is encoded once, when the writer is made.
        assert.equal(asked.here.join("").length > 0, content.length < 8000);
        assert.equal(asked.aside.length > 0, content.length > 8200);
      }
    }
  });

  test("is encoded on its thread where there is no other, with pauses, to the same tokens", async () => {
    const { tokenizer } = counted({ encodeAsync: undefined });
    const messages = Array.from({ length: 40 }, () => user(`<|end|>${"long ".repeat(300)}`));
    let pauses = 0;
    const timer = setInterval(() => pauses++, 0);
    const tokens = await ready(model(tokenizer)).write(messages);
    clearInterval(timer);
    assert.deepEqual(tokens, promptWriter(model(bytes))(messages));
    assert.ok(pauses > 2, `${pauses} pauses`);
  });

  test("is refused without being encoded where its bytes alone show that it cannot fit", async () => {
    const { tokenizer, asked } = counted();
    const app = createServer({ models: [model(tokenizer, 500)] });
    for (const content of ["7".repeat(1e6), "🎉".repeat(5e5), "<|end|>".repeat(1e5), " ".repeat(4e6)]) {
      for (const stream of [false, true]) {
        const response = await post(app, { messages: [user(content)], stream });
        const { error } = (await response.json()) as Reply;
        assert.deepEqual([response.status, error?.code, error?.param], [400, "context_length_exceeded", "messages"]);
        assert.match(error?.message ?? "", /^The prompt has at least \d+ tokens, as none has more than 13 bytes; table holds 500\./);
      }
    }
    assert.deepEqual([asked.here.join(""), asked.aside], ["", []]);
    assert.deepEqual(await queueOf(app), { active: 0, waiting: 0 });
  });

  test("is refused before it waits for its turn where its tokens show it, and answered up to the last that fits", async () => {
    const { tokenizer } = counted();
    const app = createServer({ models: [model(tokenizer, 500)] });
    const response = await post(app, { messages: [user("a".repeat(500))] });
    assert.match(((await response.json()) as Reply).error?.message ?? "", /The prompt has 504 tokens; table holds 500/);
    assert.equal(textOf(await reply(app, { messages: [user("a".repeat(490))] })), "Yes.");
  });

  test("is refused without being encoded where those ahead leave no place to wait, also those that are being encoded", async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let asked = 0;
    const { tokenizer } = counted({
      async encodeAsync(texts) {
        asked++;
        await gate;
        return texts.map((text) => bytes.encode(text));
      },
    });
    const app = createServer({ models: [model(tokenizer)], concurrency: 1, maxQueue: 1 });
    const body = { messages: [user("a".repeat(9000))] };
    const admitted = [reply(app, body), reply(app, body)];
    await until(() => asked === 2);
    const refused = await post(app, body);
    assert.deepEqual([refused.status, asked], [429, 2]);
    open();
    for (const answer of await Promise.all(admitted)) assert.equal(textOf(answer), "Yes.");
    assert.equal(textOf(await reply(app, body)), "Yes.");
  });

  test("fails alone where its thread dies, and the next is answered", async () => {
    let dead = true;
    const { tokenizer } = counted({
      async encodeAsync(texts) {
        if (dead) throw new Error("gone");
        return texts.map((text) => bytes.encode(text));
      },
    });
    const app = createServer({ models: [model(tokenizer)], onFailure: () => {} });
    const messages = [user("a".repeat(9000))];
    assert.equal((await post(app, { messages })).status, 500);
    dead = false;
    assert.equal(textOf(await reply(app, { messages })), "Yes.");
    assert.deepEqual(await queueOf(app), { active: 0, waiting: 0 });
  });
});

describe("control tokens in a prompt", () => {
  test("are encoded once where they are the template's, and refused where a text is read as one without spelling it", () => {
    // Reads a control token in another spelling, as after normalisation.
    const sly: Tokenizer = {
      ...bytes,
      encode: (text) => text.split("＜").flatMap((piece, at) => [...(at > 0 ? [260] : []), ...bytes.encode(piece)]),
    };
    for (const [tokenizer, content, rounds] of [
      [bytes, "<|end|> and text", 1],
      [sly, "<|end|> and text", 1],
      [sly, "a＜b", 2],
    ] as const) {
      const text = promptText(model(tokenizer));
      const encoding = promptEncoding(tokenizer, text.control)(text([user(content)]));
      let step = encoding.next();
      let seen = 0;
      const finish = () => {
        while (step.done !== true) {
          seen++;
          step = encoding.next(step.value.map((text) => tokenizer.encode(text)));
        }
      };
      if (rounds === 1) finish();
      else assert.throws(finish, { code: "invalid_request", path: "messages[0].content" });
      assert.equal(seen, rounds);
    }
  });
});

describe("what would take long to read", () => {
  const app = createServer({ models: [model(bytes)] });
  const refused = async (body: object | string, message: RegExp, param: string | null) => {
    const response = await post(app, body);
    const { error } = (await response.json()) as Reply;
    assert.equal(response.status, 400);
    assert.match(error?.message ?? "", message);
    assert.equal(error?.param, param);
  };

  test("is refused by its number: values, messages, values of arguments", async () => {
    await refused({ metadata: Array.from({ length: mostValues }, () => 1) }, /The body holds more than 30000 values/, null);
    await refused(`{"messages": [${"{},".repeat(1e6)}{}]}`, /The body holds more than 30000 values/, null);
    await refused(
      { messages: Array.from({ length: 2049 }, () => user("a")) },
      /messages holds 2049 messages; expected 2048 at most/,
      "messages",
    );
    const call = { type: "function", function: { name: "f", arguments: JSON.stringify(Array.from({ length: 20_000 }, () => 1)) } };
    const calls = [user("a"), { role: "assistant", tool_calls: [call, call] }];
    const readsCalls = `{{ messages[1].tool_calls | tojson }}`;
    const reading = createServer({ models: [{ ...model(bytes), chatTemplate: readsCalls }] });
    const { error } = (await (await post(reading, { messages: calls })).json()) as Reply;
    assert.match(error?.message ?? "", /arguments of tool_calls hold more than 30000 values/);
  });

  test("is not searched for the first message at fault", async () => {
    const many = [...Array.from({ length: 1000 }, () => user("a")), { role: "system", content: "late" }];
    await refused({ messages: many }, /^The chat template refuses these messages: The system message comes first\.$/, "messages");
    await refused({ messages: many.slice(-3) }, /comes first\. The first at fault is messages\[2\] \(system\)\.$/, "messages");
  });
});

describe("spellings", () => {
  test("are found as a comparison at every place finds them", () => {
    const random = seeded(6);
    const pick = (letters: string, most: number) =>
      Array.from({ length: 1 + Math.floor(random() * most) }, () => letters[Math.floor(random() * letters.length)]).join("");
    for (let time = 0; time < 300; time++) {
      const texts = Array.from({ length: 1 + Math.floor(random() * 6) }, () => pick("ab|.(", 4));
      const text = pick("ab|.(x", 60);
      const firsts = Array.from(text, (_, at) => at).filter((at) => texts.some((one) => text.startsWith(one, at)));
      assert.deepEqual(
        Array.from(text.matchAll(firstLetters(texts)), ({ index }) => index),
        firsts,
      );
      const longest: string[] = [];
      for (let at = 0; at < text.length; ) {
        const found = texts.filter((one) => text.startsWith(one, at)).sort((a, b) => b.length - a.length)[0];
        if (found !== undefined) longest.push(found);
        at += found?.length ?? 1;
      }
      assert.deepEqual(text.match(spelled(texts)) ?? [], longest);
    }
  });

  test("leave the first private-use character that no text holds", () => {
    const all = Array.from({ length: 0xf8ff - 0xe000 + 1 }, (_, at) => String.fromCharCode(0xe000 + at));
    assert.equal(unusedCharacter(["a", "é"]), "\ue000");
    assert.equal(unusedCharacter(["\ue000 and \ue002", "\ue001"]), "\ue003");
    assert.equal(unusedCharacter([all.slice(0, -1).join("")]), "\uf8ff");
    assert.equal(unusedCharacter([all.slice(1).join(""), all[0] as string]), undefined);
  });
});

test("the values of a JSON text are counted as parsing finds them", () => {
  const values = (value: unknown): number => {
    if (typeof value !== "object" || value === null) return 1;
    if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + values(one), 1);
    return Object.values(value).reduce<number>((sum, one) => sum + 1 + values(one), 1);
  };
  for (const value of [1, "a,b:[{", '\\"', "\\", [1, [2, "]"], {}], { a: { b: ["\\\\", '"'] }, "c,": null }]) {
    for (const indent of [0, 2]) {
      const counted = jsonValues(JSON.stringify(value, null, indent), 1000);
      // Brackets count one, and so does the first value in them, unless they are empty: at most one more each.
      assert.ok(counted >= values(value) / 2 && counted <= 2 * values(value), `${JSON.stringify(value)}: ${counted}`);
    }
  }
  assert.equal(jsonValues(JSON.stringify("[".repeat(1000)), 10), 1);
  assert.equal(jsonValues("[".repeat(1000), 10), 11);
});
