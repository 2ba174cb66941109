import * as v from "valibot";

type Same<Schema extends v.GenericSchema> = v.GenericSchema<v.InferInput<Schema>, v.InferOutput<Schema>>;

/** A schema that accepts nothing and has this message, for schemas that are chosen by hand. */
export const expecting = (expected: string): v.GenericSchema<unknown, never> => v.custom<never>(() => false, expected);

/** The schemas among which a lazy one chooses, for those who describe it. */
const choices = new WeakMap<object, readonly v.GenericSchema[]>();

/**
 * Whichever of the schemas the input selects, or one of `expecting`. Unlike a union, an error names the part at fault
 * and not the alternatives.
 */
export function among<Output>(
  schemas: readonly v.GenericSchema<unknown, Output>[],
  select: (input: unknown) => v.GenericSchema<unknown, Output>,
): v.GenericSchema<unknown, Output> {
  const schema = v.lazy(select);
  choices.set(schema, schemas);
  return schema;
}

/** The schemas among which this one chooses; undefined if it was not made with `among`. */
export const choicesOf = (schema: object): readonly v.GenericSchema[] | undefined => choices.get(schema);

/** The object schema, but refusing arrays, which valibot accepts as objects. */
export function plain<Schema extends v.GenericSchema>(schema: Schema): Same<Schema> {
  const refused = expecting("an object");
  const chosen = v.lazy((input) => (Array.isArray(input) ? refused : schema) as Same<Schema>);
  choices.set(chosen, [schema]);
  return chosen;
}

/** An object with these fields. Drops other fields. */
export const object = <Entries extends v.ObjectEntries>(entries: Entries): Same<v.ObjectSchema<Entries, undefined>> =>
  plain(v.object(entries));
