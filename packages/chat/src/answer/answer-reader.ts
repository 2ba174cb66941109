import type { AnswerEvent, AnswerMessage, AnswerReader, ReadOptions } from "./answer-event.ts";
import { steps } from "./reader-steps.ts";
import { emit, newReading, type Where } from "./reading.ts";

const sections: Readonly<Record<Where, AnswerReader["section"]>> = {
  ...{ start: "content", reasoning: "reasoning", content: "content" },
  ...{ head: "call", arguments: "call", close: "call", next: "content" },
};

/**
 * Reads the answer of a model. Marks, and the white space around them, are in no event. What begins like a call and
 * turns out to be none is content; what the answer's end cuts before a call's arguments is dropped.
 */
export function answerReader(options: ReadOptions): AnswerReader {
  const reading = newReading(options);
  const read = (): AnswerEvent[] => {
    while (reading.held !== "") {
      const where = steps[reading.where](reading);
      if (where === "wait") break;
      reading.where = where;
    }
    return reading.events.splice(0);
  };
  return {
    push(text) {
      reading.held += text;
      return read();
    },
    end() {
      const { where, held, thoughts, content } = reading;
      if (where === "reasoning") emit(reading, "reasoning", thoughts.push(held));
      else if (where === "start" || where === "content")
        emit(reading, "content", content.push(held) + content.end(true));
      reading.held = "";
      return read();
    },
    get section() {
      return sections[reading.where];
    },
  };
}

/** Puts the events of an answer together. */
export function answerMessage(events: Iterable<AnswerEvent>): AnswerMessage {
  let content = "";
  let reasoning: string | undefined;
  const calls: { name: string; arguments: string }[] = [];
  for (const event of events) {
    if (event.type === "content") content += event.text;
    else if (event.type === "reasoning") reasoning = (reasoning ?? "") + event.text;
    else if (event.type === "call") calls.push({ name: event.name, arguments: "" });
    else (calls.at(-1) as (typeof calls)[number]).arguments += event.text;
  }
  return { content, reasoning, calls };
}

/** Reads a whole answer. */
export function readAnswer(text: string, options: ReadOptions): AnswerMessage {
  const reader = answerReader(options);
  return answerMessage([...reader.push(text), ...reader.end()]);
}
