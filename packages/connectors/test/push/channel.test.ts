/** What a channel takes, what it refuses, and in which order things come out of it. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { type PushChannel, pushSource, type PushSourceOptions, replayablePushSource } from "../../src/push/mod.ts";
import { manualEnv } from "../manual-env.ts";
import { checkAsync } from "../property.ts";
import { readerOf, readFrom, splitsOf } from "../reading.ts";

type Reader<T> = ReturnType<typeof readerOf<T>>;

interface Opened<T, Position> {
  readonly channel: PushChannel<T, Position>;
  readonly reader: Reader<T>;
  /** Whether the client was closed. */
  readonly closed: () => boolean;
  /** How many calls its env has scheduled. */
  readonly waiting: () => number;
}

async function opened<T>(options: PushSourceOptions<T> = {}): Promise<Opened<T, number | void>> {
  let channel: PushChannel<T, number | void> | undefined;
  let closed = false;
  const source = pushSource<T, number | void>({
    ...options,
    name: "feed",
    open: (given) => {
      channel = given;
      return { close: () => void (closed = true) };
    },
  });
  const { env, waiting } = manualEnv();
  const reader = readerOf(source, await splitsOf(source), env);
  assert.equal(reader.poll(1), "nothing");
  return { channel: channel!, reader, closed: () => closed, waiting };
}

