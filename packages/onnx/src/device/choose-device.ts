/** Decides where a model runs, by trying it there. */
import { LenityError } from "@lenity/core";
import { reason } from "../onnx-file/first-line.ts";
import type { Device, DeviceOption, DeviceReport } from "../protocol/devices.ts";
import type { Model } from "../run/sequence.ts";
import type { Probed } from "./probe-device.ts";
import { type Trial, time, verifyDevice } from "./verify-device.ts";

/**
 * `auto` puts no model on a device that takes this many times the CPU's time for a plain product: it is software that
 * stands in for a GPU.
 */
const hopeless = 4;

/** The parts of the work, which tests replace. */
export interface Means extends Trial {
  probe(device: Device, timed: boolean): Promise<Probed>;
  race(models: readonly Model[]): Promise<readonly number[]>;
}

/** The model on its device, and why there. */
export interface ChosenDevice {
  readonly model: Model;
  readonly device: DeviceReport;
}

/** What was asked for. */
export interface DeviceRequest {
  /** The model's name. */
  readonly name: string;
  readonly device: DeviceOption;
  /** What `auto` tries, in this order. */
  readonly candidates: readonly Device[];
  /** What messages call the option for the CPU: "the device cpu". */
  readonly plain: string;
}

/**
 * Moves a model that is open on the CPU to the device that was asked for. A device that was named and is not available,
 * or computes something else than the CPU, rejects with `unsupported`; `auto` falls back and says why. The session that
 * is not used is released.
 */
export async function chooseDevice(
  cpu: Model,
  request: DeviceRequest,
  tolerance: number,
  means: Means,
): Promise<ChosenDevice> {
  const { name, device } = request;
  if (device === "cpu") return { model: cpu, device: { name: "cpu", why: "No other device was asked for." } };
  if (device === "auto") return chosen(cpu, request.candidates, tolerance, means);
  const probed = await means.probe(device, false);
  if (probed.fault !== undefined) throw unavailable(name, device, probed);
  const { model, why } = await verifyDevice(cpu, device, tolerance, means).catch((cause) => {
    throw new LenityError(
      "unsupported",
      `${name} cannot run on ${device}: ${reason(cause)}. ${advice(cause, request.plain)}`,
      { cause },
    );
  });
  await cpu.graph.session.release();
  return { model, device: { name: device, why: `It was asked for. ${why}` } };
}

/** The error for a device that was named and is not available. */
export function unavailable(
  name: string,
  device: Device,
  { fault, remedy }: Extract<Probed, { readonly fault: string }>,
): LenityError {
  return new LenityError(
    "unsupported",
    `${name} cannot run on ${device}. ${fault}${remedy === undefined ? "" : ` ${remedy}`}`,
  );
}

async function chosen(
  cpu: Model,
  candidates: readonly Device[],
  tolerance: number,
  means: Means,
): Promise<ChosenDevice> {
  const refused: string[] = [];
  const own = await means.probe("cpu", true);
  for (const device of candidates) {
    const tried = await tryDevice(cpu, device, tolerance, own, means).catch((error) => `${reason(error)}.`);
    if (typeof tried !== "string") {
      await cpu.graph.session.release();
      return tried;
    }
    refused.push(`Not on ${device}: ${tried}`);
  }
  return {
    model: cpu,
    device: { name: "cpu", why: refused.length === 0 ? "This machine has no other device." : refused.join(" ") },
  };
}

/** The model on a device that is right and faster, or why not. */
async function tryDevice(
  cpu: Model,
  device: Device,
  tolerance: number,
  own: Probed,
  means: Means,
): Promise<ChosenDevice | string> {
  const probed = await means.probe(device, true);
  if (probed.fault !== undefined) return probed.fault;
  if (own.fault === undefined && probed.milliseconds > hopeless * own.milliseconds) {
    return `a product of matrices takes ${time(probed.milliseconds)} there and ${time(own.milliseconds)} on the CPU, so it is software or a very small GPU.`;
  }
  const { model, why } = await verifyDevice(cpu, device, tolerance, means);
  const [there, here] = (await means.race([model, cpu])) as [number, number];
  const seen = `A block of eight tokens takes ${time(there)} there and ${time(here)} on the CPU.`;
  if (there < here) return { model, device: { name: device, why: `${seen} ${why}` } };
  await model.graph.session.release();
  return seen;
}

const advice = (cause: unknown, plain: string) =>
  /requires f16/.test(reason(cause))
    ? `Take a variant without float16, such as lenity export --weights float32 writes, or ${plain}.`
    : `Take ${plain}, or auto.`;
