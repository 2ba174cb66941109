import type { Hono } from "hono";
import { ApiError } from "./api-error.ts";

/** Answers other methods on the routes that the app has so far with 405 and what is allowed. */
export function refuseOtherMethods(app: Hono): void {
  const routes = app.routes.filter(({ method }) => method !== "ALL"); // those are of middleware
  for (const [path, those] of Map.groupBy(routes, ({ path }) => path)) {
    // Hono answers HEAD wherever it answers GET.
    const allowed = those.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
    app.all(path, (c) => {
      const message = `${c.req.method} is not a method of ${path}. Send ${those.map(({ method }) => method).join(" or ")}.`;
      throw new ApiError(405, message, { code: "method_not_allowed", headers: { allow: allowed.join(", ") } });
    });
  }
}
