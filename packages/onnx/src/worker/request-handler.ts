/** Handles the requests of one model's sessions, next to ONNX Runtime, in a worker thread or in a page. */
import type { Gathering } from "../batch/gathering.ts";
import { type BlockScorer, forgetBlock } from "../evidence/block-scorer.ts";
import type { Backend } from "../open/backend.ts";
import type { BlockOrder, DraftedRound, DraftReply, LoadReply, Request } from "../protocol/protocol.ts";
import { draftRound } from "../run/draft-round.ts";
import { drawAnswer } from "../run/draw-answer.ts";
import { append, copySequence, newSequence, rewindSequence, type Sequence } from "../run/sequence.ts";
import { answersOf } from "./answer-rounds.ts";
import type { HandleBeside, Handled } from "./handled.ts";
import { type OpenModel, openModel } from "./open-model.ts";
import { memoryFault } from "./out-of-memory.ts";
import type { RunTimes } from "./run-times.ts";

export type { HandleBeside, Handled };

/** Handles one request. Requests of one session must be handled one after another. */
export type RequestHandler = (request: Request) => Promise<Handled>;

/** What a handler of a thread shares with others. */
export interface Surroundings {
  /** Handles a request to another model in the same thread. */
  readonly beside?: HandleBeside | undefined;
  /** Times the runs of a model that is loaded `timed`. */
  readonly runs?: RunTimes | undefined;
  /** Brings together runs of several requests. Without it, there is one request at a time. */
  readonly gathering?: Gathering | undefined;
}

/** A handler for one model. The first request must be to load it. */
export function requestHandler(backend: Backend, { beside, runs, gathering }: Surroundings = {}): RequestHandler {
  let open: OpenModel | undefined;
  const sequences = new Map<number, Sequence>();
  const answers = answersOf(beside);

  const load = async (request: Extract<Request, { type: "load" }>): Promise<LoadReply> => {
    open = await openModel(backend, request, { runs: request.timed === true ? runs : undefined, gathering });
    return open.reply;
  };
  const handle = async (request: Request): Promise<Handled> => {
    if (request.type === "load") return { value: await load(request), transfer: [] };
    if (request.type === "close") {
      answers.end(request.session);
      return { value: closeSequence(sequences, request.session), transfer: [] };
    }
    if (open === undefined) throw new Error("The worker was asked to run before it had loaded a model.");
    if (request.type === "rounds") return { value: await answers.next(request), transfer: [] };
    if (request.type !== "copy") {
      return runRequest(open, sequenceOf(sequences, request.session), request, beside);
    }
    sequences.set(request.session, copySequence(sequenceOf(sequences, request.source), request.length));
    return { value: undefined, transfer: [] };
  };
  return (request) =>
    handle(request).catch((error) => {
      throw open === undefined ? error : memoryFault(error, open.model.name);
    });
}

/** Handles a request that needs an open model and one of its sequences. */
async function runRequest(
  { model, scorer, eos }: OpenModel,
  sequence: Sequence,
  request: Exclude<Request, { type: "load" | "close" | "copy" | "rounds" }>,
  beside: HandleBeside | undefined,
): Promise<Handled> {
  if (request.type === "logits-at") {
    const logits = await required(scorer).logitsAt(sequence, request.at);
    return { value: logits, transfer: [logits.buffer] };
  }
  forgetBlock(sequence);
  if (request.type === "measure") return { value: sequence.cache?.bytes ?? 0, transfer: [] };
  if (request.type === "draft") {
    const draft = await draftRound(model, sequence, request, eos);
    const block = await runBlock(request.block, draft, beside);
    const value: DraftReply = { ...draft, block: block?.value as DraftReply["block"] };
    // A set, since a score returns the draft's logits.
    return { value, transfer: [...new Set([...buffersOf(draft.logits, draft.hidden), ...(block?.transfer ?? [])])] };
  }
  rewindSequence(sequence, request.from);
  if (request.type === "draw") return { value: await drawAnswer(model, sequence, request, eos), transfer: [] };
  const cancel = request.cancel === undefined ? undefined : new Int32Array(request.cancel);
  if (request.type === "score") {
    const reply = await required(scorer).score(sequence, request, cancel);
    return { value: reply, transfer: buffersOf(reply.values, reply.drafterLogits, reply.hidden) };
  }
  const { rows, hidden, alone } = request;
  const reply = await append(model, sequence, request.tokens, { rows, hidden, alone, cancel });
  return { value: reply, transfer: buffersOf(reply.logits, reply.hidden) };
}

/** Has the other model run the block of a draft. A failure is left to whoever asks for the block then. */
async function runBlock(
  order: BlockOrder | undefined,
  { tokens: drafted, logits }: DraftedRound,
  beside: HandleBeside | undefined,
): Promise<Handled | undefined> {
  if (order === undefined || drafted.length === 0 || beside === undefined) return undefined;
  const { model, request, compares } = order;
  const tokens = [...request.tokens, ...drafted];
  const whole: Request =
    request.type === "append"
      ? { ...request, tokens, rows: tokens.length }
      : { ...request, tokens, drafterLogits: compares ? logits : undefined };
  return beside(model, whole).catch(() => undefined);
}

/** The sequence of a session; created if the session has none yet. */
function sequenceOf(sequences: Map<number, Sequence>, session: number): Sequence {
  let sequence = sequences.get(session);
  if (sequence === undefined) sequences.set(session, (sequence = newSequence()));
  return sequence;
}

/** Frees the sequence of a session. Returns whether there was one. */
function closeSequence(sequences: Map<number, Sequence>, session: number): boolean {
  const sequence = sequences.get(session);
  if (sequence !== undefined) forgetBlock(sequence);
  sequence?.cache?.dispose?.();
  return sequences.delete(session);
}

function buffersOf(...arrays: readonly (Float32Array<ArrayBuffer> | undefined)[]): ArrayBuffer[] {
  return arrays.flatMap((array) => (array === undefined ? [] : [array.buffer]));
}

function required(scorer: BlockScorer | undefined): BlockScorer {
  if (scorer === undefined)
    throw new Error("The worker was asked for readings of a model that was loaded without them.");
  return scorer;
}
