/** What the compiler says to misuse, as the user reads it. */
import { test } from "node:test";

import { type Refused, verifyRefused } from "./compiler.ts";

const NO_ID = /An? \w+ needs an id, [^.]+, and then [^.]+: \w+\('\w+', .+\)\./;

const NO_CALLBACK =
  /This process has no onTimer\(\.\.\.\), so nothing would come of a timer\. Give it one, or set none\./;

const NO_WINDOWS =
  /Records are aggregated in windows, and windows are cut for each key\. Put keyBy\(\.\.\.\) and window\(\.\.\.\) before aggregate/;

const NO_EMITS =
  /This process does not say what it emits\. Add emits: emits<Row>\(\) to it, with the type of its results\./;

const NOT_WHOLE =
  /Give it what pipeline\(\.\.\.\) gave, not what the last step gives: const job = pipeline\('name'\); job\.source\(\.\.\.\)\.sink\(\.\.\.\); run\(job, \.\.\.\)\./;

const CASES: readonly Refused[] = [
  ["a run of what a sink gives", `run(stream.sink("out", exactly), { backend });`, NOT_WHOLE],
  ["a run of a stream", `run(stream, { backend });`, NOT_WHOLE],
  [
    "a source that cannot be read again in an exactly-once pipeline",
    `job.source("once", once);`,
    /This source cannot be read again after a failure, so an exactly-once pipeline cannot read it\. Use a replayable source, or a pipeline with guarantee: 'at-least-once'\./,
  ],
  [
    "an at-least-once sink in an exactly-once pipeline",
    `stream.sink("out", repeating);`,
    /This sink repeats rows after a failure, so an exactly-once pipeline cannot write to it\. Use an exactly-once or idempotent sink, or accept it with \{ delivery: 'at-least-once' \}\./,
  ],
  [
    "an at-least-once sink with options that do not accept it",
    `stream.sink("out", repeating, { parallelism: 2 });`,
    /This sink repeats rows after a failure/,
  ],
  [
    "a window on a stream without keys",
    `stream.window("hourly", tumbling("1h"));`,
    /This stream has no keys, and windows are cut for each key\. Put keyBy\(\.\.\.\) before window\(\.\.\.\)\./,
  ],
  [
    "streams whose keys are of different types",
    `keyed.connect(stream.keyBy(String)).process("c", { onLeft: () => undefined, onRight: () => undefined });`,
    /The keys of these streams are of different types, so their records would never meet\. Give both keyBy\(\.\.\.\) keys of one type\./,
  ],
  [
    "a join of streams whose keys are of different types",
    `keyed.join("j", stream.keyBy(String), innerJoin({ retention: "1h" }), () => 0);`,
    /The keys of these streams are of different types, so their records would never meet\./,
  ],
  [
    "a join that nothing bounds",
    `keyed.join("j", keyed, innerJoin({}), () => 0);`,
    /Property 'retention' is missing in type '\{\}' but required in type 'RetentionJoinOptions'/,
  ],
  [
    "a stream with keys connected to one without",
    `keyed.connect(stream);`,
    /Property 'join' is missing in type 'Stream<number, "exactly-once">' but required in type 'KeyedStream</,
  ],
  [
    "state on a stream without keys",
    `stream.reduce("sum", (sum: number, n: number) => sum + n);`,
    /This stream has no keys, and results are kept for each key\. Put keyBy\(\.\.\.\) before reduce\(\.\.\.\)\./,
  ],
  [
    "a process by key on a stream without keys",
    `stream.process("p", { onRecord: (n: number) => undefined });`,
    /This stream has no keys\. Put keyBy\(\.\.\.\) before process\(\.\.\.\), or make the process by subtaskProcess/,
  ],
  [
    "a timer in a process without keys",
    `stream.process("p", subtaskProcess({ onRecord: (_, context) => context.setEventTimer(1) }));`,
    /This step has no keys, and timers belong to keys\. Put keyBy\(\.\.\.\) before process\(\.\.\.\)\./,
  ],
  [
    "a timer of a process without keys",
    `stream.process("p", subtaskProcess({ onRecord: () => undefined, onTimer: () => undefined }));`,
    /This step has no keys, and timers belong to keys\./,
  ],
  [
    "a timer for a broadcast record",
    `keyed.connect(stream.broadcast()).process("p", keyedBroadcastProcess({ state: {}, onRecord: () => undefined, onBroadcast: (_, context) => context.setEventTimer(1) }));`,
    /A broadcast record has no key, and timers belong to keys\./,
  ],
  [
    "a timer in a process without onTimer",
    `keyed.process("p", { onRecord: (n, { setEventTimer }) => setEventTimer(n) });`,
    NO_CALLBACK,
  ],
  [
    "a timer in a process without onTimer, with state and results",
    `keyed.process("p", { state: { n: plainState(0) }, emits: emits<number>(), onRecord: (n, context) => context.setProcessingTimer(n) });`,
    NO_CALLBACK,
  ],
  [
    "a timer in a process over two streams without onTimer",
    `keyed.connect(keyed).process("c", { onLeft: () => undefined, onRight: (n, context) => context.setEventTimer(n) });`,
    NO_CALLBACK,
  ],
  [
    "a timer beside a broadcast stream without onTimer",
    `keyed.connect(stream.broadcast()).process("p", keyedBroadcastProcess({ state: {}, onRecord: (n: number, context) => context.setEventTimer(n), onBroadcast: () => undefined }));`,
    NO_CALLBACK,
  ],
  [
    "a step on a stream with keys",
    `keyed.map((n) => n);`,
    /This stream has keys, for a step that needs them: reduce, process/,
  ],
  [
    "a sink on a stream with keys",
    `keyed.sink("out", exactly);`,
    /Put this one before keyBy\(\.\.\.\), or behind such a step\./,
  ],
  ["an aggregate without keys", `stream.aggregate(names);`, NO_WINDOWS],
  ["an aggregate without windows", `keyed.aggregate(names);`, NO_WINDOWS],
  [
    "a sink of windows",
    `keyed.window("w", tumbling("1h")).sink("out", exactly);`,
    /Nothing comes of windows before it is said what becomes of their records\. Put aggregate\(\.\.\.\), reduce\(\.\.\.\) or process/,
  ],
  [
    "late records of windows of which nothing comes",
    `keyed.window("w", tumbling("1h")).sideOutput(sideOutput<number>("late"));`,
    /Nothing comes of windows before it is said what becomes of their records\./,
  ],
  [
    "results of a process that does not say their type",
    `keyed.process("p", { onRecord: (n, { emit }) => emit(n) });`,
    NO_EMITS,
  ],
  [
    "a sink of a process that does not say what it emits",
    `keyed.connect(keyed).process("p", { onLeft: () => undefined, onRight: () => undefined }).sink("out", exactly);`,
    NO_EMITS,
  ],
  [
    "a session of a number",
    `session(30);`,
    /Argument of type '30' is not assignable to parameter of type .*`\$\{number\}s`/,
  ],
  [
    "a stream connected to one that is not broadcast",
    `stream.connect(stream);`,
    /Property 'isBroadcast' is missing in type 'Stream<number, "exactly-once">'/,
  ],
  [
    "state by key in a process without keys",
    `stream.process("p", subtaskProcess({ state: { count: valueState(0) }, onRecord: () => undefined }));`,
    /Type '"value"' is not assignable to type 'OperatorStateKind'/,
  ],
  [
    "a key that may be undefined",
    `stream.keyBy((n) => (n > 1 ? n : undefined));`,
    /Type 'number \| undefined' is not assignable to type 'Key'/,
  ],
  [
    "an accumulator of two types",
    `keyed.window("h", tumbling("1h")).aggregate({ create: () => 0, add: () => "", result: (a) => a });`,
    /Type 'string' is not assignable to type 'number'/,
  ],
  [
    "an aggregate of other records",
    `keyed.window("o", tumbling("1h")).aggregate(names);`,
    /This aggregate is made for other records than this stream has\./,
  ],
  [
    "an aggregate that was not made yet",
    `keyed.window("o", tumbling("1h")).aggregate(count);`,
    /This is the function that makes an aggregate\. Call it: aggregate\(count\(\)\)/,
  ],
  [
    "an aggregate that was not made yet, of a function",
    `keyed.window("o", tumbling("1h")).aggregate(sum);`,
    /This is the function that makes an aggregate\. Call it: aggregate\(count\(\)\)/,
  ],
  [
    "sessions of other records",
    `keyed.window("s", session((visit: { gap: number }) => visit.gap));`,
    /Type 'number' is not assignable to type '\{ gap: number; \}'/,
  ],
  [
    "state with options, of the entry whose states have none",
    `plainState(0, { ttl: { after: "1h" } });`,
    /The valueState of @tidemark\/core takes no options\. Import the one of @tidemark\/core\/state, which does\./,
  ],
  [
    "a map with options, of the entry whose states have none",
    `mapState<string, number>({ ttl: { after: "1h" } });`,
    /The mapState of @tidemark\/core takes no options\. Import the one of @tidemark\/core\/state, which does\./,
  ],
  [
    "a savepoint to begin with that is neither claimed nor forked",
    `run(job, { backend, from: place });`,
    /Wrap the place of the savepoint, since its job may still be running: claim\(place\) goes on in its place/,
  ],
  ["a window without an id", `keyed.window(tumbling("1h"));`, NO_ID],
  ["a reduce without an id", `keyed.reduce((sum: number, n: number) => sum + n);`, NO_ID],
  ["a process without an id", `keyed.process({ onRecord: () => undefined });`, NO_ID],
  ["a process by subtask without an id", `stream.process(subtaskProcess({ onRecord: () => undefined }));`, NO_ID],
  ["a join without an id", `keyed.join(keyed, innerJoin({ retention: "1h" }), () => 0);`, NO_ID],
  [
    "a process of two streams without an id",
    `keyed.connect(keyed).process({ onLeft: () => undefined, onRight: () => undefined });`,
    NO_ID,
  ],
  ["a pipe without an id", `stream.pipe((each: typeof stream) => each);`, NO_ID],
  ["a sink without an id", `stream.sink(exactly);`, NO_ID],
  ["a source without an id", `job.source(numbers);`, NO_ID],
  ["a window without an id, with options", `keyed.window(tumbling("1h"), { allowedLateness: upTo("1h") });`, NO_ID],
  [
    "a reduce without an id, with options",
    `keyed.reduce((sum: number, n: number) => sum + n, { parallelism: 2 });`,
    NO_ID,
  ],
  ["a process without an id, with options", `keyed.process({ onRecord: () => undefined }, { parallelism: 2 });`, NO_ID],
  [
    "a process by subtask without an id, with options",
    `stream.process(subtaskProcess({ onRecord: () => undefined }), { parallelism: 2 });`,
    NO_ID,
  ],
  [
    "a join without an id, with options",
    `keyed.join(keyed, innerJoin({ retention: "1h" }), () => 0, { parallelism: 2 });`,
    NO_ID,
  ],
  [
    "a process of two streams without an id, with options",
    `keyed.connect(keyed).process({ onLeft: () => undefined, onRight: () => undefined }, { parallelism: 2 });`,
    NO_ID,
  ],
  ["a pipe without an id, with arguments", `stream.pipe((each: typeof stream, from: number) => each, 3);`, NO_ID],
  ["a sink without an id, with options", `stream.sink(exactly, { parallelism: 2 });`, NO_ID],
  ["a weak sink without an id, accepted", `stream.sink(repeating, { delivery: "at-least-once" });`, NO_ID],
  ["a source without an id, with options", `job.source(numbers, { eventTime: (n: number) => n });`, NO_ID],
  [
    "a lateness that brings nothing along",
    `keyed.window("late", tumbling("1h"), { allowedLateness: "10m" });`,
    /Write allowedLateness: upTo\('10m'\), from @tidemark\/core\/windows\./,
  ],
  [
    "a clock that brings nothing along",
    `tumbling("1h", { time: "processing" });`,
    /Write time: processingTime, from @tidemark\/core\/windows\./,
  ],
  [
    "a process of windows that brings nothing along",
    `keyed.window("all", tumbling("1h")).process({ onWindow: () => [] });`,
    /Make it by windowProcess\({ onWindow }\), from @tidemark\/core\/windows\./,
  ],
  [
    "an unaligned mode that brings nothing along",
    `run(job, { backend, checkpoint: { mode: "unaligned" } });`,
    /Write mode: unaligned, from @tidemark\/core\./,
  ],
  ["a window without a kind", `keyed.window("hourly");`, /and then its kind: window\('hourly', tumbling\('1h'\)\)\./],
  ["a sink without a sink", `stream.sink("out");`, /and then what is written to: sink\('out', \.\.\.\)\./],
  [
    "a sink of other records, with an id",
    `stream.sink("out", words);`,
    /Argument of type 'AnySink<string, "exactly-once">' is not assignable to parameter of type 'AnySink<number/,
  ],
  [
    "a duration without a unit",
    `tumbling("60");`,
    /Argument of type '"60"' is not assignable to parameter of type .`\$\{number\}/,
  ],
];

test("the compiler's word on misuse reads as a sentence", () => verifyRefused(CASES));
