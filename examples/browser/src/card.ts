/** The card of one answer: the question, the tokens as they arrive, the source of each token, and the figures. */
import type { Figures, Kind, Piece } from "./messages.ts";

export interface Card {
  readonly element: HTMLElement;
  add(pieces: readonly Piece[]): void;
  /** Each of these completes the card. */
  finish(figures: Figures): void;
  stop(): void;
  fail(message: string): void;
}

/** Creates a card without tokens, in progress. */
export function answerCard(title: string, question: string): Card {
  const element = document.createElement("article");
  element.ariaBusy = "true";
  const answer = textElement("p", "", "answer");
  const details = textElement("p", "", "note token");
  details.hidden = true;
  element.append(textElement("h2", title), textElement("p", question, "asked"), answer, details);
  const pieces: Piece[] = [];
  inspectable(answer, (at) => {
    details.textContent = describePiece(pieces[at] as Piece);
    details.hidden = false;
    details.scrollIntoView({ block: "nearest" });
  });

  /** Keeps the end of the card in view as it grows, unless the reader has scrolled away. */
  const grow = (change: () => void) => {
    const { bottom } = element.getBoundingClientRect();
    const watched = bottom > 0 && bottom <= window.innerHeight + 1;
    change();
    if (watched) element.scrollIntoView({ block: "nearest" });
  };
  const end = (last: HTMLElement) => {
    element.ariaBusy = "false";
    grow(() => element.append(last));
  };
  return {
    element,
    add: (more) =>
      grow(() => {
        pieces.push(...more);
        answer.append(...more.flatMap(pieceNodes));
      }),
    finish: (figures) => end(figuresElement(figures)),
    stop: () => end(textElement("p", "Stopped.", "note")),
    fail(message) {
      const alert = textElement("p", message);
      alert.role = "alert";
      end(alert);
    },
  };
}

function textElement<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  text: string,
  className = "",
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

/** The mark of a token begins after its white space, which may be at the end of a line. */
function pieceNodes({ text, kind }: Piece): Node[] {
  const [space] = /^\s*(?=\S)/.exec(text) ?? [""];
  const mark = textElement("span", text.slice(space.length), kind);
  return space === "" ? [mark] : [document.createTextNode(space), mark];
}

/** Lets a reader choose a token of the answer by tapping it or with the arrow keys. All tokens share one Tab stop. */
function inspectable(answer: HTMLElement, onChoice: (at: number) => void): void {
  answer.tabIndex = 0;
  answer.setAttribute("aria-describedby", "hint");
  let chosen = -1;
  const choose = (at: number) => {
    const mark = answer.children[at];
    if (mark === undefined) return;
    answer.children[chosen]?.removeAttribute("aria-current");
    mark.setAttribute("aria-current", "true");
    chosen = at;
    onChoice(at);
  };
  answer.addEventListener("click", ({ target }) => choose(Array.prototype.indexOf.call(answer.children, target)));
  answer.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    choose(chosen + step);
  });
}

/** The legend's text for a kind. */
const legendOf = (kind: Kind): string =>
  document.querySelector(`.legend .${kind}`)?.parentElement?.lastChild?.textContent?.trim() ?? "";

function describePiece({ text, kind, by, p, q }: Piece): string {
  const accepted = by === undefined ? "" : `; accepted by ${by}`;
  const shares = [p === undefined ? [] : `target ${percent(p)}`, q === undefined ? [] : `draft ${percent(q)}`].flat();
  const probability = shares.length === 0 ? "" : ` Probability: ${shares.join(", ")}.`;
  return `“${text.trim() || text.replaceAll("\n", "⏎")}” is ${kind}: ${legendOf(kind)}${accepted}.${probability}`;
}

const percent = (share: number): string =>
  share < 0.0001 ? "below 0.01\u00a0%" : `${Number((100 * share).toPrecision(3))}\u00a0%`;

function figuresElement({ tokens, passes, drafted, accepted, relaxed, seconds, cutOff }: Figures): HTMLElement {
  const list = document.createElement("dl");
  const add = (term: string, value: string) => {
    const pair = document.createElement("div");
    pair.append(textElement("dt", term), textElement("dd", value));
    list.append(pair);
  };
  add("tokens per pass", (tokens / Math.max(1, passes)).toFixed(1));
  add("accepted", drafted === 0 ? "–" : `${accepted} of ${drafted}`);
  add("relaxed", String(relaxed));
  add("tokens/s", (tokens / seconds).toFixed(0));
  if (cutOff) add("ended", "the context is full");
  return list;
}
