import type { Reading } from "@lenity/core";
import type { InferenceSession } from "onnxruntime-node";
import type { Precision } from "../graph/float-tensors.ts";
import type { Model } from "../run/sequence.ts";
import { evidenceGraph } from "./evidence-graph.ts";

/** The evidence graphs of a model: one per set of readings, opened on first use. */
export interface EvidenceSessions {
  open(readings: readonly Reading[], precision: Precision): Promise<InferenceSession>;
  /** 1 for ids without a token; empty when every id has one. */
  readonly gaps: Uint8Array;
}

/**
 * The maximum number of open graphs: more than a server's requests usually need. There must be a limit because requests
 * choose their policies.
 */
const mostGraphs = 16;

/** The evidence graphs of a model that can open small graphs beside its own. */
export function evidenceSessions({ graph, width, vocabulary, unused }: Model): EvidenceSessions {
  const sessions = new Map<string, InferenceSession>();
  return {
    gaps: Uint8Array.from({ length: unused.size > 0 ? vocabulary : 0 }, (_, id) => (unused.has(id) ? 1 : 0)),
    async open(readings, precision) {
      const key = [precision, ...readings].join();
      const shape = { readings, width, vocabulary, precision, gaps: unused.size > 0 };
      const session = sessions.get(key) ?? (await graph.openBeside(evidenceGraph(shape)));
      // Most recently used last.
      sessions.delete(key);
      sessions.set(key, session);
      const [oldest] = sessions.keys();
      if (sessions.size > mostGraphs && oldest !== undefined) {
        await sessions.get(oldest)?.release();
        sessions.delete(oldest);
      }
      return session;
    },
  };
}
