import { markdownTable } from "../../table.ts";
import type { Point } from "../harness/point.ts";
import { claim, list, points, pValue, withInterval } from "../page/markdown.ts";
import type { TemperatureReport } from "./report.ts";

export function temperatureSection(report: TemperatureReport, plot: (name: string, alt: string) => string): string {
  const { problems, draftTokens } = report;
  return `Rules that sample, at temperatures 0, 0.5 and 1: one answer to each of ${problems.count} held-out problems
(seed ${problems.seed}), blocks of ${draftTokens} tokens.

${plot("", "Right answers and tokens per pass of each rule at each temperature")}

${claims(report).join(" ")}

${table(report)}

*Baseline* is plain decoding of the target at the same temperature, with draws only from the tokens that the rule may
accept (decoded with strict verification, which has the same law).

**The ledger.** It bounds KL(P‖Π) of whole answers by its budget. The divergence can be measured on answers of the
target: the mean log-ratio of what target and ledger give them, with its 95 % interval.

${plot("ledger", "Measured divergence of answers against the ledger's budget")}

${ledgerClaims(report).join(" ")}

${ledgerTable(report)}

**What a tiny pair cannot show.** How creative answers change: these problems have right answers, and a rule that
always writes the same one would look perfect here.`;
}

const loses = ({ against }: Point): boolean =>
  against !== undefined && against.lost > against.gained && against.p < 0.05;

function claims({ temperatures }: TemperatureReport): string[] {
  return [
    `Strict verification has ${list(temperatures.map(({ temperature, strict }) => `${withInterval(strict)} right at temperature ${temperature}`))}.`,
    ...temperatures.slice(1).map(({ temperature, rules }) => {
      const lossy = rules.filter(({ rule }) => rule !== "block");
      const worse = lossy.filter(({ point }) => loses(point)).map(({ rule }) => rule);
      const gained = lossy.filter(
        ({ point }) =>
          point.against !== undefined && point.against.gained > point.against.lost && point.against.p < 0.05,
      );
      return `At temperature ${temperature} ${worse.length === 0 ? "no rule loses" : `${list(worse)} ${worse.length === 1 ? "loses" : "lose"}`} right answers that the test finds${gained.length === 0 ? "" : `, and ${list(gained.map(({ rule }) => rule))} even ${gained.length === 1 ? "gains" : "gain"} some, because accepting only probable tokens is a truncation`}.`;
    }),
    ...baselineClaim(temperatures.at(-1)),
  ];
}

/** What looks like a gain of a rule is one only beside plain decoding with the same truncation. */
function baselineClaim(at: TemperatureReport["temperatures"][number] | undefined): string[] {
  const pairs =
    at?.rules.flatMap(({ rule, point, baseline }) => (baseline === undefined ? [] : [{ rule, point, baseline }])) ?? [];
  if (pairs.length === 0) return [];
  const below = pairs.filter(({ point, baseline }) => point.right < baseline.right);
  return [
    claim(
      below.length > 0,
      `Beside their baselines at temperature ${at?.temperature}, ${list(below.map(({ rule, point, baseline }) => `${rule} (${points(point.right - baseline.right)} points)`))} ${below.length === 1 ? "is" : "are"} worse than plain decoding with the same tokens.`,
      `No rule is worse than its baseline at temperature ${at?.temperature}.`,
    ),
  ];
}

function table({ temperatures }: TemperatureReport): string {
  const head = ["T", "rule", "tokens / pass", "right", "against strict", "p", "baseline"];
  const body = temperatures.flatMap(({ temperature, strict, rules }) => [
    [String(temperature), "strict", strict.tokensPerPass.toFixed(2), withInterval(strict), "", "", ""],
    ...rules.map(({ rule, point, baseline }) => {
      const { gained, lost, p } = point.against ?? { gained: 0, lost: 0, p: 1 };
      return [
        ...[String(temperature), rule, point.tokensPerPass.toFixed(2), withInterval(point)],
        ...[`+${gained} −${lost}`, pValue(p), baseline === undefined ? "–" : withInterval(baseline)],
      ];
    }),
  ]);
  return markdownTable(head, body, 2);
}

function ledgerClaims({ ledger }: TemperatureReport): string[] {
  const bounded = ledger.flatMap(({ budget, ...rest }) => (budget === undefined ? [] : [{ ...rest, budget }]));
  const broken = bounded.filter(({ budget, most, interval: [low] }) => most > budget + 1e-6 || low > budget);
  const open = ledger.filter(({ budget }) => budget === undefined);
  return [
    claim(
      broken.length === 0,
      `The bound holds in all ${bounded.length} cases, and no answer is charged more than the budget.`,
      `The bound is broken in ${broken.length} of ${bounded.length} cases.`,
    ),
    ...open.map(
      ({ temperature, divergence, spent, most }) =>
        `Without a ledger the same gate gives ${divergence.toFixed(2)} nats per answer at temperature ${temperature} (${spent.toFixed(2)} would be charged, at most ${most.toFixed(2)}).`,
    ),
  ];
}

function ledgerTable({ ledger }: TemperatureReport): string {
  const head = ["T", "budget", "divergence (95 %)", "charged, mean", "charged, most"];
  const body = ledger.map(({ temperature, budget, divergence, interval, spent, most }) => [
    ...[String(temperature), budget === undefined ? "none" : String(budget)],
    `${divergence.toFixed(3)} (${interval.map((end) => end.toFixed(3)).join(" – ")})`,
    ...[spent.toFixed(3), most.toFixed(3)],
  ]);
  return `Nats per answer:\n\n${markdownTable(head, body)}`;
}
