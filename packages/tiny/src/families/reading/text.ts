/** What the stories of the reading family share: how a text is put together, asked about and quoted. */
import { type Instance, pick, type Random, several, withResult } from "../../problem.ts";

/** A paragraph. The facts come in random order between the first sentence and the last, if there is one. */
export interface Paragraph {
  readonly first: string;
  readonly facts: readonly string[];
  readonly last?: string;
}

/** What is asked, for `asking`. Texts may have alternatives in braces. */
interface Asked {
  /** Questions of their own, as whole sentences. */
  readonly direct: readonly string[];
  /** A noun: `the color of Anna's ball`. */
  readonly noun: string;
  /** A subordinate clause: `{which|what} color Anna's ball has`. */
  readonly clause: string;
  /** The wording that is never trained on. */
  readonly heldOut: string;
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
  "TEXT ASK",
  "ASK\n\nTEXT",
  "ASK {Here is the text|This is the text|The answer is in this text}: TEXT",
  "ASK {Please read this first|To answer, read this|I only know this|This is all that I know}: TEXT",
  "Here is a short text. TEXT {Now my question|My question}: ASK",
  "{Answer from the text|Use only the text}. Text: TEXT Question: ASK",
  "{Text|Story|The story}: TEXT\n{Question|The question|What I ask}: ASK",
  "{I read this story|Here is a story that I read}: TEXT ASK",
  "ASK {I ask this about|This is about|It is about} {these sentences|the following|these lines}: TEXT",
  "{A child|Someone|Somebody} {told me|wrote|wrote down} {this|the following}: TEXT " +
    "{Now I ask|I need help with this}: ASK",
  "{In a letter|On a page|In a newspaper} {we read|there is|I found} {this|the following}: TEXT " +
    "{Below it we read|It ends with}: ASK",
  "{You will read a story|There is a story below}. {Then answer this|Answer this}: ASK\n\nTEXT",
];
const heldOutFrame = "{Please find|Find} the answer to my question in {this text|this story}. Question: ASK Text: TEXT";

/** All wordings of what is asked: the direct ones, those with the clause, those with the noun, and the held-out one. */
export function asking({ direct, noun, clause, heldOut }: Asked): string[] {
  return [
    ...direct,
    `{I want to know|I would like to know|I need to know} ${clause}.`,
    `{Can you tell me|Could you tell me|Do you know|Can you see} ${clause}?`,
    `{Find out|Please find out|Say|Write down|Please say} ${clause}.`,
    `{I do not know|I forgot|I cannot say|I am not sure} ${clause}. ` +
      "{Can you help me?|Please help me.|Do you know it?|Help me, please.}",
    `{Somebody|A child|Someone|A man} {asks|wants to know|would like to know} ${clause}. ` +
      "{What is the answer?|What do you say?|What should I say?}",
    `{The question is|I ask myself|We have to find out|We want to learn} ${clause}.`,
    `{After reading|Once you have read it|When you have read it}, {please tell me|say|please say} ${clause}.`,
    `{I ask for|I ask you for|My question is about|I am asking about} ${noun}.`,
    `{Can you find|Could you find|Can you name|Could you name} ${noun}?`,
    `{Name|State|Find|Write down} ${noun}{, please|}.`,
    heldOut,
  ];
}

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
