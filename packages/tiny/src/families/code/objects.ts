/** Lists of objects: people with name and age, goods with price and count. */
import { names as everyone, goods } from "../../lexicon.ts";
import { integer, pick, type Story, several } from "../../problem.ts";
import { listed } from "../join.ts";
import { added, arrow, cases, declared, functionName, instance, shown } from "./task.ts";

interface Person {
  readonly name: string;
  readonly age: number;
}

const comparisons = [
  {
    noun: "people {older than|over}",
    plain: "people older than",
    sign: ">",
    test: (a: number, b: number) => a > b,
  },
  {
    noun: "people {younger than|under}",
    plain: "people younger than",
    sign: "<",
    test: (a: number, b: number) => a < b,
  },
  {
    noun: "people who are at least",
    plain: "people who are at least",
    sign: ">=",
    test: (a: number, b: number) => a >= b,
  },
];

interface Ending {
  readonly names: readonly string[];
  returns(noun: string): string;
  does(noun: string): string;
  steps(kept: readonly Person[]): string;
  /** What follows `.filter(…)`. */
  code(person: string): string;
  readonly lead: string;
  solve(kept: readonly Person[]): unknown;
}

const endings: readonly Ending[] = [
  {
    names: ["namesOf", "getNames", "findPeople", "pickNames", "whoIs"],
    returns: (noun) => `a list of the names of the ${noun}`,
    does: (noun) => `finds the names of the ${noun} in a list of people with name and age`,
    steps: () => "We {need|want} the names only.",
    code: (x) => `.map((${x}) => ${x}.name)`,
    lead: "We use filter to keep these people and map to get the names",
    solve: (kept) => kept.map(({ name }) => name),
  },
  {
    names: ["countPeople", "howMany", "peopleCount", "countAges", "headCount"],
    returns: (noun) => `the count of ${noun}`,
    does: (noun) => `counts the ${noun} in a list of people with name and age`,
    steps: (kept) => `{This makes|These are|That is} ${kept.length} people.`,
    code: () => ".length",
    lead: "We use filter to keep these people and length to count them",
    solve: (kept) => kept.length,
  },
  {
    names: ["nameLine", "joinNames", "nameText", "listNames", "callPeople"],
    returns: (noun) => `the names of the ${noun}, joined with "+"`,
    does: (noun) => `joins the names of the ${noun} in a list of people with name and age with "+"`,
    steps: () => '{We put|Then we put|Now we put} "+" between {them|the names}.',
    code: (x) => `.map((${x}) => ${x}.name).join("+")`,
    lead: "We use filter to keep these people, map to get the names and join for the text",
    solve: (kept) => kept.map(({ name }) => name).join("+"),
  },
  {
    names: ["sumOfAges", "addAges", "allYears", "ageSum", "totalAge"],
    returns: (noun) => `the sum of the ages of the ${noun}`,
    does: (noun) => `adds up the ages of the ${noun} in a list of people with name and age`,
    steps: (kept) =>
      `{We add the ages|Now we add the ages|Then we add the ages}: ${added(kept.map(({ age }) => age))}.`,
    code: (x) => `.reduce((sum, ${x}) => sum + ${x}.age, 0)`,
    lead: "We use filter to keep these people and reduce to add up the ages",
    solve: (kept) => kept.reduce((sum, { age }) => sum + age, 0),
  },
];

export const people: Story = {
  name: "people",
  draw(random) {
    const list = several(random, everyone, 3).map((name) => ({ name, age: integer(random, 6, 80) }));
    const { noun, plain, sign, test } = pick(random, comparisons);
    const limit = integer(random, 10, 70);
    const keeps = ({ age }: Person) => test(age, limit);
    const kept = list.filter(keeps);
    if (kept.length !== 2) return undefined;
    const { names, returns, does, steps, code, lead, solve } = pick(random, endings);
    const name = functionName(random, names);
    const expression = (x: string) => `people.filter((${x}) => ${x}.age ${sign} ${limit})${code(x)}`;
    const leads = [`${lead}:`, `${lead}. Here is the code:`];
    const result = solve(kept);
    const task = {
      name,
      takes: "a list of people with name and age",
      returns: returns(`${noun} ${limit}`),
      plain: returns(`${plain} ${limit}`),
      does: does(`${noun} ${limit}`),
      example: listed(list.map((person) => `${person.name} (${person.age})`)),
      steps: `{we keep|it keeps|we take} ${listed(kept.map((person) => `${person.name} (${person.age})`))}. ${steps(kept)}`,
      result: Array.isArray(result) ? shown(result as string[]) : JSON.stringify(result),
      styles: [
        { leads, code: declared(name, "people", `return ${expression("person")};`) },
        { leads, code: declared(name, "people", `return ${expression("p")};`) },
        { leads, code: arrow(name, "people", expression("p")) },
      ],
      cases: cases(
        name,
        (all: readonly Person[]) => solve(all.filter(keeps)),
        [list],
        [[]],
        [[-1, 0, 1].map((more, at) => ({ name: everyone[at] as string, age: limit + more }))],
        [everyone.slice(0, 5).map((other) => ({ name: other, age: integer(random, 1, 90) }))],
      ),
    };
    return instance(task, plain, limit, returns(""));
  },
};

