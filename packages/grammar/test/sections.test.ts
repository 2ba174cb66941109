/** Answers in sections: what is free, what is bound, and where one turns into the other. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type CallForm, type Grammar, LenityError, seeded } from "@lenity/core";
import { type AnswerOptions, answerGrammar } from "../src/index.ts";
import { jsonPieces, pieceTokenizer } from "./tokenizers.ts";
import { advanced, legal, randomText } from "./walks.ts";

const tags: CallForm = {
  begin: ["<tool_call>"],
  anywhere: true,
  open: ['\n{"name": "'],
  middle: '", "arguments": ',
  close: "}\n</tool_call>",
  between: '\n<tool_call>\n{"name": "',
  end: "",
  quoted: true,
};
const list: CallForm = { ...tags, begin: ["[CALLS]"], open: [' [{"name": "', '[{"name": "'] };
const listed: CallForm = { ...list, close: "}", between: ', {"name": "', end: "]" };
const first: CallForm = { ...tags, begin: ['{"name": "'], anywhere: false, open: [""], close: "}", between: undefined };

const marks = ["<tool_call>", "</tool_call>", "<think>", "</think>", "[CALLS]"];
const pieces = [...jsonPieces, "<too", "l_call>", '>\n{"', "thi", "nk>", "</", '\n{"name": "', "}\n</", "get", "add"];
/** With a token for each mark, and without. */
const [withMarks, plain] = [
  pieceTokenizer(pieces, [...marks, "<other>"]),
  pieceTokenizer(pieces, ["<other>"]),
] as const;

const functions = [
  {
    name: "add",
    parameters: {
      type: "object",
      properties: { a: { type: "integer" }, b: { type: "integer" } },
      required: ["a", "b"],
    },
    path: "tools[0].function.parameters",
  },
  { name: "address", path: "tools[1].function.parameters" },
];
const calls = (form: CallForm, needed: boolean, several = true) => ({ form, functions, needed, several });
const thinking = (isOpen: boolean) => ({ open: "<think>", close: "</think>", isOpen });

const call = (args: string, name = "add") => `<tool_call>\n{"name": "${name}", "arguments": ${args}}\n</tool_call>`;
const good = call('{"a": 1, "b":2}');

/** Whether a text is an answer, however its tokens are cut. */
function reads(options: AnswerOptions, text: string): boolean {
  const results = [withMarks, plain].flatMap((tokenizer) => {
    const grammar = answerGrammar({ marks, ...options }, tokenizer);
    const state = advanced(grammar, tokenizer.encode(text));
    return [state !== undefined && grammar.accepting(state)];
  });
  assert.equal(results[0], results[1], `with marks ${results[0]}, without ${results[1]}: ${text}`);
  return results[0] as boolean;
}

const check = (options: AnswerOptions, yes: readonly string[], no: readonly string[]) => {
  for (const text of yes) assert.equal(reads(options, text), true, text);
  for (const text of no) assert.equal(reads(options, text), false, text);
};

