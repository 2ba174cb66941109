/** A JavaScript task: the function to write, in words, by hand on an example, and in code of several styles. */
import { so } from "../../lexicon.ts";
import { type Check, type Instance, pick, type Random, segments } from "../../problem.ts";

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

const verbs = ["get", "make", "find", "do", "show", "take", "give", "use", "try", "my", "new", "work"];
const objects = ["Result", "Value", "Answer", "It", "This", "Number", "Text", "Word", "Thing", "Step", "Line", "Out"];

/** One of the names for the task, or a made-up one that says nothing of it, so that names are read and not guessed. */
export function functionName(random: Random, names: readonly string[]): string {
  return random() < 0.5 ? pick(random, names) : pick(random, verbs) + pick(random, objects);
}

const functionIn = "{JavaScript function|function in JavaScript}";

/** Wordings with what the function takes and returns. Name, purpose and example come in every order. */
function withReturns({ name, takes, returns, example }: Task): string[] {
  return [
    `{Write|Create} a JavaScript function called ${name} that takes ${takes} and returns ${returns}. {Try it on|Check it with|Test it on} ${example}.`,
    `How do I write ${name} in JavaScript? It {takes|gets|receives} ${takes} and {should return|returns|gives back} ${returns}. {My example is|An example is} ${example}.`,
    `Given ${takes}, for example ${example}, ${name} should return ${returns}. {Please write it in JavaScript.|Write it in JavaScript.|Can you write it in JavaScript?}`,
    `{Here is|This is} my example: ${example}. For ${takes}, {the function|the JavaScript function} ${name} should give back ${returns}. {Please write it.|Write it.|Can you write it?}`,
    `{My teacher|A friend|My sister|Someone} {needs|asks for|wants to have} the JavaScript function ${name}. ` +
      `{It has one parameter|It has one input|There is one input}, ${takes}, and ` +
      `{its result is|the output is|what comes out is} ${returns}. ` +
      `{Do it by hand for|Start with|First work it out for} ${example}.`,
    `{The input is|We start from|My input is} ${takes}, {such as|like} ${example}. ` +
      `{The output is|The result is|What I want back is} ${returns}. {Give me|Show me|Please write} the ` +
      `${functionIn} for this, {named|with the name} ${name}.`,
    `{I have|We have|My brother has} ${takes} and {would like to have|would like to get} ${returns}. ` +
      "{How is this done|How does this work} in JavaScript? " +
      `{The function is called|The name of the function is} ${name}, and ` +
      `{it is used|we use it|it will be tested} with ${example}.`,
    `{What is|What would be|Can you show me} the code of ${name}, a ${functionIn} ` +
      `{whose input is|that works with} ${takes}, {such as|say} ${example}, and whose result is ${returns}?`,
    `{From|Out of} ${takes}, {we want|I want|you have} to get ${returns}. {Make|Build|Create} a ` +
      `${functionIn} for that, {name it|call it|give it the name} ${name}, and ` +
      `{run it on|use it on|show how it works on} ${example}.`,
    `{One case is|The first case is|One test is} ${example}. {In general|In all cases}, the ${functionIn} ` +
      `{is given|gets|takes} ${takes}, and {its result is|the answer must be} ${returns}. ` +
      `{Its name is|The name is|It is called} ${name}. {What is the code?|What does it look like?|Please write ` +
      "it.}",
    `{The task|My homework|The problem} is {to write|to make} ${name} in JavaScript. ` +
      `{Parameter|Input|Argument}: ${takes}. {Result|Output|Return value}: ${returns}. ` +
      `{Example|Test|First test}: ${example}.`,
    `${name} {is|should be|will be} {the name of|the name for} a ${functionIn}. {From|Out of} ${takes}, it makes ` +
      `${returns}. {Write it|Please write it}, and {use it on|show what it gives for} ${example}.`,
    `{I will test|We will test|My teacher will test} {the function|your function|the code} with ${example}. ` +
      `It {is given|gets|has to take} ${takes} and {must|has to} {give back|return} ${returns}. ` +
      `{Use JavaScript|Write in JavaScript} and {call the function|give it the name|name it} ${name}.`,
  ];
}

