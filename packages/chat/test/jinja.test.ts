/** Templates of our own that use what real ones use. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { globals } from "../src/jinja/globals.ts";
import { parseTemplate } from "../src/jinja/template.ts";
import { cases, variables } from "./jinja-cases.ts";

const render = (source: string): string => parseTemplate(source).render(globals(), variables);

describe("a template gives what Jinja2 gives:", () => {
  for (const [source, text] of Object.entries(cases))
    test(JSON.stringify(source), () => assert.equal(render(source), text));
});

describe("a template that cannot be rendered tells the line and what is missing:", () => {
  const lines = (...all: readonly string[]) => all.join("\n");
  const faults: Readonly<Record<string, RegExp>> = {
    [lines("a", "{{ text | nonsense }}")]:
      /^line 2: the filter "nonsense" does not work on a string \(.*nonsense.*\)\.$/,
    [lines("{# {{", "%} #}", "{% if yes %}", "  {{ '}}' }}{{ tool | wordwrap(3) }}", "{% endif %}")]:
      /^line 4: the filter "wordwrap" does not work on a mapping/,
    [lines("{{- text", "}}", "{%- set x = cycler(1) %}")]: /^line 3: there is no function "cycler"\.$/,
    [lines("{% for n in names -%}", "", "{{ n.swapcase() }}", "{% endfor %}")]:
      /^line 3: a string has no method "swapcase"\.$/,
    [lines("{% if not yes %}", "a", "{% elif none_here is weird %}", "b", "{% endif %}")]:
      /^line 3: there is no test "weird"\.$/,
    [lines("{% if not yes %}", "{% else %}", "{% for x in none_here %}", "{% endfor %}{% endif %}")]:
      /^line 3: it is not possible to loop over none\.$/,
    [lines("{% macro f() %}", "{{ names + 1 }}", "{% endmacro %}", "{{ f() }}")]:
      /^line 2: .*between ArrayValue and IntegerValue/,
    [lines("{% set x %}", "{{ 1 }}", "{% endset %}", "{% generation %}", "{{ x.y.z() }}", "{% endgeneration %}")]:
      /^line 5: an undefined value has no method "z"\.$/,
    [lines("a\r", "b\r", "{{ dict(1) }}")]: /^line 3: dict\(\) expects a mapping or pairs; given a number\.$/,
    // What is not Jinja, as soon as it is read.
    [lines("a", "{% nonsense %}")]: /^line 2: .*nonsense/,
    [lines("{{ 1 }}", "{% if yes %}", "{{ 2 }}")]: /^line 3: it ends before its last block is closed\.$/,
    [lines("{{ 1 }}", "{{ 'open }}", "x")]: /^line 2: /,
    [lines("{{ 1 }}", "", "{% set x = 1 ? 2 %}", "{{ 2 }}")]: /^line 3: .*\?/,
    [lines("{{ 1 }}", "{% for x in %}{% endfor %}", "{{ 2 }}")]: /^line 2: /,
  };
  for (const [source, message] of Object.entries(faults)) {
    test(JSON.stringify(source), () => assert.throws(() => render(source), { message }));
  }

  test("and what it raises itself comes in its own words", () => {
    assert.throws(() => render("\n{{ raise_exception('Not like this.') }}"), {
      name: "Error",
      message: "Not like this.",
    });
  });
});

test("loops are left and gone on with in tags that have lines of their own", () => {
  const goOn = "{% for n in names %}\n{% if n == 'b' %}\n{% continue %}\n{% endif %}\n{{ n }}\n{% endfor %}";
  const leave = "{% for n in names %}\n{% if n == 'a' %}\n{% break %}\n{% endif %}\n{{ n }}\n{% endfor %}";
  assert.equal(render(`${goOn}|${leave}`), "a\n|b\n");
});
