/** What the compiler says to functions that give promises where nothing waits for one. */
import { test } from "node:test";

import { NO_PROMISE, type Refused, verifyRefused } from "./compiler.ts";

const NO_ROW =
  /This function gives a promise, and nothing waits for it in this step\. Use asyncMap of @tidemark\/core\/async in its place\./;

const CASES: readonly Refused[] = [
  ["an asynchronous map", `stream.map(async (n) => n);`, NO_ROW],
  ["a map that gives a promise or a row", `stream.map((n) => (n > 1 ? n : fetch("")));`, NO_ROW],
  ["a flatMap that gives promises", `stream.flatMap((n) => [fetch(String(n))]);`, NO_ROW],
  [
    "an asynchronous flatMap",
    `stream.flatMap(async (n) => [n]);`,
    /Property '\[Symbol\.iterator\]' is missing in type 'Promise<number\[\]>' but required in type 'Iterable/,
  ],
  [
    "an asynchronous function of a join",
    `keyed.join("j", keyed, innerJoin({ retention: "1h" }), async (left, right) => left + right);`,
    NO_ROW,
  ],
  ["an asynchronous keyBy", `stream.keyBy(async (n) => n);`, /Type 'Promise<number>' is not assignable to type 'Key'/],
  [
    "an asynchronous reduce",
    `keyed.reduce("r", async (sum, n) => sum + n);`,
    /'Promise<number>' is not assignable to type 'number'/,
  ],
  [
    "an asynchronous reduce of windows",
    `keyed.window("w", tumbling("1h")).reduce(async (sum, n) => sum + n);`,
    /'Promise<number>' is not assignable to type 'number'/,
  ],
  [
    "an asynchronous add",
    `keyed.window("w", tumbling("1h")).aggregate({ create: () => 0, add: async (sum, n) => sum + n, result: (sum) => sum });`,
    /'Promise<number>' is not assignable to type 'number'/,
  ],
  ["an asynchronous onRecord", `keyed.process("p", { onRecord: async () => undefined });`, NO_PROMISE],
  ["an onRecord that gives a promise", `keyed.process("p", { onRecord: () => fetch("") });`, NO_PROMISE],
  [
    "an asynchronous onTimer",
    `keyed.process("p", { onRecord: (n, context) => context.setEventTimer(n), onTimer: async () => undefined });`,
    NO_PROMISE,
  ],
  [
    "an asynchronous onLeft",
    `keyed.connect(keyed).process("c", { onLeft: async () => undefined, onRight: () => undefined });`,
    NO_PROMISE,
  ],
  [
    "an asynchronous onRight",
    `keyed.connect(keyed).process("c", { onLeft: () => undefined, onRight: async () => undefined });`,
    NO_PROMISE,
  ],
  [
    "an asynchronous onRecord without keys",
    `stream.process("p", subtaskProcess({ onRecord: async () => undefined }));`,
    NO_PROMISE,
  ],
  [
    "an asynchronous onEnd",
    `stream.process("p", subtaskProcess({ onRecord: () => undefined, onEnd: async () => undefined }));`,
    NO_PROMISE,
  ],
  [
    "an asynchronous onBroadcast",
    `stream.connect(stream.broadcast()).process("p", broadcastProcess({ state: {}, onRecord: () => undefined, onBroadcast: async () => undefined }));`,
    NO_PROMISE,
  ],
  [
    "an asynchronous onBroadcast beside keys",
    `keyed.connect(stream.broadcast()).process("p", keyedBroadcastProcess({ state: {}, onRecord: () => undefined, onBroadcast: async () => undefined }));`,
    NO_PROMISE,
  ],
  [
    "an asynchronous process of windows",
    `keyed.window("w", tumbling("1h")).process(windowProcess({ onWindow: async () => [] }));`,
    /Type 'Promise<never\[\]>' is missing the following properties from type 'readonly/,
  ],
  [
    "an asynchronous trigger",
    `keyed.window("w", tumbling("1h"), { trigger: customTrigger({ ...eventTimeTrigger(), onMerge: async () => undefined }) });`,
    NO_PROMISE,
  ],
  [
    "an asynchronous evictor",
    `keyed.window("w", tumbling("1h"), { evictor: customEvictor({ name: "e", evictAfter: async (records) => records }) });`,
    /Type 'Promise<.*>' is missing the following properties from type 'readonly WindowRecord/,
  ],
  [
    "an asynchronous filter",
    `stream.filter(async (n) => n > 1);`,
    /'Promise<boolean>' is not assignable to type 'boolean'/,
  ],
];

test("the compiler refuses functions that give promises, by a sentence", () => verifyRefused(CASES));
