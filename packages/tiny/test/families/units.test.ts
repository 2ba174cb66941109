import { units } from "../../src/families/units.ts";
import { type Solve, testCalculations } from "./calculation.ts";

type N = number;
const of =
  (solve: (...values: N[]) => string | number): Solve =>
  (values) =>
    solve(...(values as N[]));
const clock = (minutes: N) => new Date(minutes * 60_000).toISOString().slice(11, 16).replace(/^0/, "");
const parts = (total: N, base: N, large: string, small: string) => {
  const [x, y] = [Math.floor(total / base), total % base];
  return `${x} ${large}${x > 1 ? "s" : ""} ${y} ${small}${y > 1 ? "s" : ""}`;
};

testCalculations(units, {
  minutes: of((hours: N, minutes: N, more: N) => 60 * hours + minutes + more),
  hours: of((a: N, b: N) => parts(a + b, 60, "hour", "minute")),
  walk: of((a: N, b: N, c: N, d: N) => parts(1000 * (a + c) + b + d, 1000, "kilometer", "meter")),
  weight: of((bags: N, each: N, jar: N) => parts(bags * each + jar, 1000, "kilogram", "gram")),
  dozens: of((dozens: N, more: N, given: N) => 12 * dozens + more - given),
  weeks: of((weeks: N, days: N, each: N, before: N) => before + each * (7 * weeks + days)),
  arrival: of((hour: N, minute: N, takes: N) => clock(60 * hour + minute + takes)),
  between: of((hour: N, minute: N, later: N, late: N) => 60 * later + late - 60 * hour - minute),
  longer: ([meters, centimeters, other], question) => {
    const [first, second] = [...question.matchAll(/of ([A-Z][a-z]+) is/g)].map(([, name]) => name);
    const gap = 100 * (meters as N) + (centimeters as N) - (other as N);
    return `${gap > 0 ? first : second} by ${Math.abs(gap)} centimeters`;
  },
});
