/** One or two numbers: kept in a range, tested, compared, changed, or the start of a product or sum. */
import { integer, pick, type Random, type Story } from "../../problem.ts";
import { added, arrow, cases, declared, functionName, instance, type Style } from "./task.ts";

interface Operation {
  readonly names: readonly string[];
  readonly returns: string;
  readonly does: string;
  readonly steps: string;
  readonly leads: readonly string[];
  /** The lines of the function. */
  readonly lines: (x: string) => readonly string[];
  /** The same in one expression. */
  readonly expression: (x: string) => string;
  solve(number: number): number | boolean;
}

function clamp(random: Random, number: number): Operation {
  const low = integer(random, 2, 20);
  const high = low + integer(random, 5, 25);
  const steps =
    number < low
      ? `the number is less than ${low}, {so we take|so it becomes|which makes it} ${low}.`
      : number > high
        ? `the number is more than ${high}, {so we take|so it becomes|which makes it} ${high}.`
        : `the number is {between ${low} and ${high}|not less than ${low} and not more than ${high}}, {so we keep it|so it stays the same}.`;
  return {
    names: ["clamp", "limit", "keepInside", "inRange", "bound"],
    returns: `the number, but at least ${low} and at most ${high}`,
    does: `limits a number to the range from ${low} to ${high}`,
    steps,
    leads: [
      `We check both ends, ${low} and ${high}:`,
      `The result is never less than ${low} and never more than ${high}:`,
    ],
    lines: (x) => [`if (${x} < ${low}) return ${low};`, `if (${x} > ${high}) return ${high};`, `return ${x};`],
    expression: (x) => `Math.min(Math.max(${x}, ${low}), ${high})`,
    solve: (value) => Math.max(low, Math.min(value, high)),
  };
}

function multiple(random: Random, number: number): Operation {
  const by = integer(random, 3, 9);
  const times = Math.floor(number / by);
  const rest = number - times * by;
  return {
    names: ["isMultiple", "fits", "canDivide", "isInTable", "goesInto"],
    returns: `true for multiples of ${by} and false for all other numbers`,
    does: `tells whether a number is a multiple of ${by}`,
    steps: `we use ${times} * ${by} = ${times * by}. {Then|Now|Next} ${number} - ${times * by} = ${rest}, {so the remainder is|and the remainder is} ${rest}.`,
    leads: ["The operator % gives the remainder:", "We can use % to find the remainder:"],
    lines: (x) => [`const rest = ${x} % ${by};`, "return rest === 0;"],
    expression: (x) => `${x} % ${by} === 0`,
    solve: (value) => value % by === 0,
  };
}

function distance(random: Random, number: number): Operation {
  const from = integer(random, 5, 50);
  const steps =
    number > from
      ? `the number is {more|greater} than ${from}: ${number} - ${from} = ${number - from}.`
      : `the number is {not more|not greater} than ${from}: ${from} - ${number} = ${from - number}.`;
  return {
    names: ["distance", "howFar", "gap", "away", "farFrom"],
    returns: `the distance between the number and ${from}`,
    does: `finds the distance between a number and ${from}`,
    steps,
    leads: ["The result is never negative:", "We subtract so that the result is not negative:"],
    lines: (x) => [`if (${x} > ${from}) return ${x} - ${from};`, `return ${from} - ${x};`],
    expression: (x) => `Math.abs(${x} - ${from})`,
    solve: (value) => Math.abs(value - from),
  };
}

function twoSteps(random: Random, number: number): Operation {
  const [by, more] = [integer(random, 2, 9), integer(random, 2, 30)];
  const product = number * by;
  const plus = random() < 0.5;
  const [sign, verb, returns, result] = plus
    ? ["+", `adds ${more}`, `the number times ${by}, plus ${more}`, product + more]
    : ["-", `subtracts ${more}`, `the number times ${by}, minus ${more}`, product - more];
  return {
    names: ["compute", "getPrice", "convert", "change", "formula"],
    returns,
    does: `multiplies a number by ${by} and ${verb}`,
    steps: `{we first have|we start with|we first need} ${number} * ${by} = ${product}. {Then|After that|Next}{,|} ${product} ${sign} ${more} = ${result}.`,
    leads: ["We multiply first:", "The order is the same in the code:"],
    lines: (x) => [`const product = ${x} * ${by};`, `return product ${sign} ${more};`],
    expression: (x) => `${x} * ${by} ${sign} ${more}`,
    solve: (value) => (plus ? value * by + more : value * by - more),
  };
}