/** Lets every promise go on that can. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await Promise.resolve();
}

/** Whether a promise is settled once every other one has gone on that can. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = (): void => void (settled = true);
  promise.then(note, note);
  await settle();
  return settled;
}

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "resolved",
    (error: unknown) => (error as { code: unknown }).code,
  );

test("pushSource: push waits while as many records are held as may be, and goes on when some are taken (SRC-02)", async () => {
  const { channel, reader } = await opened<number>({ recordsMax: 2 });
  const pushes = [1, 2, 3, 4].map((value) => channel.push(value));
  assert.deepEqual(await Promise.all(pushes.map(isSettled)), [true, true, false, false]);
  assert.deepEqual((await readFrom(reader, 1, 1)).values, [1]);
  assert.deepEqual(await Promise.all(pushes.map(isSettled)), [true, true, true, false]);
  assert.deepEqual((await readFrom(reader, 3)).values, [2, 3, 4]);
  assert.ok(await isSettled(pushes[3]!));
});

test("pushSource: tryPush takes what there is room for, and comes before nobody who waits", async () => {
  const { channel, reader } = await opened<number>({ recordsMax: 1 });
  assert.ok(channel.tryPush(1));
  assert.ok(!channel.tryPush(2));
  const waiting = channel.push(3);
  assert.ok(!(await isSettled(waiting)));
  assert.deepEqual((await readFrom(reader, 1)).values, [1]);
  assert.ok(await isSettled(waiting));
  assert.ok(!channel.tryPush(4));
  assert.deepEqual((await readFrom(reader, 1)).values, [3]);
  assert.ok(channel.tryPush(5));
});

test("pushSource: bytes are bounded as well, and a record that is larger is held alone", async () => {
  const { channel, reader } = await opened<string>({ bytesMax: 10, sizeOf: ({ length }) => length });
  assert.ok(channel.tryPush("four"));
  assert.ok(channel.tryPush("sixsix"));
  assert.ok(!channel.tryPush("x"));
  assert.ok(channel.tryPush(""));
  assert.equal((await readFrom(reader, 3)).values.length, 3);
  assert.ok(channel.tryPush("longer than ten"));
  assert.ok(!channel.tryPush(""));
  assert.deepEqual((await readFrom(reader, 1)).values, ["longer than ten"]);
});

test("pushSource: a reader with nothing waits, is woken by a push, and sets no timer", async () => {
  const { channel, reader, waiting } = await opened<number>();
  assert.equal(reader.poll(10), "nothing");
  const available = reader.available();
  assert.ok(!(await isSettled(available)));
  assert.ok(channel.tryPush(1));
  await available;
  assert.deepEqual(reader.poll(10), { splitId: "1 of 1", values: [1] });
  assert.equal(waiting(), 0);
});

test("pushSource: the end comes after all that was pushed before it, held or not", async () => {
  const { channel, reader } = await opened<number>({ recordsMax: 1 });
  const pushes = [1, 2, 3].map((value) => channel.push(value));
  channel.end();
  channel.end();
  channel.fail(new Error("too late to matter"));
  assert.deepEqual((await readFrom(reader)).values, [1, 2, 3]);
  await Promise.all(pushes);
  assert.equal(reader.poll(1), "finished");
  assert.deepEqual(reader.snapshot(), []);
});

test("pushSource: an end that nothing came before is noticed at once", async () => {
  const { channel, reader } = await opened<number>();
  const available = reader.available();
  channel.end();
  await available;
  assert.equal(reader.poll(1), "finished");
});

test("pushSource: a failure of the client is told after all that was pushed before it", async () => {
  const { channel, reader } = await opened<number>({ recordsMax: 1 });
  const pushes = [1, 2].map((value) => channel.push(value));
  channel.fail(new Error("connection reset"));
  channel.end();
  assert.deepEqual((await readFrom(reader, 2)).values, [1, 2]);
  await Promise.all(pushes);
  await assert.rejects(readFrom(reader), { code: "SOURCE_IO", message: /Cannot read feed: connection reset/ });
});

test("pushSource: what cannot be opened fails the source", async () => {
  const source = pushSource<number>({
    name: "feed",
    open: async () => {
      throw new Error("no such host");
    },
  });
  const reader = readerOf(source, await splitsOf(source));
  await assert.rejects(readFrom(reader), { code: "SOURCE_IO", message: /Cannot open feed: no such host/ });
  await reader.close();
});

test("pushSource: who pushes after having ended is told", async () => {
  const { channel } = await opened<number>();
  channel.end();
  await assert.rejects(channel.push(1), { code: "PUSH_CLOSED", message: /it has said that nothing more comes/ });
  assert.throws(() => channel.tryPush(1), { code: "PUSH_CLOSED" });
});

test("pushSource: closing sends those away who wait, aborts the signal, and then closes the client", async () => {
  const { channel, reader, closed } = await opened<number>({ recordsMax: 1 });
  assert.ok(channel.tryPush(1));
  const waiting = codeOf(channel.push(2));
  let aborted = false;
  channel.signal.addEventListener("abort", () => (aborted = !closed()));
  await Promise.all([reader.close(), reader.close()]);
  assert.ok(aborted && closed());
  assert.equal(await waiting, "PUSH_CLOSED");
  assert.equal(await codeOf(channel.push(3)), "PUSH_CLOSED");
  assert.equal(channel.tryPush(3), false);
  channel.end();
  channel.fail(new Error("disconnected"));
});

test("pushSource: a client that is still being opened does not hold up who closes, and is closed when it is there", async () => {
  let connected = (_: { close(): void }): void => undefined;
  let closed = false;
  const source = pushSource<number>({ open: () => new Promise((resolve) => (connected = resolve)) });
  const reader = readerOf(source, await splitsOf(source));
  assert.equal(reader.poll(1), "nothing");
  await reader.close();
  connected({ close: () => (closed = true) });
  await settle();
  assert.ok(closed);
});

for (const [what, push, message] of [
  ["undefined", (channel) => channel.push(undefined as never, 1), /its record is undefined/],
  ["no position", (channel) => channel.push("a", undefined as never), /no position to go on from/],
  ["a size that is none", (channel) => channel.push("nan", 1), /the size of its record is NaN/],
] as const satisfies readonly (readonly [string, (channel: PushChannel<string, number>) => Promise<void>, RegExp])[]) {
  test(`replayablePushSource: refuses ${what}, and takes nothing that comes after the gap`, async () => {
    let channel: PushChannel<string, number> | undefined;
    const source = replayablePushSource<string, number>({
      sizeOf: (value) => (value === "nan" ? NaN : 1),
      open: (given) => {
        channel = given;
        return { close: () => undefined };
      },
    });
    const reader = readerOf(source, await splitsOf(source));
    assert.equal(reader.poll(1), "nothing");
    assert.ok(channel!.tryPush("before", 1));
    await assert.rejects(push(channel!), { code: "PUSH_INVALID", message });
    assert.equal(await codeOf(channel!.push("after", 3)), "PUSH_CLOSED");
    assert.deepEqual((await readFrom(reader, 1)).values, ["before"]);
    await assert.rejects(readFrom(reader), { code: "PUSH_INVALID" });
  });
}

test("pushSource: what waits is bounded too: a client that does not wait for its pushes fails the source", async () => {
  const { channel, reader } = await opened<number>({ recordsMax: 1, waitingMax: 2 });
  const pushes = [1, 2, 3, 4, 5].map((value) => codeOf(channel.push(value)));
  assert.deepEqual(await Promise.all(pushes.slice(3)), ["PUSH_OVERRUN", "PUSH_CLOSED"]);
  assert.deepEqual((await readFrom(reader, 3)).values, [1, 2, 3]);
  await assert.rejects(readFrom(reader), { code: "PUSH_OVERRUN", details: { waitingMax: 2 } });
});

test("pushSource: what could not be decoded is rejected in its place, with records around it", async () => {
  const { channel, reader } = await opened<number>();
  const torn = { raw: "{", position: "message 2", reason: "it ends early" };
  await channel.push(1, 1);
  await channel.reject(torn, 2);
  await channel.push(3, 3);
  const read = await readFrom(reader, 3);
  assert.deepEqual([read.values, read.rejected], [[1, 3], [torn]]);
});

test("pushSource: options out of bounds are refused", () => {
  const open = () => ({ close: () => undefined });
  for (const options of [{ recordsMax: 0 }, { waitingMax: -1 }, { bytesMax: 1.5, sizeOf: () => 1 }, { bytesMax: 9 }]) {
    assert.throws(() => pushSource<number>({ open, ...options }), { code: "OPTION_INVALID" });
  }
});

/** What a random run of a channel does next. */
const step = fc.oneof(
  fc.record({ kind: fc.constant("push" as const), bytes: fc.nat(6) }),
  fc.record({ kind: fc.constant("try" as const), bytes: fc.nat(6) }),
  fc.record({ kind: fc.constant("poll" as const), limit: fc.integer({ min: 1, max: 4 }) }),
);

