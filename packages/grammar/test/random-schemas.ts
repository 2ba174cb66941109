/** Random schemas, and random values of them. */
import fc from "fast-check";

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export interface Schema {
  readonly [keyword: string]: unknown;
}

const text = fc.string({ unit: "binary", maxLength: 8 });
const name = fc.oneof(fc.constantFrom("a", "ab", "name", "na", "é", 'q"', ""), text);

const bounds = fc
  .tuple(fc.integer({ min: -2000, max: 2000 }), fc.integer({ min: 0, max: 3000 }), fc.constantFrom(1, 10, 1000))
  .map(([low, size, scale]) => ({ low: low / scale, high: (low + size) / scale }));

const numbers: fc.Arbitrary<Schema> = fc.oneof(
  fc.constantFrom<Schema>({ type: "integer" }, { type: "number" }),
  bounds.map(({ low, high }) => ({ type: "number", minimum: low, maximum: high })),
  bounds.map(({ low, high }) => ({ type: "number", exclusiveMinimum: low, exclusiveMaximum: high + 1 })),
  bounds.map(({ low, high }) => ({ type: "integer", minimum: Math.floor(low), maximum: Math.ceil(high) })),
  bounds.map(({ low }) => ({ type: "integer", minimum: low })),
  bounds.map(({ high }) => ({ type: "number", exclusiveMaximum: high })),
);

const patterns = ["^[a-c]{2,4}$", "^(?:ab|cd)*$", "x\\d", "^é?日+", '[^"]$', "^\\p{Lu}\\S*$", "^(?:0|[1-9]\\d{0,3})$"];
const strings: fc.Arbitrary<Schema> = fc.oneof(
  fc.constant<Schema>({ type: "string" }),
  fc
    .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 6 }))
    .map(([least, more]) => ({ type: "string", minLength: least, maxLength: least + more })),
  fc.constantFrom(...patterns).map((pattern) => ({ type: "string", pattern })),
  fc.constantFrom("date", "time", "ipv4", "uuid", "date-time").map((format) => ({ type: "string", format })),
);

const constants: fc.Arbitrary<Schema> = fc.oneof(
  fc.jsonValue({ maxDepth: 2, stringUnit: "binary" }).map((value) => ({ const: value })),
  fc
    .uniqueArray(fc.jsonValue({ maxDepth: 1, stringUnit: "binary" }), {
      minLength: 1,
      maxLength: 5,
      selector: (value) => JSON.stringify(value),
    })
    .map((values) => ({ enum: values })),
);

/** Schemas whose `$ref` leads to a recursive definition. */
export const schemas: fc.Arbitrary<Schema> = fc
  .letrec<{ schema: Schema; object: Schema; array: Schema }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom<Schema>(
        { type: "null" },
        { type: "boolean" },
        { type: ["integer", "null"] },
        { $ref: "#/$defs/tree" },
      ),
      strings,
      numbers,
      constants,
      tie("object"),
      tie("array"),
      fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    ),
    array: fc
      .tuple(tie("schema"), fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 3 }))
      .map(([items, least, more]) => ({ type: "array", items, minItems: least, maxItems: least + more })),
    object: fc
      .tuple(
        fc.uniqueArray(fc.tuple(name, tie("schema"), fc.boolean()), { maxLength: 4, selector: ([key]) => key }),
        fc.oneof(fc.constant(false), tie("schema")),
      )
      .map(([properties, others]) => ({
        type: "object",
        properties: Object.fromEntries(properties.map(([key, value]) => [key, value])),
        required: properties.filter(([, , required]) => required).map(([key]) => key),
        additionalProperties: others,
      })),
  }))
  .schema.map((schema) => ({ ...schema, $defs: { tree } }));

const tree: Schema = {
  type: "object",
  properties: {
    value: { type: "string", maxLength: 3 },
    children: { type: "array", items: { $ref: "#/$defs/tree" }, maxItems: 2 },
  },
  required: ["value"],
  additionalProperties: false,
};

