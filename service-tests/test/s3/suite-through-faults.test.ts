/** The conformance suite of state backends, with a proxy between backend-s3 and the server that strikes every so often. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { stateBackendSuite } from "@tidemark/core/testing";
import { type FaultProxy, startFaultProxy } from "../../src/proxy/fault-proxy.ts";
import { PROXY_FAULTS, sparesProbe } from "../../src/proxy/faults.ts";
import { backendFixture, waitingFixture } from "../../src/s3/backend-fixture.ts";
import { type Bucket, createBucket } from "../../src/s3/bucket.ts";
import { s3Place } from "../../src/s3/place.ts";

const SEED = Number(process.env["SEED"] ?? 1);
const RATE = 0.04;

let bucket: Bucket;
let proxy: FaultProxy;
let fixtures = 0;
before(async () => {
  const place = s3Place();
  bucket = await createBucket(place);
  proxy = await startFaultProxy({ target: place.endpoint, seed: SEED, rate: RATE, spared: sparesProbe });
});
after(async () => {
  await proxy.close();
  await bucket.remove();
});

stateBackendSuite({
  test: (name, run) => test(`faults, seed ${SEED}: ${name}`, run),
  create: async () => {
    const place = { bucket, prefix: `job-${++fixtures}`, endpoint: proxy.endpoint };
    const fixture = waitingFixture(backendFixture(place));
    return {
      ...fixture,
      // What is to be damaged must not be written again behind the test's back.
      damage: async (kind) => {
        await proxy.settled();
        return fixture.damage(kind);
      },
    };
  },
});

test(`faults, seed ${SEED}: each of them struck`, () => {
  assert.deepEqual(
    PROXY_FAULTS.filter((fault) => (proxy.struck[fault] ?? 0) === 0),
    [],
    JSON.stringify(proxy.struck),
  );
});