test("pushSource: whoever pushes and polls when, no more is held than the bounds allow, and what was taken comes out once, in order (SRC-02)", async () => {
  const bounds = fc.record({ recordsMax: fc.integer({ min: 1, max: 4 }), bytesMax: fc.integer({ min: 1, max: 12 }) });
  await checkAsync(
    fc.asyncProperty(bounds, fc.array(step, { maxLength: 40 }), async ({ recordsMax, bytesMax }, steps) => {
      const sizes: number[] = [];
      const { channel, reader } = await opened<number>({ recordsMax, bytesMax, sizeOf: (id) => sizes[id]! });
      const pushed: number[] = [];
      const read: number[] = [];
      /** Taken over from who pushed, and not polled. */
      const held = new Set<number>();
      for (const each of steps) {
        if (each.kind === "poll") {
          const found = reader.poll(each.limit);
          for (const id of typeof found === "object" ? found.values : []) {
            await settle();
            assert.ok(held.delete(id), `${id} was read without having been held`);
            read.push(id);
          }
        } else {
          const id = sizes.push(each.bytes) - 1;
          if (each.kind === "push") {
            pushed.push(id);
            void channel.push(id).then(() => held.add(id));
          } else if (channel.tryPush(id)) {
            pushed.push(id);
            held.add(id);
          }
        }
        await settle();
        const bytes = [...held].reduce((sum, id) => sum + sizes[id]!, 0);
        assert.ok(held.size <= recordsMax, `${held.size} records are held`);
        assert.ok(bytes <= bytesMax || held.size === 1, `${bytes} bytes are held`);
        // Nobody waits who need not.
        assert.ok(held.size > 0 || read.length === pushed.length, "somebody waits though nothing is held");
      }
      channel.end();
      read.push(...(await readFrom(reader)).values);
      assert.deepEqual(read, pushed);
    }),
    200,
  );
});