describe("an answer with calls", () => {
  test("is any text until a call begins, and then calls to its end", () => {
    check(
      { calls: calls(tags, false) },
      [
        "",
        "Hi",
        "a < b",
        "<tool",
        "</tool_call>",
        "<<tool_call",
        good,
        `Sum: ${good}`,
        `<tool${good}`,
        `${good}\n${good}`,
      ],
      [
        "<tool_call>",
        `${good} and so`,
        `x${good}${good}`,
        call('{"a": 1}'),
        call("[]"),
        call("{}", "sub"),
        `${good}\n`,
      ],
    );
  });

  test("may be kept to one call", () => {
    check({ calls: calls(tags, false, false) }, [good, `x ${good}`], [`${good}\n${good}`]);
  });

  test("consists of calls where they are needed", () => {
    check(
      { calls: calls(tags, true) },
      [good, `${good}\n${call('{"x":[{"y":null}]}', "address")}`],
      ["", "Hi", ` ${good}`, `Sum: ${good}`],
    );
  });

  test("may have its calls in a list", () => {
    const item = '{"name": "add", "arguments": {"a":1,"b":2}}';
    check(
      { calls: calls(listed, false) },
      ["Hi", `[CALLS] [${item}]`, `Sum:[CALLS][${item}, ${item}]`],
      ["[CALLS]", `[CALLS] ${item}`, `[CALLS] [${item}`, `[CALLS] [${item}] `, `[CALLS] [${item},${item}]`],
    );
  });

  test("may have marks around names and nothing else", () => {
    const named: CallForm = {
      ...{ begin: ["[CALLS]"], anywhere: true, open: [""], middle: "[ARGS]", close: "" },
      ...{ between: "[CALLS]", end: "", quoted: false },
    };
    const item = '[CALLS]add[ARGS]{"a":1,"b":2}';
    check(
      { calls: calls(named, true) },
      [item, `${item}${item}`],
      ["", "[CALLS]add[ARGS]", `${item}x`, `${item}[CALLS]`],
    );
    check({ calls: calls(named, false, false) }, ["Hi", `Hi${item}`], [`${item}${item}`]);
  });

  test("may begin with its call or be text to its end", () => {
    const item = '{"name": "add", "arguments": {"a":1,"b":2}}';
    check(
      { calls: calls(first, false) },
      ["", "Hi", '{"name', '{"nam": 3}', `So: ${item}`, item, `\n ${item}`, 'So: {"name": "nobody"'],
      ['{"name": "', '{"name": "nobody', `${item} `],
    );
    check({ calls: calls(first, true) }, [item], ["", "Hi", `\n${item}`]);
  });

  test("may be text with a schema instead", () => {
    const schema = { type: "object", properties: { x: { type: "integer" } }, required: ["x"] };
    check(
      { schema, calls: calls(tags, false) },
      ['{"x":1}', good],
      ["", "Hi", '{"x":"1"}', `{"x":1}${good}`, '{"x": 1}'],
    );
    check({ schema, calls: calls(tags, true) }, [good], ['{"x":1}']);
    assert.throws(
      () => answerGrammar({ schema, calls: calls(first, false) }, plain),
      (error) => error instanceof LenityError && error.code === "unsupported" && error.path === "calls",
    );
  });
});

describe("an answer with reasoning", () => {
  const schema = { type: "integer" };

  test("is bound after it, and free before", () => {
    check(
      { schema, reasoning: thinking(true) },
      ["hm</think>12", "</think>\n\n7", `${good}</think>1`, "</thi</think>-1"],
      ["12", "", "hm</think>", "hm</think>x", "hm</think>1 ", `</think>${" ".repeat(3)}1`],
    );
    check(
      { schema, reasoning: thinking(false) },
      ["12", "<think>hm</think>12", "<think>\n\n</think>\n\n12"],
      ["", "hm</think>12", "<think>12", " <think>a</think>1"],
    );
    check(
      { calls: calls(tags, true), reasoning: thinking(false) },
      [good, `<think>I call ${good}</think>\n\n${good}`],
      ["<think>", "<think>x</think>", "<think>x</think>Hi"],
    );
  });

  test("is free where calls may be left out", () => {
    check(
      { calls: calls(tags, false), reasoning: thinking(false) },
      ["", "Hi", "<think>x", `<think>${call("")}</think>Hi`, `x<think>${good}`, `<think>x</think>${good}`],
      [`x<think>${call("")}`, `<think>x</think>${call("")}`],
    );
    check(
      { calls: calls(tags, false), reasoning: thinking(true) },
      ["x", `${call("")}</think>${good}`],
      [`</think>${good}x`],
    );
  });
});

