/** `--target`: the command and the server answer with a target in another process. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { randomModel } from "@lenity/core/testing";
import * as tiny from "@lenity/tiny";
import { fakeSglang } from "../../remote/test/fakes/fake-sglang.ts";
import { listening } from "../../remote/test/listening.ts";
import { remoteAddress } from "../src/remote-address.ts";
import { run, serve } from "./command.ts";

const question = "Mia has 4 boxes with 6 shells in each. Then she gives 5 shells to Tom. How many shells are left?";
let child: ChildProcess;
let url: string;

before(async () => {
  ({ child, url } = await serve());
});
after(() => void child.kill());

/** The parts of an answer that are looked at. */
interface Reply {
  readonly choices: readonly [{ readonly message: { readonly content: string } }];
  readonly error: { readonly code: string; readonly message: string };
}

const chat = async (...args: readonly string[]) => {
  const { status, out, err } = await run(["chat", question, "--json", ...args]);
  assert.equal(status, 0, err);
  return JSON.parse(out);
};

test("lenity chat says with a remote target what it says with a local one", async () => {
  const near = await chat();
  const far = await chat("--target", `lenity+${url}`);
  assert.equal(far.text, near.text);
  assert.equal(far.metrics.acceptance.law, "exact");
  assert.ok(far.metrics.speculative_decoding.num_accepted_draft_tokens > 0);
});

test("the metrics of an answer count the gates that were left open", async () => {
  const gate = '{"type":"or","any":[{"type":"sd"},{"type":"kl","threshold":0.002}]}';
  const [near, far] = [await chat("--policy", gate), await chat("--policy", gate, "--target", `lenity+${url}`)];
  assert.equal(near.metrics.acceptance.undecided, undefined);
  assert.ok(far.metrics.acceptance.undecided > 0, JSON.stringify(far.metrics));
});

test("lenity complete and prompt lookup take it too", async () => {
  const args = ["complete", "One, two, three, one, two,", "--json", "--max-tokens", "12", "--drafter", "lookup"];
  const [near, far] = [await run(args), await run([...args, "--target", `lenity+${url}`])];
  assert.equal(far.status, 0, far.err);
  assert.equal(JSON.parse(far.out).text, JSON.parse(near.out).text);
});

test("lenity serve passes a remote target on, refuses what it cannot feed, and says when it is gone", async () => {
  const engine = await serve();
  const front = await serve("--target", `lenity+${engine.url}`);
  const ask = async (more: object) => {
    const body = { messages: [{ role: "user", content: question }], temperature: 0, ...more };
    const init = { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const response = await fetch(`${front.url}/v1/chat/completions`, init);
    return { status: response.status, reply: (await response.json()) as Reply };
  };
  try {
    const near = await chat();
    const { status, reply } = await ask({});
    assert.equal(status, 200);
    assert.equal(reply.choices[0].message.content, near.text);
    const refused = await ask({ top_p: 0.5, temperature: 1 });
    assert.deepEqual([refused.status, refused.reply.error.code], [400, "unsupported"]);
    assert.match(refused.reply.error.message, /tiny returns no rows, .*top-k, top-p and min-p cut whole rows/);
    engine.child.kill("SIGKILL");
    await engine.ended;
    const gone = await ask({});
    assert.deepEqual([gone.status, gone.reply.error.code], [503, "engine_failed"]);
    assert.match(gone.reply.error.message, /^The engine that runs the model failed/);
    assert.doesNotMatch(gone.reply.error.message, /127\.0\.0\.1/);
  } finally {
    engine.child.kill();
    front.child.kill();
  }
});

test("a judge in the folder reads the states of an engine that returns them, and only of one", async () => {
  const model = randomModel({ vocabulary: 2048, seed: 1 });
  const shared = { model, contextLength: 512 };
  const args = ["chat", question, "--model", fileURLToPath(tiny.target), "--draft", fileURLToPath(tiny.draft)];
  for (const { states, status, said } of [
    { states: () => Array(384).fill(0), status: 0, said: /"law": ?"none"/ },
    { states: undefined, status: 1, said: /autojudge.*needs a trained head/ },
  ]) {
    const engine = await listening(fakeSglang({ ...shared, ...(states === undefined ? {} : { states }) }).fetch);
    try {
      const flags = ["--target", `sglang+${engine.url}`, "--policy", "autojudge", "--json", "--max-tokens", "8"];
      const ended = await run([...args, ...flags]);
      assert.equal(ended.status, status, ended.err);
      assert.match(status === 0 ? ended.out : ended.err, said);
    } finally {
      await engine.close();
    }
  }
});

test("flags that contradict it are refused, and a wrong address says what is right", async () => {
  for (const [args, message] of [
    [["--target", "sglang"], /--target is sglang; expected an engine and its address.*sglang, vllm, oip, lenity/],
    [["--target", `lenity+${url}`, "--dtype", "fp16"], /--dtype is about a target that runs here/],
    [["--target", `lenity+${url}`, "--target-model", "llama"], /has no model llama; it serves tiny/],
    [["--target", "vllm+http://127.0.0.1:9"], /cannot be reached/],
    [["--target", `lenity+${url}`, "--policy", "judge"], /judge/],
  ] as const) {
    const { status, err } = await run(["chat", question, ...args]);
    assert.equal(status, 1, err);
    assert.match(err, message);
    assert.doesNotMatch(err, /\n {4}at /);
  }
});

test("an address has an engine and a url", () => {
  assert.deepEqual(remoteAddress("sglang+http://gpu:30000"), { engine: "sglang", url: "http://gpu:30000" });
  assert.deepEqual(remoteAddress("oip+https://host/base"), { engine: "oip", url: "https://host/base" });
  for (const wrong of ["http://gpu", "tgi+http://gpu", "vllm+gpu:8000", "vllm+http://"])
    assert.throws(() => remoteAddress(wrong), /expected an engine and its address/);
});
