/** A JavaScript task: the function to write, in words, by hand on an example, and in code of several styles. */
import { so } from "../../lexicon.ts";
import { type Check, type Instance, segments } from "../../problem.ts";

/** A way to write the function. */
export interface Style {
  /** Sentences that say how the code works, any of which may come before it. */
  readonly leads: readonly string[];
  readonly code: string;
}

/** Texts may have alternatives in braces, except `plain`, `example` and `result`. */
export interface Task {
  /** What the function is called. */
  readonly name: string;
  /** `a list of numbers` */
  readonly takes: string;
  /** What it returns, as a noun: `the sum of the {even numbers|numbers …}`. */
  readonly returns: string;
  /** The same without alternatives, as the answer states it. */
  readonly plain: string;
  /** What it does, as a verb: `adds up the even numbers in a list`. */
  readonly does: string;
  /** The argument that is worked out by hand, as the question shows it. */
  readonly example: string;
  /** How the result for the example is found by hand, as whole sentences. */
  readonly steps: string;
  /** The result for the example, as JavaScript. */
  readonly result: string;
  readonly styles: readonly Style[];
  readonly cases: Extract<Check, { kind: "code" }>["cases"];
}

function wordings({ name, takes, returns, does, example }: Task): string[] {
  return [
    `{Write|Create} a JavaScript function called ${name} that takes ${takes} and returns ${returns}. {Try it on|Check it with|Test it on} ${example}.`,
    `I {need|want} a function in JavaScript that ${does}. {Call|Name} it ${name} and {show|explain} what it returns for ${example}.`,
    `How do I write ${name} in JavaScript? It {takes|gets|receives} ${takes} and {should return|returns|gives back} ${returns}. {My example is|An example is} ${example}.`,
    `Given ${takes}, for example ${example}, ${name} should return ${returns}. {Please write it in JavaScript.|Write it in JavaScript.|Can you write it in JavaScript?}`,
    `I am {working on|writing} a JavaScript function: ${name} ${does}. {What is the code|What does the code look like}, and what {is the result for|does it return for} ${example}?`,
    `{Here is|This is} my example: ${example}. For ${takes}, {the function|the JavaScript function} ${name} should give back ${returns}. {Please write it.|Write it.|Can you write it?}`,
    `If ${name} {gets|receives} ${takes}, it should return ${returns}. {Write|Please write} this function in JavaScript and {try it on|test it on} ${example}.`,
  ];
}

/** The problem of a task. `values` are what the question varies besides the name and the example. */
export function instance(task: Task, ...values: readonly (string | number)[]): Instance {
  const { name, takes, plain, example, steps, result, styles, cases } = task;
  const reasoning =
    `{The function|Our function} ${name} {takes|gets|receives} ${takes} and {returns|gives back|should return} ${plain}. ` +
    `{For|With} ${example}{,|} ${steps} ${so}{,|} {the result is|the answer is|it returns} ${result}. `;
  return {
    values: [name, example, ...values],
    wordings: wordings(task),
    answer: [
      ...segments(reasoning),
      styles.flatMap(({ leads, code }) => leads.map((lead) => `${lead}\n\`\`\`js\n${code}\n\`\`\``)),
    ],
    check: { kind: "code", cases },
  };
}

/** A call of the function for each list of arguments, with the value that `solve` gives. */
export function cases<A extends readonly unknown[]>(
  name: string,
  solve: (...args: A) => unknown,
  ...inputs: readonly A[]
): Task["cases"] {
  return inputs.map((args) => ({
    call: `${name}(${args.map((arg) => JSON.stringify(arg)).join(", ")})`,
    value: solve(...args),
  }));
}

/** `function name(parameter) { … }` with these lines. */
export const declared = (name: string, parameter: string, ...lines: readonly string[]): string =>
  [`function ${name}(${parameter}) {`, ...lines.map((line) => `  ${line}`), "}"].join("\n");

/** `const name = (parameter) => expression;` */
export const arrow = (name: string, parameter: string, expression: string): string =>
  `const ${name} = (${parameter}) => ${expression};`;

/** The list as JavaScript, with spaces: `[4, "a"]`. */
export const shown = (items: readonly (string | number)[]): string =>
  `[${items.map((item) => JSON.stringify(item)).join(", ")}]`;

/** The numbers added one at a time: `"3 + 4 = 7, 7 + 5 = 12"`. */
export function added(numbers: readonly number[]): string {
  let sum = numbers[0] ?? 0;
  return numbers
    .slice(1)
    .map((number) => `${sum} + ${number} = ${(sum += number)}`)
    .join(", ");
}
