/**
 * What the S3 server itself promises, in raw requests: a test of the ground that backend-s3 stands on, before anything is
 * built on it. Against another server (`TEST_S3_ENDPOINT`) it says whether that one will do.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Bucket, createBucket, elements } from "../../src/s3/bucket.ts";
import { s3Place } from "../../src/s3/place.ts";
import { signedRequest } from "../../src/s3/signed-request.ts";

const ROUNDS = 20;
const RACERS = 12;
/** The least that S3 takes as a part that is not the last. */
const PART_BYTES = 5 * 1024 * 1024;

let bucket: Bucket;
before(async () => {
  bucket = await createBucket(s3Place());
});
after(() => bucket.remove());

const put = async (key: string, body: string, headers: Record<string, string> = {}) => {
  const answer = await bucket.ask({ method: "PUT", key, body, headers });
  return { status: answer.status, etag: answer.headers.get("etag") ?? "", text: answer.text };
};
const read = async (key: string) => await bucket.ask({ method: "GET", key });

test("PUT: an object is read back with the ETag that the write gave", async () => {
  const { status, etag } = await put("plain/a", "hello");
  assert.equal(status, 200);
  const found = await read("plain/a");
  assert.deepEqual([found.status, found.text, found.headers.get("etag")], [200, "hello", etag]);
  assert.match(etag, /^"[^"]+"$/);
});

test("GET: an object that is not there is 404 NoSuchKey", async () => {
  const found = await read("plain/none");
  assert.deepEqual([found.status, elements(found.text, "Code")], [404, ["NoSuchKey"]]);
});

test("PUT: a signature that is wrong is refused, and nothing is written", async () => {
  const forged = { ...bucket.place, secretAccessKey: "not the secret" };
  const answer = await signedRequest(forged, { method: "PUT", path: `${bucket.name}/forged`, body: "x" });
  assert.equal(answer.status, 403);
  assert.equal((await read("forged")).status, 404);
});

test("PUT with If-None-Match: * writes where nothing is, and is refused with 412 where something is", async () => {
  assert.equal((await put("absent/a", "first", { "if-none-match": "*" })).status, 200);
  const second = await put("absent/a", "second", { "if-none-match": "*" });
  assert.deepEqual([second.status, elements(second.text, "Code")], [412, ["PreconditionFailed"]]);
  assert.equal((await read("absent/a")).text, "first");
});

test("PUT with If-None-Match: * writes again after a delete", async () => {
  await put("absent/b", "first", { "if-none-match": "*" });
  assert.equal((await bucket.ask({ method: "DELETE", key: "absent/b" })).status, 204);
  assert.equal((await put("absent/b", "second", { "if-none-match": "*" })).status, 200);
  assert.equal((await read("absent/b")).text, "second");
});

test("PUT with If-Match replaces the version that it names, and an old ETag is refused with 412", async () => {
  const first = await put("match/a", "1");
  const second = await put("match/a", "2", { "if-match": first.etag });
  assert.equal(second.status, 200);
  const stale = await put("match/a", "3", { "if-match": first.etag });
  assert.deepEqual([stale.status, elements(stale.text, "Code")], [412, ["PreconditionFailed"]]);
  assert.equal((await read("match/a")).text, "2");
  assert.equal((await put("match/a", "3", { "if-match": second.etag })).status, 200);
});

test("PUT with If-Match writes nothing where there is no object", async () => {
  const { etag } = await put("match/b", "1");
  await bucket.ask({ method: "DELETE", key: "match/b" });
  assert.ok([404, 412].includes((await put("match/b", "2", { "if-match": etag })).status));
  assert.equal((await read("match/b")).status, 404);
});

test("PUT with If-None-Match: * has exactly one winner among those that write at once", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const key = `race/absent-${round}`;
    const racers = Array.from({ length: RACERS }, (_, racer) => `racer ${racer}`);
    const answers = await Promise.all(racers.map((body) => put(key, body, { "if-none-match": "*" })));
    const winners = racers.filter((_, racer) => answers[racer]?.status === 200);
    assert.equal(winners.length, 1, `winners of round ${round}: ${winners.join()}`);
    // The others are told that they lost (412), or that it could not be decided now (409).
    assert.ok(answers.every(({ status }) => [200, 409, 412].includes(status)));
    assert.equal((await read(key)).text, winners[0]);
  }
});

test("PUT with If-Match has exactly one winner among those that write at once", async () => {
  let { etag } = await put("race/match", "start");
  for (let round = 0; round < ROUNDS; round++) {
    const racers = Array.from({ length: RACERS }, (_, racer) => `round ${round}, racer ${racer}`);
    const answers = await Promise.all(racers.map((body) => put("race/match", body, { "if-match": etag })));
    const won = answers.findIndex(({ status }) => status === 200);
    assert.equal(answers.filter(({ status }) => status === 200).length, 1, `round ${round}`);
    const found = await read("race/match");
    assert.deepEqual([found.text, found.headers.get("etag")], [racers[won], answers[won]?.etag]);
    etag = answers[won]?.etag ?? "";
  }
});

test("GET with a range gives these bytes, and says which of how many", async () => {
  await put("range/a", "0123456789");
  const part = await bucket.ask({ method: "GET", key: "range/a", headers: { range: "bytes=3-6" } });
  assert.deepEqual([part.status, part.text, part.headers.get("content-range")], [206, "3456", "bytes 3-6/10"]);
  const beyond = await bucket.ask({ method: "GET", key: "range/a", headers: { range: "bytes=8-20" } });
  assert.deepEqual([beyond.status, beyond.text], [206, "89"]);
  const outside = await bucket.ask({ method: "GET", key: "range/a", headers: { range: "bytes=10-12" } });
  assert.equal(outside.status, 416);
});

