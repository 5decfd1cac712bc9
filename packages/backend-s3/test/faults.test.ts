import assert from "node:assert/strict";
import { test } from "node:test";
import { type BackendSession, isTidemarkError, type StateBackend, type StateError, standardEnv } from "@tidemark/core";
import { s3 } from "@tidemark/backend-s3";
import { backendOn } from "./fixtures.ts";
import { type S3Server, type SeenRequest, type ServerFault, startS3 } from "./s3-server.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (found: Uint8Array | undefined): string | undefined =>
  found === undefined ? undefined : new TextDecoder().decode(found);

/** Waits last a tenth of what they were asked to. */
const env = (): ReturnType<typeof standardEnv> => {
  const inner = standardEnv({ log: () => undefined });
  return { ...inner, schedule: (delayMs, callback) => inner.schedule(delayMs / 10, callback) };
};

const open = (backend: StateBackend, name: string = "job"): Promise<BackendSession> =>
  backend.open({ name, env: env() });

async function withServer(run: (server: S3Server, session: BackendSession) => Promise<void>): Promise<void> {
  const server = await startS3();
  try {
    await run(server, await open(backendOn(server, { requestTimeout: "5s" })));
  } finally {
    await server.close();
  }
}

/** The HTTP client of Deno sends a request again by itself, without a word, when its connection was cut. */
const SENDS_AGAIN = "Deno" in globalThis;

/** Strikes the first requests that fit, one fault each. */
function strike(
  server: S3Server,
  fits: (request: SeenRequest) => boolean,
  ...faults: readonly (ServerFault | "none")[]
): void {
  const left = [...faults];
  server.requests.length = 0;
  server.fault = (request) => {
    const fault = fits(request) ? left.shift() : undefined;
    return fault === "none" ? undefined : fault;
  };
}

const headPuts = ({ verb, key }: SeenRequest): boolean => verb === "put" && key === "job/head";
const sent = (server: S3Server, fits: (request: SeenRequest) => boolean): number =>
  server.requests.filter((request) => fits(request)).length;

async function code(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return isTidemarkError(error) ? `${error.code}${error.retryable ? " retryable" : ""}` : String(error);
  }
  return "none";
}

for (const [fault, puts] of [
  ["unanswered", 1],
  ["cut", 2],
  ["throttle", 2],
  ["error", 2],
  ["conflict", 2],
] as const) {
  test(`head: a put that is ${fault} is looked up before it is sent again`, async () => {
    await withServer(async (server, { head }) => {
      strike(server, headPuts, fault);
      const first = await head.compareAndSet(undefined, bytes("1"));
      assert.notEqual(first, undefined);
      if (!SENDS_AGAIN) {
        assert.equal(sent(server, headPuts), puts);
        // Never two puts in a row: the answer of the first is asked for in between.
        const verbs = server.requests.map(({ verb }) => verb);
        assert.ok(!verbs.join().includes("put,put"), verbs.join());
      }
      strike(server, headPuts, fault);
      const second = await head.compareAndSet(first, bytes("2"));
      assert.notEqual(second, first);
      assert.equal(await head.compareAndSet(first, bytes("3")), undefined);
      assert.deepEqual(await head.read().then((found) => [found?.tag, text(found?.bytes)]), [second, "2"]);
    });
  });
}

test("head: a put that arrives twice is this session's own, though the answer says that it was refused", async () => {
  await withServer(async (server, { head }) => {
    strike(server, headPuts, "twice", "twice");
    const first = await head.compareAndSet(undefined, bytes("1"));
    assert.notEqual(first, undefined);
    assert.notEqual(await head.compareAndSet(first, bytes("2")), undefined);
    assert.equal(text((await head.read())?.bytes), "2");
  });
});

test("head: a put that takes place late, between two looks, is still this session's own", async () => {
  await withServer(async (server, { head }) => {
    strike(server, headPuts, "late");
    const { fault } = server;
    server.fault = (request) => {
      // The second put finds the first one there: 412, and yet nobody else has written.
      if (headPuts(request) && sent(server, headPuts) === 2) server.settle();
      return fault(request);
    };
    const tag = await head.compareAndSet(undefined, bytes("1"));
    assert.notEqual(tag, undefined);
    assert.equal(sent(server, headPuts), 2);
    assert.equal((await head.read())?.tag, tag);
  });
});

test("head: a put that takes place after the session gave up is found again when it is asked for again", async () => {
  await withServer(async (server, { head }) => {
    strike(server, headPuts, ...Array.from({ length: 20 }, () => "late" as const));
    assert.equal(await code(head.compareAndSet(undefined, bytes("1"))), "STATE_IO retryable");
    server.fault = () => undefined;
    server.settle();
    assert.notEqual(await head.compareAndSet(undefined, bytes("1")), undefined);
  });
});

