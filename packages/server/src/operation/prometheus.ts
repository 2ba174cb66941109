/**
 * Prometheus' text format. The known libraries need Node (prom-client, OpenTelemetry's exporter), and the server also
 * runs where there is none.
 */

export type Labels = Readonly<Record<string, string | number>>;

/** A number that only grows, or a distribution, for each set of labels. */
export interface Metric {
  add(labels: Labels, value?: number): void;
  text(): string;
}

/** Counts. Its name should end in `_total`. */
export function counter(name: string, help: string): Metric {
  const values = new Map<string, number>();
  return {
    add(labels, value = 1) {
      const key = labelsText(labels);
      values.set(key, (values.get(key) ?? 0) + value);
    },
    text: () =>
      family(
        name,
        "counter",
        help,
        [...values].map(([key, value]) => `${name}${key} ${value}`),
      ),
  };
}

/** Counts values up to each of the bounds, in ascending order. */
export function histogram(name: string, help: string, bounds: readonly number[]): Metric {
  const values = new Map<string, { readonly labels: Labels; readonly counts: number[]; sum: number; count: number }>();
  return {
    add(labels, value = 0) {
      const key = labelsText(labels);
      const one = values.get(key) ?? { labels, counts: bounds.map(() => 0), sum: 0, count: 0 };
      values.set(key, one);
      for (const [at, bound] of bounds.entries()) if (value <= bound) one.counts[at] = (one.counts[at] ?? 0) + 1;
      one.sum += value;
      one.count++;
    },
    text() {
      const lines = [...values].flatMap(([key, { labels, counts, sum, count }]) => [
        ...bounds.map((bound, at) => `${name}_bucket${labelsText({ ...labels, le: bound })} ${counts[at]}`),
        `${name}_bucket${labelsText({ ...labels, le: "+Inf" })} ${count}`,
        `${name}_sum${key} ${sum}`,
        `${name}_count${key} ${count}`,
      ]);
      return family(name, "histogram", help, lines);
    },
  };
}

/** A number that goes up and down: its present values. */
export function gauge(name: string, help: string, values: readonly (readonly [Labels, number])[]): string {
  return family(
    name,
    "gauge",
    help,
    values.map(([labels, value]) => `${name}${labelsText(labels)} ${value}`),
  );
}

const family = (name: string, type: string, help: string, lines: readonly string[]): string =>
  [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ""].join("\n");

function labelsText(labels: Labels): string {
  const escaped = (value: string | number) =>
    String(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
