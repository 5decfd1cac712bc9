import assert from "node:assert/strict";
import { test } from "node:test";

// @boundaries-ignore core's tests run on a backend that depends on core: declaring that would close a circle
import { simMemory } from "@tidemark/backend-memory/testing";
import { pipeline, type Pipeline } from "@tidemark/core";
import {
  simCrash,
  simEnd,
  simPause,
  simulate,
  SimulationError,
  type SimulationFailure,
  simTopic,
  simSink,
  simWorld,
} from "@tidemark/core/testing";

interface Order {
  readonly customer: string;
  readonly amount: number;
}

const world = simWorld(0);
const process = world.spawn();
/** Connectors that are never used: simulations put others in their place. */
const anySource = <T>() => simTopic<T>(world, {}).source(process);
const anySink = <T>() => simSink<T>(world, () => undefined).sink(process);

const ORDERS: readonly Order[] = Array.from({ length: 24 }, (_, index) => ({
  customer: `c${(index * 7) % 5}`,
  amount: 1 + index,
}));

/** How often each customer ordered: the same rows in any order of the records. */
function countOrders(): Pipeline {
  const job = pipeline("orders");
  job
    .source("orders", anySource<Order>())
    .map(({ customer }) => ({ customer, count: 1 }))
    .keyBy((entry) => entry.customer)
    .reduce("count", (sum, entry) => ({ ...sum, count: sum.count + entry.count }))
    .sink("counts", anySink());
  return job;
}

async function failureOf(simulation: Promise<unknown>): Promise<SimulationFailure & { readonly message: string }> {
  const found: unknown = await simulation.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(found instanceof SimulationError, `expected a SimulationError, and found ${String(found)}`);
  return { ...found.failure, message: found.message };
}

test("simulate finds nothing wrong with a pipeline that keeps its state in the engine", async () => {
  const report = await simulate(countOrders, { backend: simMemory(), sources: { orders: ORDERS }, seeds: 12 });
  assert.equal(report.runs, 12);
  assert.ok(report.crashes >= 12, `only ${report.crashes} crashes`);
  assert.ok(report.checkpoints >= 12, `only ${report.checkpoints} checkpoints`);
  assert.deepEqual(report.rows, { counts: 24 });
});

/** Numbers orders by a variable: a second life of the program begins to count again. */
function numberOrders(): Pipeline {
  let last = 0;
  const job = pipeline("invoices");
  job
    .source("orders", anySource<Order>())
    .map((order) => ({ invoice: ++last, ...order }))
    .sink("invoices", anySink());
  return job;
}

test("simulate finds a number that is drawn anew after a crash, makes the failure small, and tells how it came", async () => {
  const options = { backend: simMemory(), sources: { orders: ORDERS }, run: { parallelism: 1 } } as const;
  const found = await failureOf(simulate(numberOrders, options));
  assert.equal(found.finding, "faults");
  assert.equal(found.faults, 1);
  assert.ok(found.records <= 8, `${found.records} records are left`);
  assert.match(found.message, /sink "invoices"\n {4}expected and missing:\n {6}\{ amount: /);
  assert.match(found.message, /starts from checkpoint 1/);
  const line = /replay: "(.*)" \}\)$/.exec(found.message)?.[1];
  assert.equal(line, found.replay);

  const again = await failureOf(simulate(numberOrders, { ...options, replay: found.replay }));
  assert.deepEqual(again.differences, found.differences);
  assert.deepEqual(again.story, found.story);
});

test("simulate sweeps every crash point of a run, so that one seed finds what a crash can do", async () => {
  const sources = { orders: ORDERS.slice(0, 6) };
  const run = { parallelism: 1 };
  const all = await simulate(countOrders, { backend: simMemory(), sources, run, sweep: {} });
  assert.ok(all.runs > 20 && all.crashes === all.runs - 1, `${all.runs} runs, ${all.crashes} crashes`);
  const some = await simulate(countOrders, { backend: simMemory(), sources, run, sweep: { every: 3 } });
  assert.ok(some.runs < all.runs, `${some.runs} runs`);
  const failing = { crashes: 0, failures: 1 };
  const failures = await simulate(countOrders, { backend: simMemory(), sources, run, sweep: {}, faults: failing });
  assert.ok(failures.runs > all.runs, `${failures.runs} runs`);
  const found = await failureOf(
    simulate(numberOrders, { backend: simMemory(), sources, run, sweep: {}, shrinkRuns: 20 }),
  );
  assert.deepEqual([found.finding, found.seed, found.faults], ["faults", 1, 1]);
});

test("simulate lets sinks answer late, ask to be asked again, and end transactions by themselves", async () => {
  const options = { backend: simMemory(), sources: { orders: ORDERS }, seeds: 6, faults: { crashes: 2, failures: 0 } };
  const slow = { latency: "2s", retries: 0.5 } as const;
  const { refusals, rows } = await simulate(countOrders, { ...options, sinks: { counts: { commits: slow } } });
  assert.deepEqual([refusals, rows], [0, { counts: 24 }]);
  const quick = { latency: "2s", timeout: "20ms" } as const;
  const gone = await simulate(countOrders, { ...options, sinks: { counts: { commits: quick } } });
  assert.ok(gone.refusals > 0, "no transaction was ended by the sink");
});

