import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { serveSettings } from "../packages/cli/src/serve-settings.ts";

for (const file of ["Dockerfile", "lenity.service", "kubernetes.yaml"]) {
  test(`the settings of examples/deploy/${file} are those of lenity serve`, async () => {
    const text = readFileSync(new URL(`deploy/${file}`, import.meta.url), "utf8");
    const pairs = [...text.matchAll(/(LENITY_[A-Z_]+)(?:=|, value: )("[^"]*"|[^\s}]+)/g)].map(
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
