import { spawnSync } from "node:child_process";

/** A graphics card as its driver's own program describes it. */
export interface Card {
  readonly name: string;
  readonly driver: string;
}

/**
 * The first NVIDIA card of this machine; undefined if there is none, or no nvidia-smi. ONNX Runtime does not tell which
 * adapter it has opened.
 */
export function nvidiaCard(): Card | undefined {
  const query = ["--query-gpu=name,driver_version", "--format=csv,noheader"];
  const { status, stdout } = spawnSync("nvidia-smi", query, { encoding: "utf8" });
  return status === 0 ? readCard(stdout) : undefined;
}

/** The first line of what nvidia-smi prints: `NVIDIA H100 80GB HBM3, 580.159.04`. */
export function readCard(printed: string): Card | undefined {
  const [name = "", driver = ""] = (printed.split("\n")[0] ?? "").split(", ");
  return name === "" || driver === "" ? undefined : { name, driver: driver.trim() };
}
