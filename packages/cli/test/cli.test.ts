import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { run as lenity, serve } from "./command.ts";

const folder = await mkdtemp(join(tmpdir(), "lenity-cli-"));
after(() => rm(folder, { recursive: true }));

const question = "Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?";

/** Accepts most of what the draft writes. */
const loose = '{"type":"or","any":[{"type":"sd"},{"type":"kl","threshold":4}]}';

describe("lenity chat", () => {
  test("prints one JSON object with the text and the counts, for a policy in JSON", async () => {
    const policy = { type: "or", any: [{ type: "sd" }, { type: "kl", threshold: 0.3 }] };
    const { status, out, err } = await lenity([
      "chat",
      question,
      "--policy",
      JSON.stringify(policy),
      "--json",
      "--trace",
    ]);
    assert.equal(status, 0, err);
    const answer = JSON.parse(out);
    assert.match(answer.text, /#### 7$/);
    assert.equal(answer.finish_reason, "stop");
    assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
    const { speculative_decoding: speed, acceptance } = answer.metrics;
    assert.deepEqual(acceptance.policy, policy);
    assert.equal(acceptance.law, "mixture");
    assert.equal(speed.num_spec_tokens, 16);
    assert.ok(speed.num_accepted_draft_tokens <= speed.num_draft_tokens);
    assert.equal(answer.trace.length, answer.usage.completion_tokens);
    assert.equal(answer.trace.map(({ token }: { token: string }) => token).join(""), answer.text);
  });
  test("shows leniency where there was some: a trace counts as many relaxed tokens as the metrics, and a lossless rule has none", async () => {
    for (const policy of ["block", '{"type":"threshold"}', loose]) {
      const args = ["chat", question, "--policy", policy, "--temperature", "1", "--json", "--trace"];
      const { trace, metrics } = JSON.parse((await lenity(args)).out);
      const relaxed = trace.filter((entry: { relaxed: boolean }) => entry.relaxed).length;
      assert.equal(relaxed, metrics.acceptance.relaxed);
      assert.equal(relaxed > 0, policy === loose);
    }
  });
  test("colours only what was relaxed as relaxed", async () => {
    const yellow = "\u001b[33m";
    for (const policy of ["block", '{"type":"threshold"}', loose]) {
      const args = ["chat", question, "--policy", policy, "--temperature", "1", "--trace"];
      const { out } = await lenity(args, undefined, { FORCE_COLOR: "1" });
      assert.ok(out.includes("\u001b[0m"));
      assert.equal(out.includes(yellow), policy === loose, policy);
    }
  });
  test("colours the text and nothing else: not what a stop string cut off", async () => {
    const args = ["chat", question, "--policy", "judi", "--stop", "####", "of them"];
    const { out } = await lenity([...args, "--trace"], undefined, { FORCE_COLOR: "1" });
    assert.ok(out.includes("\u001b[33m"));
    assert.equal(stripVTControlCharacters(out), (await lenity(args)).out);
  });
  test("prints the text on standard output and the figures on standard error", async () => {
    const { out, err } = await lenity(["chat", question, "--policy", "judi"]);
    assert.match(out, /#### 7\n$/);
    assert.match(err, /\d+ tokens in \d+ target passes \(\d+\.\d per pass\).*by relaxation/);
  });
  test("reads the question from standard input when none is given, and takes a preset's own block length", async () => {
    const { out } = await lenity(["chat", "--json", "--policy", "judge"], question);
    const { text, metrics } = JSON.parse(out);
    assert.match(text, /#### 7$/);
    assert.equal(metrics.speculative_decoding.num_spec_tokens, 25);
  });
  test("draft length 0 decodes plainly, and the same seed gives the same answer", async () => {
    const plain = JSON.parse((await lenity(["chat", question, "--draft-tokens", "0", "--json"])).out);
    assert.equal(plain.metrics.speculative_decoding.mean_acceptance_length, 1);
    const sampled = () => lenity(["chat", question, "--temperature", "1", "--seed", "7", "--json"]);
    assert.equal((await sampled()).out, (await sampled()).out);
  });
  test("a stop string and a token limit end the answer", async () => {
    const stopped = JSON.parse((await lenity(["chat", question, "--stop", "####", "--json"])).out);
    assert.equal(stopped.finish_reason, "stop");
    assert.ok(!stopped.text.includes("#"));
    const cut = JSON.parse((await lenity(["chat", question, "--max-tokens", "5", "--json"])).out);
    assert.deepEqual([cut.finish_reason, cut.usage.completion_tokens], ["length", 5]);
  });
});

test("lenity chat --device tells once on standard error where both models run, and why", async () => {
  const { status, out, err } = await lenity(["chat", question, "--max-tokens", "2", "--device", "cpu"]);
  assert.equal(status, 0, err);
  assert.ok(out.length > 0);
  const lines = err.split("\n").filter((line) => line.includes(" on cpu"));
  assert.deepEqual(lines, ["lenity: tiny and draft run on cpu. No other device was requested."]);
  assert.doesNotMatch((await lenity(["chat", question, "--max-tokens", "2"])).err, /on cpu/);
});

describe("what lenity refuses, with what to do", () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [
      ["chat", question, "--device", "tpu"],
      /--device <device>.*Expected one of auto, cpu, webgpu, cuda, dml, coreml\./,
    ],
    [
      ["chat", question, "--device", process.platform === "darwin" ? "dml" : "coreml"],
      /^lenity: tiny cannot run on \w+\. \w+ is only available on \w+\. $/,
    ],
    [["chat", "x", "--policy", "judy"], /unknown preset "judy".*Did you mean "judi"/],
    [["chat", "x", "--policy", '{"type":"kl","treshold":1}'], /no option "treshold".*Did you mean "threshold"/],
    [["chat", "x", "--policy", "{type"], /not valid JSON/],
    [["chat", "x", "--draft-tokens", "many"], /whole number from 0 to 1024/],
    [["chat", "x", "--temperature", "-1"], /number from 0 to 100/],
    [["chat", "x", "--drafter", "modle"], /tiny has no drafter "modle"\. Did you mean "model"\? Known: model, lookup/],
    [["chat", "x", "--drafter", "lookup", "--policy", "judi"], /only proposes tokens/],
    [["chat", "x", "--model", join(folder, "nowhere")], /nowhere/],
    [["chat", "x", "--judge", join(folder, "none.json")], /Cannot read the judge head .*none\.json/],
    [["chat", "apples ".repeat(600)], /holds 512/],
    [["inspect", folder], /config\.json/],
    [["chat", "x", "--dtype", "fp8"], /Expected one of fp32, fp16/],
    [["chat", "x", "--dtype", "q4"], /has other variants: fp32/],
    [["bench", "cache", "--width", "200"], /width is 200; expected a multiple of 128/],
    [["bench", "cache", "--contexts", "16"], /longest block has 17 tokens; .*shortest context \(16\)/],
    [["bench", "threads", "--model", "x"], /also set --draft/],
    [["bench", "verify", "--vocabularies", "1000", "x"], /'x' is invalid\. Expected a whole number from 2 to /],
    [["bench", "quality", "--policies", "strict", "{type"], /not valid JSON/],
    [["bench", "cache", "--blocks", "8", "999"], /'999' is invalid\. Expected a whole number from 1 to 255/],
    [
      ["bench", "verify", "--vocabularies", "100", "--repeats", "1", "--draft-tokens", "1", "--out", join(folder, "")],
      /^lenity: Cannot write \S+: .*Choose another file with --out\./,
    ],
    [["serve", "--port", "0", "--api-key", "a key", ""], /--api-key <key\.\.\.>' argument '' is invalid\. It is empty/],
    [["serve", "--port", "0", "--host", ""], /--host <host>' argument '' is invalid\. It is empty/],
    [
      ["serve", "--port", "0", "--host", "nowhere.invalid", "--public"],
      /^lenity: nowhere\.invalid is not an address of this machine \(\w+\)\. Set --host/,
    ],
    // Of a range that documentation may name and nobody has.
    [
      ["serve", "--port", "0", "--host", "203.0.113.7", "--public"],
      /^lenity: 203\.0\.113\.7 is not an address of this machine \(\w+\)\. Set --host/,
    ],
    [["chat", "x", "--model", ""], /--model <model>' argument '' is invalid\. It is empty/],
    [["frobnicate"], /unknown command|too many arguments/i],
  ];
  for (const [args, message] of cases) {
    test(`lenity ${args
      .map((arg) => (arg.length > 30 ? `${arg.slice(0, 12)}…` : arg))
      .join(" ")
      .replace(folder, "DIR")}`, async () => {
      const { status, err } = await lenity(args);
      assert.equal(status, 1);
      assert.match(err.replaceAll("\n", " "), message);
      assert.doesNotMatch(err, /at .*\.ts:\d+/, "a stack trace is no message");
    });
  }
});

describe("a judge head that reads hidden states of layers", () => {
  /** The path of a head's file that gives every token the same score. */
  const headOf = async (name: string, weights: number, bias: number, states: object) => {
    const path = join(folder, `${name}.json`);
    await writeFile(path, JSON.stringify({ ...states, weight: new Array(weights).fill(0), bias }));
    return path;
  };
  const both = { features: "both", hidden: "layer-3", draftHidden: "layer-1-norm" };
  const judged = async (path: string, ...args: readonly string[]) => {
    const policy = '{"type":"unguarded","of":{"type":"judge"}}';
    return lenity(["chat", question, "--judge", path, "--policy", policy, "--max-tokens", "40", "--json", ...args]);
  };

  test("is given them, of the target and of the draft", async () => {
    for (const [bias, share] of [
      [5, 1],
      [-5, 0],
    ] as const) {
      const { status, out, err } = await judged(await headOf("both", 384 + 128, bias, both));
      assert.deepEqual([status, err], [0, ""]);
      const { num_accepted_draft_tokens: accepted, num_draft_tokens: drafted } =
        JSON.parse(out).metrics.speculative_decoding;
      assert.ok(drafted > 0);
      assert.equal(accepted / drafted, share);
    }
  });

  test("is refused before the first token if a model does not give them", async () => {
    const lookup = await judged(await headOf("both", 384 + 128, 0, both), "--drafter", "lookup");
    assert.equal(lookup.status, 1);
    assert.match(
      lookup.err,
      /reads layer-1-norm hidden states of the draft, which the drafter "lookup" does not return\. Use a draft model/,
    );
    const deep = await judged(await headOf("deep", 384, 0, { hidden: "layer-9" }));
    assert.equal(deep.status, 1);
    assert.match(deep.err, /^warning: .*layer-9 hidden states are not available: the model has 8 layers\.\n/);
    assert.match(deep.err, /\nlenity: Policy .* reads layer-9 hidden states, which tiny does not return \(it returns/);
  });
});

test("lenity inspect tells what the embedded target can feed", async () => {
  const tiny = fileURLToPath(new URL("../../tiny/", import.meta.url));
  const { status, out } = await lenity(["inspect", join(tiny, "target")]);
  assert.equal(status, 0);
  assert.match(out, /hidden +pre-norm \(384\), post-norm \(384\)/);
  assert.match(out, /to the bit/);
  assert.match(out, /^ +judge +yes \/ yes +needs pre-norm hidden states$/m);
  assert.match(out, /^ +autojudge +yes \/ yes +needs post-norm hidden states, temperature 0$/m);
  const draft = JSON.parse((await lenity(["inspect", join(tiny, "draft"), "--json"])).out);
  assert.deepEqual(
    draft.policies.map(({ policy, model }: { policy: string; model: boolean }) => [policy, model]),
    [
      ["strict", true],
      ["block", true],
      ["judi", true],
      ["bounded", true],
      ["judge", false],
      ["autojudge", false],
      ["thinking", true],
    ],
  );
});

test("lenity serve answers under a policy per request, and ends at a signal", async () => {
  const { child, url, ended } = await serve();
  try {
    for (const policy of ["strict", "judi", "judge"]) {
      const body = JSON.stringify({
        messages: [{ role: "user", content: question }],
        temperature: 0,
        speculative: { policy },
      });
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
      });
      const answer = (await response.json()) as { choices: { message: { content: string } }[] };
      assert.match(answer.choices[0]?.message.content ?? "", /#### 7$/);
    }
    const taken = await lenity(["serve", "--port", new URL(url).port]);
    assert.equal(taken.status, 1);
    assert.match(taken.err, /is in use/);
  } finally {
    child.kill("SIGTERM");
    assert.equal(await ended, 0);
  }
});

test("lenity policies lists every verifier and preset, for people and for programs", async () => {
  const { out } = await lenity(["policies"]);
  const list = JSON.parse((await lenity(["policies", "--json"])).out);
  const names = [
    ...list.presets.map(({ name }: { name: string }) => name),
    ...list.verifiers.map(({ type }: { type: string }) => type),
  ];
  for (const name of [
    "strict",
    "block",
    "judi",
    "bounded",
    "judge",
    "autojudge",
    "thinking",
    "ledger",
    "fly",
    "mentored",
  ])
    assert.ok(names.includes(name), name);
  for (const name of names) assert.match(out, new RegExp(`^  ${name} `, "m"));
});

test("a policy nested three deep works on the command line", async () => {
  const nested = {
    type: "shadow",
    of: {
      type: "or",
      any: [
        { type: "sd" },
        {
          type: "when",
          condition: { texts: ["0", "1"] },
          then: { type: "exact" },
          else: {
            type: "and",
            all: [
              { type: "topk", k: 8, delta: 0.9 },
              { type: "kl", threshold: 1 },
            ],
          },
        },
      ],
    },
    candidates: ["judge"],
  };
  const { status, out, err } = await lenity(["chat", question, "--policy", JSON.stringify(nested), "--json"]);
  assert.equal(status, 0, err);
  const { text, metrics } = JSON.parse(out);
  assert.match(text, /#### 7$/);
  assert.ok(metrics.acceptance.shadow["or(sd, judge)"].accepted > 0);
});

test("lenity bench verify prints the ratio to the floor of every verifier", async () => {
  const { status, out, err } = await lenity([
    "bench",
    "verify",
    "--vocabularies",
    "1000",
    "--repeats",
    "1",
    "--draft-tokens",
    "3",
    "--out",
    join(folder, "verify.json"),
  ]);
  assert.equal(status, 0, err);
  for (const name of ["sd", "sd, greedy", "kl", "block", "ledger", "judge", "autojudge, greedy"])
    assert.match(out, new RegExp(`^\\| ${name} +\\| +[\\d.]+×`, "m"));
});

test("lenity bench grammar prints what compiling and masks cost, and writes JSON", async () => {
  const out = join(folder, "grammar.json");
  const sizes = ["--vocabularies", "3000", "--tokens", "20", "--answers", "2"];
  const { status, out: table, err } = await lenity(["bench", "grammar", ...sizes, "--out", out]);
  assert.equal(status, 0, err);
  assert.match(table, /^\| grammar +\| vocabulary \| +compile \| mask, warm \|/m);
  const { rows, tokens, answers } = JSON.parse(await readFile(out, "utf8"));
  assert.deepEqual([rows.length, tokens, answers], [5, 20, 2]);
  for (const { vocabulary, compile, first, firstLongest, warm, advance } of rows) {
    assert.equal(vocabulary, 3000);
    assert.ok(compile > 0 && first > 0 && firstLongest >= first && warm > 0 && advance >= 0);
  }
});

test("lenity bench evidence prints what rounds by rows and by numbers take and send, and writes JSON", async () => {
  const out = join(folder, "evidence.json");
  const [vocabulary, draftTokens] = [700, 5];
  const sizes = [
    "--device",
    "cpu",
    "--vocabularies",
    `${vocabulary}`,
    "--draft-tokens",
    `${draftTokens}`,
    "--repeats",
    "3",
  ];
  const { status, out: table, err } = await lenity(["bench", "evidence", ...sizes, "--out", out]);
  assert.equal(status, 0, err);
  assert.match(
    table,
    /^\| policy +\| device \| vocabulary \| +by rows \| +sent \| by numbers \| +sent \| +received \| +time \|$/m,
  );
  const { rows } = JSON.parse(await readFile(out, "utf8"));
  const row = 4 * vocabulary;
  const seen = (policy: string, temperature: number) =>
    rows.find(
      (row: { policy: string; temperature: number }) => row.policy === policy && row.temperature === temperature,
    );
  for (const policy of ["strict", "judi"]) {
    for (const temperature of [0, 1]) {
      const { rows, numbers, ratio } = seen(policy, temperature);
      assert.deepEqual([rows.from, rows.to], [(draftTokens + 1) * row, 0]);
      // Greedy text needs no row; a token that is drawn needs its own.
      assert.ok(numbers.from < row + (temperature === 0 ? 0 : row) && (temperature === 0 || numbers.from > row));
      assert.equal(numbers.to, policy === "judi" ? draftTokens * row : 0);
      assert.ok(rows.milliseconds > 0 && numbers.milliseconds > 0 && ratio > 0);
    }
  }
});

test("lenity bench sizes measures every kind of weights at every context, and keeps the models", async () => {
  const [out, dir] = [join(folder, "sizes.json"), join(folder, "sizes")];
  const flags = ["--quick", "--contexts", "40", "300", "--blocks", "1", "8", "--prompt", "32", "--turns", "1"];
  const one = ["--threads", "1", "--folder", dir];
  const { status, out: tables, err } = await lenity(["bench", "sizes", ...flags, ...one, "--out", out]);
  assert.equal(status, 0, err);
  assert.match(tables, /^\| ms +\| context \| +1 \| +8 \| +prompt 32 \|$/m);
  assert.match(tables, /^\| in single steps +\| context \| +8 \|$/m);
  assert.match(tables, /^\| tiny, int4 +\| 0 MB \|/m);
  const { rows } = JSON.parse(await readFile(out, "utf8"));
  assert.deepEqual(
    rows.map(({ kind, family }: { kind: string; family: string }) => `${kind} ${family}`),
    ["float32 split", "int8 split", "int8-cache split", "int4 split", "int4-64 split"],
  );
  for (const { cells, bytes, load } of rows) {
    assert.ok(bytes > 1000 && load > 0);
    assert.deepEqual(
      cells.map(({ context, tokens }: { context: number; tokens: number }) => `${context} ${tokens}`),
      ["40 32", "40 8", "40 1", "300 32", "300 8", "300 1"],
    );
    for (const { low, median, high } of cells) assert.ok(low <= median && median <= high && high > 0);
    const [, eight, single] = cells;
    assert.equal(single.singles, 1);
    assert.equal(eight.singles, eight.median / single.median);
  }
  // A second run uses the same files.
  const file = join(dir, "tiny", "onnx", "int4.onnx");
  const { mtimeMs } = await stat(file);
  assert.equal((await lenity(["bench", "sizes", ...flags, ...one, "--out", out])).status, 0);
  assert.equal((await stat(file)).mtimeMs, mtimeMs);
});

test("lenity bench sizes refuses lengths that do not fit, and the processor's clock with threads that spin", async () => {
  const quick = ["--quick", "--folder", join(folder, "none"), "--out", join(folder, "none.json")];
  for (const [flags, message] of [
    [["--contexts", "8", "--blocks", "8"], /longest block has 8 tokens; expected fewer than the shortest context/],
    [["--contexts", "4000"], /tiny has a context of 2048 tokens; expected at least 4000/],
    [["--clock", "processor", "--threads", "2", "--contexts", "64"], /clock is processor, with 2 threads; expected 1/],
    [["--blocks", "16", "--prompt", "16"], /A block and the prompt both have 16 tokens/],
  ] as const) {
    const { status, err } = await lenity(["bench", "sizes", ...quick, ...flags]);
    assert.equal(status, 1);
    assert.match(err, message);
  }
});

test("lenity bench cache prints every layout at every context, and writes JSON", async () => {
  const out = join(folder, "cache.json");
  const sizes = [
    "--contexts",
    "40",
    "300",
    "--blocks",
    "1",
    "8",
    "--layers",
    "1",
    "--width",
    "128",
    "--turns",
    "1",
    "--threads",
    "1",
  ];
  const { status, out: table, err } = await lenity(["bench", "cache", ...sizes, "--out", out]);
  assert.equal(status, 0, err);
  assert.match(table, /^\| layout +\| tokens \| +context 40 \| +context 300 \|$/m);
  assert.match(table, /keys and values that a step copies \(calculated, not measured\)\.$/m);
  const { rows } = JSON.parse(await readFile(out, "utf8"));
  assert.deepEqual(
    rows.map(({ layout, block }: { layout: string; block: number }) => `${layout} ${block}`),
    [
      "floor: attention alone",
      "GQA, whole present.* fetched anew",
      "GQA, in place",
      "GQA, new rows",
      "concat, whole present.*",
      "concat, new rows",
      "split: frozen and tail",
    ].flatMap((layout) => [`${layout} 1`, `${layout} 8`]),
  );
  for (const { cells } of rows) {
    assert.deepEqual(
      cells.map(({ context, milliseconds }: { context: number; milliseconds: number }) => [context, milliseconds > 0]),
      [
        [40, true],
        [300, true],
      ],
    );
    assert.equal(cells[0].ratio, 1);
  }
});

test("lenity bench threads prints every setting with its ratio to lenity's own, and writes JSON", async () => {
  const out = join(folder, "threads.json");
  const {
    status,
    out: table,
    err,
  } = await lenity(["bench", "threads", "--turns", "1", "--repeats", "1", "--out", out]);
  assert.equal(status, 0, err);
  assert.match(table, /^\| lenity: target \d, draft 1, spinning for 500 µs +\| .* 1\.00× \|$/m);
  assert.match(table, /^\| ONNX Runtime's defaults: both \d+, spinning +\|/m);
  const report = JSON.parse(await readFile(out, "utf8"));
  assert.equal(report.drafted, 16);
  for (const { draft, verify, round } of report.rows)
    assert.ok(draft > 0 && verify > 0 && round >= Math.max(draft, verify));
});

test("lenity bench quality prints a table and writes JSON", async () => {
  const out = join(folder, "quality.json");
  const {
    status,
    out: table,
    err,
  } = await lenity(["bench", "quality", "--problems", "3", "--policies", "strict", "judi", "--out", out]);
  assert.equal(status, 0, err);
  assert.match(table, /\| policy .*\n\| -+.*\n\| plain .*\n\| strict .*\n\| judi .*/);
  const report = JSON.parse(await readFile(out, "utf8"));
  assert.deepEqual(
    report.rows.map(({ policy }: { policy: string }) => policy),
    ["plain", "strict", "judi"],
  );
  assert.equal(report.rows[0].speed, 1);
});
