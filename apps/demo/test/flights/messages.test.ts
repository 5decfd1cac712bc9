import assert from "node:assert/strict";
import { test } from "node:test";
import { type Message, messageReader } from "../../src/flights/messages.ts";

test("messageReader puts lines together that arrive in pieces", () => {
  const taken: Message[] = [];
  const read = messageReader((message) => taken.push(message));
  for (const piece of ['{"type":"arm', 'ed"}\n{"type":"armed"}\n{"type":"fai', 'led","reason":"x"}\n{"ty']) read(piece);
  assert.deepEqual(taken, [{ type: "armed" }, { type: "armed" }, { type: "failed", reason: "x" }]);
});
