import { fail } from "./failure.ts";
import { watchOutput } from "./output.ts";
import { program } from "./program.ts";

/** Exits with 1 on any failure; Commander does the same on wrong usage. */
watchOutput();
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: unknown) => {
    fail(error);
    process.exit();
  });
}
await program().parseAsync().catch(fail);
