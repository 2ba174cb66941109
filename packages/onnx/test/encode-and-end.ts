/**
 * A program that encode-thread.test.ts runs: encodes on the thread of the tokenizer of its first argument, and has
 * nothing more to do.
 */
import { loadTokenizer } from "../src/index.ts";

const tokenizer = await loadTokenizer(process.argv[2] ?? "");
console.log((await tokenizer.encodeAsync?.(["hello", "the"]))?.length);
