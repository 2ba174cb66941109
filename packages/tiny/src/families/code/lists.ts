/** Lists of numbers: those that pass a condition, changed or not, are added, counted, compared or collected. */
import { integer, pick, type Random, type Story } from "../../problem.ts";
import { listed } from "../join.ts";
import { filterWithNumbers } from "./filters.ts";
import { added, arrow, cases, declared, functionName, instance, shown } from "./task.ts";

const takes = "a list of numbers";
const keep = "{we keep|it keeps|we take}";
/** Besides the example: the empty list, only one number on either side of the border, and a list with a negative number. */
const inputs = (random: Random, numbers: readonly number[], edge: readonly number[]): [readonly number[]][] => [
  [numbers],
  [[]],
  ...edge.map((number): [readonly number[]] => [[number]]),
  [[integer(random, -20, -1), ...Array.from({ length: 5 }, () => integer(random, -20, 60))]],
];
const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

export const sum: Story = {
  name: "sum",
  draw(random) {
    const drawn = filterWithNumbers(random, 40);
    if (drawn === undefined) return undefined;
    const { filter, numbers, kept } = drawn;
    const name = functionName(random, [
      "addUp",
      "sumOf",
      "listSum",
      "getTotal",
      "sumPart",
      "addSome",
      "partSum",
      "totalOf",
    ]);
    const expression = (x: string) =>
      `numbers.filter((${x}) => ${filter.code(x)}).reduce((sum, ${x}) => sum + ${x}, 0)`;
    const methods = [
      "The method filter keeps these numbers, and reduce adds them up:",
      "We can use filter to keep them and reduce to add them up:",
    ];
    const loop = [
      "A loop adds up the numbers that pass the test:",
      "We go through the list and add up the right numbers:",
    ];
    const task = {
      name,
      takes,
      returns: `the sum of the ${filter.noun}`,
      plain: `the sum of the ${filter.plain}`,
      does: `adds up the ${filter.noun} in a list`,
      example: shown(numbers),
      steps: `${keep} ${listed(kept)}. {We add them|Now we add them|Then we add them}: ${added(kept)}.`,
      result: `${total(kept)}`,
      styles: [
        { leads: methods, code: declared(name, "numbers", `return ${expression("x")};`) },
        { leads: methods, code: arrow(name, "numbers", expression("n")) },
        {
          leads: loop,
          code: declared(
            name,
            "numbers",
            "let sum = 0;",
            "for (const x of numbers) {",
            `  if (${filter.code("x")}) sum += x;`,
            "}",
            "return sum;",
          ),
        },
      ],
      cases: cases(
        name,
        (list: readonly number[]) => total(list.filter(filter.keeps)),
        ...inputs(random, numbers, filter.edge),
      ),
    };
    return instance(task, filter.plain);
  },
};

export const count: Story = {
  name: "count",
  draw(random) {
    const drawn = filterWithNumbers(random, 60);
    if (drawn === undefined) return undefined;
    const { filter, numbers, kept } = drawn;
    const name = functionName(random, [
      "countOf",
      "howMany",
      "countSome",
      "getCount",
      "countThem",
      "listCount",
      "countPart",
    ]);
    const expression = (x: string) => `numbers.filter((${x}) => ${filter.code(x)}).length`;
    const methods = [
      "The method filter keeps these numbers, and length counts them:",
      "We can use filter to keep them and length to count them:",
    ];
    const task = {
      name,
      takes,
      returns: `the count of ${filter.noun}`,
      plain: `the count of ${filter.plain}`,
      does: `counts the ${filter.noun} in a list`,
      example: shown(numbers),
      steps: `${keep} ${listed(kept)}. {This makes|These are|That is} ${kept.length} numbers.`,
      result: `${kept.length}`,
      styles: [
        { leads: methods, code: declared(name, "numbers", `return ${expression("x")};`) },
        { leads: methods, code: arrow(name, "numbers", expression("n")) },
        {
          leads: [
            "A loop counts the numbers that pass the test:",
            "We go through the list and count the right numbers:",
          ],
          code: declared(
            name,
            "numbers",
            "let count = 0;",
            "for (const x of numbers) {",
            `  if (${filter.code("x")}) count += 1;`,
            "}",
            "return count;",
          ),
        },
      ],
      cases: cases(
        name,
        (list: readonly number[]) => list.filter(filter.keeps).length,
        ...inputs(random, numbers, filter.edge),
      ),
    };
    return instance(task, filter.plain);
  },
};

