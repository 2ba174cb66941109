import { LenityError } from "@lenity/core";
import type { Budget } from "../budget.ts";
import { alphabetOf } from "../characters/alphabet.ts";
import type { Automaton } from "../characters/automaton.ts";
import { explore } from "../characters/explore.ts";
import { patternAutomaton } from "../regex/pattern-automaton.ts";
import type { Steps } from "../steps.ts";
import { type Decimal, decimal } from "./decimal.ts";

/** Which numbers may stand at a place. */
export interface NumberRange {
  readonly integer: boolean;
  readonly least?: Bound | undefined;
  readonly most?: Bound | undefined;
}

export interface Bound {
  /** Below 1e21 in size, so that JavaScript writes it without a power of ten; below 2 ** 53 if exclusive. */
  readonly value: number;
  /** Whether the value itself is outside. */
  readonly exclusive: boolean;
}

const integers = "0|-?[1-9]\\d{0,20}";
/** The power of ten is at most 286, which leaves every number finite. */
const numbers =
  "-?(?:0|[1-9]\\d{0,20})(?:\\.\\d{1,24})?(?:[eE](?:\\+?(?:\\d{1,2}|[01]\\d\\d|2[0-7]\\d|28[0-6])|-\\d{1,3}))?";

/**
 * How a number may be written: an integer with up to 21 digits; other numbers also with up to 24 digits behind the
 * point and a power of ten up to 286, which covers how JavaScript writes all but the very largest. Within bounds there
 * is no power. Bounds are compared digit by digit with the decimal text; what lies within them also does so
 * as a floating-point number. Throws `invalid_request` if there is no number within them.
 */
export function* numberAutomaton(
  { integer, least, most }: NumberRange,
  budget: Budget,
  path: string,
): Steps<Automaton> {
  if (least === undefined && most === undefined)
    return yield* patternAutomaton(integer ? integers : numbers, "whole", budget, path);
  const exclusive = least?.exclusive === true || most?.exclusive === true;
  const sides = { plus: above(least, most), minus: below(least, most) };
  const found = yield* explore<Reading>(
    {
      alphabet,
      start: { part: "sign", side: undefined, whole: 0, fraction: 0, low: 0, high: 0 },
      key: ({ part, side, whole, fraction, low, high }) =>
        `${part}${side === sides.minus ? "-" : ""},${whole},${fraction},${low},${high}`,
      accepting: mayEnd,
      next: (reading) => next(reading, integer, exclusive, sides),
    },
    budget,
    path,
  );
  if (found.states.length > 0) return found;
  throw new LenityError("invalid_request", `${path} has bounds between which there is no number.`, { path });
}

/** Limits of the digits behind a sign. */
interface Side {
  readonly low?: Limit | undefined;
  readonly high?: Limit | undefined;
}

interface Limit extends Decimal {
  readonly exclusive: boolean;
}

const limit = (bound: Bound | undefined): Limit | undefined =>
  bound === undefined ? undefined : { ...decimal(bound.value), exclusive: bound.exclusive };

/** Whether the numbers up to this bound end before zero. */
const endsBeforeZero = ({ value, exclusive }: Bound): boolean => value < 0 || (value === 0 && exclusive);

/** The digits of the numbers from zero up; undefined if none is within the bounds. */
function above(least: Bound | undefined, most: Bound | undefined): Side | undefined {
  if (most !== undefined && endsBeforeZero(most)) return undefined;
  const low = least !== undefined && (least.value > 0 || (least.value === 0 && least.exclusive));
  return { low: low ? limit(least) : undefined, high: limit(most) };
}

/** The digits of the numbers with a minus; undefined if none below zero is within the bounds. */
function below(least: Bound | undefined, most: Bound | undefined): Side | undefined {
  if (least !== undefined && least.value >= 0) return undefined;
  return { low: most !== undefined && endsBeforeZero(most) ? limit(most) : undefined, high: limit(least) };
}

