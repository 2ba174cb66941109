/** README.md, CONTRIBUTING.md and docs/ are correct: their commands, code, tables, links, and names in the code. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { anchorsIn, documents, linksIn, namesIn } from "./documents.ts";
import { pageCommands } from "./page-commands.ts";
import { readJson, readText, root } from "./published-packages.ts";
import { environment, shell } from "./shell.ts";
import { skipFor } from "./skips.ts";
import { plots, shownTable, tables } from "./tables.ts";

const pages = documents();
const commands = [...new Set(pages.flatMap((page) => page.commands))];

/** Commands that this file does not run as written, with the reason or the test that runs them. */
const special: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [...pageCommands.values()].flat().map((command) => [command, "run by page-commands.test.ts, in the page's order"]),
  ),
  "npm start": "started below, for the curl commands",
  "npm test": "runs this test",
  "npm install @lenity/core @lenity/chat @lenity/onnx @lenity/tiny": "installed from packed packages by test/packed",
  "npm install openai zod": "installed here; checked by clients-page.test.ts",
  "npm install ai @ai-sdk/openai-compatible zod": "installed here; checked by clients-page.test.ts",
  "npm install @langchain/openai @langchain/core zod": "installed here; checked by clients-page.test.ts",
  "bun run lenity serve --port 8080 --policy judi": "run by packages/cli/test on a free port",
  'bun run lenity chat "What is 2 + 3?" --target lenity+http://127.0.0.1:8080':
    "run by packages/cli/test on a free port",
  "bun run lenity serve --target sglang+http://127.0.0.1:30000 --model FOLDER":
    "needs SGLang; see packages/remote/test",
  "bun run lenity serve --target vllm+http://127.0.0.1:8000 --model FOLDER --draft FOLDER":
    "needs vLLM; see packages/remote/test",
  "bun run lenity serve --target oip+http://127.0.0.1:8000 --target-model NAME --model FOLDER":
    "needs Triton; see packages/remote/test",
  "bun run lenity serve --presets calibrated.json --policy calibrated": "needs a preset; run by packages/cli/test",
  "bun run lenity pull ORG/NAME --dtype q4": "needs the hub; run by packages/cli/test with a fake one",
  "bun run lenity serve --model packages/tiny/target --draft packages/tiny/draft --port 8080":
    "run by packages/cli/test",
  "bun run lenity bench cache": "run by packages/cli/test on a small model",
  "bun run lenity bench evidence": "run by packages/cli/test on a small vocabulary",
  "bun run lenity bench grammar": "run by packages/cli/test on a small vocabulary",
  "bun run lenity bench hostile": "run by packages/cli/test on two prompts",
  "bun run lenity bench many": "run by packages/cli/test for a few seconds",
  "bun run lenity bench load": "run by packages/cli/test for a few seconds",
  "bun run lenity bench race": "its quick form is run by packages/cli/test",
  "bun run lenity bench remote": "run by packages/cli/test on one problem",
  "bun run lenity bench round": "its quick form is run by packages/cli/test",
  "bun run lenity bench sizes": "run by packages/cli/test on a tiny shape",
  "bun run lenity bench sizes --peers llama.cpp transformers.js --resume": "its parts are run by packages/cli/test",
  "bun run lenity bench sizes --threads 1 --clock processor": "the same, as is the next",
  "bun run lenity bench sizes --threads 1 --clock processor --turns 3 --peers llama.cpp transformers.js --resume":
    "made the table of its page",
  "bun run lenity bench threads": "run by packages/cli/test on few rounds",
  "bun run lenity bench quality": "run by readme.test.ts on few problems",
  "bun run lenity bench quality --sampled": "run by packages/cli/test on few prompts",
  "bun run lenity bench verify": "run by packages/cli/test on a small vocabulary",
  "bun run lenity bench webgpu": "needs a GPU; run by packages/cli/test on the CPU",
  "bun run bench quality": "the same as bun run lenity bench quality",
  "bun run experiment heads": "its quick form is run by bench/experiments/test",
  "bun run experiment accuracy": "its quick form is run by bench/experiments/test",
  "bun run tables": "the tables are compared below",
  "bun run check": "the first steps of npm test",
  "bun run format": "would change files; the first step of npm test checks them",
  "bun run test core": "run by chosen.test.ts on one file",
  "bun run test:watch core": "does not end",
  "bun run test test/packed": "a step of npm test",
};

test("every command that is not run as written is in a document", () => {
  assert.deepEqual(
    Object.keys(special).filter((command) => !commands.includes(command)),
    [],
  );
});

test("every script that a document runs is in package.json", () => {
  const { scripts } = readJson<{ readonly scripts: Record<string, string> }>("package.json");
  for (const command of commands) {
    const name = /^bun run ([\w:]+)/.exec(command)?.[1] ?? /^npm (start|test)\b/.exec(command)?.[1];
    if (name !== undefined) assert.ok(Object.hasOwn(scripts, name), command);
  }
});

