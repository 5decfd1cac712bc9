/** The conformance suite of state backends, on backend-s3 over the AWS SDK, HTTP and a real server. */
import { after, before, test } from "node:test";
import { stateBackendSuite } from "@tidemark/core/testing";
import { backendFixture } from "../../src/s3/backend-fixture.ts";
import { type Bucket, createBucket } from "../../src/s3/bucket.ts";
import { s3Place } from "../../src/s3/place.ts";

let bucket: Bucket;
let fixtures = 0;
before(async () => {
  bucket = await createBucket(s3Place());
});
after(() => bucket.remove());

stateBackendSuite({
  test: (name, run) => test(`S3 server: ${name}`, run),
  create: async () => backendFixture({ bucket, prefix: `job-${++fixtures}` }),
});
