/** A drafter that computes the row after any sequence of tokens only once, like `rememberedModel`. */
import {
  type Draft,
  type Drafter,
  type DraftRequest,
  drawDraft,
  type LanguageModel,
  logitsEvidence,
  processedRow,
  type Token,
} from "@lenity/core";
import { child, descend, emptyNode, type TreeNode } from "./token-tree.ts";

/** Rows of a draft model. `drafter()` is for one answer; `close` frees the model's session. */
export interface RememberedDrafts {
  drafter(): Drafter;
  close(): Promise<void>;
}

/** `model` is the one that `inner` drafts with. Drafters must be used one after another. */
export function rememberedDrafts(model: LanguageModel, inner: Drafter): RememberedDrafts {
  const root: TreeNode<Float32Array> = emptyNode();
  const eos = new Set(model.eos);

  async function propose(request: DraftRequest): Promise<Draft> {
    const { context, sampling, uniform, noise } = request;
    const limit = Math.min(request.limit, model.contextLength - context.length);
    const tokens: Token[] = [];
    const rows: Float32Array[] = [];
    let node = descend(root, context);
    const add = (token: Token, row: Float32Array) => {
      tokens.push(token);
      rows.push(row);
      node = child(node, token);
    };
    while (tokens.length < limit && !eos.has(tokens.at(-1) ?? -1)) {
      if (node.facts !== undefined) {
        add(drawDraft(processedRow(node.facts, sampling), tokens.length, request), node.facts);
        continue;
      }
      const rest = { context: [...context, ...tokens], limit: limit - tokens.length, sampling };
      const draft = await inner.propose({ ...rest, noise, uniform: uniform.slice(tokens.length) });
      for (const [i, token] of draft.tokens.entries()) {
        node.facts ??= (draft.evidence as NonNullable<Draft["evidence"]>).logits(i).slice();
        add(token, node.facts);
      }
      if (draft.tokens.length === 0) break;
    }
    const logits = new Float32Array(rows.length * model.vocabulary);
    for (const [i, row] of rows.entries()) logits.set(row, i * model.vocabulary);
    return { tokens, evidence: logitsEvidence(logits, model.vocabulary, sampling, model) };
  }

  return {
    drafter: () => ({ name: model.name, rows: true, vocabulary: model.vocabulary, propose, close() {} }),
    async close() {
      await inner.close();
    },
  };
}
