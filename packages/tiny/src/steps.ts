/** Phrases between the steps of a calculation, with alternatives in braces. They end where `2 + 3 = 5` follows. */

export const makes = "{, which makes|, and that makes|, so we have}";
export const leaves = "{, which leaves|, and that leaves|, so this leaves}";
export const total = "{that is|that makes|this gives}";
export const including = "{With|Together with|Including}";
/** How a request begins, before `how many …` or `the …`. */
export const ask = "{Work out|Tell me|Find out}";

/** `"she"` → `"She"`. */
export const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** `(1, "hour")` → `"1 hour"`; `(2, "hour")` → `"2 hours"`. */
export const amount = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? "" : "s"}`;
