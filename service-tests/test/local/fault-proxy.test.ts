import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { type FaultProxy, startFaultProxy } from "../../src/proxy/fault-proxy.ts";
import { drawn, faultPlan, PROXY_FAULTS, type ProxyFault } from "../../src/proxy/faults.ts";

/** A server that notes what it has taken whole, and a proxy before it that does one thing to everything. */
async function behind(
  fault: ProxyFault | undefined,
  run: (proxy: FaultProxy, taken: readonly string[]) => Promise<void>,
): Promise<void> {
  const taken: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (text: string) => (body += text));
    request.on("end", () => {
      taken.push(body);
      response.setHeader("etag", `"${taken.length}"`);
      response.end(`answer ${taken.length}`);
    });
    request.on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const faults = fault === undefined ? [] : [fault];
  const rate = fault === undefined ? 0 : 1;
  const proxy = await startFaultProxy({ target: `http://127.0.0.1:${port}`, seed: 1, rate, faults });
  try {
    await run(proxy, taken);
  } finally {
    await proxy.close();
    server.close();
    server.closeAllConnections();
  }
}

const put = async (proxy: FaultProxy): Promise<string> => {
  try {
    const answer = await fetch(`${proxy.endpoint}/bucket/key`, { method: "PUT", body: "a body" });
    return `${answer.status} ${await answer.text()}`;
  } catch {
    return "cut";
  }
};

for (const [fault, answer, atOnce, atLast] of [
  [undefined, "200 answer 1", 1, 1],
  ["delay", "200 answer 1", 1, 1],
  ["delay-answer", "200 answer 1", 1, 1],
  ["drop", "cut", 0, 0],
  ["cut-request", "cut", 0, 0],
  ["lose-answer", "cut", 1, 1],
  ["cut-answer", "cut", 1, 1],
  ["late", "cut", 0, 1],
  ["twice", "200 answer 2", 2, 2],
  ["echo", "200 answer 1", 1, 2],
] as const) {
  test(`fault proxy: ${fault ?? "without a fault"}, the client hears "${answer}" and the server takes ${atLast}`, async () => {
    await behind(fault, async (proxy, taken) => {
      assert.equal(await put(proxy), answer);
      assert.equal(taken.length, atOnce);
      await proxy.settled();
      assert.deepEqual(
        taken,
        Array.from({ length: atLast }, () => "a body"),
      );
      proxy.heal();
      assert.equal(await put(proxy), `200 answer ${atLast + 1}`);
    });
  });
}

for (const [fault, status, code, took] of [
  ["error", 500, "InternalError", 0],
  ["error-after", 500, "InternalError", 1],
  ["throttle", 503, "SlowDown", 0],
  ["conflict", 409, "ConditionalRequestConflict", 0],
] as const) {
  test(`fault proxy: ${fault} answers ${status}, and the server takes ${took}`, async () => {
    await behind(fault, async (proxy, taken) => {
      const answer = await put(proxy);
      assert.ok(answer.startsWith(`${status} `) && answer.includes(`<Code>${code}</Code>`), answer);
      assert.equal(taken.length, took);
    });
  });
}

test("faultPlan: strikes the same requests for the same seed, whatever comes between, and others for another", () => {
  const path = (at: number): string => `/bucket/${at % 50}`;
  const strikes = (seed: number, order: readonly number[]) => {
    const plan = faultPlan({ seed, rate: 0.3 });
    return new Map(order.map((at) => [at, plan({ method: "PUT", path: path(at) })]));
  };
  const order = Array.from({ length: 50 }, (_, at) => at);
  const [forth, back, other] = [strikes(7, order), strikes(7, order.toReversed()), strikes(8, order)];
  for (const at of order) assert.equal(forth.get(at), back.get(at));
  assert.notDeepEqual(forth, other);
});

test("faultPlan: knows no bucket, and spares what it is told to", () => {
  const one = faultPlan({ seed: 1, rate: 0.5 });
  const other = faultPlan({ seed: 1, rate: 0.5, spared: (key) => key === "job/7" });
  for (let at = 0; at < 100; at++) {
    const fault = one({ method: "PUT", path: `/one/job/${at}` });
    assert.equal(other({ method: "PUT", path: `/other/job/${at}` }), at === 7 ? undefined : fault);
  }
});

test("faultPlan: the share that is struck is the rate, and every fault has its turn", () => {
  const plan = faultPlan({ seed: 3, rate: 0.2 });
  const struck = new Map<string, number>();
  for (let at = 0; at < 20_000; at++) {
    const fault = plan({ method: "PUT", path: `/${at}` });
    if (fault !== undefined) struck.set(fault, (struck.get(fault) ?? 0) + 1);
  }
  const all = [...struck.values()].reduce((sum, times) => sum + times, 0);
  assert.ok(Math.abs(all - 4_000) < 300, String(all));
  for (const fault of PROXY_FAULTS) assert.ok((struck.get(fault) ?? 0) > 200, fault);
});

test("drawn: is at home in [0, 1)", () => {
  const draws = Array.from({ length: 10_000 }, (_, at) => drawn(`text ${at}`));
  assert.ok(draws.every((draw) => draw >= 0 && draw < 1));
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  assert.ok(Math.abs(mean - 0.5) < 0.02, String(mean));
});