test("LIST goes through its pages in the order of keys, each key once, from a token and from a key", async () => {
  const keys = Array.from({ length: 25 }, (_, n) => `list/${String(n).padStart(3, "0")}`);
  await Promise.all([...keys, "list-not"].map((key) => put(key, "x")));
  const pages: (readonly string[])[] = [];
  for (let token: string | undefined; ;) {
    const query = { "list-type": "2", prefix: "list/", "max-keys": "7", ...(token && { "continuation-token": token }) };
    const answer = await bucket.ask({ method: "GET", query });
    pages.push(elements(answer.text, "Key"));
    [token] = elements(answer.text, "NextContinuationToken");
    assert.deepEqual(elements(answer.text, "IsTruncated"), [String(token !== undefined)]);
    if (token === undefined) break;
  }
  assert.deepEqual(
    pages.map((page) => page.length),
    [7, 7, 7, 4],
  );
  assert.deepEqual(pages.flat(), keys);
  const after = { "list-type": "2", prefix: "list/", "start-after": "list/020" };
  assert.deepEqual(elements((await bucket.ask({ method: "GET", query: after })).text, "Key"), keys.slice(21));
});

test("LIST shows what was just written, and no more what was just deleted", async () => {
  await put("seen/a", "x");
  assert.deepEqual(await bucket.keys("seen/"), ["seen/a"]);
  await bucket.ask({ method: "DELETE", key: "seen/a" });
  assert.deepEqual(await bucket.keys("seen/"), []);
});

test("POST delete takes many keys at once, and those that are not there are no error", async () => {
  await Promise.all(["many/a", "many/b", "many/c"].map((key) => put(key, "x")));
  const objects = ["many/a", "many/c", "many/none"].map((key) => `<Object><Key>${key}</Key></Object>`).join("");
  const body = `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>${objects}</Delete>`;
  const checksum = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(body))).toString("base64");
  const headers = { "x-amz-checksum-sha256": checksum, "content-type": "application/xml" };
  const answer = await bucket.ask({ method: "POST", query: { delete: "" }, headers, body });
  assert.deepEqual([answer.status, elements(answer.text, "Code")], [200, []]);
  assert.deepEqual(await bucket.keys("many/"), ["many/b"]);
});

test("multipart: an object of parts appears whole when it is completed, and not before", async () => {
  const key = "parts/a";
  const id = await begin(key);
  const bodies = [new Uint8Array(PART_BYTES).fill(1), new Uint8Array(100).fill(2)];
  const etags: string[] = [];
  for (const [index, body] of bodies.entries()) etags.push(await upload(key, { id, number: index + 1, body }));
  assert.equal((await read(key)).status, 404);
  assert.deepEqual(await bucket.uploads("parts/"), [{ key, id }]);
  assert.equal((await complete(key, id, etags)).status, 200);
  const found = await read(key);
  assert.equal(found.bytes.length, PART_BYTES + 100);
  assert.deepEqual([found.bytes[PART_BYTES - 1], found.bytes[PART_BYTES]], [1, 2]);
  assert.deepEqual(await bucket.uploads("parts/"), []);
});

test("multipart: what was begun and never ended is listed, and gone after an abort", async () => {
  const key = "parts/left";
  const id = await begin(key);
  await upload(key, { id, number: 1, body: new Uint8Array(1_000) });
  assert.deepEqual(await bucket.uploads("parts/"), [{ key, id }]);
  assert.equal((await bucket.ask({ method: "DELETE", key, query: { uploadId: id } })).status, 204);
  assert.deepEqual(await bucket.uploads("parts/"), []);
  const late = await bucket.ask({ method: "PUT", key, query: { uploadId: id, partNumber: "2" }, body: "x" });
  assert.deepEqual([late.status, elements(late.text, "Code")], [404, ["NoSuchUpload"]]);
  assert.equal((await read(key)).status, 404);
});

test("multipart: If-None-Match: * holds at the completion", async () => {
  const key = "parts/absent";
  const id = await begin(key);
  const etags = [await upload(key, { id, number: 1, body: new Uint8Array(10) })];
  await put(key, "it came first");
  assert.equal((await complete(key, id, etags, { "if-none-match": "*" })).status, 412);
  assert.equal((await read(key)).text, "it came first");
});

async function begin(key: string): Promise<string> {
  const answer = await bucket.ask({ method: "POST", key, query: { uploads: "" } });
  assert.equal(answer.status, 200, answer.text);
  return elements(answer.text, "UploadId")[0] ?? "";
}

interface Part {
  readonly id: string;
  readonly number: number;
  readonly body: Uint8Array;
}

async function upload(key: string, { id, number, body }: Part): Promise<string> {
  const answer = await bucket.ask({ method: "PUT", key, query: { uploadId: id, partNumber: String(number) }, body });
  assert.equal(answer.status, 200, answer.text);
  return answer.headers.get("etag") ?? "";
}

function complete(key: string, id: string, etags: readonly string[], headers: Record<string, string> = {}) {
  const parts = etags.map((etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
  const body = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
  return bucket.ask({ method: "POST", key, query: { uploadId: id }, body, headers });
}
