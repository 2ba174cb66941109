/** Reads the graph of an .onnx file without its weights. Field numbers are from onnx.proto. */
import { LenityError } from "@lenity/core";
import { type ByteAt, bodies, fields, packed, type Span, text } from "./protobuf-reader.ts";

/** One operation. An empty name means an absent optional input or output. */
export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  /** Where the names of its inputs are in the file. */
  readonly inputPlaces: readonly Span[];
  readonly outputs: readonly string[];
  /** Attributes that are single integers; negative ones are read as huge numbers. */
  readonly integers: Readonly<Record<string, number>>;
  /** The tensor of a Constant. */
  readonly tensor: TensorFacts | undefined;
}

/** Bytes to write over those of a file, from position `start` on. */
export interface Edit {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** A stored tensor without its values. */
export interface TensorFacts {
  readonly name: string;
  /** ONNX's number for the element type: 1 float32, 2 uint8, 3 int8, 7 int64, 10 float16, … */
  readonly type: number;
  readonly dims: readonly number[];
  /** The file with the values, relative to the model, and the minimum size it must have. */
  readonly external?: { readonly location: string; readonly bytes: number } | undefined;
}

/** The graph of a file. */
export interface OnnxScan {
  readonly file: string;
  /** Size of the .onnx file itself. */
  readonly bytes: number;
  /** Version of each operator set; the standard one under "". */
  readonly opsets: ReadonlyMap<string, number>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, TensorFacts>;
}

/** Scans a file of `bytes` bytes. Throws `model_files` when it is cut off, is not an ONNX file, or has no graph. */
export function scanBytes(byteAt: ByteAt, file: string, bytes: number): OnnxScan {
  let scan: OnnxScan;
  try {
    if (bytes >= pointer.length && text(byteAt, { start: 0, end: pointer.length }) === pointer) {
      const advice = "Run `git lfs pull` in its repository, or download the file itself.";
      throw refusal(file, "is a Git LFS pointer, not the model itself", { advice });
    }
    scan = scanModel(byteAt, file, bytes);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw refusal(file, `(${bytes} bytes) is cut off or not an ONNX file: ${cause.message.replace(/\.$/, "")}`, {
      cause,
    });
  }
  if (scan.nodes.length > 0) return scan;
  throw refusal(file, `(${bytes} bytes) has no graph`);
}

/** The error for a bad .onnx file: the problem and what to do. */
export function refusal(
  file: string,
  what: string,
  { advice, cause }: { advice?: string; cause?: unknown } = {},
): LenityError {
  const remedy = advice ?? "Expected a complete .onnx decoder; export or download it again.";
  return new LenityError("model_files", `${file} ${what}. ${remedy}`, { cause });
}

/** The first bytes of the small file that Git stores in place of a large one. */
const pointer = "version https://git-lfs.github.com/spec/";

function scanModel(byteAt: ByteAt, file: string, bytes: number): OnnxScan {
  const opsets = new Map<string, number>();
  const inputs: string[] = [];
  const outputs: string[] = [];
  const nodes: OnnxNode[] = [];
  const initializers = new Map<string, TensorFacts>();
  const nameOf = (value: Span) => firstText(byteAt, value, 1);
  // A file may spread its graph over several fields, which readers merge.
  for (const one of fields(byteAt, { start: 0, end: bytes })) {
    if (!("body" in one)) continue;
    if (one.field === 8) {
      let version = 0;
      for (const part of fields(byteAt, one.body)) if (part.field === 2 && "value" in part) version = part.value;
      const domain = nameOf(one.body);
      opsets.set(domain === "ai.onnx" ? "" : domain, version);
    }
    if (one.field !== 7) continue;
    for (const part of fields(byteAt, one.body)) {
      if (!("body" in part)) continue;
      if (part.field === 1) nodes.push(scanNode(byteAt, part.body));
      else if (part.field === 5) {
        const tensor = scanTensor(byteAt, part.body);
        initializers.set(tensor.name, tensor);
      } else if (part.field === 11) inputs.push(nameOf(part.body));
      else if (part.field === 12) outputs.push(nameOf(part.body));
    }
  }
  return { file, bytes, opsets, inputs, outputs, nodes, initializers };
}

function scanNode(byteAt: ByteAt, node: Span): OnnxNode {
  const inputs: string[] = [];
  const inputPlaces: Span[] = [];
  const outputs: string[] = [];
  const integers: Record<string, number> = {};
  let operator = "";
  let tensor: TensorFacts | undefined;
  for (const part of fields(byteAt, node)) {
    if (!("body" in part)) continue;
    if (part.field === 1) {
      inputs.push(text(byteAt, part.body));
      inputPlaces.push(part.body);
    } else if (part.field === 2) outputs.push(text(byteAt, part.body));
    else if (part.field === 4) operator = text(byteAt, part.body);
    else if (part.field === 5) {
      let name = "";
      for (const of of fields(byteAt, part.body)) {
        if (of.field === 1 && "body" in of) name = text(byteAt, of.body);
        else if (of.field === 3 && "value" in of) integers[name] = of.value;
        else if (of.field === 5 && "body" in of) tensor = scanTensor(byteAt, of.body);
      }
    }
  }
  return { operator, inputs, inputPlaces, outputs, integers, tensor };
}

function scanTensor(byteAt: ByteAt, tensor: Span): TensorFacts {
  const dims: number[] = [];
  const entries: Record<string, string> = {};
  let name = "";
  let type = 0;
  for (const part of fields(byteAt, tensor)) {
    if ("value" in part) {
      if (part.field === 1) dims.push(part.value);
      else if (part.field === 2) type = part.value;
    } else if (part.field === 1) {
      // proto3 writers pack repeated numbers into one field.
      dims.push(...packed(byteAt, part.body));
    } else if (part.field === 8) name = text(byteAt, part.body);
    else if (part.field === 13) entries[firstText(byteAt, part.body, 1)] = firstText(byteAt, part.body, 2);
  }
  const { location, offset = "0", length = "0" } = entries as { location?: string; offset?: string; length?: string };
  const external = location === undefined ? undefined : { location, bytes: Number(offset) + Number(length) };
  return { name, type, dims, external };
}

function firstText(byteAt: ByteAt, message: Span, field: number): string {
  for (const body of bodies(byteAt, message, field)) return text(byteAt, body);
  return "";
}