export const number: Story = {
  name: "number",
  draw(random) {
    const value = integer(random, 2, 60);
    const operation = pick(random, [clamp, multiple, distance, twoSteps])(random, value);
    const result = operation.solve(value);
    if (typeof result === "number" && result < 0) return undefined;
    const { leads, lines, expression } = operation;
    const name = functionName(random, operation.names);
    const styles: Style[] = [
      { leads, code: declared(name, "x", ...lines("x")) },
      { leads, code: declared(name, "n", `return ${expression("n")};`) },
      { leads, code: arrow(name, "n", expression("n")) },
    ];
    const task = {
      name,
      takes: "a number",
      returns: operation.returns,
      plain: operation.returns,
      does: operation.does,
      example: `${value}`,
      steps: operation.steps,
      result: `${result}`,
      styles,
      cases: cases(name, operation.solve, [value], [0], [-7], [integer(random, 1, 99)], [100]),
    };
    return instance(task, operation.returns);
  },
};

interface Repetition {
  readonly names: readonly string[];
  readonly returns: string;
  readonly does: string;
  readonly example: number;
  readonly steps: string;
  readonly result: number;
  readonly start: number;
  readonly from: number;
  /** What the loop does with the result, for a counter. */
  readonly update: (result: string, counter: string) => string;
  readonly lead: string;
  solve(n: number): number;
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);

function multiplied(numbers: readonly number[]): string {
  let product = numbers[0] ?? 1;
  return numbers
    .slice(1)
    .map((factor) => `${product} * ${factor} = ${(product *= factor)}`)
    .join(", ");
}

const repetitions: readonly ((random: Random) => Repetition)[] = [
  (random) => {
    const from = integer(random, 1, 40);
    const to = from + integer(random, 2, 4);
    const solve = (n: number) => range(from, n).reduce((sum, x) => sum + x, 0);
    return {
      names: ["sumTo", "addUntil", "sumRange", "addNumbers", "sumFrom", "addAll", "countUp", "sumAll"],
      returns: `the sum of all numbers from ${from} to n`,
      does: `adds up all numbers from ${from} to n for a given number n`,
      example: to,
      steps: `{we add|we add up|we need} the numbers from ${from} to ${to}: ${added(range(from, to))}.`,
      result: solve(to),
      start: 0,
      from,
      update: (result, counter) => `${result} += ${counter}`,
      lead: `We start with 0 and add each number from ${from} to n in a loop`,
      solve,
    };
  },
  (random) => {
    const from = integer(random, 1, 8);
    const to = from + integer(random, 2, from > 2 ? 2 : 3);
    const solve = (n: number) => range(from, n).reduce((product, x) => product * x, 1);
    return {
      names: ["productTo", "multiplyTo", "productRange", "timesUntil", "multiplyAll", "productOf"],
      returns: `the product of all numbers from ${from} to n`,
      does: `multiplies all numbers from ${from} to n for a given number n`,
      example: to,
      steps: `{we multiply|we take|we need} the numbers from ${from} to ${to}: ${multiplied(range(from, to))}.`,
      result: solve(to),
      start: 1,
      from,
      update: (result, counter) => `${result} *= ${counter}`,
      lead: `We start with 1 and multiply by each number from ${from} to n in a loop`,
      solve,
    };
  },
  (random) => {
    const [base, start] = [integer(random, 2, 6), integer(random, 2, 20)];
    const to = integer(random, 2, base === 2 ? 4 : 3);
    const solve = (n: number) => range(1, n).reduce((power) => power * base, start);
    return {
      names: ["grow", "growth", "power", "stepUp", "powerOf", "raise", "powerTimes", "getPower"],
      returns: `${start} times ${base} to the power of n`,
      does: `finds ${start} times ${base} to the power of n for a given number n`,
      example: to,
      steps: `{we multiply|we have to multiply} ${to} times: ${multiplied([start, ...Array<number>(to).fill(base)])}.`,
      result: solve(to),
      start,
      from: 1,
      update: (result) => `${result} *= ${base}`,
      lead: `We start with ${start} and multiply by ${base} in a loop`,
      solve,
    };
  },
];

