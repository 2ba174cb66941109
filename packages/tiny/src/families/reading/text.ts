/** What the stories of the reading family share: how a text is put together, asked about and quoted. */
import { type Instance, pick, type Random, several, withResult } from "../../problem.ts";

/** A paragraph. The facts come in random order between the first sentence and the last, if there is one. */
export interface Paragraph {
  readonly first: string;
  readonly facts: readonly string[];
  readonly last?: string;
}

/** One question about a paragraph. */
export interface Question {
  /** The question in several wordings. The last is never trained on. */
  readonly asks: readonly string[];
  readonly reasoning: string;
  readonly result: string | number;
}

/** How text and question are put together in training. */
const frames = [
  "{Read this|Read this text|Please read this}: TEXT ASK",
  "TEXT\n\nASK",
  "ASK {Here is the text|This is the text|The answer is in this text}: TEXT",
  "Here is a short text. TEXT {Now my question|My question}: ASK",
  "{Answer from the text|Use only the text}. Text: TEXT Question: ASK",
  "{I read this story|Here is a story that I read}: TEXT ASK",
];
const heldOutFrame = "{Please find|Find} the answer to my question in {this text|this story}. Question: ASK Text: TEXT";

/** The instance that asks this question about this paragraph. */
export function readingOf(
  random: Random,
  { first, facts, last }: Paragraph,
  { asks, reasoning, result }: Question,
  values: Instance["values"],
): Instance {
  const text = [first, ...several(random, facts, facts.length), ...(last ? [last] : [])].join(" ");
  const wordings = asks.map((ask, at) => {
    const frame = at === asks.length - 1 ? heldOutFrame : pick(random, frames);
    return frame.replace("TEXT", text).replace("ASK", ask);
  });
  return { values, wordings, ...withResult(reasoning.trimEnd(), result) };
}

/** "in the garden", "at the market". */
export const inPlace = (place: string): string =>
  `${place === "market" || place === "station" ? "at" : "in"} the ${place}`;

/** How the reasoning begins where one sentence has the answer. */
const lookingFor = (what: string): string =>
  `{Let us look at the text|Let me read the text again|The answer is in the text|I look for it in the text}. {We need|I need to find|The question is about|You ask about} ${what}. `;

/** How the reasoning begins where sentences have to be joined. */
export const firstLookingFor = (what: string): string =>
  `{Let us look at the text|Let me read the text again|The answer is in the text|I look for it in the text}. {First we need|First I look for|We begin with|I begin with} ${what}. `;

/** How the reasoning goes on. */
export const nowLookingFor = (what: string): string =>
  `{Now we need|Then we need|Next we look for|Now I look for} ${what}. `;

/** A sentence of the text, word for word, and what follows from it. */
export const quoted = (sentence: string, conclusion: string): string =>
  `{The text says|It says in the text|I read this|It says there}: "${sentence}" {So|Therefore|Hence|This means that} ${conclusion}. `;

/** The reasoning where one sentence is enough. The answer is given as part of a sentence, such as "the garden". */
export const fromOneSentence = (what: string, sentence: string, conclusion: string, answer: string | number): string =>
  `${lookingFor(what)}${quoted(sentence, conclusion)}{The answer is|The answer to the question is|My answer is} ${answer}.`;
