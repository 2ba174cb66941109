import * as v from "valibot";

type Same<Schema extends v.GenericSchema> = v.GenericSchema<v.InferInput<Schema>, v.InferOutput<Schema>>;

/** A schema that accepts nothing and has this message, for schemas that are chosen by hand. */
export const expecting = (expected: string): v.GenericSchema<unknown, never> => v.custom<never>(() => false, expected);

/** The object schema, but refusing arrays, which valibot accepts as objects. */
export function plain<Schema extends v.GenericSchema>(schema: Schema): Same<Schema> {
  const refused = expecting("an object");
  return v.lazy((input) => (Array.isArray(input) ? refused : schema) as Same<Schema>);
}

/** An object with these fields. Drops other fields. */
export const object = <Entries extends v.ObjectEntries>(entries: Entries): Same<v.ObjectSchema<Entries, undefined>> =>
  plain(v.object(entries));
