/** The requests of a model's sessions, answered: what runs beside ONNX Runtime, in a worker thread or in a page. */
import type { Token } from "@lenity/core";
import type { InferenceSession } from "onnxruntime-node";
import { checkDrafter } from "../checks/check-drafter.ts";
import { type BlockScorer, blockScorer, forgetRows } from "../evidence/block-scorer.ts";
import type { Graph } from "../graph/graph.ts";
import { fitDrafter } from "../open/open-drafter.ts";
import type { DeviceReport } from "../protocol/devices.ts";
import type { FileFacts, LoadReply, LoadRequest, Request } from "../protocol/protocol.ts";
import { draftRound } from "./draft-round.ts";
import { toldMemory } from "./out-of-memory.ts";
import { append, copySequence, type Model, newSequence, rewindSequence, type Sequence } from "./sequence.ts";

/** A model file that was opened and tried. */
export interface OpenGraph {
  readonly graph: Graph;
  readonly facts: FileFacts;
  readonly device: DeviceReport;
}

/** Opens what a request for loading names. */
export interface Backend {
  openGraph(request: LoadRequest): Promise<OpenGraph>;
  /** Opens the drafter file; undefined when there is none after all, and a sentence that says why it is left aside where it cannot run. */
  openDrafter(drafter: string, request: LoadRequest): Promise<InferenceSession | string | undefined>;
}

/** An answer, and those of its buffers that nobody else needs. */
export interface Answered {
  readonly value: unknown;
  readonly transfer: ArrayBuffer[];
}

/** Answers the requests of one model's sessions, of which the first loads it. One at a time: the next is asked when the answer to the last is there. */
export function answering(backend: Backend): (request: Request) => Promise<Answered> {
  let model: Model | undefined;
  let scorer: BlockScorer | undefined;
  let eos: ReadonlySet<Token> = new Set();
  const sequences = new Map<number, Sequence>();

  const sequenceOf = (session: number): Sequence => {
    let sequence = sequences.get(session);
    if (sequence === undefined) sequences.set(session, (sequence = newSequence()));
    return sequence;
  };

  const load = async (request: LoadRequest): Promise<LoadReply> => {
    const { graph, facts, device } = await backend.openGraph(request);
    const { name, file, width, vocabulary, unused, contextLength } = request;
    eos = new Set(request.eos);
    model = { graph, name, width, vocabulary, unused, contextLength };
    // Drafter graphs want their cache in memory.
    let drafter = device.name === "cpu" ? request.drafter : undefined;
    const session = drafter === undefined ? undefined : await backend.openDrafter(drafter, request);
    const aside = typeof session === "string" ? [session] : [];
    if (session === undefined || typeof session === "string") drafter = undefined;
    else if (drafter !== undefined) {
      model = { ...model, drafter: fitDrafter(session, drafter, graph, request) };
      await checkDrafter(model, eos, drafter, file);
    }
    const numbers = request.numbers ?? graph.fetch !== undefined;
    if (numbers) scorer = blockScorer(model);
    const { inputs, outputs, layers, groups, headSize, precision, combined, leastRows, family, newRows, lastOnly } = graph;
    const hidden = Object.fromEntries(Object.entries(graph.hidden).map(([kind, { width }]) => [kind, width]));
    return {
      file,
      device,
      drafter,
      inputs,
      outputs,
      layers,
      groups,
      headSize,
      precision,
      combined,
      leastRows,
      family,
      newRows,
      lastOnly,
      hidden,
      numbers,
      ...facts,
      missing: [...facts.missing, ...aside],
    };
  };

  const close = (session: number): boolean => {
    const sequence = sequences.get(session);
    if (sequence !== undefined) forgetRows(sequence);
    sequence?.cache?.dispose?.();
    return sequences.delete(session);
  };
  const buffersOf = (...arrays: readonly (Float32Array<ArrayBuffer> | undefined)[]): ArrayBuffer[] =>
    arrays.flatMap((array) => (array === undefined ? [] : [array.buffer]));

  const answer = async (request: Request): Promise<Answered> => {
    if (request.type === "load") return { value: await load(request), transfer: [] };
    if (request.type === "close") return { value: close(request.session), transfer: [] };
    if (model === undefined) throw new Error("The worker was asked to run before it loaded a model.");
    if (request.type === "copy") {
      sequences.set(request.session, copySequence(sequenceOf(request.source), request.length));
      return { value: undefined, transfer: [] };
    }
    const sequence = sequenceOf(request.session);
    if (request.type === "row") {
      const row = await scorerOf(scorer).row(sequence, request.at);
      return { value: row, transfer: [row.buffer] };
    }
    forgetRows(sequence);
    if (request.type === "measure") return { value: sequence.cache?.bytes ?? 0, transfer: [] };
    if (request.type === "draft") {
      const reply = await draftRound(model, sequence, request, eos);
      return { value: reply, transfer: [reply.logits.buffer] };
    }
    rewindSequence(sequence, request.from);
    const cancel = request.cancel === undefined ? undefined : new Int32Array(request.cancel);
    if (request.type === "score") {
      const reply = await scorerOf(scorer).score(sequence, request, cancel);
      return { value: reply, transfer: buffersOf(reply.numbers, reply.drafted, reply.hidden) };
    }
    const reply = await append(model, sequence, request.tokens, { rows: request.rows, hidden: request.hidden, cancel });
    return { value: reply, transfer: buffersOf(reply.logits, reply.hidden) };
  };
  return (request) =>
    answer(request).catch((error) => {
      throw model === undefined ? error : toldMemory(error, model.name);
    });
}

function scorerOf(scorer: BlockScorer | undefined): BlockScorer {
  if (scorer === undefined) throw new Error("The worker was asked for numbers of a model that was loaded without.");
  return scorer;
}