export const repeated: Story = {
  name: "repeated",
  draw(random) {
    const repetition = pick(random, repetitions)(random);
    const { names, returns, does, example, steps, result, start, from, update, lead, solve } = repetition;
    if (result >= 1000) return undefined;
    const name = functionName(random, names);
    const leads = [`${lead}:`, `${lead}. Here is the code:`];
    const loop = (variable: string) =>
      declared(
        name,
        "n",
        `let ${variable} = ${start};`,
        `for (let i = ${from}; i <= n; i++) ${update(variable, "i")};`,
        `return ${variable};`,
      );
    const task = {
      name,
      takes: "a number n",
      returns,
      plain: returns,
      does,
      example: `${example}`,
      steps,
      result: `${result}`,
      styles: [
        { leads, code: loop("result") },
        { leads, code: loop("total") },
      ],
      cases: cases(name, solve, [example], [0], [1], [from + 4]),
    };
    return instance(task, returns);
  },
};

interface Unit {
  /** The plural of the small unit, the name of the parameter, and of the large one. */
  readonly small: string;
  readonly large: string;
  readonly size: number;
  readonly signs: readonly [large: string, small: string];
  readonly names: readonly string[];
}

const units: readonly Unit[] = [
  { small: "minutes", large: "hours", size: 60, signs: ["h", "min"], names: ["showTime", "hoursText", "asHours"] },
  { small: "seconds", large: "minutes", size: 60, signs: ["min", "s"], names: ["showTime", "timeText", "asMinutes"] },
  { small: "days", large: "weeks", size: 7, signs: ["w", "d"], names: ["weeksText", "asWeeks", "showDays"] },
  { small: "months", large: "years", size: 12, signs: ["y", "m"], names: ["yearsText", "asYears", "showAge"] },
  { small: "hours", large: "days", size: 24, signs: ["d", "h"], names: ["daysText", "asDays", "showHours"] },
  { small: "inches", large: "feet", size: 12, signs: ["ft", "in"], names: ["feetText", "asFeet", "showLength"] },
];

export const time: Story = {
  name: "units",
  draw(random) {
    const { small, large, size, signs, names } = pick(random, units);
    const [b, s] = signs;
    const value = size * integer(random, 1, 9) + integer(random, 0, size - 1);
    const between = pick(random, [" ", " and ", ", "]);
    const [whole, rest] = [Math.floor(value / size), value % size];
    if (rest === 1 || (whole === 7 && rest === 4)) return undefined;
    const name = functionName(random, [...names, "format", "toText", "convert"]);
    const solve = (amount: number) => `${Math.floor(amount / size)} ${b}${between}${amount % size} ${s}`;
    const pattern = `"${solve(7 * size + 4)}"`;
    const text = (first: string, last: string) => `return \`\${${first}} ${b}${between}\${${last}} ${s}\`;`;
    const leads = [
      `Math.floor gives the whole ${large}, and the operator % gives the rest:`,
      `We use Math.floor for the ${large} and % for the ${small} that are left:`,
    ];
    const task = {
      name,
      takes: `a number of ${small}`,
      returns: `the ${large} and ${small} as a text like ${pattern}`,
      plain: `the ${large} and ${small} as a text like ${pattern}`,
      does: `turns a number of ${small} into a text with ${large} and ${small} like ${pattern}`,
      example: `${value}`,
      steps: `{we first find|we begin with|we first need} the whole ${large}: ${whole} * ${size} = ${whole * size}. {Then|After that|Next}{,|} ${value} - ${whole * size} = ${rest} ${small} {are left|remain}.`,
      result: JSON.stringify(solve(value)),
      styles: [
        {
          leads,
          code: declared(
            name,
            small,
            `const ${large} = Math.floor(${small} / ${size});`,
            text(large, `${small} % ${size}`),
          ),
        },
        {
          leads,
          code: declared(name, small, `const rest = ${small} % ${size};`, text(`(${small} - rest) / ${size}`, "rest")),
        },
        { leads, code: declared(name, small, text(`Math.floor(${small} / ${size})`, `${small} % ${size}`)) },
      ],
      cases: cases(name, solve, [value], [0], [size], [size - 1], [integer(random, 2, 20) * size + 3]),
    };
    return instance(task, small, pattern);
  },
};
