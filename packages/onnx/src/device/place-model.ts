/** Decides where a model runs. */
import { LenityError } from "@lenity/core";
import type { LoadRequest } from "../protocol.ts";
import type { Model } from "../sequence.ts";
import { type Answer, answers, differenceOf, raceBlocks } from "./compare-devices.ts";
import { candidates, type Device, type DeviceReport, impossible, type Platform } from "./devices.ts";
import { openOnDevice } from "./open-on-device.ts";
import { type Probed, probeDevice } from "./probe-device.ts";
import { reason } from "./reason.ts";

/**
 * The most tokens of one run where larger blocks are wrong: from 32 rows on ONNX Runtime's WebGPU takes a kernel for attention that lets eight
 * threads of a subgroup exchange keys, and counts keys twice on adapters whose subgroups have four (SwiftShader).
 */
const smallChunk = 31;

/** `auto` puts no model on a device that takes this many times the CPU's time for a plain product: it is software that stands in for a GPU. */
const hopeless = 4;

/** The parts of the work, which tests replace. */
export interface Means {
  probe(device: Device, timed: boolean): Promise<Probed>;
  open(device: Device): Promise<Model>;
  answers(model: Model): Promise<readonly Answer[]>;
  race(models: readonly Model[]): Promise<readonly number[]>;
}

/** The model where it is to run, and why there. */
export interface Placed {
  readonly model: Model;
  readonly device: DeviceReport;
}

/**
 * Puts a model that is open on the CPU where the request wants it. A device that was named and cannot be had, or computes otherwise than the CPU,
 * rejects with `unsupported`; `auto` falls back and tells it. The session that is not used is released.
 */
export async function placeModel(
  cpu: Model,
  request: LoadRequest,
  tolerance: number,
  platform: Platform,
  means: Means = meansOf(cpu, request, platform),
): Promise<Placed> {
  const { device: wish = "cpu", engines = 1 } = request;
  if (wish === "cpu") return { model: cpu, device: { name: "cpu", why: "No other device was asked for." } };
  if (wish !== "auto") {
    const probed = await means.probe(wish, false);
    if (probed.fault !== undefined)
      throw new LenityError(
        "unsupported",
        `${request.name} cannot run on ${wish}. ${probed.fault}${probed.remedy === undefined ? "" : ` ${probed.remedy}`}`,
      );
    const { model, why } = await trusted(cpu, wish, tolerance, means).catch((cause) => {
      throw new LenityError("unsupported", `${request.name} cannot run on ${wish}: ${reason(cause)}. ${advice(cause)}`, {
        cause,
      });
    });
    await cpu.graph.session.release();
    return { model, device: { name: wish, why: `It was asked for. ${why}` } };
  }
  if (engines > 1) {
    return {
      model: cpu,
      device: { name: "cpu", why: "Several engines share the processor's cores; name a device to put them all on it." },
    };
  }
  const refused: string[] = [];
  const own = await means.probe("cpu", true);
  for (const device of candidates.filter((device) => impossible(device, platform) === undefined)) {
    const tried = await tryDevice(cpu, device, tolerance, own, means).catch((error) => `${reason(error)}.`);
    if (typeof tried !== "string") {
      await cpu.graph.session.release();
      return tried;
    }
    refused.push(`Not on ${device}: ${tried}`);
  }
  return { model: cpu, device: { name: "cpu", why: refused.length === 0 ? "This machine has no other device." : refused.join(" ") } };
}

/** The model on a device that is right and faster, or why not. */
async function tryDevice(cpu: Model, device: Device, tolerance: number, own: Probed, means: Means): Promise<Placed | string> {
  const probed = await means.probe(device, true);
  if (probed.fault !== undefined) return probed.fault;
  if (own.fault === undefined && probed.milliseconds > hopeless * own.milliseconds) {
    return `a product of matrices takes ${time(probed.milliseconds)} there and ${time(own.milliseconds)} on the CPU, so it is software or a very small GPU.`;
  }
  const { model, why } = await trusted(cpu, device, tolerance, means);
  const [there, here] = (await means.race([model, cpu])) as [number, number];
  const seen = `A block of eight tokens takes ${time(there)} there and ${time(here)} on the CPU.`;
  if (there < here) return { model, device: { name: device, why: `${seen} ${why}` } };
  await model.graph.session.release();
  return seen;
}

/** The model on that device, in blocks as large as are right there. Rejects when none are. */
async function trusted(
  cpu: Model,
  device: Device,
  tolerance: number,
  means: Means,
): Promise<{ readonly model: Model; readonly why: string }> {
  const model = await means.open(device);
  try {
    const expected = await means.answers(cpu);
    const whole = differenceOf(await means.answers(model), expected);
    if (whole <= tolerance) return { model, why: `${differ(whole)}.` };
    const small = { ...model, graph: { ...model.graph, chunk: smallChunk } };
    const cut = differenceOf(await means.answers(small), expected);
    if (cut <= tolerance) {
      return {
        model: small,
        why: `${differ(cut)} in blocks of up to ${smallChunk} tokens; longer ones are cut, because there they differ by ${percent(whole)}.`,
      };
    }
    throw new LenityError(
      "unsupported",
      `${differ(cut)} in blocks of up to ${smallChunk} tokens (at most ${percent(tolerance)} is accepted), so it computes something else`,
    );
  } catch (error) {
    await model.graph.session.release();
    throw error;
  }
}

const advice = (cause: unknown) =>
  /requires f16/.test(reason(cause))
    ? "Take a variant without float16, such as lenity export --weights float32 writes, or the device cpu."
    : "Take the device cpu, or auto.";
const differ = (share: number) => `Logits and hidden states differ from the CPU's by ${percent(share)} of what they span`;
const percent = (share: number) => (Number.isFinite(share) ? `${rounded(100 * share)} %` : "more than can be told (not a number)");
const rounded = (value: number) => Number(value.toPrecision(2));
const time = (milliseconds: number) => `${rounded(milliseconds)} ms`;

function meansOf(cpu: Model, request: LoadRequest, platform: Platform): Means {
  return {
    probe: (device, timed) => probeDevice(cpu.graph.runtime, device, platform, timed),
    open: (device) => openOnDevice(cpu, request, device),
    answers,
    race: raceBlocks,
  };
}