describe("npm start", () => {
  let server: ReturnType<typeof spawn>;
  before(async () => {
    server = spawn("npm", ["start"], {
      cwd: root,
      env: environment,
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    let out = "";
    await new Promise<void>((resolve, reject) => {
      server.stdout?.on("data", (data) => {
        out += data;
        if (out.includes("on http://127.0.0.1:8080")) resolve();
      });
      server.once("close", () => reject(new Error(`npm start ended: ${out}`)));
    });
  });
  after(async () => {
    const ended = new Promise((resolve) => server.once("close", resolve));
    process.kill(-(server.pid as number), "SIGTERM"); // npm and what it started: they have their own process group
    await ended;
  });
  const noCurl = spawnSync("curl", ["--version"]).status !== 0 && "curl is not installed";
  const skip = skipFor("the documents' curl commands", noCurl);
  for (const command of commands.filter((line) => line.startsWith("curl"))) {
    test(`answers ${command.slice(-90)}`, { skip }, async () => {
      const answer = JSON.parse(await shell(command));
      const { content, tool_calls: calls } = answer.choices[0].message;
      if (command.includes('"tools"')) {
        assert.ok(Number.isInteger(JSON.parse(calls[0].function.arguments).nuts), JSON.stringify(calls));
        return;
      }
      assert.match(content, /#### 7$/);
      assert.equal(answer.metrics.acceptance.law, "mixture");
    });
  }
  for (const { file, blocks } of pages) {
    for (const { code } of blocks.filter(({ language }) => language === "json")) {
      const shown = JSON.parse(code);
      test(`accepts the JSON of ${file}: ${code.replace(/\s+/g, " ").slice(0, 60)}…`, async () => {
        // Either a policy, or the part of a request that contains one.
        const { speculative } = "speculative" in shown ? shown : { speculative: { policy: shown, trace: true } };
        const body = JSON.stringify({ speculative, messages: [{ role: "user", content: "Hello!" }] });
        const headers = { "content-type": "application/json" };
        const response = await fetch("http://127.0.0.1:8080/v1/chat/completions", { method: "POST", body, headers });
        assert.equal(response.status, 200, await response.clone().text());
        assert.ok(((await response.json()) as { trace: unknown[] }).trace.length > 0);
      });
    }
  }
});

for (const command of commands.filter((line) => !line.startsWith("curl") && !Object.hasOwn(special, line))) {
  test(`the command runs: ${command.slice(0, 80)}`, async () => {
    assert.notEqual(await shell(command), "");
  });
}

// The code in the README is run by readme.test.ts, and that for clients by clients-page.test.ts; test/packed checks the
// types of all other code.
for (const { file, blocks } of pages.slice(1).filter(({ file }) => file !== "docs/clients.md")) {
  for (const [at, { code }] of blocks.filter(({ language }) => language === "ts").entries()) {
    test(`the code of ${file} runs and prints what its comments say: block ${at + 1}`, async () => {
      const out = await shell(`"${process.execPath}" run -`, code, join(root, "examples"));
      for (const [, expected] of code.matchAll(/\/\/ prints (.*)$/gm)) assert.ok(out.includes(expected as string), out);
    });
  }
}

test("every code block is text or in a language that these tests run", () => {
  for (const { file, text, blocks } of pages) {
    for (const { language } of blocks)
      assert.ok(["ts", "sh", "json", "text"].includes(language), `${file}: ${language}`);
    assert.equal(
      text.match(/^```/gm)?.length ?? 0,
      2 * blocks.length,
      `${file} has a code block without a language or an end`,
    );
  }
});

for (const { name, file, make } of tables) {
  test(`the table "${name}" in ${file} is up to date (bun run tables writes it)`, () => {
    assert.equal(shownTable(readText(file), name), make());
  });
}

for (const { file, svg } of plots) {
  test(`the plot ${file} is up to date (bun run tables writes it)`, async () => {
    assert.equal(readText(file), await svg());
  });
}

test("every link leads to a file in the repository and to an existing heading", () => {
  const all = [
    ...pages.map(({ file }) => file),
    "CHANGELOG.md",
    ...globSync("{packages/*,bench,examples/*}/README.md", { cwd: root }),
  ];
  for (const file of all) {
    for (const { path, heading } of linksIn(readText(file))) {
      const target = path === "" ? file : join(dirname(file), path);
      assert.ok(existsSync(join(root, target)), `${file} links to ${path}`);
      if (heading === undefined) continue;
      const page = existsSync(join(root, target, "README.md")) ? join(target, "README.md") : target;
      assert.ok(anchorsIn(readText(page)).includes(heading), `${file} links to ${path}#${heading}`);
    }
  }
});

test("the names in the architecture and the glossary are in the code", () => {
  const sources = globSync(["packages/*/src/**/*.ts", "packages/*/package.json", "test/*.ts"], { cwd: root });
  const code = sources.map((file) => `${file.replaceAll(/[\\/]/g, " ")}\n${readText(file)}`).join("\n");
  const words = new Set(code.match(/[A-Za-z_$][\w$-]*/g));
  for (const file of ["docs/architecture.md", "docs/glossary.md"]) {
    assert.deepEqual(
      namesIn(readText(file)).filter((name) => !words.has(name) && !name.split("-").every((part) => words.has(part))),
      [],
      `${file} has names that are not in packages/*/src`,
    );
  }
});

test("packages import each other only as the architecture says", () => {
  const rows = readText("docs/architecture.md").matchAll(/^\| `((?:@lenity\/)?\w+)` \| (.*?) \|/gm);
  const allowed = new Map(Array.from(rows, ([, name, imports]) => [name, namesOfPackages(imports as string)]));
  for (const path of globSync(["packages/*/package.json", "bench/package.json"], { cwd: root })) {
    const { name, dependencies = {} } = readJson<{ name: string; dependencies?: Record<string, string> }>(path);
    for (const other of Object.keys(dependencies)) {
      if (other.startsWith("@lenity/")) assert.ok(allowed.get(name)?.includes(other), `${name} imports ${other}`);
    }
  }
});

const namesOfPackages = (text: string): string[] => text.match(/@lenity\/\w+/g) ?? [];
