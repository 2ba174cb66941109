/** Model folders with random weights of any size, for measurements of time. */
import { closeSync, existsSync, openSync, renameSync, writeSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Random, seeded } from "@lenity/core";
import { configOf, type Shape, toFloat16, writeTexts } from "@lenity/onnx/testing";

/** Rows of matrices are cut from this many random numbers, because drawing a billion would take minutes. */
const poolSize = 2 ** 18;

/**
 * Writes a Hugging Face folder of a Llama of that shape: config.json, a tokenizer with one text per id, and
 * model.safetensors in float16. A folder that is already complete is left as it is. Returns its path.
 */
export async function writeRandomFolder(parent: string, name: string, shape: Shape, seed = 1): Promise<string> {
  const dir = join(parent, name);
  await mkdir(dir, { recursive: true });
  const file = join(dir, "model.safetensors");
  if (existsSync(file)) return dir;
  await writeFile(join(dir, "config.json"), JSON.stringify(configOf(shape)));
  const texts = Array.from({ length: shape.vocabulary }, (_, id) => ` w${id}`);
  await writeTexts(dir, texts);
  writeTensors(`${file}.part`, tensorsOf(shape), seeded(seed));
  renameSync(`${file}.part`, file);
  return dir;
}

/** A tensor of normally distributed numbers around `mean`. */
interface RandomTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly deviation: number;
  readonly mean: number;
}

/** Deviations keep activations near 1 and logits a few units apart. */
function tensorsOf(shape: Shape): readonly RandomTensor[] {
  const { width, layers, heads, groups, headSize, inner, vocabulary, tied } = shape;
  const matrix = (name: string, to: number, from: number, scale = 1): RandomTensor => ({
    name: `${name}.weight`,
    shape: [to, from],
    deviation: scale / Math.sqrt(from),
    mean: 0,
  });
  const norm = (name: string): RandomTensor => ({ name: `${name}.weight`, shape: [width], deviation: 0.2, mean: 1 });
  return [
    matrix("model.embed_tokens", vocabulary, width, 2),
    ...Array.from({ length: layers }, (_, n) => `model.layers.${n}`).flatMap((layer) => [
      norm(`${layer}.input_layernorm`),
      matrix(`${layer}.self_attn.q_proj`, heads * headSize, width),
      matrix(`${layer}.self_attn.k_proj`, groups * headSize, width),
      matrix(`${layer}.self_attn.v_proj`, groups * headSize, width),
      matrix(`${layer}.self_attn.o_proj`, width, heads * headSize),
      norm(`${layer}.post_attention_layernorm`),
      matrix(`${layer}.mlp.gate_proj`, inner, width),
      matrix(`${layer}.mlp.up_proj`, inner, width),
      matrix(`${layer}.mlp.down_proj`, width, inner),
    ]),
    norm("model.norm"),
    ...(tied ? [] : [matrix("lm_head", vocabulary, width, 2)]),
  ];
}

function writeTensors(file: string, tensors: readonly RandomTensor[], random: Random): void {
  const normals = Float32Array.from(
    { length: poolSize },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
  const pools = new Map<string, Uint16Array<ArrayBuffer>>();
  const poolOf = ({ deviation, mean }: RandomTensor): Uint16Array<ArrayBuffer> => {
    const key = `${deviation} ${mean}`;
    const pool = pools.get(key) ?? Uint16Array.from(normals, (value) => toFloat16(mean + deviation * value));
    pools.set(key, pool);
    return pool;
  };
  const handle = openSync(file, "w");
  try {
    writeAll(handle, headerOf(tensors));
    for (const tensor of tensors) {
      const pool = poolOf(tensor);
      const columns = tensor.shape.at(-1) as number;
      const rows = tensor.shape.length === 1 ? 1 : (tensor.shape[0] as number);
      const cells = new Uint16Array(rows * columns);
      for (let row = 0; row < rows; row++) {
        const from = Math.floor(random() * (poolSize - columns));
        cells.set(pool.subarray(from, from + columns), row * columns);
      }
      writeAll(handle, new Uint8Array(cells.buffer));
    }
  } finally {
    closeSync(handle);
  }
}

/** The length of the header as 8 bytes, and the header. */
function headerOf(tensors: readonly RandomTensor[]): Uint8Array {
  let offset = 0;
  const entries = tensors.map(({ name, shape }) => {
    const begin = offset;
    offset += 2 * shape.reduce((product, size) => product * size, 1);
    return [name, { dtype: "F16", shape, data_offsets: [begin, offset] }];
  });
  const text = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text]);
}

function writeAll(handle: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(handle, bytes, done, Math.min(bytes.length - done, 2 ** 30));
}
