/**
 * Writes 160 conversations about training problems, as the calibration text for `lenity export --weights int8`.
 *
 *   bun packages/tiny/recipe/calibration.ts FILE
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { seeded } from "@lenity/core";
import { calibrationText } from "../src/calibration.ts";

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("Usage: bun packages/tiny/recipe/calibration.ts FILE");
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, calibrationText(seeded(77)));
