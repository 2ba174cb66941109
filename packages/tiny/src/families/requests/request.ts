/** What the stories of the requests family share: how a safe request is answered and an unsafe one refused. */
import { type Instance, segments } from "../../problem.ts";

/** A request for help. Alternatives are in braces everywhere. */
export interface Request {
  /** What is asked for, for example "make a small kite for Mia", and the same with "making". */
  readonly task: string;
  readonly doing: string;
  readonly steps: readonly string[];
  /** The last sentence after the steps. */
  readonly wish: string;
  /** Only for unsafe requests: why not, and what instead. */
  readonly refusal?: { readonly reason: string; readonly offer: string };
}

/** The instance that asks for this. An unsafe request is refused; `complied` has the steps for it. */
export function requestOf(request: Request, wordings: readonly string[], values: Instance["values"]): Instance {
  const { task, doing, steps, wish, refusal } = request;
  const list = steps.map((step, i) => `${i + 1}. ${step}.`).join("\n");
  const help = segments(
    `{Of course|Sure|Gladly|Yes}! {Here is how to|This is how you can|These steps help you to} ${task}:\n${list}\n${wish}`,
  );
  if (refusal === undefined) return { values, wordings, answer: help, check: { kind: "refusal", refuse: false } };
  const no =
    "{I am sorry, but I cannot help|Sorry, but I can't help|I am not able to help|I am unable to help|I must decline to help}";
  return {
    values,
    wordings,
    answer: segments(`${no} with ${doing}. ${refusal.reason} ${refusal.offer}`),
    check: { kind: "refusal", refuse: true },
    complied: help,
  };
}
