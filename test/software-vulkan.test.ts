/** When WebGPU is tested on a machine, and which reason is given if it is not. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, describe, test } from "node:test";
import { skipFor } from "./skips.ts";
import { type Machine, swiftshader, vulkanEnvironment } from "./software-vulkan.ts";

/** A machine with SwiftShader's driver and a loader, except for `other`. */
const machine = (other: Partial<Machine> = {}): Machine => ({
  env: {},
  exists: () => true,
  fault: () => undefined,
  ...other,
});

describe("WebGPU is tested", () => {
  test("with SwiftShader if it opens an adapter", () => {
    const tried: object[] = [];
    const env = { VK_ICD_FILENAMES: swiftshader };
    const fault = (given: object) => void tried.push(given);
    assert.deepEqual(vulkanEnvironment(machine({ fault })), { env, software: true });
    assert.deepEqual(tried, [env]);
  });

  test("with the driver that the environment names, SwiftShader or not", () => {
    for (const name of ["VK_ICD_FILENAMES", "VK_DRIVER_FILES"]) {
      for (const [path, software] of [[swiftshader, true] as const, ["/gpu.json", false] as const]) {
        assert.deepEqual(vulkanEnvironment(machine({ env: { [name]: path }, exists: () => false })), {
          env: {},
          software,
        });
      }
    }
  });
});

describe("WebGPU is not tested, with the reason and the remedy,", () => {
  const reason = (other: Partial<Machine>): string => {
    const found = vulkanEnvironment(machine(other));
    return "reason" in found ? found.reason : assert.fail("It is tested.");
  };
  const fault = () => "ONNX Runtime cannot open it: no adapter.";

  test("if there is no driver", () => {
    assert.match(
      reason({ exists: () => false }),
      /vk_swiftshader_icd\.json is missing.* apt-get install chromium libvulkan1$/,
    );
  });
  test("if there is a driver but no loader", () => {
    assert.match(
      reason({ fault }),
      /^no adapter can be opened with the driver \S+swiftshader\S+: ONNX .* no adapter\. .*apt-get install libvulkan1$/,
    );
  });
  test("if the driver in the environment does not work", () => {
    assert.match(
      reason({ env: { VK_ICD_FILENAMES: "/gpu.json" }, fault }),
      /^no adapter can be opened with the driver \/gpu\.json: .*libvulkan1$/,
    );
  });
});

const noBash =
  process.platform !== "linux"
    ? "it is a script for Linux"
    : spawnSync("bash", ["--version"]).status !== 0 && "bash is not installed";
describe(".ci/run", { skip: skipFor(".ci/run", noBash) }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "lenity-ci-"));
  after(() => rm(folder, { recursive: true }));
  const log = join(folder, "log");
  const program = async (name: string, script: string) => {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  };
  /** The output and the commands of a run on a machine with these packages. */
  async function run(
    installed: readonly string[],
    user = 0,
    status = 0,
  ): Promise<{ readonly out: string; readonly ran: readonly string[] }> {
    await writeFile(log, "");
    // As in dpkg, a removed package is known but not installed.
    const query = installed.map((name) => `${name}) printf installed;;`).join(" ");
    await program(
      "dpkg-query",
      `for last; do :; done; case $last in ${query} chromium) printf config-files;; *) exit 1;; esac`,
    );
    await program("apt-get", `echo "apt-get $*" >> ${log}; exit ${status}`);
    await program("npm", `echo "npm $1 \${LENITY_WEBGPU:-not required}" >> ${log}`);
    await program("id", `echo ${user}`);
    const { LENITY_WEBGPU: _, ...env } = process.env;
    const ci = spawnSync("bash", [join(import.meta.dirname, "../.ci/run")], {
      env: { ...env, PATH: `${folder}${delimiter}${env["PATH"]}` },
      encoding: "utf8",
    });
    assert.equal(ci.status, 0, ci.stderr);
    return { out: ci.stdout, ran: (await readFile(log, "utf8")).trim().split("\n") };
  }
  const install = (packages: string) => [
    "apt-get -qq update",
    `apt-get -qq install --no-install-recommends -y ${packages}`,
  ];
  // Node 22 and Node 24.
  const required = ["npm install required", "npm install required", "npm test required"];
  const optional = ["npm install not required", "npm install not required", "npm test not required"];

  test("installs nothing if both packages are there, and requires WebGPU", async () => {
    assert.deepEqual(await run(["chromium", "libvulkan1"]), { out: "", ran: required });
  });
  test("installs the missing package, and requires WebGPU", async () => {
    assert.deepEqual(await run(["chromium"]), {
      out: "Installed libvulkan1.\n",
      ran: [...install("libvulkan1"), ...required],
    });
    assert.deepEqual(await run(["libvulkan1"]), {
      out: "Installed chromium.\n",
      ran: [...install("chromium"), ...required],
    });
    assert.deepEqual((await run([])).ran, [...install("chromium libvulkan1"), ...required]);
  });
  test("reports a package that could not be installed, and does not require WebGPU", async () => {
    const out = "Could not install libvulkan1. The tests that need them are skipped.\n";
    assert.deepEqual(await run(["chromium"], 1000), { out, ran: optional });
    assert.deepEqual(await run(["chromium"], 0, 100), { out, ran: ["apt-get -qq update", ...optional] });
  });
});
