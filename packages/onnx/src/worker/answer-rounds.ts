/** The rounds of an answer in the worker: the same loop, sessions and drafter as on the main thread, without messages. */
import type { DecidedRound, Drafter, LanguageModel, Session, Token } from "@lenity/core";
import { commonPrefix, roundsFrom } from "@lenity/core/internal";
import { ownSession } from "../engine/own-session.ts";
import { type OnnxSession, openSession } from "../engine/session.ts";
import { onnxDrafter } from "../onnx-drafter.ts";
import type { WorkerLink } from "../protocol/link.ts";
import type { ModelFacts } from "../protocol/model-facts.ts";
import type { HeldSession, Request, RoundsBeginning, RoundsMessage, RoundsReply } from "../protocol/protocol.ts";
import type { HandleBeside } from "./handled.ts";

/** Milliseconds after which no further round is begun: others wait for their turn, and readers for the tokens. */
const longest = 10;

/** The answers of one target whose rounds are made here. */
export interface Answers {
  /** The next rounds of the answer of a session. */
  next(request: RoundsMessage): Promise<RoundsReply>;
  /** Forgets the answer of a session. */
  end(session: number): void;
}

export function answersOf(beside: HandleBeside | undefined): Answers {
  const answers = new Map<number, AnswerRounds>();
  /** One object for all answers: what rounds take is remembered by target. */
  let target: LanguageModel | undefined;
  return {
    async next(request) {
      const { session, begin } = request;
      if (begin !== undefined && beside !== undefined) {
        target ??= modelHere(begin.target.model);
        answers.set(session, answerRounds(beside, begin, target));
      }
      const answer = answers.get(session);
      if (answer === undefined) throw new Error("The worker was asked for rounds of an answer that had not begun.");
      return answer.next(request);
    },
    end: (session: number) => void answers.delete(session),
  };
}

interface AnswerRounds {
  /** The next rounds. An error after the first of them is left to the next request. */
  next(request: RoundsMessage): Promise<RoundsReply>;
}

function answerRounds(
  answer: HandleBeside,
  { prompt, settings, target: at, draft: model }: RoundsBeginning,
  known: LanguageModel,
): AnswerRounds {
  let cancel: ArrayBufferLike | undefined;
  const link: WorkerLink = {
    check() {},
    async request<Reply>(request: Request, _: unknown, place = 0) {
      return (await answer(place, { ...request, cancel } as Request)).value as Reply;
    },
    async close() {},
  };
  const committed = [...prompt];
  let draft: OnnxSession | undefined;
  const target = sessionHere(link, at.model, at, committed);
  const { propose, ...drafter } = onnxDrafter(modelHere(model, async () => draft as OnnxSession));
  // Without a word on the target: its block needs no order, since it is no message.
  const apart: Drafter = { ...drafter, propose: (request) => propose({ ...request, scoring: undefined }) };
  const rounds = roundsFrom(target, prompt, settings, { target: known, drafter: apart });
  let failed: { readonly error: unknown } | undefined;
  return {
    async next({ rounds: most, draft: opened, cancel: flag }) {
      cancel = flag;
      if (opened !== undefined) draft = sessionHere(link, model, opened, committed);
      if (failed !== undefined) throw failed.error;
      const decided: DecidedRound[] = [];
      const began = performance.now();
      do {
        try {
          const { value, done } = await rounds.next();
          if (done === true) break;
          decided.push(value);
        } catch (error) {
          if (decided.length === 0) throw error;
          failed = { error };
        }
      } while (failed === undefined && decided.length < most && performance.now() - began < longest);
      for (const { tokens } of decided) committed.push(...tokens.map(({ token }) => token));
      const { held = [] } = ownSession(draft)?.state ?? {};
      return { rounds: decided, target: target.length, draft: commonPrefix(held, committed) };
    },
  };
}

/** The model as the loop sees it. The target's session is open before. */
function modelHere<Opened extends Session>(
  model: ModelFacts,
  open: () => Promise<Opened> = () => Promise.reject(new Error("A session was opened in the worker.")),
) {
  return { ...model, open, close: async () => {} };
}

/** A session of a model of this thread. */
function sessionHere(
  link: WorkerLink,
  model: ModelFacts,
  { place, id, held }: HeldSession,
  text: readonly Token[],
): OnnxSession {
  return openSession(model, {
    ...{ link, place, id, held: text.slice(0, held), blockExact: true },
    turn: (_tokens, _signal, work) => work(),
    crowded: () => false,
    // What it is sent is already cut.
    alone: () => true,
    onReply() {},
    async onClose() {},
  });
}
