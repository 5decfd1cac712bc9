import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { codecBench, formatReport, type Report } from "../src/codec/bench.ts";
import { type Codec, codecsOf } from "../src/codec/codecs.ts";
import { measureSample } from "../src/codec/measure.ts";
import { SAMPLES } from "../src/codec/samples.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const run = promisify(execFile);

test("the command writes and reads every type with every codec that can, and gives all of it back", async () => {
  const small = ["--rounds", "1", "--batches", "1", "--json"];
  const { stdout } = await run(process.execPath, ["--conditions=@tidemark/source", MAIN, "codec", ...small]);
  const lines = stdout.trimEnd().split("\n");
  const report = JSON.parse(lines.at(-1) ?? "") as Report;
  for (const { name, isJson } of SAMPLES) {
    const codecs = report.rows.filter(({ sample }) => sample === name);
    assert.deepEqual(
      codecs.map(({ codec }) => codec),
      isJson ? ["values", "columns", "JSON", "v8"] : ["values", "columns", "v8"],
    );
    for (const { codec, exact, bytesPerValue } of codecs) assert.ok(exact && bytesPerValue > 0, `${codec}, ${name}`);
  }
  assert.equal(lines.slice(0, -1).join("\n"), formatReport(report));
});

test("a codec of ours that changes a value does not count", () => {
  const [values] = codecsOf(undefined);
  const [integers] = SAMPLES;
  assert.ok(values !== undefined && integers !== undefined);
  const wrong: Codec = { ...values, decode: () => [1] };
  assert.throws(
    () => measureSample(integers, [wrong], { rounds: 1, batches: 1 }),
    /Cannot count values with integer: it does not give back what it was given/,
  );
});

test("what cannot be measured is refused", async () => {
  await assert.rejects(codecBench(["--rounds", "0"]), /Cannot use --rounds 0/);
});
