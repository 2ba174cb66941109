/** The Open Inference Protocol on a bare decoder over a table model: binary tensors, logits of all positions. */
import { type FakeOptions, fakeTable } from "./fake-engine.ts";
import type { Fake } from "./fake-sglang.ts";

export interface OipOptions extends FakeOptions {
  /** More inputs than a bare decoder has. */
  readonly inputs?: readonly string[];
  /** The type of its inputs. Default: INT64. */
  readonly inputType?: string;
  /** Answers in JSON although bytes were asked for. */
  readonly json?: boolean;
  readonly datatype?: "FP32" | "FP16";
}

export function fakeOip(options: OipOptions): Fake {
  const table = fakeTable(options);
  const { vocabulary } = options.model;
  const names = options.inputs ?? ["input_ids", "attention_mask", "position_ids"];
  const infer = async (request: Request): Promise<Response> => {
    const bytes = await request.arrayBuffer();
    const length = Number(request.headers.get("inference-header-content-length"));
    const head = JSON.parse(new TextDecoder().decode(bytes.slice(0, length)));
    const tensors = new Map<string, number[]>();
    let at = length;
    for (const { name, parameters } of head.inputs) {
      const end = at + parameters.binary_data_size;
      tensors.set(name, Array.from(new BigInt64Array(bytes.slice(at, end)), Number));
      at = end;
    }
    const ids = tensors.get("input_ids") ?? [];
    if (
      tensors.get("attention_mask")?.some((value) => value !== 1) ||
      tensors.get("position_ids")?.some((v, i) => v !== i)
    )
      return new Response("wrong mask or positions", { status: 400 });
    table.compute(ids, 0);
    const logits = ids.flatMap((_, end) => Array.from(table.logprobs(ids.slice(0, end + 1), false)));
    const { json, datatype = "FP32" } = options;
    const output = { name: "logits", datatype, shape: [1, ids.length, vocabulary] };
    if (json === true) return Response.json({ model_name: table.name, outputs: [{ ...output, data: logits }] });
    const data = new Uint8Array((datatype === "FP32" ? Float32Array.from(logits) : Float16Array.from(logits)).buffer);
    const text = JSON.stringify({ outputs: [{ ...output, parameters: { binary_data_size: data.length } }] });
    const header = new TextEncoder().encode(text);
    return new Response(new Blob([header, data]), {
      headers: { "inference-header-content-length": `${header.length}` },
    });
  };
  return {
    counts: table.counts,
    async fetch(request) {
      const refusal = await table.begin(request.signal);
      if (refusal !== undefined) return refusal;
      const { pathname } = new URL(request.url);
      const path = `/v2/models/${table.name}`;
      if (pathname === path) {
        const inputs = names.map((name) => ({ name, datatype: options.inputType ?? "INT64", shape: [-1, -1] }));
        const outputs = [{ name: "logits", datatype: options.datatype ?? "FP32", shape: [-1, -1, vocabulary] }];
        return Response.json({ name: table.name, inputs, outputs });
      }
      return pathname === `${path}/infer` ? infer(request) : new Response("unknown model", { status: 404 });
    },
  };
}
