import type { Attention } from "./attention.ts";

/**
 * One node: com.microsoft.GroupQueryAttention, which other programs support. Caches are [1, groups, room, head size] in
 * and out; each call allocates and copies whole caches, used or not.
 */
export const groupQueryAttention: Attention = (
  graph,
  { heads, groups },
  pass,
  { index, queries, keys, values, attended },
) => {
  const [key, value] = [`${index}.key`, `${index}.value`];
  graph.node(
    "GroupQueryAttention",
    [
      queries,
      keys,
      values,
      `${pass.past}.${key}`,
      `${pass.past}.${value}`,
      pass.lastIndex,
      pass.totalLength,
      "cos",
      "sin",
    ],
    [attended, `${pass.present}.${key}`, `${pass.present}.${value}`],
    { num_heads: heads, kv_num_heads: groups, do_rotary: 1, rotary_interleaved: 0 },
    true,
  );
};
