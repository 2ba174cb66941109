import { excerpt } from "@lenity/core/internal";
import type { Hono } from "hono";
import { ApiError } from "./api-error.ts";

/** Answers other methods on the app's existing routes with 405 and the allowed methods. */
export function refuseOtherMethods(app: Hono): void {
  const routes = app.routes.filter(({ method }) => method !== "ALL"); // skips middleware
  for (const [path, those] of Map.groupBy(routes, ({ path }) => path)) {
    // Hono answers HEAD on every GET route.
    const allowed = those.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
    app.all(path, (c) => {
      const message = `${excerpt(c.req.path)} does not support ${c.req.method}. Use ${those.map(({ method }) => method).join(" or ")}.`;
      throw new ApiError(405, message, { code: "method_not_allowed", headers: { allow: allowed.join(", ") } });
    });
  }
}