test("simulate takes sources and sinks by the names that they have, also those that every object has something under", async () => {
  const between = (source: string, sink: string) => (): Pipeline => {
    const job = pipeline("names");
    job.source(source, anySource<Order>()).sink(sink, anySink());
    return job;
  };
  const options = { backend: simMemory(), seeds: 3 };
  for (const name of ["constructor", "__proto__", "toString"]) {
    const ofSink = await simulate(between("orders", name), { ...options, sources: { orders: ORDERS } });
    assert.deepEqual(ofSink.rows, Object.fromEntries([[name, ORDERS.length]]));
    const ofSource = await simulate(between(name, "rows"), { ...options, sources: { [name]: ORDERS } });
    assert.deepEqual(ofSource.rows, { rows: ORDERS.length });
    await assert.rejects(
      simulate(between(name, "rows"), { ...options, sources: {} }),
      new RegExp(`whose source "${name}" gives nothing`),
    );
  }
});

test("simulate stops a job with a savepoint and goes on from it", async () => {
  const options = { backend: simMemory(), sources: { orders: ORDERS }, seeds: 5 } as const;
  for (const how of ["claim", "fork", "stay"] as const) {
    const { savepoints } = await simulate(countOrders, { ...options, savepoints: { how, share: 1 } });
    assert.ok(savepoints > 0, `${how}: no savepoint was written`);
  }
  // Whoever goes on from a savepoint within one program keeps its variables; another program does not.
  const { savepoints } = await simulate(countOrders, { ...options, faults: { crashes: 0 }, savepoints: {} });
  assert.ok(savepoints > 0 && savepoints < 5, `${savepoints} of 5 runs`);
});

test("simulate keeps what is outside through a crash", async () => {
  interface Stock {
    left: number;
  }
  const sell = (stock: Stock): Pipeline => {
    const job = pipeline("shop");
    job
      .source("orders", anySource<Order>())
      .map(({ customer }) => ({ customer, left: --stock.left }))
      .sink("sold", anySink());
    return job;
  };
  const options = { backend: simMemory(), sources: { orders: ORDERS }, outside: () => ({ left: 100 }) };
  const found = await failureOf(simulate(sell, { ...options, run: { parallelism: 1 } }));
  assert.equal(found.finding, "faults");
  // The crash took the stock once more from the service than orders were sold.
  assert.ok(found.differences[0]!.unexpected.length > 0);
});

test("simulate tells output that depends on timing from output that depends on faults", async () => {
  const splits = { a: ORDERS.slice(0, 12), b: ORDERS.slice(12) };
  const running = (): Pipeline => {
    const job = pipeline("running");
    job
      .source("orders", anySource<Order>())
      .keyBy(() => "all")
      .reduce("sum", (sum, order) => ({ customer: "all", amount: sum.amount + order.amount }))
      .sink("sums", anySink());
    return job;
  };
  const options = { backend: simMemory(), sources: { orders: splits }, seeds: 8 };
  const found = await failureOf(simulate(running, options));
  assert.equal(found.finding, "timing");
  const lastBy = (): string => "all";
  await simulate(running, { ...options, sinks: { sums: { lastBy } } });
});

test("simulate compares with rows that the caller has worked out", async () => {
  const options = { backend: simMemory(), sources: { orders: ORDERS }, seeds: 3 };
  const expected = ({ orders }: Readonly<Record<string, readonly Order[]>>): readonly unknown[] => {
    const counts = new Map<string, number>();
    return orders!.map(({ customer }) => {
      counts.set(customer, (counts.get(customer) ?? 0) + 1);
      return { count: counts.get(customer), customer };
    });
  };
  await simulate(countOrders, { ...options, sinks: { counts: { expected } } });
  const wrong = (): readonly unknown[] => [{ customer: "nobody", count: 1 }];
  const found = await failureOf(simulate(countOrders, { ...options, sinks: { counts: { expected: wrong } } }));
  assert.deepEqual(found.differences[0]!.missing, ['{ count: 1, customer: "nobody" }']);
});

test("simulate crashes, ends and pauses where the source says so", async () => {
  // Between the end and the pause there is more than a reader reads ahead: an end cuts short a pause that has begun.
  const marked = [
    ...ORDERS.slice(0, 8),
    simCrash,
    ...ORDERS.slice(8, 16),
    simEnd,
    ...ORDERS,
    ...ORDERS,
    simPause("2h"),
    ORDERS[0]!,
  ];
  const options = { backend: simMemory(), faults: { crashes: 0, failures: 0 }, seeds: 2, shrinkRuns: 0 } as const;
  // Hours in which nothing comes are cheap where checkpoints are seldom.
  const checkpoint = { interval: "20s" } as const;
  const report = await simulate(countOrders, {
    ...options,
    sources: { orders: marked },
    run: { parallelism: 1, checkpoint },
  }).catch((error: unknown) => error);
  assert.ok(report instanceof SimulationError, "two hours are longer than a run may take");
  const shorter = marked.map((item) =>
    item instanceof Object && "mark" in item && typeof item.mark === "object" ? simPause("10m") : item,
  );
  const { crashes, simulatedSeconds } = await simulate(countOrders, {
    ...options,
    run: { checkpoint },
    sources: { orders: shorter },
  });
  assert.equal(crashes, 2);
  assert.ok(simulatedSeconds >= 1200, `only ${simulatedSeconds} s`);
});

