/**
 * A WebGPU that is played by WebAssembly: its tensors cannot be read, and it is as wrong or slow as a test wants it.
 */
import * as ort from "onnxruntime-web";
import type { Runtime } from "../src/graph/graph.ts";

type Create = Runtime["InferenceSession"]["create"];
type Session = Awaited<ReturnType<Create>>;
type Tensors = Readonly<Record<string, ort.Tensor>>;

/** How the device is. */
export interface Played {
  /** Blocks from so many tokens on are scored otherwise. Default: none. */
  readonly wrongFrom?: number | undefined;
  /** Milliseconds that each run takes longer, on either. */
  readonly delays?: { readonly wasm?: number | undefined; readonly webgpu?: number | undefined } | undefined;
  /** Called before a session opens there, with where its outputs are to be. */
  readonly onOpen?: ((located: unknown) => void) | undefined;
  /** Called before each run there. */
  readonly onRun?: ((feeds: Tensors) => void) | undefined;
}

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The runtime with that device, and what of it is in use. */
export interface PlayedWebGPU {
  readonly ort: Runtime;
  /** Sessions that are open. */
  readonly open: { readonly wasm: number; readonly webgpu: number };
  /** Where the caches of each run on the device were. */
  readonly fed: string[];
  /** Tokens of each run there. */
  readonly blocks: number[];
  /** Tensors there. */
  readonly held: number;
}

/** A runtime with such a device. */
export function playedWebGPU({
  wrongFrom = Number.POSITIVE_INFINITY,
  delays = {},
  onOpen = () => {},
  onRun = () => {},
}: Played = {}): PlayedWebGPU {
  const open = { wasm: 0, webgpu: 0 };
  /** What lies in tensors on the device. */
  const contents = new Map<object, ort.Tensor>();
  const fed: string[] = [];
  const blocks: number[] = [];

  const onDevice = (content: ort.Tensor): ort.Tensor => {
    const tensor = {
      type: content.type,
      dims: content.dims,
      location: "gpu-buffer",
      dispose() {
        if (!contents.delete(tensor)) throw new Error("It was freed twice.");
        tensor.location = "none";
      },
    };
    contents.set(tensor, content);
    return tensor as unknown as ort.Tensor;
  };
  const contentOf = (tensor: ort.Tensor): ort.Tensor => {
    if (tensor.location === "cpu") return tensor;
    const content = contents.get(tensor);
    if (content === undefined) throw new Error("What was freed is used.");
    return content;
  };
  const mapped = (tensors: Tensors, change: (tensor: ort.Tensor, name: string) => ort.Tensor) =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor, name)]));

  const there = (session: Session, located: unknown) => {
    const stays = (name: string) =>
      located === "gpu-buffer" || (located as Record<string, string> | undefined)?.[name] === "gpu-buffer";
    const run = session.run.bind(session) as (...args: readonly unknown[]) => Promise<Tensors>;
    session.run = (async (feeds: Tensors, ...rest: readonly unknown[]) => {
      onRun(feeds);
      const rows = feeds["input_ids"]?.dims[1] ?? 0;
      if (rows > 0) blocks.push(rows);
      for (const [name, { location, dims }] of Object.entries(feeds))
        if (name.startsWith("past_key_values") && dims[2] !== 0) fed.push(location);
      if (delays.webgpu !== undefined) await wait(delays.webgpu);
      const results = await run(
        mapped(feeds, (tensor) => contentOf(tensor)),
        ...rest,
      );
      const logits = results["logits"]?.data as Float32Array | undefined;
      for (let i = 0; rows >= wrongFrom && logits !== undefined && i < logits.length; i++)
        logits[i] = (logits[i] as number) + (i % 7);
      return mapped(results, (tensor, name) => (stays(name) ? onDevice(tensor) : tensor));
    }) as unknown as Session["run"];
  };

  const create = async (file: Uint8Array, options: Parameters<Create>[1] = {}) => {
    const { executionProviders, preferredOutputLocation, ...rest } = options;
    const kind = executionProviders?.[0] === "webgpu" ? "webgpu" : "wasm";
    if (kind === "webgpu") onOpen(preferredOutputLocation);
    const session = (await ort.InferenceSession.create(file, {
      ...rest,
      executionProviders: ["wasm"],
    })) as unknown as Session;
    open[kind]++;
    const release = session.release.bind(session);
    session.release = async () => {
      open[kind]--;
      await release();
    };
    if (kind === "webgpu") there(session, preferredOutputLocation);
    else if (delays.wasm !== undefined) {
      const run = session.run.bind(session) as (...args: readonly unknown[]) => Promise<Tensors>;
      session.run = (async (...args: readonly unknown[]) => {
        await wait(delays.wasm ?? 0);
        return run(...args);
      }) as unknown as Session["run"];
    }
    return session;
  };
  return {
    ort: { ...ort, InferenceSession: { create } } as unknown as Runtime,
    open,
    fed,
    blocks,
    get held() {
      return contents.size;
    },
  };
}
