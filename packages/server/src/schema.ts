import * as v from "valibot";

type Same<Schema extends v.GenericSchema> = v.GenericSchema<v.InferInput<Schema>, v.InferOutput<Schema>>;

/** A schema that takes nothing and says what is expected: for choices that are made by hand. */
export const wanted = (expected: string): v.GenericSchema<unknown, never> => v.custom<never>(() => false, expected);

/** The schema of an object, for everything but arrays: valibot's own would take them too. */
export function plain<Schema extends v.GenericSchema>(schema: Schema): Same<Schema> {
  const refused = wanted("an object");
  return v.lazy((input) => (Array.isArray(input) ? refused : schema) as Same<Schema>);
}

/** An object with these fields. Others are left out. */
export const object = <Entries extends v.ObjectEntries>(entries: Entries): Same<v.ObjectSchema<Entries, undefined>> =>
  plain(v.object(entries));
