/**
 * A judge for a pair that lenity has not made: stories written by another program's weights, drafted by the first four
 * of their five layers. The commands label, fit and evaluate without any right answers.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { skipFor } from "../../../test/skips.ts";
import { run as lenity } from "./command.ts";

const stories = fileURLToPath(new URL("../../../../shared/foreign/stories-safetensors/", import.meta.url));
const skip = skipFor("models of other programs", !existsSync(stories) && `there is no ${stories}`);
const slow = { timeout: 600_000 };

describe("a judge from a pair that others made, without right answers", { skip }, () => {
  let folder = "";
  const path = (name: string) => join(folder, name);
  const pair = () => ["--model", path("target"), "--draft", path("draft")];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lenity-other-pair-"));
    for (const name of ["target", "draft"]) {
      await mkdir(path(name));
      for (const file of await readdir(stories)) await copyFile(join(stories, file), join(path(name), file));
      const template = "{{- bos_token }}{{- messages[-1]['content'] -}}";
      await writeFile(join(path(name), "chat_template.jinja"), template);
    }
    await keepLayers(path("draft"), 4);
    await succeeds("export", path("target"));
    await succeeds("export", path("draft"), "--drafter");
    await writeFile(path("train.prompts"), promptsOf(["Tim", "Lily", "Tom", "Anna"]));
    await writeFile(path("held-out.prompts"), promptsOf(["Mia", "Max"]));
  }, slow);
  after(() => rm(folder, { recursive: true }));

  test(
    "label --self, fit and eval: the head knows bad tokens in stories that it has not seen, and chat uses it",
    slow,
    async () => {
      for (const name of ["train", "held-out"]) {
        const args = ["--self", "--tau", "-5", "--max-tokens", "60", "--prompts", path(`${name}.prompts`)];
        const { out } = await succeeds("judge", "label", ...args, ...pair(), "--out", path(name));
        const [, all, fine] = out.match(/with (\d+) labels, (\d+) of them fine/) ?? [];
        assert.ok(Number(fine) > 10 && Number(fine) < Number(all), out);
      }
      await succeeds("judge", "fit", path("train"), ...pair(), "--out", path("judge.json"));
      const { provenance } = JSON.parse(await readFile(path("judge.json"), "utf8"));
      assert.match(provenance.target, /target$/);

      const { out } = await succeeds("judge", "eval", path("judge.json"), path("held-out"), ...pair(), "--json");
      const { all } = JSON.parse(out);
      assert.ok(all.area > 0.7, `the area under the ROC curve is ${all.area}`);

      const question = "Once upon a time, there was a boy called Max who lived in";
      const args = ["--policy", '{"type":"or","any":[{"type":"sd"},{"type":"judge","threshold":0.2}]}'];
      const { err } = await succeeds(
        "chat",
        question,
        ...args,
        "--max-tokens",
        "80",
        "--judge",
        path("judge.json"),
        ...pair(),
      );
      assert.match(err, /drafted tokens accepted, [1-9]\d* by relaxation/);
    },
  );
});

async function succeeds(...args: readonly string[]): Promise<{ readonly out: string; readonly err: string }> {
  const { status, out, err } = await lenity(args);
  assert.equal(status, 0, err);
  return { out, err };
}

/** Beginnings of stories. */
function promptsOf(names: readonly string[]): string {
  const beginnings = (name: string) => [
    `Once upon a time, there was a little girl named ${name}. She loved to`,
    `One day, ${name} went to the park and saw a big`,
    `${name} had a red ball. He wanted to`,
    `Once upon a time, there was a boy called ${name} who lived in`,
    `One day, a small cat and ${name} were playing when`,
  ];
  return names.flatMap(beginnings).reduce((lines, question) => `${lines}${JSON.stringify({ question })}\n`, "");
}

/** Leaves the first layers of a model alone, and takes the others away. */
async function keepLayers(model: string, count: number): Promise<void> {
  const bytes = await readFile(join(model, "model.safetensors"));
  const size = Number(bytes.readBigUInt64LE(0));
  const header: Record<string, unknown> = JSON.parse(bytes.toString("utf8", 8, 8 + size));
  const kept = Object.entries(header).filter(
    ([name]) => !(Number(name.match(/^model\.layers\.(\d+)\./)?.[1]) >= count),
  );
  const text = JSON.stringify(Object.fromEntries(kept));
  const padded = Buffer.from(text.padEnd(8 * Math.ceil(text.length / 8)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  await rm(join(model, "model.safetensors"));
  await writeFile(join(model, "model.safetensors"), Buffer.concat([length, padded, bytes.subarray(8 + size)]));
  const config = JSON.parse(await readFile(join(model, "config.json"), "utf8"));
  await rm(join(model, "config.json"));
  await writeFile(join(model, "config.json"), JSON.stringify({ ...config, num_hidden_layers: count }));
}
