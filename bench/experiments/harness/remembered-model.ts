/**
 * A target that computes the row after any sequence of tokens only once.
 *
 * Policies that answer the same problem read mostly the same sequences: they share the prompt, and their answers part
 * only where they decide differently. What a session returns is what the model returned the first time, so all policies
 * see the same numbers where they see the same text.
 */
import type { AppendOptions, HiddenKind, LanguageModel, Scores, Session, Token } from "@lenity/core";
import { commonPrefix } from "@lenity/core/internal";
import { child, emptyNode, type TreeNode } from "./token-tree.ts";

interface Facts {
  /** [vocabulary] */
  readonly logits: Float32Array;
  /** [width], by kind. */
  readonly hidden: Map<HiddenKind, Float32Array>;
}

type Node = TreeNode<Facts>;

/** The model with a memory, which `close` frees. Its sessions must be used one after another. */
export function rememberedModel(model: LanguageModel): LanguageModel {
  const root: Node = emptyNode();
  let opening: Promise<Session> | undefined;
  /** What the session of the model holds. */
  let held: readonly Token[] = [];

  /** Runs the last `rows` of these tokens, and keeps what the model returns for their nodes. */
  async function run(tokens: readonly Token[], nodes: readonly Node[], hidden: HiddenKind | undefined): Promise<void> {
    opening ??= model.open();
    const session = await opening;
    const kept = Math.min(commonPrefix(held, tokens), tokens.length - nodes.length);
    await session.rewind(kept);
    held = tokens.slice(0, kept);
    const scores = await session.append(tokens.slice(kept), { rows: nodes.length, hidden });
    held = tokens;
    const width = model.hidden[hidden ?? "pre-norm"] ?? 0;
    for (const [i, node] of nodes.entries()) {
      const logits = scores.logits.slice(i * model.vocabulary, (i + 1) * model.vocabulary);
      node.facts ??= { logits, hidden: new Map() };
      if (hidden !== undefined && scores.hidden !== undefined)
        node.facts.hidden.set(hidden, scores.hidden.slice(i * width, (i + 1) * width));
    }
  }

  return {
    ...model,
    async open() {
      return session(root, run);
    },
    async close() {
      await (await opening)?.close();
    },
  };
}

function session(
  root: Node,
  run: (tokens: readonly Token[], nodes: readonly Node[], hidden: HiddenKind | undefined) => Promise<void>,
): Session {
  const tokens: Token[] = [];
  /** path[i] is the node after i tokens. */
  const path: Node[] = [root];
  return {
    get length() {
      return tokens.length;
    },
    async append(more: readonly Token[], { rows = more.length, hidden }: AppendOptions = {}): Promise<Scores> {
      for (const token of more) {
        tokens.push(token);
        path.push(child(path.at(-1) as Node, token));
      }
      const scored = path.slice(path.length - rows);
      const known = ({ facts }: Node) => facts !== undefined && (hidden === undefined || facts.hidden.has(hidden));
      const missing = scored.findIndex((node) => !known(node));
      if (missing >= 0) await run([...tokens], scored.slice(missing), hidden);
      const facts = scored.map((node) => node.facts as Facts);
      return {
        rows,
        logits: joined(facts.map(({ logits }) => logits)),
        ...(hidden === undefined ? {} : { hidden: joined(facts.flatMap((fact) => fact.hidden.get(hidden) ?? [])) }),
      };
    },
    rewind(length) {
      tokens.length = length;
      path.length = length + 1;
    },
    close() {},
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
