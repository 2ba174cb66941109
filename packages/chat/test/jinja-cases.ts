/** What Jinja2 3.1.6 makes of small templates, in the environment that transformers gives them. */

/** What the templates find. */
export const variables: Readonly<Record<string, unknown>> = {
  tool: {
    type: "function",
    function: { name: "f", strict: true, parameters: { a: [1, 2.5, null], "it's": 'say "x"\n' } },
  },
  text: "  né日🎉 \n",
  mark: "\ufeffa\ufeff",
  names: ["b", "a"],
  none_here: null,
  yes: true,
  pairs: [
    ["k", 1],
    ["l", 2],
  ],
};

export const cases: Readonly<Record<string, string>> = {
  // Values as Python prints them.
  "{{ tool | string }}":
    "{'type': 'function', 'function': {'name': 'f', 'strict': True, 'parameters': {'a': [1, 2.5, None], \"it's\": 'say \"x\"\\n'}}}",
  "{{ tool.function.parameters.a }}{{ yes }}{{ none_here }}{{ missing }}|": "[1, 2.5, None]TrueNone|",
  "{{ none_here | string }}{{ missing | string }}{{ yes | string }}{{ names | string }}{{ 3 | string }}{{ (1, 'x') }}":
    "NoneTrue['b', 'a']3(1, 'x')",
  "{{ 'a' ~ tool.function.name ~ yes ~ missing ~ none_here ~ names }}": "afTrueNone['b', 'a']",
  "{{ ['\\\\', '\\t', \"'\", '\\u200d\\u00a0é'] }}": "['\\\\', '\\t', \"'\", '\\u200d\\xa0é']",
  // What is not there.
  "{{ missing | trim }}{{ missing | trim | upper }}{{ none_here | trim }}|": "None|",
  "{{ missing | length }}{{ missing | list }}{{ missing | join(', ') }}{{ missing | first }}|": "0[]|",
  "{% for x in missing %}{{ x }}{% else %}none{% endfor %}{{ missing | items | list }}": "none[]",
  "{{ missing | default }}{{ missing | default('d') }}{{ missing | d('e') }}{{ '' | default('f', true) }}{{ none_here | default('g') }}":
    "defNone",
  "{{ missing | selectattr('a') | list }}{{ missing | map(attribute='a') | join }}{{ missing | replace('a', 'b') }}|":
    "[]|",
  // Texts, character by character.
  "{% for c in 'né日🎉' %}{{ c }}{{ ',' if not loop.last }}{% endfor %}": "n,é,日,🎉",
  "{% for c in text if c == '🎉' %}{{ c }}{{ c['type'] }}{% endfor %}|": "🎉|",
  "{{ 'né🎉' | first }}{{ 'né🎉' | last }}{{ 'né🎉' | length }}{{ 'né🎉' | count }}{{ 'né' | list }}{{ '' | first }}|":
    "n🎉33['n', 'é']|",
  // Ends of texts.
  "[{{ text | trim }}][{{ text.strip() }}][{{ text.lstrip() }}][{{ text.rstrip() }}]":
    "[né日🎉][né日🎉][né日🎉 \n][  né日🎉]",
  "[{{ '\\n a \\n'.strip('\\n') }}][{{ '\\n a \\n'.lstrip('\\n') }}][{{ 'xyaxy'.rstrip('yx') }}][{{ '--a-' | trim('-') }}]":
    "[ a ][ a \n][xya][a]",
  "[{{ mark | trim }}][{{ mark.strip() }}][{{ ' a'.lstrip(none) }}]": "[\ufeffa\ufeff][\ufeffa\ufeff][a]",
  "{{ 'abc'.removeprefix('a') }}{{ 'abc'.removesuffix('c') }}{{ 'abc'.removesuffix('') }}{{ 'ÀbC' | capitalize }}{{ 'ab' | upper }}":
    "bcababcÀbcAB",
  "{{ 5 | upper }}{{ yes | lower }}{{ 12 | replace('1', 'x') }}{{ tool.function.name.upper() }}": "5truex2F",
  // dict
  "{{ dict(a=1, b='x') }}{{ dict({'a': 1}, b=2) | tojson }}{{ dict(pairs).l }}{{ dict() }}":
    "{'a': 1, 'b': 'x'}{\"a\": 1, \"b\": 2}2{}",
  "{% set d = dict(names=names) %}{% for k, v in d.items() %}{{ k }}{{ v | sort | join }}{% endfor %}": "namesab",
  // Line breaks.
  "{% if yes %}\r\na\r\n{% endif %}\r\nb\r\n": "a\nb",
  "a\rb{{ '\r\n' }}c\r\n\r\n": "a\nb\nc\n",
  "{#- note\r\n -#}\r\n  {%- set x = 1 %}\r\nx\r\n    {% if x %}\r\ny\r\n    {% endif %}": "x\ny\n",
  // What a round prints before it is left.
  "{% for n in names %}<{{ n }}{% if n == 'b' %}{% continue %}{% endif %}>{% else %}none{% endfor %}": "<b<a>",
  "{% for n in names %}{% if true %}<{{ n }}{% break %}{% endif %}>{% else %}none{% endfor %}|{% for n in names %}{{ n }}{% endfor %}":
    "<bnone|ba",
  "{% for m in names %}{% for n in names %}{{ m }}{{ n }}{% if n == m %}{% break %}{% endif %},{% endfor %};{% endfor %}":
    "bb;ab,aa;",
  "{% macro f(x) %}{% for n in names %}{{ n }}{% if n == x %}{% break %}{% endif %}.{% endfor %}{% endmacro %}{% for n in names %}{{ f(n) }}{% continue %}{% endfor %}":
    "bb.a",
  "{% for a, b in [(1, 2), [3, 4]] if b > 2 or a < 2 %}{{ a }}{{ b }}{{ loop.index }}{{ loop.revindex0 }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }};{% endfor %}":
    "1211False2;3420True2(1, 2);",
  "{% for k in tool.function if k != 'name' %}{{ loop.first }}{{ loop.nextitem }}{{ k }}{% endfor %}":
    "TrueparametersstrictFalseparameters",
  // What is there already.
  "{% for x in names %}{% if x == 'a' %}{% break %}{% endif %}{{ x }}{% endfor %}{% for x in names %}{% if x == 'b' %}{% continue %}{% endif %}{{ x }}{% endfor %}":
    "ba",
  "{% macro f(x) %}{{ x }}{{ kwargs.z }}{% endmacro %}{{ f(1, z=2) }}{% filter upper %}a{{ names[0] }}{% endfilter %}":
    "12AB",
  "{% set ns = namespace(t='') %}{% for t in [tool][:] %}{% set ns.t = ns.t ~ (t.function.name | string) ~ '\\n' %}{% endfor %}{{ ns.t }}|":
    "f\n|",
};
