import type { Session } from "@lenity/core";
import type { ModelFacts, SessionOptions, SessionState } from "./session-state.ts";

/** A session of this package, with all that belongs to it. */
export interface OwnSession {
  readonly model: ModelFacts;
  readonly options: SessionOptions;
  readonly state: SessionState;
}

const known = new WeakMap<Session, OwnSession>();

/** Remembers what belongs to a session, and returns the session. */
export function asOwn<Kind extends Session>(session: Kind, own: OwnSession): Kind {
  known.set(session, own);
  return session;
}

/** What belongs to a session; undefined if it is another package's, or wrapped. */
export const ownSession = (session: Session | undefined): OwnSession | undefined => session && known.get(session);
