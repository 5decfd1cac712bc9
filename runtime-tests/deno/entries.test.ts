/** The packages as a Deno user meets them: through the workspace members' deno.json, with Deno's own test API. */
import { assertEquals, assertInstanceOf } from "@std/assert";
import { isTidemarkError, TidemarkError } from "@tidemark/core";

Deno.test("isTidemarkError recognises an error by its brand", () => {
  const error = new TidemarkError("OPTION_INVALID", "Cannot start: parallelism is 0");
  assertInstanceOf(error, TidemarkError);
  assertEquals(isTidemarkError(error), true);
  assertEquals(isTidemarkError(new Error("something else")), false);
});

Deno.test("every package resolves through the workspace", async () => {
  assertEquals(typeof (await import("@tidemark/backend-memory")), "object");
  assertEquals(typeof (await import("@tidemark/connectors/iterable")), "object");
});
