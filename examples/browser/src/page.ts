/** The page: asks its worker, and shows what comes back. */
import { wordProblem } from "@lenity/tiny";
import type { Choice, Figures, Kind, Order, Piece, Report } from "./messages.ts";

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
const state = element("state", "p");
const failure = element("failure", "p");
const answers = element("answers", "section");

/** What the legend says of each kind. */
const tells = (kind: Kind): string => document.querySelector(`.legend .${kind}`)?.parentElement?.textContent?.trim() ?? kind;

const worker = new Worker(new URL(`./worker.js${window.location.search}`, import.meta.url), { type: "module" });
const order = (message: Order): void => worker.postMessage(message);
let choices: readonly Choice[] = [];
/** The answer under way. */
let current: { readonly article: HTMLElement; readonly text: HTMLElement } | undefined;

worker.addEventListener("message", ({ data }: MessageEvent<Report>) => {
  if (data.type === "progress") showProgress(data.loaded, data.total);
  else if (data.type === "ready") showReady(data);
  else if (data.type === "tokens") current?.text.append(...data.pieces.map(pieceElement));
  else if (data.type === "done") finish(figuresElement(data.figures));
  else if (data.type === "stopped") finish(noteElement("Stopped."));
  else fail(data.message);
});
worker.addEventListener("error", (event) => fail(event.message || "The worker's script could not be loaded. Build the page again."));

form.addEventListener("submit", (event) => {
  event.preventDefault();
  failure.hidden = true;
  begin();
  order({ type: "ask", question: question.value.trim(), policy: policy.value, draftTokens: Number(draftTokens.value) });
});
stop.addEventListener("click", () => order({ type: "stop" }));
another.addEventListener("click", () => {
  question.value = wordProblem(Math.random, "held-out").question;
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
  state.textContent = `Ready. ${ready.runsOn}; ${ready.exact ? "strict decoding is exact to the bit" : "strict decoding may differ in the last digits"}.`;
  ask.disabled = policy.disabled = false;
}

function showChoice(): void {
  const choice = choices.find(({ name }) => name === policy.value);
  if (choice === undefined) return;
  summary.textContent = choice.summary;
  draftTokens.disabled = choice.draftTokens === 0;
  if (choice.draftTokens > 0) draftTokens.value = String(choice.draftTokens);
}

/** Places an empty answer before the others. */
function begin(): void {
  const article = document.createElement("article");
  article.ariaBusy = "true";
  const heading = document.createElement("h2");
  heading.textContent = policy.value === "plain" ? "plain" : `${policy.value}, up to ${draftTokens.value} drafted tokens`;
  const asked = document.createElement("p");
  asked.className = "asked";
  asked.textContent = question.value.trim();
  const text = document.createElement("p");
  text.className = "answer";
  article.append(heading, asked, text);
  answers.prepend(article);
  current = { article, text };
  ask.disabled = true;
  stop.disabled = false;
}

function finish(last: HTMLElement): void {
  current?.article.append(last);
  if (current !== undefined) current.article.ariaBusy = "false";
  current = undefined;
  ask.disabled = choices.length === 0;
  stop.disabled = true;
}

function fail(message: string): void {
  loading.hidden = true;
  if (choices.length === 0) state.textContent = "The models are not there.";
  failure.textContent = message;
  failure.hidden = false;
  finish(noteElement("No answer."));
}

function pieceElement({ text, kind, by }: Piece): HTMLElement {
  const span = document.createElement("span");
  span.className = kind;
  span.textContent = text;
  span.title = by === undefined ? tells(kind) : `${tells(kind)} (${by})`;
  return span;
}

function noteElement(text: string): HTMLElement {
  const note = document.createElement("p");
  note.className = "note";
  note.textContent = text;
  return note;
}

function figuresElement({ tokens, passes, drafted, accepted, relaxed, seconds, cutOff }: Figures): HTMLElement {
  const list = document.createElement("dl");
  const add = (term: string, value: string) => {
    const pair = document.createElement("div");
    const [name, number] = [document.createElement("dt"), document.createElement("dd")];
    name.textContent = term;
    number.textContent = value;
    pair.append(name, number);
    list.append(pair);
  };
  add("tokens per pass", (tokens / Math.max(1, passes)).toFixed(1));
  add("accepted", drafted === 0 ? "–" : `${accepted} of ${drafted}`);
  add("relaxed", String(relaxed));
  add("tokens/s", (tokens / seconds).toFixed(0));
  if (cutOff) add("ended", "the context is full");
  return list;
}