/** Wordings with what the function does, in every order as well. */
function withDoes({ name, does, example }: Task): string[] {
  return [
    `I {need|want} a function in JavaScript that ${does}. {Call|Name} it ${name} and {show|explain} what it ` +
      `returns for ${example}.`,
    `I am {working on|writing} a JavaScript function: ${name} ${does}. ` +
      "{What is the code|What does the code look like}, and what {is the result for|does it return for} " +
      `${example}?`,
    `{Let us write|We want to write|My friend wants to write|Let us make} a ${functionIn} that ${does}. ` +
      `{Its name is|The name is|It is called|It has the name} ${name}. ` +
      `{What is its result for|What does it give back for|What comes out for} ${example}?`,
    `{Take|Use|Look at} ${example} as {an example|the example|a first example} and explain a ${functionIn} ` +
      `{that|which} ${does}. {It should have the name|Its name should be|The name for it is} ${name}.`,
    "{Tell me|Please tell me|I want to know} {what we get for|what happens with|what comes out for} " +
      `${example} {when|if} a function ${does}. {Its code in JavaScript|The JavaScript code} is also ` +
      `{needed|wanted}, {with the name|under the name} ${name}.`,
    `In JavaScript, {we pass|we give|I pass|I give} ${example} to a function {called|named|with the name} ` +
      `${name}. {The function|This function|It} ${does}. {Write it down|Show its code} and {say|tell me} what ` +
      "{comes out|it gives back}.",
    "{One function is missing in my JavaScript program|My JavaScript program needs one more function}: " +
      `{it is one that|one that} ${does}. {It is called|Its name is|I call it} ${name}, and ` +
      `{one of its inputs|its first input|an input} will be ${example}.`,
    `{Can you write|Could you write|Would you write} ${name}, a ${functionIn} {that|which} ${does}? ` +
      `{I have to use it on|I will use it on|We use it on} ${example}.`,
    `A {short|small} JavaScript program {works with|has to do with} ${example}. ` +
      `{One function in it|The main function} {is called|has the name} ${name} and ${does}. ` +
      "{What is its code?|Show me the code of it.|Please write that function.}",
    `{Somebody|A friend|My sister} {had|once wrote} a JavaScript function that ${does}, but ` +
      "{the code is lost|the code is gone|nobody can find it}. {Write it again|Please make it again} " +
      `{as|with the name|under its old name} ${name}, and {give the result for|show what comes out for} ` +
      `${example}.`,
    `{What is the value of|What do we get from|What is the result of} ${name} for ${example}? ` +
      `{This is|It is} a ${functionIn} {that|which} ${does}, and ` +
      "{I need its code|I want to see its code|the code is needed}, too.",
    `The {JavaScript function|function} ${name}, {tested with|used on|called with} ${example}, ` +
      `{is the one that|is a function that} ${does}. {How is it written in JavaScript|What is its JavaScript ` +
      "code}, and what does it {give|return} {here|there}?",
    `${name} {is missing in my program|is not finished}: a ${functionIn} {that|which} ${does}. ` +
      `{What is its code|How is it written}, and what does it {give|return} for ${example}?`,
    "{Show me what a JavaScript function looks like that|I want to see how a JavaScript function is written " +
      `that} ${does}. For ${example}, {what would it return|what is its result}? ` +
      `{I would call it|We can call it|I call it} ${name}.`,
  ];
}

/** The wording that is never trained on. */
const heldOut = ({ name, takes, returns, example }: Task): string =>
  `If ${name} {gets|receives} ${takes}, it should return ${returns}. ` +
  `{Write|Please write} this function in JavaScript and {try it on|test it on} ${example}.`;

/** The problem of a task. `values` are what the question varies besides the name and the example. */
export function instance(task: Task, ...values: readonly (string | number)[]): Instance {
  const { name, takes, plain, example, steps, result, styles, cases } = task;
  const reasoning =
    `{The function|Our function} ${name} {takes|gets|receives} ${takes} and {returns|gives back|should return} ${plain}. ` +
    `{For|With} ${example}{,|} ${steps} ${so}{,|} {the result is|the answer is|it returns} ${result}. `;
  return {
    values: [name, example, ...values],
    wordings: [...withReturns(task), ...withDoes(task), heldOut(task)],
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