test("head: late puts of a session that was taken over change nothing", async () => {
  await withServer(async (server, older) => {
    const first = await older.head.compareAndSet(undefined, bytes("1"));
    strike(server, headPuts, ...Array.from({ length: 20 }, () => "late" as const));
    assert.equal(await code(older.head.compareAndSet(first, bytes("stale"))), "STATE_IO retryable");
    server.fault = () => undefined;
    const newer = await open(backendOn(server));
    assert.notEqual(await newer.head.compareAndSet(first, bytes("newer")), undefined);
    server.settle();
    assert.equal(text((await newer.head.read())?.bytes), "newer");
    assert.equal(await older.head.compareAndSet(first, bytes("stale")), undefined);
  });
});

test("head: the same record of another process is not taken for one's own", async () => {
  await withServer(async (server, older) => {
    const newer = await open(backendOn(server));
    strike(server, headPuts, "none", "cut");
    // Both begin the job at once, with the same bytes; the second does not hear that it was refused.
    assert.notEqual(await older.head.compareAndSet(undefined, bytes("generation 1")), undefined);
    assert.equal(await newer.head.compareAndSet(undefined, bytes("generation 1")), undefined);
  });
});

test("head: the same record of another process is refused when the outcome stays unknown", async () => {
  await withServer(async (server, older) => {
    const newer = await open(backendOn(server));
    const isDown = ({ key, verb }: SeenRequest): boolean => key === "job/head" && verb !== "list";
    server.fault = (request) => (isDown(request) ? "cut" : undefined);
    assert.equal(await code(newer.head.compareAndSet(undefined, bytes("generation 1"))), "STATE_IO retryable");
    server.fault = () => undefined;
    assert.notEqual(await older.head.compareAndSet(undefined, bytes("generation 1")), undefined);
    assert.equal(await code(newer.head.read()), "CHECKPOINT_FENCED");
  });
});

test("head: one that is missing beside checkpoints is refused, and never taken for a new job", async () => {
  await withServer(async (server, session) => {
    await session.head.compareAndSet(undefined, bytes("1"));
    await session.manifests.write("0000000000000001-0000000000000001", bytes("m"));
    server.objects.delete("job/head");
    assert.equal(await code((await open(backendOn(server))).head.read()), "STATE_CORRUPT");
  });
});

for (const fault of ["unanswered", "cut", "throttle", "error", "conflict"] as const) {
  test(`objects: an immutable put that is ${fault} is sent again, and its own bytes are no conflict`, async () => {
    await withServer(async (server, { manifests }) => {
      const name = "0000000000000001-0000000000000001";
      strike(server, ({ verb }) => verb === "put", fault, fault);
      await manifests.write(name, bytes("one"));
      assert.equal(
        sent(server, ({ verb }) => verb === "put"),
        3,
      );
      assert.equal(text(await manifests.read(name)), "one");
      assert.equal(await code(manifests.write(name, bytes("two"))), "STATE_IO");
    });
  });
}

for (const fault of ["cut", "throttle", "error", "truncated"] as const) {
  test(`objects: a read that is ${fault} is made again, with a pause`, async () => {
    await withServer(async (server, { manifests }) => {
      const name = "0000000000000001-0000000000000001";
      await manifests.write(name, bytes("a body that can be cut in two"));
      strike(server, ({ verb }) => verb === "get", fault, fault);
      assert.equal(text(await manifests.read(name)), "a body that can be cut in two");
      assert.equal(server.requests.length, 3);
    });
  });
}

test("objects: after six attempts a request is given up", async () => {
  await withServer(async (server, { manifests }) => {
    strike(server, () => true, ...Array.from({ length: 20 }, () => "throttle" as const));
    assert.equal(await code(manifests.read("0000000000000001-0000000000000001")), "STATE_IO retryable");
    assert.equal(server.requests.length, 6);
  });
});

test("objects: a refusal for good is not tried again", async () => {
  const server = await startS3();
  const message = await open(backendOn(server, { bucket: "other" })).then(
    () => "none",
    (error: unknown) => (error as StateError).message,
  );
  assert.match(message, /\(NoSuchBucket, 404\)\. Create the bucket, or correct its name: the backend makes none/);
  assert.equal(server.requests.length, 1);
  await server.close();
});

test("requests: one without an answer ends after its time limit, and is made again where that is harmless", async () => {
  const server = await startS3();
  const session = await open(backendOn(server, { requestTimeout: "2s" }));
  strike(server, () => true, "silent");
  assert.equal(await session.manifests.read("0000000000000001-0000000000000001"), undefined);
  strike(server, headPuts, "silent");
  assert.notEqual(await session.head.compareAndSet(undefined, bytes("1")), undefined);
  await server.close();
});

