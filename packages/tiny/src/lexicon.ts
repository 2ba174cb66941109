/** The words that the families share. Few and common, so that the tokenizer has one token for each. */

export interface Person {
  readonly name: string;
  readonly she: "she" | "he";
  readonly her: "her" | "his";
}

const women = ["Anna", "Mia", "Ella", "Sara", "Nora", "Lucy", "Ruth", "Ivy", "Clara", "Maya", "Rosa", "Jane"] as const;
const men = ["Ben", "Tom", "Leo", "Max", "Sam", "Noah", "Paul", "Omar", "Finn", "Hugo", "Carl", "Ivan"] as const;

export const people: readonly Person[] = [
  ...women.map((name) => ({ name, she: "she", her: "her" }) as const),
  ...men.map((name) => ({ name, she: "he", her: "his" }) as const),
];
export const names: readonly string[] = people.map(({ name }) => name);

/** Things that are counted, in the plural. */
export const things: readonly string[] = [
  "apples",
  "marbles",
  "stamps",
  "pencils",
  "cards",
  "shells",
  "buttons",
  "cookies",
  "stickers",
  "coins",
  "beads",
  "nuts",
];
/** What things are kept in, in the plural. */
export const holders: readonly string[] = ["boxes", "bags", "jars", "baskets", "packs"];
/** What is bought, in the singular. */
export const goods: readonly string[] = ["pen", "book", "ball", "kite", "cup", "hat", "lamp", "drum"];
export const plants: readonly string[] = ["tulips", "roses", "beans", "carrots", "onions", "lilies"];
export const days: readonly string[] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
export const colors: readonly string[] = ["red", "blue", "green", "yellow", "black", "white", "brown", "gray"];
export const places: readonly string[] = [
  "kitchen",
  "garden",
  "school",
  "library",
  "market",
  "park",
  "station",
  "office",
];
export const animals: readonly string[] = ["cat", "dog", "horse", "rabbit", "bird", "goat", "duck", "mouse"];
export const foods: readonly string[] = ["bread", "cheese", "rice", "soup", "milk", "honey", "butter", "salad"];

/** How an answer begins, with alternatives in braces. */
export const opening =
  "{Let us work it out|Let me think|We can go step by step|Here is the way|Let us take it in steps}{.|:} ";
export const sum = "{In total|Altogether|All together|Together}";
export const then = "{Then|Next|After that|Now}";
export const so = "{So|Therefore|Hence|In short}";