/** Values of a schema as above, as `JSON.stringify` orders and writes them. */
export function valuesOf(schema: Schema, depth = 3): fc.Arbitrary<Json> {
  const { type, anyOf, $ref } = schema;
  if ("const" in schema) return fc.constant(schema["const"] as Json);
  if (Array.isArray(schema["enum"])) return fc.constantFrom(...(schema["enum"] as Json[]));
  if ($ref !== undefined) return valuesOf(tree, depth);
  if (Array.isArray(anyOf)) return fc.oneof(...anyOf.map((each) => valuesOf(each, depth)));
  if (Array.isArray(type)) return fc.oneof(...type.map((each) => valuesOf({ ...schema, type: each }, depth)));
  if (type === "null") return fc.constant(null);
  if (type === "boolean") return fc.boolean();
  if (type === "string") return stringsOf(schema);
  if (type === "array") {
    const { items, minItems, maxItems } = schema as { items: Schema; minItems?: number; maxItems?: number };
    const [least, most] = [minItems ?? 0, depth > 0 ? (maxItems ?? 3) : (minItems ?? 0)];
    return most === 0 ? fc.constant([]) : fc.array(valuesOf(items, depth - 1), { minLength: least, maxLength: most });
  }
  if (type === "object") return objectsOf(schema, depth);
  return numbersOf(schema);
}

function objectsOf(schema: Schema, depth: number): fc.Arbitrary<Json> {
  const {
    properties,
    required,
    additionalProperties: others,
  } = schema as {
    properties: Record<string, Schema>;
    required: string[];
    additionalProperties: Schema | false;
  };
  const absent = fc.constant<[string, Json][]>([]);
  const entries = Object.entries(properties).map(([key, value]) => {
    if (depth <= 0 && !required.includes(key)) return absent;
    const present = valuesOf(value, depth - 1).map((one): [string, Json][] => [[key, one]]);
    return required.includes(key) ? present : fc.oneof(present, absent);
  });
  const more =
    others === false || depth <= 0
      ? absent
      : fc.uniqueArray(
          fc.tuple(
            name.filter((key) => !Object.hasOwn(properties, key) && !isIndex(key)),
            valuesOf(others, depth - 1),
          ),
          { maxLength: 2, selector: ([key]) => key },
        );
  return fc.tuple(more, ...entries).map(([last, ...first]) => Object.fromEntries([...first.flat(), ...last]));
}

/** Whether JavaScript puts the property before others. */
const isIndex = (key: string) => /^\d+$/.test(key);

function stringsOf({ minLength, maxLength, pattern, format }: Schema): fc.Arbitrary<string> {
  if (pattern !== undefined) {
    const expression = new RegExp(pattern as string, "u");
    return fc.stringMatching(expression).filter((found) => expression.test(found));
  }
  if (format === "uuid") return fc.uuid();
  if (format === "ipv4") return fc.ipV4();
  if (format !== undefined) {
    const date = fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
    return date.map((each) => {
      const [day, time] = each.toISOString().split("T") as [string, string];
      return format === "date" ? day : format === "time" ? time : `${day}T${time}`;
    });
  }
  return fc.string({
    unit: "binary",
    minLength: (minLength as number | undefined) ?? 0,
    maxLength: (maxLength as number | undefined) ?? 10,
  });
}

function numbersOf(schema: Schema): fc.Arbitrary<number> {
  const { type, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema as Record<string, number | undefined>;
  const [low, high] = [minimum ?? exclusiveMinimum ?? -1e15, maximum ?? exclusiveMaximum ?? 1e15];
  if ((type as unknown) === "integer")
    return fc.integer({ min: Math.max(Math.ceil(low), -(2 ** 31)), max: Math.min(Math.floor(high), 2 ** 31 - 1) });
  const free =
    minimum === undefined && maximum === undefined && exclusiveMinimum === undefined && exclusiveMaximum === undefined;
  const all = fc.double({ min: low, max: high, noNaN: true }).map((value) => (Object.is(value, -0) ? 0 : value));
  if (free) return all;
  // Bounded numbers are written without a power of ten, and with at most 15 digits where a bound is exclusive.
  const exclusive = exclusiveMinimum !== undefined || exclusiveMaximum !== undefined;
  return all
    .map((value) => (exclusive ? Number(value.toPrecision(9)) : value))
    .filter((value) => !String(value).includes("e") && (!exclusive || String(value).replace(/\D/g, "").length <= 15))
    .filter((value) => value !== exclusiveMinimum && value !== exclusiveMaximum && value >= low && value <= high);
}
