import { words } from "../../src/families/words.ts";
import { type Solve, testCalculations } from "./calculation.ts";

type N = number;
const of =
  (solve: (...values: N[]) => number): Solve =>
  (values) =>
    solve(...(values as N[]));

testCalculations(words, {
  boxes: of((a: N, b: N, given: N) => a * b - given),
  shop: of((price: N, other: N, count: N, purse: N) => purse - other - price * count),
  savings: of((start: N, each: N, days: N, price: N) => start - price + each * days),
  reading: of((first: N, times: N, pages: N) => pages - first * (1 + times)),
  sharing: of((first: N, second: N, kept: N, friends: N) => (first + second - kept) / friends),
  compare: of((a: N, b: N, sign: N, c: N) => 3 * a + 2 * b + sign * c),
  stops: of((start: N, off: N, on: N, later: N) => start + on - off - later),
  garden: of((a: N, b: N, c: N, d: N, eaten: N) => a * b + c * d - eaten),
  wages: of((a: N, b: N, wage: N, price: N) => a * wage + b * wage - price),
  recipe: of((people: N, each: N, guests: N, had: N) => (guests * each) / people - had),
  tickets: of((a: N, price: N, c: N, less: N) => a * price + c * less),
  ages: of((age: N, older: N, times: N, years: N) => times * age + times * older + years),
});
