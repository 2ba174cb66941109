/**
 * Loaded before Node's test runner, keeps it from following every promise, which makes tests that await often up to
 * four times slower. An error that is lost after an `await` then fails the file instead of the test that it came from.
 * Versions of Node that do not know the option ignore it.
 */
import hooks from "node:async_hooks";

const { createHook } = hooks;
hooks.createHook = (callbacks) => {
  const quick: typeof callbacks & { readonly trackPromises: boolean } = { ...callbacks, trackPromises: false };
  return createHook(quick);
};
