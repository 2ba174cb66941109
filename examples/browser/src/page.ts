/** The page: sends questions to its worker and shows the results. */
import { problem } from "@lenity/tiny";
import { answerCard, type Card } from "./card.ts";
import type { Choice, Order, Report } from "./messages.ts";

const element = <Name extends keyof HTMLElementTagNameMap>(id: string, name: Name): HTMLElementTagNameMap[Name] => {
  const found = document.getElementById(id);
  if (found === null || found.localName !== name) throw new Error(`The page has no <${name} id="${id}">.`);
  return found as HTMLElementTagNameMap[Name];
};
const form = element("form", "form");
const question = element("question", "textarea");
const policy = element("policy", "select");
const summary = element("summary", "p");
const draftTokens = element("draft-tokens", "input");
const ask = element("ask", "button");
const stop = element("stop", "button");
const another = element("another", "button");
const loading = element("loading", "div");
const progress = element("progress", "progress");
const state = element("state", "span");
const facts = element("facts", "span");
const failure = element("failure", "p");
const answers = element("answers", "section");

const worker = new Worker(new URL(`./worker.js${window.location.search}`, import.meta.url), { type: "module" });
const order = (message: Order): void => worker.postMessage(message);
let choices: readonly Choice[] = [];
/** The answer in progress. */
let current: Card | undefined;

worker.addEventListener("message", ({ data }: MessageEvent<Report>) => {
  if (data.type === "progress") showProgress(data.loaded, data.total);
  else if (data.type === "ready") showReady(data);
  else if (data.type === "tokens") current?.add(data.pieces);
  else if (data.type === "done") end((card) => card.finish(data.figures));
  else if (data.type === "stopped") end((card) => card.stop());
  else fail(data.message, data.missing);
});
worker.addEventListener("error", (event) =>
  fail(event.message || "The worker's script could not be loaded. Build the page again."),
);

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const asked = question.value.trim();
  if (asked === "") return question.focus();
  begin(asked);
  order({ type: "ask", question: asked, policy: policy.value, draftTokens: Number(draftTokens.value) });
});
stop.addEventListener("click", () => order({ type: "stop" }));
another.addEventListener("click", () => {
  question.value = problem(Math.random, "held-out").question;
});
policy.addEventListener("change", showChoice);
question.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || ask.disabled) return;
  event.preventDefault();
  form.requestSubmit();
});

function showProgress(loaded: number, total: number): void {
  progress.max = total;
  progress.value = loaded;
  state.textContent = `Loading the models: ${megabytes(loaded)} of ${megabytes(total)} MB`;
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

function showReady(ready: Extract<Report, { type: "ready" }>): void {
  choices = ready.choices;
  policy.replaceChildren(...choices.map(({ name }) => new Option(name, name)));
  policy.value = "judi";
  showChoice();
  loading.hidden = true;
  state.textContent = "Ready.";
  facts.textContent = `${ready.runsOn}; ${ready.exact ? "strict decoding is exact to the bit" : "strict decoding may differ in the last digits"}.`;
  ask.disabled = policy.disabled = false;
}

function showChoice(): void {
  const choice = choices.find(({ name }) => name === policy.value);
  if (choice === undefined) return;
  summary.textContent = choice.summary;
  draftTokens.disabled = choice.draftTokens === 0;
  if (choice.draftTokens > 0) draftTokens.value = String(choice.draftTokens);
}

/** Adds an empty answer above the others and scrolls to it. */
function begin(asked: string): void {
  failure.hidden = true;
  current = answerCard(
    policy.value === "plain" ? "plain" : `${policy.value}, up to ${draftTokens.value} drafted tokens`,
    asked,
  );
  answers.prepend(current.element);
  current.element.scrollIntoView({ block: "nearest" });
  state.textContent = "Answering…";
  ask.disabled = true;
  stop.disabled = false;
}

function end(finish: (card: Card) => void): void {
  if (current !== undefined) finish(current);
  current = undefined;
  state.textContent = "Ready.";
  ask.disabled = false;
  stop.disabled = true;
}

/** Shows a failure in the answer in progress, or else in the page's status. */
function fail(message: string, missing = false): void {
  if (current !== undefined) {
    end((card) => card.fail(message));
    return;
  }
  loading.hidden = true;
  if (choices.length === 0) state.textContent = missing ? "The models are missing." : "The models could not be loaded.";
  failure.textContent = message;
  failure.hidden = false;
}
