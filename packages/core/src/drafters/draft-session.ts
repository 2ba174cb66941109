import type { PrepareRequest } from "../drafter.ts";
import type { AppendOptions, LanguageModel, Scores, Session, Token } from "../model.ts";
import { commonPrefix } from "./common-prefix.ts";

/** The session of a draft model, which follows the contexts of one answer. */
export interface DraftSession {
  /** Begins to run the context. A failure shows when the same tokens are run again. */
  prepare(request: PrepareRequest): void;
  /** Drops what is not in the context, or its last token. Returns the tokens to run next, which are at least that one. */
  resume(context: readonly Token[], scope: string | undefined): Promise<readonly Token[]>;
  /** Runs tokens after those that the session holds. */
  run(tokens: readonly Token[], options: AppendOptions): Promise<Scores>;
  close(): Promise<void>;
}

/** A session that is opened for the first context. */
export function draftSession(model: LanguageModel): DraftSession {
  let opening: Promise<Session> | undefined;
  let preparing: Promise<unknown> | undefined;
  let held: Token[] = [];
  const open = async (prompt: readonly Token[], scope: string | undefined): Promise<Session> => {
    const session = await model.open({ prompt, scope });
    held = prompt.slice(0, session.length);
    return session;
  };
  const run = async (tokens: readonly Token[], options: AppendOptions): Promise<Scores> => {
    const scores = await ((await opening) as Session).append(tokens, options);
    held.push(...tokens);
    return scores;
  };
  return {
    prepare({ context, scope, signal }) {
      opening ??= open(context, scope);
      preparing = opening.then(() => run(context.slice(held.length), { rows: 0, signal })).catch(() => {});
    },
    async resume(context, scope) {
      await preparing;
      opening ??= open([...context], scope); // the context grows
      const session = await opening;
      await session.rewind(Math.min(commonPrefix(held, context), context.length - 1));
      held = context.slice(0, session.length);
      return context.slice(held.length);
    },
    run,
    async close() {
      const session = opening;
      opening = undefined;
      held = [];
      // If the session could not be opened, `resume` has thrown that error and there is nothing to close.
      await (await session?.catch(() => undefined))?.close();
    },
  };
}