test("simulate refuses a pipeline that reaches for the clock, even one that hides it", async () => {
  const clocked = (): Pipeline => {
    const job = pipeline("clocked");
    job
      .source("orders", anySource<Order>())
      .map((order) => {
        try {
          return { ...order, at: Date.now() };
        } catch {
          return { ...order, at: 0 };
        }
      })
      .sink("out", anySink());
    return job;
  };
  const found = await failureOf(simulate(clocked, { backend: simMemory(), sources: { orders: ORDERS }, seeds: 1 }));
  assert.equal(found.finding, "broken");
  assert.match(found.message, /reached for Date\.now/);
});

test("simulate says where times come from instead, to a function that asks a clock", async () => {
  const clocked = (): Pipeline => {
    const job = pipeline("clocked");
    job
      .source("orders", anySource<Order>())
      .map((order) => ({ ...order, at: Date.now() }))
      .sink("out", anySink());
    return job;
  };
  const found = await failureOf(simulate(clocked, { backend: simMemory(), sources: { orders: ORDERS }, seeds: 1 }));
  assert.match(
    found.message,
    /Cannot use Date\.now in a simulated run: after a crash it would give something else\. Take times from the records/,
  );
});

test("simulate refuses a pipeline that reaches for the network, or past its imports for a file", async (context) => {
  const reaching = (reach: () => unknown) => (): Pipeline => {
    const job = pipeline("reaching");
    job
      .source("orders", anySource<Order>())
      .map((order) => {
        try {
          reach();
        } catch {
          // It counts all the same.
        }
        return order;
      })
      .sink("out", anySink());
    return job;
  };
  const options = { backend: simMemory(), sources: { orders: ORDERS }, seeds: 1 };
  const fetching = await failureOf(
    simulate(
      reaching(() => fetch("http://localhost:9/")),
      options,
    ),
  );
  assert.match(fetching.message, /reached for fetch/);
  if ("WebSocket" in globalThis) {
    const dialling = await failureOf(
      simulate(
        reaching(() => new WebSocket("ws://localhost:9/")),
        options,
      ),
    );
    assert.match(dialling.message, /reached for WebSocket/);
  }
  type Runtime = { readonly process?: { readonly getBuiltinModule?: (name: string) => unknown } };
  const files = (globalThis as Runtime).process?.getBuiltinModule?.("node:fs");
  if (files === undefined) return context.diagnostic("this runtime has no files");
  if (Object.getOwnPropertyDescriptor(files, "existsSync")?.configurable !== true) {
    return context.diagnostic("this runtime does not let its files be watched");
  }
  const looking = () => (files as { existsSync(path: string): boolean }).existsSync("/");
  const found = await failureOf(simulate(reaching(looking), options));
  assert.match(found.message, /reached for existsSync/);
  assert.equal(typeof looking(), "boolean");
});

test("simulate says so when the pipeline fails by itself", async () => {
  const failing = (): Pipeline => {
    const job = pipeline("failing");
    job
      .source("orders", anySource<Order>())
      .filter(({ amount }) => {
        if (amount === 7) throw new Error("seven");
        return true;
      })
      .sink("out", anySink());
    return job;
  };
  const found = await failureOf(simulate(failing, { backend: simMemory(), sources: { orders: ORDERS }, seeds: 1 }));
  assert.equal(found.finding, "broken");
  assert.match(found.message, /seven/);
});

test("simulate refuses options that do not fit the pipeline", async () => {
  const often = { backend: simMemory(), sources: { orders: ORDERS }, sinks: { counts: { commits: { retries: 2 } } } };
  await assert.rejects(simulate(countOrders, often), { code: "OPTION_INVALID", message: /"counts".*from 0 to 1/ });
  const backend = simMemory();
  const refused = async (options: object, message: RegExp): Promise<void> => {
    await assert.rejects(simulate(countOrders, { backend, sources: { orders: ORDERS }, ...options }), message);
  };
  // A test that runs nothing cannot fail.
  for (const seeds of [0, -1, NaN, 0.5]) {
    await refused({ seeds }, /Cannot use seeds .*: it must be a whole number, at least 1/);
  }
  await refused({ seed: NaN }, /Cannot use seed NaN/);
  await refused({ sources: {} }, /whose source "orders" gives nothing/);
  await refused({ sources: { orders: [], others: [] } }, /the source "others": the pipeline has the sources "orders"/);
  await refused({ sinks: { rows: {} } }, /the sink "rows": the pipeline has the sinks "counts"/);
  await refused({ replay: "seed=x" }, /Cannot replay "seed=x"/);
});