interface Item {
  readonly name: string;
  readonly price: number;
  readonly count: number;
}

interface Extra {
  readonly noun: string;
  readonly verb: string;
  readonly code: string;
  steps(sum: number): string;
  readonly value: number;
}

const none: Extra = { noun: "", verb: "", code: "", steps: () => "", value: 0 };
const delivery = (cost: number): Extra => ({
  noun: ` plus ${cost} for delivery`,
  verb: ` and adds ${cost} for delivery`,
  code: ` + ${cost}`,
  steps: (sum) => ` {With delivery|With the delivery}{,|} {this is|that is} ${sum} + ${cost} = ${sum + cost}.`,
  value: cost,
});
const coupon = (worth: number): Extra => ({
  noun: ` minus ${worth} for a coupon`,
  verb: ` and subtracts ${worth} for a coupon`,
  code: ` - ${worth}`,
  steps: (sum) => ` {With the coupon|After the coupon}{,|} {this is|that is} ${sum} - ${worth} = ${sum - worth}.`,
  value: -worth,
});

export const totals: Story = {
  name: "totals",
  draw(random) {
    const items: Item[] = several(random, goods, integer(random, 2, 3)).map((name) => ({
      name,
      price: integer(random, 2, 30),
      count: integer(random, 2, 9),
    }));
    const { noun, verb, code, steps, value } = pick(random, [
      none,
      delivery(integer(random, 2, 20)),
      coupon(integer(random, 2, 20)),
    ]);
    const sum = items.reduce((all, { price, count }) => all + price * count, 0);
    if (sum + value <= 0) return undefined;
    const name = functionName(random, [
      "totalPrice",
      "toPay",
      "priceOf",
      "getBill",
      "fullPrice",
      "costOf",
      "checkout",
      "billFor",
    ]);
    const expression = (x: string) => `items.reduce((sum, ${x}) => sum + ${x}.price * ${x}.count, 0)${code}`;
    const each = items.map((item) => `${item.count} * ${item.price} = ${item.count * item.price}`);
    const methods = ["The method reduce adds up price times count:", "We can use reduce to add up price times count:"];
    const task = {
      name,
      takes: "a list of items with price and count",
      returns: `the total price${noun}`,
      plain: `the total price${noun}`,
      does: `finds the total price for a list of items with price and count${verb}`,
      example: listed(items.map((item) => `${item.count} ${item.name}s at ${item.price} coins`)),
      steps: `{we multiply|we multiply first}: ${each.join(", ")}. {We add them|Now we add them|Then we add them}: ${added(items.map(({ price, count }) => price * count))}.${steps(sum)}`,
      result: `${sum + value}`,
      styles: [
        { leads: methods, code: declared(name, "items", `return ${expression("item")};`) },
        { leads: methods, code: arrow(name, "items", expression("x")) },
        {
          leads: ["A loop adds up price times count:", "We go through the list and add up price times count:"],
          code: declared(
            name,
            "items",
            "let sum = 0;",
            "for (const item of items) {",
            "  sum += item.price * item.count;",
            "}",
            `return sum${code};`,
          ),
        },
      ],
      cases: cases(
        name,
        (list: readonly Item[]) => list.reduce((all, { price, count }) => all + price * count, value),
        [items],
        [[]],
        [[{ name: "pen", price: 7, count: 0 }]],
        [
          goods
            .slice(0, 4)
            .map((good) => ({ name: good, price: integer(random, 1, 50), count: integer(random, 1, 9) })),
        ],
      ),
    };
    return instance(task, noun);
  },
};
