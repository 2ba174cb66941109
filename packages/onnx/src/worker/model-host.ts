import { gathering } from "../batch/gathering.ts";
import type { Backend } from "../open/backend.ts";
import { type HandleBeside, type RequestHandler, requestHandler } from "./request-handler.ts";
import type { RunTimes } from "./run-times.ts";

/** Handles requests to the models of one thread, which are created by the first request to each. */
export function modelHost(backend: Backend, runs?: RunTimes): HandleBeside {
  const handlers = new Map<number, RequestHandler>();
  const meeting = gathering();
  const beside: HandleBeside = (model, request) => {
    let handler = handlers.get(model);
    if (handler === undefined)
      handlers.set(model, (handler = requestHandler(backend, { beside, runs, gathering: meeting })));
    return handler(request);
  };
  // What a request asks of another model is part of it.
  return (model, request) => meeting.during(() => beside(model, request));
}