test("requests: a session that is closed repeats nothing", async () => {
  await withServer(async (server, session) => {
    strike(server, () => true, ...Array.from({ length: 20 }, () => "error" as const));
    const read = code(session.manifests.read("0000000000000001-0000000000000001"));
    await session.close();
    assert.equal(await read, "STATE_IO retryable");
    assert.ok(server.requests.length <= 2, String(server.requests.length));
  });
});

test("open: a store that ignores conditions is refused, unless that is accepted by name", async () => {
  const server = await startS3();
  server.ignored = ["If-Match", "If-None-Match"];
  const refused = open(backendOn(server));
  await assert.rejects(refused, (error: Error) => {
    assert.ok(isTidemarkError(error) && error.code === "GUARANTEE_UNSUPPORTED");
    assert.match(error.message, /If-Match and If-None-Match.*conditions: "unchecked"/);
    return true;
  });
  const accepted = backendOn(server, { conditions: "unchecked" });
  assert.equal(accepted.capabilities.sharedAccess, false);
  const { head } = await open(accepted);
  const tag = await head.compareAndSet(undefined, bytes("1"));
  assert.equal(await head.compareAndSet(undefined, bytes("2")), undefined);
  assert.notEqual(await head.compareAndSet(tag, bytes("2")), undefined);
  assert.equal(await head.compareAndSet(tag, bytes("3")), undefined);
  await server.close();
});

for (const promise of ["If-Match", "If-None-Match"] as const) {
  test(`open: a store that ignores ${promise} alone is refused, and told which it is`, async (context) => {
    const server = await startS3();
    context.after(() => server.close());
    server.ignored = [promise];
    await assert.rejects(open(backendOn(server)), {
      code: "GUARANTEE_UNSUPPORTED",
      details: { backend: 's3 "bucket/job"', broken: [promise] },
    });
    assert.deepEqual([...server.objects.keys()], ["job/probe"]);
  });
}

test("open: a store on which no tag ever matches is refused: no head could be replaced there", async (context) => {
  const server = await startS3();
  context.after(() => server.close());
  server.matchesNothing = true;
  await assert.rejects(open(backendOn(server)), { code: "GUARANTEE_UNSUPPORTED", message: /If-Match/ });
});

test("open: a store that answers reads from the past is refused", async () => {
  const server = await startS3();
  let stale: Uint8Array | undefined;
  const inner = backendOn(server);
  server.fault = ({ verb, key }) => {
    if (key !== "job/probe") return undefined;
    // The first put of the probe is what reads go on to show.
    if (verb === "put") stale ??= server.objects.get(key)?.slice();
    if (verb === "get" && stale !== undefined) server.objects.set(key, stale);
    return undefined;
  };
  assert.equal(await code(open(inner)), "GUARANTEE_UNSUPPORTED");
  await server.close();
});

test("open: the test of the store is made once for each backend, and finds no fault where two processes make it", async () => {
  await withServer(async (server) => {
    server.requests.length = 0;
    const backend = backendOn(server);
    await Promise.all(Array.from({ length: 8 }, () => open(backendOn(server))));
    await open(backend);
    const before = sent(server, ({ key }) => key === "job/probe");
    await open(backend);
    assert.equal(
      sent(server, ({ key }) => key === "job/probe"),
      before,
    );
  });
});

test("s3: options that cannot work are refused", async () => {
  const invalid = { name: "ConfigurationError", code: "OPTION_INVALID" };
  assert.throws(() => s3({ bucket: "" }), invalid);
  assert.throws(() => s3({ bucket: "b", requestTimeout: "0s" }), invalid);
  assert.throws(() => s3({ bucket: "b", conditions: "none" as "checked" }), invalid);
  for (const prefix of ["", "/a", "a//b", "../a", "a\nb", "a".repeat(600)]) {
    await assert.rejects(open(s3({ bucket: "b", prefix })), invalid);
  }
});

test("objects: a refusal that is cut off in its body is asked for again", async () => {
  await withServer(async (server, { manifests }) => {
    strike(server, ({ verb }) => verb === "get", "truncated");
    assert.equal(await manifests.read("0000000000000001-0000000000000001"), undefined);
    assert.equal(server.requests.length, 2);
  });
});

test("open: a write of the self-test that takes place late is not held against the store", async () => {
  await withServer(async (server) => {
    const probePuts = ({ verb, key }: SeenRequest): boolean => verb === "put" && key === "job/probe";
    server.requests.length = 0;
    server.fault = (request) => {
      if (!probePuts(request)) return undefined;
      const puts = sent(server, probePuts);
      if (puts === 4) server.settle();
      return puts === 1 ? "late" : undefined;
    };
    assert.equal(await code(open(backendOn(server))), "none");
  });
});
