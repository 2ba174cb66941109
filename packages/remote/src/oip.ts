/**
 * The Open Inference Protocol (Triton, OpenVINO Model Server, KServe) on a bare decoder: token ids in, logits of all
 * positions out, in binary tensors. It keeps no cache, so each round computes and sends the rows of the whole sequence.
 */
import { LenityError, type Token } from "@lenity/core";
import { fieldOf, isObject, listOf, malformed } from "./check-reply.ts";
import type { RowsEngine } from "./engine.ts";
import type { Client } from "./http.ts";
import type { RemoteOptions } from "./options.ts";

interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

export async function oip(client: Client, { url, model }: RemoteOptions): Promise<RowsEngine> {
  if (model === undefined)
    throw new LenityError("invalid_request", "The Open Inference Protocol needs the model's name. Give `model`.", {
      path: "model",
    });
  const path = `/v2/models/${encodeURIComponent(model)}`;
  const engine = `${model} at ${url}`;
  const metadata = await client.json({ path });
  if (fieldOf(metadata, "name") !== model) throw malformed(engine, `the name ${model} in its metadata`);
  const inputs = tensorsOf(fieldOf(metadata, "inputs"));
  const output = tensorsOf(fieldOf(metadata, "outputs")).find(({ name }) => name === "logits");
  const stray = inputs.find(({ name, datatype }) => !Object.hasOwn(fillers, name) || !datatypes.includes(datatype));
  if (output === undefined || stray !== undefined || !inputs.some(({ name }) => name === "input_ids"))
    throw notBare(engine, inputs, stray);

  const infer = async (tokens: readonly Token[], signal?: AbortSignal) => {
    const { body, headers } = request(inputs, tokens);
    const reply = await client.bytes({ path: `${path}/infer`, body, headers, signal });
    return logitsOf(engine, reply, tokens.length);
  };
  const width = output.shape.at(-1) ?? -1;
  const vocabulary = width > 0 ? width : (await infer([0])).vocabulary;
  return {
    kind: "rows",
    name: model,
    vocabulary,
    async rows(tokens, rows, signal) {
      const { logits, vocabulary: found } = await infer(tokens, signal);
      if (found !== vocabulary) throw malformed(engine, `rows of ${vocabulary} logits (they have ${found})`);
      return logits.slice((tokens.length - rows) * vocabulary);
    },
  };
}

/** What each input of a bare decoder is, by the token's position. */
const fillers: Readonly<Record<string, (token: Token, at: number) => number>> = {
  input_ids: (token) => token,
  attention_mask: () => 1,
  position_ids: (_, at) => at,
};

const tensorsOf = (value: unknown): Tensor[] =>
  listOf(value)
    .filter(isObject)
    .map(({ name, datatype, shape }) => ({
      name: String(name),
      datatype: String(datatype),
      shape: listOf(shape).map(Number),
    }));

const datatypes: readonly string[] = ["INT64", "INT32"];

/** JSON, then the tensors' bytes: the binary tensor data extension. */
function request(
  inputs: readonly Tensor[],
  tokens: readonly Token[],
): { readonly body: Uint8Array<ArrayBuffer>; readonly headers: Readonly<Record<string, string>> } {
  const tensors = inputs.map(({ name, datatype }) => {
    const values = tokens.map(fillers[name] as (token: Token, at: number) => number);
    const data = datatype === "INT64" ? BigInt64Array.from(values, BigInt) : Int32Array.from(values);
    return { name, datatype, bytes: new Uint8Array(data.buffer) };
  });
  const header = new TextEncoder().encode(
    JSON.stringify({
      inputs: tensors.map(({ name, datatype, bytes }) => ({
        ...{ name, datatype, shape: [1, tokens.length] },
        parameters: { binary_data_size: bytes.length },
      })),
      outputs: [{ name: "logits", parameters: { binary_data: true } }],
    }),
  );
  const body = new Uint8Array(header.length + tensors.reduce((sum, { bytes }) => sum + bytes.length, 0));
  body.set(header);
  let at = header.length;
  for (const { bytes } of tensors) {
    body.set(bytes, at);
    at += bytes.length;
  }
  const headers = { "content-type": "application/octet-stream", "inference-header-content-length": `${header.length}` };
  return { body, headers };
}

interface Logits {
  readonly logits: Float32Array;
  readonly vocabulary: number;
}

/** The logits as numbers of 32 bits. The server may send JSON although it was asked for bytes. */
function logitsOf(
  engine: string,
  reply: { readonly body: ArrayBuffer; readonly headers: Headers },
  rows: number,
): Logits {
  const length = Number(reply.headers.get("inference-header-content-length") ?? reply.body.byteLength);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(reply.body, 0, length)));
  const output = listOf(fieldOf(head, "outputs")).find((one) => fieldOf(one, "name") === "logits");
  const [tensor] = tensorsOf([output]);
  const vocabulary = tensor?.shape.at(-1) ?? 0;
  if (tensor === undefined || tensor.shape.at(-2) !== rows || !(vocabulary > 0))
    throw malformed(engine, `logits of all ${rows} positions`);
  const size = fieldOf(fieldOf(output, "parameters"), "binary_data_size");
  if (size === undefined)
    return { logits: Float32Array.from(listOf(fieldOf(output, "data")).flat(2), Number), vocabulary };
  const bytes = reply.body.slice(length, length + Number(size));
  const width = { FP32: 4, FP16: 2 }[tensor.datatype];
  if (width === undefined || bytes.byteLength !== rows * vocabulary * width)
    throw malformed(engine, `${rows} rows of ${vocabulary} logits in FP32 or FP16 (it sent ${tensor.datatype})`);
  return { logits: width === 4 ? new Float32Array(bytes) : halves(new Uint16Array(bytes)), vocabulary };
}

/** Numbers of 16 bits (IEEE 754 binary16). */
function halves(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (value) => {
    const sign = value & 0x8000 ? -1 : 1;
    const exponent = (value >> 10) & 31;
    const fraction = value & 1023;
    if (exponent === 31) return fraction > 0 ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
  });
}

function notBare(engine: string, inputs: readonly Tensor[], stray: Tensor | undefined): LenityError {
  const seen = inputs.map(({ name, datatype }) => `${name} (${datatype})`).join(", ");
  const why = stray === undefined ? "" : ` ${stray.name} cannot be filled.`;
  return new LenityError(
    "unsupported",
    `${engine} has the inputs ${seen || "none"}; expected input_ids, attention_mask and position_ids (${datatypes.join(" or ")}) and the output logits.${why} Serve the decoder without a cache in its inputs.`,
  );
}
