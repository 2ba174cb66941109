import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Limits, runFunction } from "@lenity/tiny/check";

/** The error of the call `f()`, or undefined if it gave a value. */
async function errorOf(code: string, limits?: Limits): Promise<string | undefined> {
  const [outcome = assert.fail("There is no outcome.")] = await runFunction(code, ["f()"], limits);
  return "error" in outcome ? outcome.error : undefined;
}
const milliseconds = 200;

test("a function gives the JSON value of each call, in order", async () => {
  const code = 'const f = (x) => ({ twice: x * 2, list: [x, null, -0], text: "<" + x + ">", yes: true });';
  assert.deepEqual(await runFunction(code, ["f(1)", "f(-2)"]), [
    { value: { twice: 2, list: [1, null, 0], text: "<1>", yes: true } },
    { value: { twice: -4, list: [-2, null, 0], text: "<-2>", yes: true } },
  ]);
});

test("a call that fails leaves the other calls alone", async () => {
  const outcomes = await runFunction("function f(x) { if (x > 1) throw new Error('no'); return x; }", [
    "f(1)",
    "f(2)",
    "g(1)",
    "f(0)",
  ]);
  assert.deepEqual(outcomes, [
    { value: 1 },
    { error: "Error: no" },
    { error: "ReferenceError: 'g' is not defined" },
    { value: 0 },
  ]);
});

test("every run has a fresh context", async () => {
  await runFunction("globalThis.left = 1; Array.prototype.left = 2; const f = () => 1;", ["f()"]);
  assert.deepEqual(await runFunction("const f = () => [typeof left, typeof [].left];", ["f()"]), [
    { value: ["undefined", "undefined"] },
  ]);
});

test("the code sees nothing of the program around it", async () => {
  const names = ["process", "require", "fetch", "Bun", "Deno", "performance", "setTimeout", "WebAssembly"];
  const [outcome] = await runFunction(`const f = () => [${names.map((name) => `typeof ${name}`)}];`, ["f()"]);
  assert.deepEqual(outcome, { value: names.map(() => "undefined") });
});

describe("an error, and never a hang, is the outcome of", () => {
  const loops = {
    "an endless loop": "function f() { for (;;); }",
    "an endless loop outside the function": "for (;;); function f() {}",
    "an endless loop that catches everything": "function f() { for (;;) try { for (;;); } catch {} }",
    "an endless loop in a getter of the value": "const f = () => ({ get x() { for (;;); } });",
    "an endless loop in what is thrown": "const f = () => { throw { get name() { for (;;); } }; };",
    "a regular expression that tries everything": "const f = () => /(a+)+$/.test('a'.repeat(60) + 'b');",
    "an endless loop inside the engine": "const f = () => [].indexOf.call({ length: 2 ** 53 - 1 }, 1);",
  };
  for (const [name, code] of Object.entries(loops)) {
    test(name, async () => {
      const start = performance.now();
      assert.equal(await errorOf(code, { milliseconds }), "The code ran for more than 200 ms.");
      assert.ok(performance.now() - start < 20_000);
    });
  }

  test("a memory bomb", async () => {
    const code = "function f() { const all = []; for (;;) all.push({}); }";
    assert.equal(await errorOf(code, { memory: 2 ** 22, milliseconds: 20_000 }), "InternalError: out of memory");
    assert.match((await errorOf("function f() { let x = 'x'; for (;;) x += x; }")) ?? "", /string too long|memory/);
    assert.ok(
      await errorOf("const f = () => { for (const a = []; ; ) a.push(new Uint8Array(1e7)); };", { milliseconds }),
    );
  });

  test("deep recursion, in a function, in the value and in the text of the code", async () => {
    assert.match((await errorOf("function f() { return f() + 1; }")) ?? "", /stack overflow/);
    assert.match((await errorOf("const f = () => { const o = {}; o.o = o; return o; };")) ?? "", /not JSON/);
    assert.ok(await errorOf("[".repeat(100_000)));
    assert.ok(await errorOf("const f = () => JSON.parse('['.repeat(1e6));"));
  });

  test("a syntax error, a throw of any value, and a missing function", async () => {
    assert.match((await errorOf("function f( {")) ?? "", /^SyntaxError/);
    assert.equal(await errorOf("const f = () => { throw 'text'; };"), "text");
    assert.equal(await errorOf("const f = () => { throw Symbol(); };"), "Something was thrown.");
    assert.match((await errorOf("function g() {}")) ?? "", /^ReferenceError/);
  });

  test("a value that is not JSON", async () => {
    for (const value of ["undefined", "NaN", "Infinity", "1n", "f", "Symbol()", "[undefined]", "{ x: f }"]) {
      assert.equal(await errorOf(`const f = () => (${value});`), "The value of the call is not JSON.", value);
    }
  });
});

test("a script that breaks the engine does not harm the next", async () => {
  for (const code of ["[".repeat(100_000), "const f = () => [].indexOf.call({ length: 2 ** 53 - 1 }, 1);"]) {
    assert.ok(await errorOf(code, { milliseconds }));
    assert.deepEqual(await runFunction("const f = () => 5;", ["f()"]), [{ value: 5 }]);
  }
});

test("changed globals and prototypes do not change what a value is", async () => {
  const code = `
    JSON.stringify = () => "27"; JSON.parse = () => 27; globalThis.JSON = {}; globalThis.Array = {};
    Array.isArray = () => false; Object.keys = () => []; String = () => "27";
    for (const made of [[], {}, "", 1, true]) made.constructor.prototype.toJSON = () => 27;
    Number.prototype.valueOf = Number.prototype.toString = () => 27;
    Object.prototype.toString = () => "27";
    Object.defineProperty(Object.prototype, "0", { get: () => 27, set() {} });
    const f = () => [1, { a: "b" }, [2]];
  `;
  assert.deepEqual(await runFunction(code, ["f()"]), [{ value: [1, { a: "b" }, [2]] }]);
});

test("runs that are started together each get their own outcomes", async () => {
  const runs = Array.from({ length: 20 }, (_, i) => runFunction(`const f = () => ${i};`, ["f()"]));
  assert.deepEqual(
    (await Promise.all(runs)).map(([outcome]) => outcome),
    Array.from({ length: 20 }, (_, value) => ({ value })),
  );
});
