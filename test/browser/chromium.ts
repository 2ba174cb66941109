/** Headless Chromium, controlled by the DevTools protocol. Supports only what the tests of a page need. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A running browser. */
export interface Chromium {
  /** Opens a new page. */
  open(url: string): Promise<Page>;
  close(): Promise<void>;
}

/** How a page is shown. */
export interface Look {
  readonly width: number;
  readonly height: number;
  readonly dark: boolean;
}

/** An open page. */
export interface Page {
  /** Evaluates an expression in the page and awaits it. The value must be plain data. Rejects with what it throws. */
  evaluate<Value>(expression: string): Promise<Value>;
  /** Resolves once the expression is true in the page. Rejects after `milliseconds`, with the page's text. */
  until(expression: string, milliseconds?: number): Promise<void>;
  look(look: Look): Promise<void>;
  /** Writes the whole page as a PNG file. */
  screenshot(path: string): Promise<void>;
  /** Errors so far: in the console of page and workers, uncaught, and of requests. */
  readonly errors: readonly string[];
  close(): Promise<void>;
}

const programs = [
  ...["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"],
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The path of a browser that starts: LENITY_CHROMIUM if it is set, otherwise the first of the usual ones that does. */
export function chromiumProgram(): string | undefined {
  const named = process.env["LENITY_CHROMIUM"];
  return (named === undefined ? programs : [named]).find((path) => spawnSync(path, ["--version"]).status === 0);
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
  readonly sessionId?: string;
}

/** Starts a browser with a new profile and these additional flags. */
export async function startChromium(program: string, flags: readonly string[] = []): Promise<Chromium> {
  const profile = await mkdtemp(join(tmpdir(), "lenity-chromium-"));
  const quiet = [
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ];
  // Chromium's sandbox does not start for root in a container, and the pages come from this repository.
  const args = [
    "--headless=new",
    "--no-sandbox",
    "--remote-debugging-port=0",
    `--user-data-dir=${profile}`,
    ...quiet,
    ...flags,
    "about:blank",
  ];
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  const socket = await connect(await endpointOf(child));
  const answers = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const listeners = new Map<string, (message: Message) => void>();
  let nextId = 0;
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.id === undefined) return listeners.get(message.sessionId ?? "")?.(message);
    const waiting = answers.get(message.id);
    answers.delete(message.id);
    if (message.error === undefined) waiting?.resolve(message.result);
    else waiting?.reject(new Error(message.error.message));
  };
  const send = <Result>(method: string, params: object = {}, sessionId?: string): Promise<Result> =>
    new Promise<unknown>((resolve, reject) => {
      const id = nextId++;
      answers.set(id, { resolve, reject });
      socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    }) as Promise<Result>;

  return {
    async open(url) {
      const { targetId } = await send<{ targetId: string }>("Target.createTarget", { url: "about:blank" });
      const { sessionId } = await send<{ sessionId: string }>("Target.attachToTarget", { targetId, flatten: true });
      const errors: string[] = [];
      const watch = (session: string) => {
        listeners.set(session, ({ method, params = {} }) => {
          if (method === "Target.attachedToTarget") void watch(params["sessionId"] as string).catch(() => {});
          const error = method === undefined ? undefined : errorIn(method, params);
          if (error !== undefined) errors.push(error);
        });
        const attach = { autoAttach: true, waitForDebuggerOnStart: false, flatten: true };
        return Promise.all([
          send("Runtime.enable", {}, session),
          send("Log.enable", {}, session),
          send("Target.setAutoAttach", attach, session),
        ]);
      };
      await watch(sessionId);
      await send("Page.enable", {}, sessionId);
      await send("Page.navigate", { url }, sessionId);
      const page: Page = {
        errors,
        async evaluate<Value>(expression: string) {
          const call = { expression, awaitPromise: true, returnByValue: true };
          const { result, exceptionDetails } = await send<Evaluated>("Runtime.evaluate", call, sessionId);
          if (exceptionDetails !== undefined)
            throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
          return result.value as Value;
        },
        async until(expression, milliseconds = 30_000) {
          for (
            const end = Date.now() + milliseconds;
            Date.now() < end;
            await new Promise((resolve) => setTimeout(resolve, 50))
          ) {
            if ((await page.evaluate(`Boolean(${expression})`)) === true) return;
          }
          const text = await page.evaluate<string>("document.body.innerText");
          throw new Error(
            `${expression} did not come true. Errors: ${errors.join("; ") || "none"}. The page says:\n${text}`,
          );
        },
        async look({ width, height, dark }) {
          await send(
            "Emulation.setDeviceMetricsOverride",
            { width, height, deviceScaleFactor: 1, mobile: false },
            sessionId,
          );
          const features = [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }];
          await send("Emulation.setEmulatedMedia", { features }, sessionId);
        },
        async screenshot(path) {
          const { data } = await send<{ data: string }>(
            "Page.captureScreenshot",
            { captureBeyondViewport: true },
            sessionId,
          );
          await writeFile(path, Buffer.from(data, "base64"));
        },
        async close() {
          await send("Target.closeTarget", { targetId });
        },
      };
      return page;
    },
    async close() {
      const ended = new Promise((resolve) => child.once("close", resolve));
      await send("Browser.close").catch(() => child.kill());
      await ended;
      socket.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

interface Evaluated {
  readonly result: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } };
}

/** The error in an event, if there is one. */
function errorIn(method: string, params: Record<string, unknown>): string | undefined {
  if (method === "Runtime.exceptionThrown") return JSON.stringify(params["exceptionDetails"]);
  if (method === "Runtime.consoleAPICalled" && params["type"] === "error") return JSON.stringify(params["args"]);
  const entry = params["entry"] as
    | { readonly level?: string; readonly text?: string; readonly url?: string }
    | undefined;
  return method === "Log.entryAdded" && entry?.level === "error" ? `${entry.text} (${entry.url})` : undefined;
}

/** The address of the DevTools endpoint, which the browser prints. */
function endpointOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = "";
    child.stderr?.on("data", (data) => {
      printed += data;
      const found = /DevTools listening on (ws:\S+)/.exec(printed)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`The browser ended with ${code}:\n${printed}`)));
  });
}

function connect(url: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.onopen = () => resolve(socket);
    socket.onerror = () => reject(new Error(`Could not connect to ${url}.`));
  });
}