describe("the tokens of an answer", () => {
  const free = answerGrammar({ marks, calls: calls(tags, false), reasoning: thinking(false) }, withMarks);

  test("are all of them in free text, so that tools do not change what is not a call", () => {
    const all = Array.from({ length: withMarks.vocabulary }, (_, token) => token);
    for (const text of ["", "Hi", "<too", "<think>x", "x</think>", "日"]) {
      assert.deepEqual(legal(free, advanced(free, withMarks.encode(text)), withMarks), all, text);
    }
    assert.deepEqual(legal(free, advanced(free, [0xe6, 0xff, 0xc3]), withMarks), all);
  });

  test("begin a call with the mark's own token, or with letters", () => {
    const [mark] = withMarks.encode("<tool_call>");
    const spelled = plain.encode("<tool_call>");
    assert.equal(withMarks.encode("<tool_call>").length, 1);
    for (const tokens of [[mark as number], spelled, withMarks.encode("a<"), withMarks.encode("<tool_call>\n")].slice(
      0,
      2,
    )) {
      const state = advanced(free, tokens);
      assert.equal(free.accepting(state), false);
      assert.deepEqual(
        legal(free, state, withMarks).map((token) => withMarks.decode([token])),
        ["\n", '\n{"name": "'],
      );
    }
  });

  test("may cross the borders of sections", () => {
    const crossing = pieceTokenizer(['a</think>{"', 'call>\n{"na', "}}\n</tool_call>\n<t"], []);
    const grammar = answerGrammar({ calls: calls(tags, true), reasoning: thinking(true) }, crossing);
    assert.equal(legal(grammar, grammar.start, crossing).includes(256), false, "JSON is no call");
    const text = `</think>${call('{"a":1,"b":{}}').replace("{}", "2")}\n${good}`;
    const state = advanced(grammar, crossing.encode(text));
    assert.ok(crossing.encode(text).includes(257) && crossing.encode(text).includes(258));
    assert.equal(grammar.accepting(state), true);
  });

  test("that are special or broken are legal only in free text", () => {
    const state = advanced(free, withMarks.encode('<tool_call>\n{"name": "address", "arguments": {"x": "'));
    const all = legal(free, state, withMarks);
    for (const token of [...(withMarks.added ?? []), 0xff, 0xf8]) assert.equal(all.includes(token), false, `${token}`);
  });

  test("that the grammar forces are the usual ones, marks among them", () => {
    const grammar = answerGrammar({ marks, calls: calls(tags, true) }, withMarks);
    const forced = grammar.forced(grammar.start);
    assert.equal(withMarks.decode(forced), '<tool_call>\n{"name": "add');
    assert.deepEqual(forced, withMarks.encode('<tool_call>\n{"name": "add'));
  });
});

test("random walks reach the end, and what they write is a valid answer", () => {
  const random = seeded(7);
  const cases: readonly AnswerOptions[] = [
    { calls: calls(tags, true) },
    { calls: calls(listed, true) },
    { calls: calls(first, true) },
    { calls: calls(tags, false), schema: { type: "array", items: { type: "boolean" } } },
  ];
  for (const options of cases) {
    for (const tokenizer of [withMarks, plain]) {
      const grammar: Grammar = answerGrammar({ marks, ...options }, tokenizer);
      for (let round = 0; round < 5; round++) {
        const text = randomText(grammar, tokenizer, random, { tokens: 60 });
        for (const [, args] of text.matchAll(/"name": "add", "arguments": (\{.*?\})\}/gs)) {
          const { a, b } = JSON.parse(args as string);
          assert.ok(Number.isInteger(a) && Number.isInteger(b), text);
        }
      }
    }
  }
});

describe("is refused, with the place:", () => {
  const refuse = (parameters: unknown, code: string, path: string) =>
    assert.throws(
      () =>
        answerGrammar(
          {
            calls: {
              ...calls(tags, false),
              functions: [{ name: "f", parameters, path: "tools[2].function.parameters" }],
            },
          },
          plain,
        ),
      (error) => {
        assert.ok(error instanceof LenityError);
        assert.deepEqual([error.code, error.path], [code, `tools[2].function.parameters${path}`]);
        return true;
      },
    );
  test("a schema of arguments that no grammar can follow", () =>
    refuse({ properties: { a: { multipleOf: 2, type: "number" } } }, "unsupported", ".properties.a.multipleOf"));
  test("arguments that are no object", () => refuse({ type: "array" }, "invalid_request", ".type"));
  test("a schema that nothing fulfils", () =>
    refuse({ properties: { a: false }, required: ["a"] }, "invalid_request", ""));
});