const extremes = [
  {
    adjective: "largest",
    method: "max",
    find: Math.max,
    names: ["findMax", "largest", "biggest", "getMax", "topNumber"],
  },
  { adjective: "smallest", method: "min", find: Math.min, names: ["findMin", "smallest", "lowest", "getMin", "minOf"] },
];

export const extreme: Story = {
  name: "extreme",
  draw(random) {
    const drawn = filterWithNumbers(random, 60);
    if (drawn === undefined) return undefined;
    const { filter, numbers, kept } = drawn;
    const { adjective, method, find, names } = pick(random, extremes);
    const name = functionName(random, names);
    const select = (x: string) => `const kept = numbers.filter((${x}) => ${filter.code(x)});`;
    const found = `Math.${method}(...kept)`;
    const leads = [
      `We use filter and Math.${method}, and check for an empty list:`,
      `The method filter keeps these numbers, and Math.${method} finds the ${adjective}:`,
    ];
    const task = {
      name,
      takes,
      returns: `the ${adjective} of the ${filter.noun}, or 0 if there are none`,
      plain: `the ${adjective} of the ${filter.plain}, or 0 if there are none`,
      does: `finds the ${adjective} of the ${filter.noun} in a list and returns 0 if there are none`,
      example: shown(numbers),
      steps: `${keep} ${listed(kept)}. The ${adjective} {of them|of these|of these numbers} is ${find(...kept)}.`,
      result: `${find(...kept)}`,
      styles: [
        {
          leads,
          code: declared(name, "numbers", select("x"), `return kept.length === 0 ? 0 : ${found};`),
        },
        {
          leads,
          code: declared(name, "numbers", select("n"), "if (kept.length === 0) return 0;", `return ${found};`),
        },
      ],
      cases: cases(
        name,
        (list: readonly number[]) => (list.some(filter.keeps) ? find(...list.filter(filter.keeps)) : 0),
        ...inputs(random, numbers, filter.edge),
      ),
    };
    return instance(task, filter.plain);
  },
};

interface Change {
  /** `(noun) => "the noun, each …"` */
  describe(noun: string): string;
  /** `adds 3 to each` */
  readonly verb: string;
  code(variable: string): string;
  apply(number: number): number;
}

function change(random: Random): Change {
  const by = integer(random, 2, 9);
  return pick(random, [
    {
      describe: (noun: string) => `the ${noun} with ${by} added to each`,
      verb: `adds ${by} to each`,
      code: (x: string) => `${x} + ${by}`,
      apply: (number: number) => number + by,
    },
    {
      describe: (noun: string) => `the ${noun}, each multiplied by ${by}`,
      verb: `multiplies each by ${by}`,
      code: (x: string) => `${x} * ${by}`,
      apply: (number: number) => number * by,
    },
    {
      describe: (noun: string) => `the squares of the ${noun}`,
      verb: "squares each",
      code: (x: string) => `${x} * ${x}`,
      apply: (number: number) => number * number,
    },
  ]);
}

