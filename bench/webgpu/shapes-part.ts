import type { Device } from "@lenity/onnx";
import type { Shape } from "@lenity/onnx/testing";
import type { SizesReport } from "../sizes/report.ts";
import { type SizeKind, type SizesOptions, sizes } from "../sizes.ts";
import type { ShapesPart } from "./report.ts";

/** What `compareShapes` measures. */
export interface ShapesOptions extends Omit<SizesOptions, "kinds" | "attention" | "device" | "keep"> {
  readonly device: Device;
  readonly kinds: readonly SizeKind[];
  readonly keep?: ((result: ShapesResult) => Promise<void>) | undefined;
}

/** The figures of all files that could be measured. */
export type ShapesResult = Pick<ShapesPart, "missing"> & SizesReport;

/**
 * Measures every shape with every kind of weights on the device, one file at a time, with GroupQueryAttention, whose
 * caches stay there. A file that cannot run is named in `missing`, and the others go on.
 */
export async function compareShapes({ kinds, shapes, keep, ...options }: ShapesOptions): Promise<ShapesResult> {
  const missing: ShapesPart["missing"][number][] = [];
  let result: ShapesResult | undefined;
  const add = (report: SizesReport): ShapesResult => ({
    ...report,
    rows: [...(result?.rows ?? []), ...report.rows],
    missing,
  });
  for (const [name, shape] of Object.entries(shapes) as [string, Shape][]) {
    for (const kind of kinds) {
      const one = { ...options, kinds: [kind], shapes: { [name]: shape }, attention: "gqa" as const };
      try {
        result = add(await sizes({ ...one, keep: (report) => keep?.(add(report)) ?? Promise.resolve() }));
      } catch (error) {
        if (error instanceof RangeError) throw error;
        missing.push({ file: `${name}, ${kind}`, reason: (error as Error).message });
      }
    }
  }
  if (result !== undefined) return result;
  throw new Error(missing.map(({ file, reason }) => `${file}: ${reason}`).join(" "));
}
