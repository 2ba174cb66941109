/**
 * What stands before a text that is to be continued, as tokenizer.json and tokenizer_config.json say it in their
 * several ways.
 */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { loadTokenizer } from "../src/index.ts";
import { temporaryFolder, writeTexts } from "../src/testing/index.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

const [a, b, bos, eos, sop] = [0, 1, 2, 3, 4];
const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
const sequence = { Sequence: { id: "A", type_id: 0 } };
const template = (...single: readonly object[]) => ({
  type: "TemplateProcessing",
  single,
  pair: [],
  special_tokens: {
    "<s>": { id: "<s>", ids: [bos], tokens: ["<s>"] },
    "</s>": { id: "</s>", ids: [eos], tokens: ["</s>"] },
    "<sop>": { id: "<sop>", ids: [sop], tokens: ["<sop>"] },
  },
});
const byteLevel = { type: "ByteLevel", add_prefix_space: true, trim_offsets: false, use_regex: true };

let written = 0;
/** The tokens of "ab" and of the empty text, for a post-processor and settings. */
async function encoded(processor: object | null, settings?: object): Promise<readonly (readonly number[])[]> {
  const dir = join(folder.path, `${written++}`);
  await writeTexts(dir, ["a", "b"], { [bos]: "<s>", [eos]: "</s>", [sop]: "<sop>" });
  const file = join(dir, "tokenizer.json");
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), post_processor: processor }));
  if (settings !== undefined) await writeFile(join(dir, "tokenizer_config.json"), JSON.stringify(settings));
  const tokenizer = await loadTokenizer(dir);
  assert.deepEqual(tokenizer.encode("ab"), [a, b], "encode itself adds nothing");
  return [tokenizer.encodeText("ab"), tokenizer.encodeText("")];
}

const named = { bos_token: "<s>" };
const cases: Readonly<
  Record<string, readonly [object | null, object | undefined, readonly number[], readonly number[]]>
> = {
  "nothing, where nothing is said": [null, undefined, [], []],
  "nothing, where a BOS is named and not asked for; but an empty text begins with it": [null, named, [], [bos]],
  "what the template of the post-processor has before the text": [
    template(special("<s>"), sequence),
    named,
    [bos],
    [bos],
  ],
  "and not what it has behind it": [
    template(special("<s>"), special("<sop>"), sequence, special("</s>")),
    named,
    [bos, sop],
    [bos, sop],
  ],
  "nothing, where the template has tokens behind the text alone": [
    template(sequence, special("</s>")),
    undefined,
    [],
    [],
  ],
  "what a sequence of post-processors adds": [
    { type: "Sequence", processors: [byteLevel, template(special("<s>"), sequence)] },
    undefined,
    [bos],
    [bos],
  ],
  "what RobertaProcessing adds": [
    { type: "RobertaProcessing", sep: ["</s>", eos], cls: ["<s>", bos], trim_offsets: true, add_prefix_space: true },
    undefined,
    [bos],
    [bos],
  ],
  "a BOS where add_bos_token asks for it": [null, { ...named, add_bos_token: true }, [bos], [bos]],
  "one BOS where both ask for it": [
    template(special("<s>"), sequence),
    { ...named, add_bos_token: true },
    [bos],
    [bos],
  ],
  "no BOS where add_bos_token forbids it": [
    template(special("<s>"), sequence),
    { ...named, add_bos_token: false },
    [],
    [bos],
  ],
  "a BOS that is written as an object": [null, { bos_token: { content: "<s>" }, add_bos_token: true }, [bos], [bos]],
  "nothing, where the BOS is no token": [null, { bos_token: "<none>", add_bos_token: true }, [], []],
};
describe("before a text stands", () => {
  for (const [what, [processor, settings, before, alone]] of Object.entries(cases)) {
    test(what, async () => {
      assert.deepEqual(await encoded(processor, settings), [[...before, a, b], alone]);
    });
  }
});
