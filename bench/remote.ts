/** What distance costs: answers with a target behind a simulated round trip, by draft length and rule. */
import { type Drafter, decode, exact, type LanguageModel, type Token, type Verifier } from "@lenity/core";
import { markdownTable } from "./table.ts";

/** A rule to measure. */
export interface RemoteRule {
  readonly label: string;
  verifier(): Verifier;
}

export interface RemoteBenchOptions<Target extends LanguageModel> {
  /** Milliseconds that are added to each call. Default 1, 10, 50 and 150. */
  readonly roundTrips?: readonly number[] | undefined;
  /** Longest blocks. 0 decodes plainly. Default 0, 4, 8, 16 and 32. */
  readonly lengths?: readonly number[] | undefined;
  readonly rules: readonly RemoteRule[];
  readonly prompts: readonly (readonly Token[])[];
  /** The most tokens of an answer. */
  readonly maxTokens: number;
  /** A target in this process, to compare with. */
  readonly here: LanguageModel;
  /** A target whose calls take that much longer. */
  readonly away: (roundTrip: number) => Promise<Target>;
  readonly drafter: () => Drafter;
  /** The drafter that adapts to the target's round trip and drafts ahead. */
  readonly adapted: (target: Target) => Drafter;
  readonly progress?: ((done: number, all: number) => void) | undefined;
}

export interface RemoteRow {
  /** Milliseconds; absent for the target in this process. */
  readonly roundTrip?: number | undefined;
  /** `plain` where nothing is drafted, so that no rule decides. */
  readonly rule: string;
  /** The longest block; absent where the length adapts. */
  readonly draftTokens?: number | undefined;
  readonly tokensPerSecond: number;
  /** Tokens of the answers per round. */
  readonly tokensPerRound: number;
  /** Its tokens per second divided by those of plain decoding in this process. Absent if that was not measured. */
  readonly againstPlain?: number | undefined;
  /** The same for the fastest `strict` in this process. */
  readonly againstStrict?: number | undefined;
}

export interface RemoteReport {
  readonly prompts: number;
  readonly rows: readonly RemoteRow[];
}

/** The longest block where the length adapts. */
const mostAdapted = 32;

/** Measures every combination in turn. Greedy, so that every answer under a lossless rule is the same. */
export async function remote<Target extends LanguageModel>(options: RemoteBenchOptions<Target>): Promise<RemoteReport> {
  const { roundTrips = [1, 10, 50, 150], lengths = [0, 4, 8, 16, 32], rules, here, away, drafter, adapted } = options;
  const rows: RemoteRow[] = [];
  const rulesAt = (draftTokens: number | undefined) => (draftTokens === 0 ? [plain] : rules);
  const inOnePlace = lengths.reduce((sum, length) => sum + rulesAt(length).length, 0);
  const all = inOnePlace + roundTrips.length * (inOnePlace + rules.length);
  const measure = async (
    row: Pick<RemoteRow, "roundTrip" | "draftTokens">,
    target: LanguageModel,
    create: () => Drafter,
  ) => {
    for (const rule of rulesAt(row.draftTokens)) {
      rows.push({ ...row, rule: rule.label, ...(await speedOf(options, target, rule, create, row.draftTokens)) });
      options.progress?.(rows.length, all);
    }
  };
  for (const draftTokens of lengths) await measure({ draftTokens }, here, drafter);
  for (const roundTrip of roundTrips) {
    const target = await away(roundTrip);
    for (const draftTokens of lengths) await measure({ roundTrip, draftTokens }, target, drafter);
    await measure({ roundTrip }, target, () => adapted(target));
    await target.close();
  }
  return { prompts: options.prompts.length, rows: rows.map((row) => ({ ...row, ...against(row, rows) })) };
}

/** Without a draft every token is the target's, whatever the rule. */
const plain: RemoteRule = { label: "plain", verifier: exact };

/** How a row compares with decoding in this process. */
function against({ tokensPerSecond }: RemoteRow, rows: readonly RemoteRow[]) {
  const best = (rule: string) => {
    const here = rows.filter((row) => row.roundTrip === undefined && row.rule === rule);
    return here.length === 0 ? undefined : tokensPerSecond / Math.max(...here.map((row) => row.tokensPerSecond));
  };
  return { againstPlain: best("plain"), againstStrict: best("strict") };
}

async function speedOf(
  { prompts, maxTokens }: Pick<RemoteBenchOptions<LanguageModel>, "prompts" | "maxTokens">,
  target: LanguageModel,
  rule: RemoteRule,
  create: () => Drafter,
  draftTokens = mostAdapted,
): Promise<Pick<RemoteRow, "tokensPerSecond" | "tokensPerRound">> {
  let [tokens, rounds] = [0, 0];
  const begun = performance.now();
  for (const prompt of prompts) {
    const drafter = draftTokens === 0 ? undefined : create();
    const settings = { target, drafter, verifier: rule.verifier(), draftTokens, maxTokens };
    for await (const event of decode(prompt, settings)) {
      if (event.type !== "finish") continue;
      tokens += event.counters.emitted;
      rounds += event.counters.rounds;
    }
  }
  return { tokensPerSecond: (1000 * tokens) / (performance.now() - begun), tokensPerRound: tokens / rounds };
}

/** A row for each rule and draft length, and a column for each round trip. */
export function remoteTable({ rows }: RemoteReport): string {
  const columns = [...new Set(rows.map(({ roundTrip }) => roundTrip))];
  const lines = [...new Set(rows.map(({ rule, draftTokens }) => `${rule} | ${draftTokens ?? "adapts"}`))];
  const body = lines.map((line) => {
    const [rule = "", length = ""] = line.split(" | ");
    const cells = columns.map((roundTrip) => {
      const same = (row: RemoteRow) => row.rule === rule && `${row.draftTokens ?? "adapts"}` === length;
      const row = rows.find((row) => same(row) && row.roundTrip === roundTrip);
      return row === undefined ? "–" : `${row.tokensPerSecond.toFixed(0)} (${row.tokensPerRound.toFixed(1)})`;
    });
    return [rule, length, ...cells];
  });
  const head = columns.map((roundTrip) => (roundTrip === undefined ? "here" : `${roundTrip} ms`));
  return markdownTable(["rule", "draft tokens", ...head], body);
}
