import { LenityError } from "@lenity/core";
import { program } from "./program.ts";

/** 1: the request was understood and could not be answered. Commander itself ends with 1 on wrong usage. */
try {
  await program().parseAsync();
} catch (error) {
  if (!(error instanceof LenityError)) throw error;
  console.error(`lenity: ${error.message}`);
  process.exitCode = 1;
}
