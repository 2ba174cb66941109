/** Compares JSON with the server's own description of it. */
import assert from "node:assert/strict";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { openApi } from "../src/description/openapi.ts";

const validators = new Map<string, ValidateFunction>();
const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });

/** Whether a value is what a schema of the description says. */
export function fits(name: string, value: unknown): boolean {
  return validatorOf(name)(value);
}

/** Fails with the differences unless it is. */
export function isDescribed(name: string, value: unknown): void {
  const validate = validatorOf(name);
  const { errors } = validate(value) ? { errors: [] } : validate;
  assert.deepEqual(errors, [], `${name}: ${JSON.stringify(value).slice(0, 500)}`);
}

function validatorOf(name: string): ValidateFunction {
  const known = validators.get(name);
  if (known !== undefined) return known;
  const made = ajv.compile(openApi().components.schemas[name] ?? assert.fail(name));
  validators.set(name, made);
  return made;
}
