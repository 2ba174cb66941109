import { fail } from "./failure.ts";
import { watchOutput } from "./output.ts";
import { program } from "./program.ts";

/** Ends with 1 where the request was understood and could not be answered, as Commander itself does on wrong usage. */
watchOutput();
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: unknown) => {
    fail(error);
    process.exit();
  });
}
await program().parseAsync().catch(fail);
