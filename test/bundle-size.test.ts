/** Limits on the bundle sizes of core, chat and remote, with two bundlers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bundler, chat, gzipped, programs, remote, verifiers } from "./bundle-size.ts";
import { readText } from "./published-packages.ts";

for (const bundler of ["esbuild", "bun"] satisfies Bundler[]) {
  test(`all of core is under 33 kB with ${bundler}, and a program that decodes under 18`, async () => {
    const [everything, program] = Object.values(programs);
    const sizes = {
      everything: await gzipped(everything ?? [], bundler),
      program: await gzipped(program ?? [], bundler),
    };
    assert.ok(sizes.everything < 33_000 && sizes.program < 18_000, JSON.stringify(sizes));
  });

  test(`the chat writer is under 25 kB with ${bundler}`, async () => {
    const size = await gzipped(chat, bundler, "chat");
    assert.ok(size < 25_000, `${size}`);
  });

  test(`a target elsewhere is under 15 kB with ${bundler}`, async () => {
    const size = await gzipped(remote, bundler, "remote");
    assert.ok(size < 15_000, `${size}`);
  });

  test(`each verifier alone is under 4 kB with ${bundler}, without the others and the policy grammar`, async () => {
    const names = await verifiers();
    assert.ok(names.includes("sd") && names.includes("divergenceGate") && names.includes("or"));
    const sizes = await Promise.all(names.map(async (name) => [name, await gzipped([name], bundler)] as const));
    assert.deepEqual(
      sizes.filter(([, size]) => size >= 4000),
      [],
    );
    assert.deepEqual(
      sizes.filter(([, size]) => size < 200), // an empty bundle would be small too
      [],
    );
  });
}

test("docs/packages.md states both sizes, to within a tenth", async () => {
  const stated = /all of core is (\d+) kB with gzip; a program with .* is (\d+) kB/s.exec(readText("docs/packages.md"));
  const sizes = await Promise.all(Object.values(programs).map((names) => gzipped(names, "esbuild")));
  for (const [at, size] of sizes.entries()) {
    assert.ok(Math.abs(Number(stated?.[at + 1]) * 1000 - size) <= 0.1 * size, `It is ${(size / 1000).toFixed(1)} kB.`);
  }
});