/** How far a number has been read. */
interface Reading {
  readonly part: "sign" | "minus" | "zero" | "whole" | "point" | "fraction";
  readonly side: Side | undefined;
  /** Digits before and behind the point. */
  readonly whole: number;
  readonly fraction: number;
  /** How the digits compare with as many of the limits': -1, 0 or 1. Behind the point, how the numbers compare. */
  readonly low: number;
  readonly high: number;
}

/** The most digits of a number before its point and behind it. */
const [mostWhole, mostFraction] = [21, 24];
/** Two decimals of up to this many digits differ as floating-point numbers too (IEEE 754, binary64). */
const distinct = 15;

interface Sides {
  readonly plus: Side | undefined;
  readonly minus: Side | undefined;
}

/** The digits, the point and the minus, each a letter. */
const { alphabet, lettersOf } = alphabetOf(
  [..."0123456789.-"].map((letter) => [[letter.charCodeAt(0), letter.charCodeAt(0)]]),
);
const [point, minus] = [10, 11].map((set) => lettersOf[set]?.[0] as number) as [number, number];

function* next(
  reading: Reading,
  integer: boolean,
  exclusive: boolean,
  sides: Sides,
): Generator<readonly [letter: number, Reading]> {
  const { part, whole, fraction } = reading;
  if (part === "sign" && sides.minus !== undefined) yield [minus, { ...reading, part: "minus", side: sides.minus }];
  if (!integer && (part === "zero" || part === "whole")) yield [point, { ...compared(reading), part: "point" }];
  const mayGoOn = fraction < mostFraction && (!exclusive || whole + fraction < distinct);
  for (let digit = 0; digit < 10; digit++) {
    const letter = lettersOf[digit]?.[0] as number;
    if (part === "point" || part === "fraction") {
      if (mayGoOn) yield [letter, { ...withDigit(reading, digit), part: "fraction", fraction: fraction + 1 }];
    } else if (part === "whole") {
      if (whole < mostWhole) yield [letter, { ...withDigit(reading, digit), whole: whole + 1 }];
    } else if (part !== "zero") {
      const side = part === "sign" ? sides.plus : reading.side;
      // Integers have no negative zero.
      if (side === undefined || (integer && part === "minus" && digit === 0)) continue;
      yield [letter, { ...withDigit({ ...reading, side }, digit), part: digit === 0 ? "zero" : "whole", whole: 1 }];
    }
  }
}

/** The reading with the next digit compared. */
function withDigit(reading: Reading, digit: number): Reading {
  const { part, side, whole, fraction } = reading;
  const behind = part === "point" || part === "fraction";
  const compare = (soFar: number, limit: Limit | undefined) => {
    const own = behind ? (limit?.fraction[fraction] ?? "0") : limit?.whole[whole];
    return limit === undefined || soFar !== 0 || own === undefined ? soFar : Math.sign(digit - Number(own));
  };
  return { ...reading, low: compare(reading.low, side?.low), high: compare(reading.high, side?.high) };
}

/** The reading at the point: the number of digits decides first. */
function compared(reading: Reading): Reading {
  const compare = (soFar: number, limit: Limit | undefined) =>
    limit === undefined ? 0 : Math.sign(reading.whole - limit.whole.length) || soFar;
  return { ...reading, low: compare(reading.low, reading.side?.low), high: compare(reading.high, reading.side?.high) };
}

function mayEnd(reading: Reading): boolean {
  const { part, side, fraction } = reading;
  if (part === "sign" || part === "minus" || part === "point") return false;
  const { low, high } = part === "fraction" ? reading : compared(reading);
  /** Digits of a limit that are left make it larger: its last one is no zero. */
  const final = (soFar: number, limit: Limit) => soFar || (fraction < limit.fraction.length ? -1 : 0);
  const within = (order: number, { exclusive }: Limit) => order > 0 || (order === 0 && !exclusive);
  return (
    (side?.low === undefined || within(final(low, side.low), side.low)) &&
    (side?.high === undefined || within(-final(high, side.high), side.high))
  );
}