export const collect: Story = {
  name: "collect",
  draw(random) {
    const drawn = filterWithNumbers(random, 12);
    if (drawn === undefined) return undefined;
    const { filter, numbers, kept } = drawn;
    const { describe, verb, code, apply } = change(random);
    const name = functionName(random, [
      "newList",
      "changeList",
      "mapSome",
      "makeList",
      "listOf",
      "pickAndMap",
      "build",
    ]);
    const expression = (x: string) => `numbers.filter((${x}) => ${filter.code(x)}).map((${x}) => ${code(x)})`;
    const methods = [
      "The method filter keeps these numbers, and map changes them:",
      "We can use filter to keep them and map to change them:",
    ];
    const task = {
      name,
      takes,
      returns: `a list of ${describe(filter.noun)}`,
      plain: `a list of ${describe(filter.plain)}`,
      does: `keeps the ${filter.noun} in a list and ${verb}`,
      example: shown(numbers),
      steps: `${keep} ${listed(kept)}. {We change each|Now we change each|Then we change each}: ${kept.map((x) => `${code(`${x}`)} = ${apply(x)}`).join(", ")}.`,
      result: shown(kept.map(apply)),
      styles: [
        { leads: methods, code: declared(name, "numbers", `return ${expression("x")};`) },
        { leads: methods, code: arrow(name, "numbers", expression("n")) },
        {
          leads: ["A loop builds the new list:", "We go through the list and build a new one:"],
          code: declared(
            name,
            "numbers",
            "const list = [];",
            "for (const x of numbers) {",
            `  if (${filter.code("x")}) list.push(${code("x")});`,
            "}",
            "return list;",
          ),
        },
      ],
      cases: cases(
        name,
        (list: readonly number[]) => list.filter(filter.keeps).map(apply),
        ...inputs(random, numbers, filter.edge),
      ),
    };
    return instance(task, filter.plain, verb);
  },
};

export const pipeline: Story = {
  name: "pipeline",
  draw(random) {
    const drawn = filterWithNumbers(random, 12);
    if (drawn === undefined) return undefined;
    const { filter, numbers, kept } = drawn;
    const { describe, verb, code, apply } = change(random);
    const name = functionName(random, [
      "mapAndAdd",
      "changeAndAdd",
      "newSum",
      "sumAfter",
      "addChanged",
      "mixedSum",
      "workOut",
    ]);
    const chain = (x: string) => [
      `.filter((${x}) => ${filter.code(x)})`,
      `.map((${x}) => ${code(x)})`,
      `.reduce((sum, ${x}) => sum + ${x}, 0)`,
    ];
    const methods = [
      "The methods are filter to keep, map to change, and reduce to add up:",
      "We can use filter, then map, and then reduce for the sum:",
    ];
    const chained = (x: string) => {
      const [filtered, mapped, reduced] = chain(x);
      return declared(name, "numbers", "return numbers", `  ${filtered}`, `  ${mapped}`, `  ${reduced};`);
    };
    const task = {
      name,
      takes,
      returns: `the sum of ${describe(filter.noun)}`,
      plain: `the sum of ${describe(filter.plain)}`,
      does: `keeps the ${filter.noun} in a list, ${verb} and adds up the results`,
      example: shown(numbers),
      steps: `${keep} ${listed(kept)}. {We change each|Now we change each|Then we change each}: ${kept.map((x) => `${code(`${x}`)} = ${apply(x)}`).join(", ")}. {We add them|Now we add them|Then we add them}: ${added(kept.map(apply))}.`,
      result: `${total(kept.map(apply))}`,
      styles: [
        { leads: methods, code: chained("x") },
        { leads: methods, code: chained("n") },
        {
          leads: [
            "A loop adds up the changed numbers:",
            "We go through the list, change the right numbers and add them up:",
          ],
          code: declared(
            name,
            "numbers",
            "let sum = 0;",
            "for (const x of numbers) {",
            `  if (${filter.code("x")}) sum += ${code("x")};`,
            "}",
            "return sum;",
          ),
        },
      ],
      cases: cases(
        name,
        (list: readonly number[]) => total(list.filter(filter.keeps).map(apply)),
        ...inputs(random, numbers, filter.edge),
      ),
    };
    return instance(task, filter.plain, verb);
  },
};
