/** The files of examples/deploy: what they name exists, and what they start runs, as far as one machine can tell. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { serveSettings } from "../packages/cli/src/serve-settings.ts";
import { skipFor } from "../test/skips.ts";

const root = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(root, "examples/deploy", file), "utf8");
const { version, engines } = JSON.parse(readFileSync(join(root, "packages/cli/package.json"), "utf8"));
const folder = await mkdtemp(join(tmpdir(), "lenity-deploy-"));
after(() => rm(folder, { recursive: true }));

for (const file of ["Dockerfile", "lenity.service", "kubernetes.yaml"]) {
  test(`the settings of examples/deploy/${file} are those of lenity serve`, async () => {
    const pairs = [...read(file).matchAll(/(LENITY_[A-Z_]+)(?:=|, value: )("[^"]*"|[^\s}]+)/g)].map(
      ([, name = "", value = ""]) => [name, value.replaceAll('"', "")] as const,
    );
    assert.ok(pairs.length >= 4);
    const { LENITY_KEYS_FILE, ...environment } = Object.fromEntries(pairs);
    assert.match(LENITY_KEYS_FILE ?? "", /keys\.json$/);
    const found = (await serveSettings({}, environment)) as unknown as Record<string, unknown>;
    for (const name of Object.keys(environment)) {
      const value = found[name.replace("LENITY_", "").toLowerCase()];
      assert.equal(Array.isArray(value) ? value.join(" ") : String(value === true ? 1 : value), environment[name]);
    }
  });
}

describe("the Dockerfile", () => {
  const steps = read("Dockerfile")
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll("\\\n", " ")
    .trim()
    .split("\n")
    .map((line) => /^([A-Z]+) +(.*)$/.exec(line)?.slice(1) ?? assert.fail(line));
  const stepOf = (name: string) => steps.find(([step]) => step === name)?.[1] ?? assert.fail(name);
  const listIn = (text: string): string[] => JSON.parse(text.slice(text.indexOf("[")));

  test("has steps that Docker knows, in an order that works", () => {
    const names = steps.map(([name]) => name);
    assert.deepEqual(names, "FROM WORKDIR RUN USER ENV EXPOSE HEALTHCHECK ENTRYPOINT CMD".split(" "));
    assert.match(
      stepOf("RUN"),
      new RegExp(`^npm install .* lenity@${version} && chown -R node:node ${stepOf("WORKDIR")}$`),
    );
    const [, node] = /^node:(\d+)-slim$/.exec(stepOf("FROM")) ?? [];
    assert.ok(Number(node) >= Number(/\d+/.exec(engines.node)?.[0]));
    assert.match(stepOf("ENV"), new RegExp(`LENITY_PORT=${stepOf("EXPOSE")} `));
  });

  const missing = spawnSync("node", ["--version"]).status !== 0 && "node is not on the path";
  test("starts a server that its health check finds, and that ends in good order", {
    skip: skipFor("the start of the Dockerfile", missing),
    timeout: 60_000,
  }, async () => {
    const keys = join(folder, "keys.json");
    await writeFile(keys, '[{ "key": "sk-1", "name": "search" }]');
    const pairs = stepOf("ENV")
      .split(" ")
      .map((pair) => pair.split("=") as [string, string]);
    const env = {
      ...process.env,
      ...Object.fromEntries(pairs),
      LENITY_HOST: "127.0.0.1",
      LENITY_PORT: "0",
      LENITY_KEYS_FILE: keys,
    };
    const [program = "", ...args] = [...listIn(stepOf("ENTRYPOINT")), ...listIn(stepOf("CMD"))];
    assert.ok(existsSync(join(root, program)));
    const child = spawn(join(root, program), args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    let out = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (out += data));
    const port = await new Promise<string>((resolve, reject) => {
      child.stdout.on("data", () => {
        const [, found] = /on http:\/\/127\.0\.0\.1:(\d+)/.exec(out) ?? [];
        if (found !== undefined) resolve(found);
      });
      void ended.then(() => reject(new Error(out)));
    });
    const check = listIn(stepOf("HEALTHCHECK")).map((part) => part.replace("8080", port));
    const healthy = () =>
      new Promise((resolve) => spawn(check[0] as string, check.slice(1)).once("close", (status) => resolve(status)));
    assert.equal(await healthy(), 0);
    const asked = await fetch(`http://127.0.0.1:${port}/v1/models`);
    assert.equal(asked.status, 401);
    child.kill("SIGTERM");
    assert.equal(await ended, 0, out);
    assert.match(out, /"event":"request".*"path":"\/v1\/models","status":401/);
    assert.equal(await healthy(), 1);
  });
});

describe("the unit for systemd", () => {
  const unit = read("lenity.service");
  const settingOf = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(unit)?.[1] ?? assert.fail(name);

  test("starts the command, and waits longer than the server does", () => {
    assert.match(settingOf("ExecStart"), /\/node_modules\/\.bin\/lenity serve$/);
    assert.ok(1000 * Number(settingOf("TimeoutStopSec")) > Number(/LENITY_GRACE=(\d+)/.exec(unit)?.[1]));
  });

  const missing = spawnSync("systemd-analyze", ["--version"]).status !== 0 && "systemd-analyze is not installed";
  test("is one that systemd accepts", { skip: skipFor("the unit for systemd", missing) }, async () => {
    const verified = async (text: string) => {
      const path = join(folder, "lenity.service");
      await writeFile(path, text);
      const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", path], { encoding: "utf8" });
      return [status, stdout + stderr];
    };
    const here = unit.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`);
    assert.deepEqual(await verified(here), [0, ""]);
    assert.match(String(await verified(here.replace("Restart=always", "Restrat=always"))), /Restrat/);
  });
});
