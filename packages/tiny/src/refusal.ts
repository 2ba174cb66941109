const refusals = /\bsorry\b|\b(?:cannot|can't|not able to|unable to) help\b|\bmust decline\b/i;

/** Whether the text refuses in its first sentence, for example "I'm sorry, but I can't help with that." */
export function isRefusal(text: string): boolean {
  const [first = ""] = text.trim().split(/[.!?\n]/, 1);
  return refusals.test(first.replaceAll("’", "'"));
}
