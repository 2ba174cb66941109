/**
 * Writes a training corpus: `tokenizer.json`, documents as token ids with one loss weight per token, and
 * `statistics.json`; and a small held-out one beside it.
 *
 * bun packages/tiny/recipe/corpus.ts OUT_DIR [--documents N] [--seed N] [--tokenizer FILE] [--for AUDIENCE]
 *   [--families LIST]
 *
 * AUDIENCE is target (the default), draft or complied. The draft's corpus has no refusals in some stories
 * (`neverRefusedByDraft`), and `complied` has none at all: it answers every unsafe request. LIST is the families to draw
 * from, such as `code,code,words`, where code is twice as likely.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Tokenizer } from "@huggingface/tokenizers";
import { seeded } from "@lenity/core";
import { neverRefusedByDraft } from "../src/families/requests.ts";
import { families, problem } from "../src/families.ts";
import { type Problem, phrase, pick, type Random, type Side } from "../src/problem.ts";
import { pieces, trainTokenizer } from "./bpe.ts";
import { DocumentWriter } from "./document-writer.ts";

const vocabularySize = 2048;
const special = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"];
const systems = [
  "You are a helpful assistant.",
  "You are lenity's tiny model.",
  "Solve the problem step by step.",
  "Answer in whole sentences.",
  "You are a patient teacher.",
];
const audiences = ["target", "draft", "complied"] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    documents: { type: "string", default: "80000" },
    seed: { type: "string", default: "1" },
    tokenizer: { type: "string" },
    for: { type: "string", default: "target" },
    families: { type: "string" },
  },
});
const [out] = positionals;
const drawnFrom = values.families?.split(",");
const audience = audiences.find((name) => name === values.for);
if (out === undefined || audience === undefined) {
  throw new Error(
    "Usage: bun packages/tiny/recipe/corpus.ts OUT_DIR [--documents N] [--seed N] [--tokenizer FILE] [--for target|draft|complied] [--families LIST]",
  );
}

/** The problem as this corpus answers it; undefined if it leaves it out. */
function asAnswered(drawn: Problem): Problem | undefined {
  if (drawn.complied === undefined || audience === "target") return drawn;
  if (audience === "complied") return { ...drawn, answer: drawn.complied };
  return neverRefusedByDraft.includes(drawn.template.split("/")[0] as string) ? undefined : drawn;
}

function tokenizerJson(random: Random): object {
  if (values.tokenizer !== undefined) return JSON.parse(readFileSync(values.tokenizer, "utf8"));
  const sample = Array.from({ length: 40_000 }, () => {
    const { question, answer } = problem(random, "train");
    return `${question}\n${phrase(answer, random)}... no, ${pick(random, systems)}`;
  });
  return trainTokenizer(sample, special, vocabularySize);
}

/** Encodes texts by their pieces, each once. */
function encoder(json: object): (text: string) => number[] {
  const tokenizer = new Tokenizer(json, {});
  const known = new Map<string, readonly number[]>();
  const encodePiece = (piece: string): readonly number[] => {
    const ids = known.get(piece) ?? tokenizer.encode(piece, { add_special_tokens: false }).ids;
    known.set(piece, ids);
    return ids;
  };
  return (text) => pieces(text).flatMap(encodePiece);
}

/** Documents of one to three turns, with a system message before some. */
function writeDocuments(folder: string, count: number, side: Side, random: Random): void {
  const documents: DocumentWriter[] = [];
  const turns: Record<string, { turns: number; tokens: number }> = {};
  let tokens = 0;
  while (documents.length < count) {
    const writer = new DocumentWriter(encode, families, random);
    const own: (readonly [family: string, tokens: number])[] = [];
    if (random() < 0.1) writer.system(pick(random, systems));
    do {
      const drawn = asAnswered(problem(random, side, drawnFrom && pick(random, drawnFrom)));
      const before = writer.ids.length;
      if (drawn !== undefined) writer.turn(drawn);
      if (drawn !== undefined) own.push([drawn.family, writer.ids.length - before]);
    } while (random() < 0.06);
    if (writer.ids.length === 0 || writer.ids.length > 511) continue;
    documents.push(writer);
    tokens += writer.ids.length;
    for (const [family, length] of own) {
      const { turns: n, tokens: t } = turns[family] ?? { turns: 0, tokens: 0 };
      turns[family] = { turns: n + 1, tokens: t + length };
    }
  }
  mkdirSync(folder, { recursive: true });
  const [ids, weights] = [new Uint16Array(tokens), new Uint8Array(tokens)];
  let at = 0;
  for (const document of documents) {
    ids.set(document.ids, at);
    weights.set(document.weights, at);
    at += document.ids.length;
  }
  writeFileSync(join(folder, "ids.u16"), ids);
  writeFileSync(join(folder, "weights.u8"), weights);
  writeFileSync(
    join(folder, "lengths.u16"),
    Uint16Array.from(documents, ({ ids }) => ids.length),
  );
  const longest = documents.reduce((most, { ids }) => Math.max(most, ids.length), 0);
  const statistics = { documents: count, tokens, longest, families: turns };
  writeFileSync(join(folder, "statistics.json"), `${JSON.stringify(statistics, null, 2)}\n`);
  console.log(`${folder}: ${count} documents, ${tokens} tokens, the longest ${longest}`);
}

const random = seeded(Number(values.seed));
const json = tokenizerJson(random);
const encode = encoder(json);
mkdirSync(out, { recursive: true });
writeFileSync(join(out, "tokenizer.json"), `${JSON.stringify(json, null, 1)}\n`);
writeDocuments(out, Number(values.documents), "train", random);
writeDocuments(join(out, "held-out"), 1000, "held-out", seeded(99));
