import type { CallForm, Reasoning } from "@lenity/core";
import { callHead } from "./call-head.ts";
import { begun, firstOf, match, objectScan } from "./match.ts";
import { emit, type Reading, take, type Where } from "./reading.ts";
import { textTrim } from "./text-trim.ts";

/** What a step reads leads elsewhere, or it needs more text. */
type Step = (reading: Reading) => Where | "wait";

/** What each part of an answer does with the text that is held. */
export const steps: Readonly<Record<Where, Step>> = {
  start,
  reasoning,
  content,
  head,
  arguments: args,
  close,
  next,
};

function start(reading: Reading): Where | "wait" {
  const text = reading.held.trimStart();
  const opening = reading.reasoned ? undefined : reading.reasoning?.open;
  const words = [...(opening === undefined ? [] : [opening]), ...(reading.calls?.begin ?? [])];
  const found = words.find((word) => text.startsWith(word));
  if (found === undefined) return words.some((word) => word.startsWith(text)) ? "wait" : "content";
  const taken = take(reading, reading.held.length - text.length + found.length);
  return found === opening ? "reasoning" : beginCall(reading, taken);
}

function reasoning(reading: Reading): Where | "wait" {
  const { close } = reading.reasoning as Reasoning;
  const at = reading.held.indexOf(close);
  if (at < 0) {
    emit(
      reading,
      "reasoning",
      reading.thoughts.push(take(reading, reading.held.length - begun(reading.held, [close]))),
    );
    return "wait";
  }
  emit(reading, "reasoning", reading.thoughts.push(take(reading, at)));
  take(reading, close.length);
  reading.reasoned = true;
  reading.content = textTrim(false);
  return "start";
}

function content(reading: Reading): Where | "wait" {
  const { held, calls } = reading;
  const words = calls?.anywhere === true ? calls.begin : [];
  const first = firstOf(words, held);
  emit(reading, "content", reading.content.push(take(reading, first?.at ?? held.length - begun(held, words))));
  if (first === undefined) return "wait";
  return beginCall(reading, take(reading, first.found.length));
}

function beginCall(reading: Reading, mark: string): Where {
  [reading.mark, reading.naming] = [mark, false];
  return "head";
}

function head(reading: Reading): Where | "wait" {
  const form = reading.calls as CallForm;
  const opened = reading.naming ? 0 : match(form.open[0] ?? "", reading.held);
  const found = typeof opened === "string" ? opened : callHead(reading.held, opened, form);
  if (found === "more") return "wait";
  if (found === "no") {
    emit(reading, "content", reading.content.push(reading.mark));
    return "content";
  }
  // White space before and after calls belongs to them.
  reading.content = textTrim(false);
  take(reading, found.at);
  reading.scan = objectScan();
  reading.events.push({ type: "call", index: ++reading.index, name: found.name });
  return "arguments";
}

function args(reading: Reading): Where | "wait" {
  const end = reading.scan(reading.held);
  const text = take(reading, end ?? reading.held.length);
  if (text !== "") reading.events.push({ type: "arguments", index: reading.index, text });
  if (end === undefined) return "wait";
  return reading.calls?.close === "" ? "next" : "close";
}

function close(reading: Reading): Where | "wait" {
  const end = match((reading.calls as CallForm).close, reading.held);
  if (end === "more") return "wait";
  take(reading, end === "no" ? 0 : end);
  return "next";
}

function next(reading: Reading): Where | "wait" {
  const { between, end } = reading.calls as CallForm;
  const { held } = reading;
  const another = between === undefined ? "no" : match(between, held);
  if (typeof another === "number") {
    [reading.mark, reading.naming] = [take(reading, another), true];
    return "head";
  }
  const over = end === "" ? "no" : match(end, held);
  if (typeof over === "number") take(reading, over);
  else if (held.trim() === "" || another === "more" || over === "more") return "wait";
  return "content";
}
