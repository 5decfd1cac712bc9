import assert from "node:assert/strict";
import { test } from "node:test";
import type { Aim } from "../../src/flights/aims.ts";
import { ANY_MOMENT, Course } from "../../src/flights/course.ts";
import type { Progress } from "../../src/flights/messages.ts";

const aim: Aim = {
  phase: "inside the commit",
  point: "commit.done",
  occurrence: 1,
  armedAt: 0,
  givenUpAt: 1,
  delayMs: 0,
};

function progress(records: number, checkpoint?: number): Progress {
  const last = checkpoint === undefined ? undefined : { id: checkpoint, durationMs: 10, bytes: 100 };
  return { records, eventTime: undefined, last, memoryBytes: 1 };
}

/** A course over a feed whose flights take ten bytes each, with a clock to set. */
function courseOf(rows: number, starts: readonly number[]) {
  const clock = { ms: 0 };
  const splitOf = (place: number) => starts.findLastIndex((start) => start <= place);
  const course = new Course({ rows, starts, placeAt: (byte) => Math.ceil(byte / 10), splitOf }, () => clock.ms);
  const at = (ms: number, act: () => void) => {
    clock.ms = ms;
    act();
  };
  return { course, at };
}

test("Course tells where each attempt stood, what was replayed and how long it took to come back", () => {
  const { course, at } = courseOf(1_000, [0]);
  at(0, () => course.begin());
  at(200, () => course.take({ type: "split", byte: 0, restored: false }));
  at(300, () => course.take({ type: "reading" }));
  at(1_000, () => course.take({ type: "stopped", point: "commit.done", progress: progress(600, 1) }));
  at(1_010, () => course.killed(aim, "commit.done"));
  at(1_020, () => course.begin());
  at(1_300, () => course.take({ type: "split", byte: 5_000, restored: true }));
  at(1_400, () => course.take({ type: "reading" }));
  at(1_500, () => course.take({ type: "progress", ...progress(50) }));
  assert.equal(course.position, 550);
  at(1_600, () => course.take({ type: "progress", ...progress(120) }));
  at(2_000, () => course.take({ type: "finished", progress: progress(500, 2) }));

  const [first, second] = course.attempts;
  assert.deepEqual(first!.kill, {
    phase: "inside the commit",
    point: "commit.done",
    atMs: 1_010,
    position: 600,
    eventTime: undefined,
  });
  assert.deepEqual([first!.restored, second!.restored, second!.firstRecordMs], [0, 500, 1_400]);
  assert.equal(course.caughtUpMs(second!), 1_600);
  assert.equal(course.position, 1_000);
  assert.equal(course.read, 1_100);
  assert.deepEqual([...course.checkpoints.keys()], [1, 2]);
  for (const id of [1, 2, 3]) course.take({ type: "completed", id });
  assert.equal(course.completed.size, 3);
});

test("Course adds up the splits, and takes one that is not read any more as read to its end", () => {
  const { course, at } = courseOf(1_000, [0, 250, 500, 750]);
  at(0, () => course.begin());
  for (const row of [0, 250, 500, 750]) {
    course.take({ type: "split", byte: row * 10, restored: false });
    assert.equal(course.position, 0);
  }
  at(10, () => course.begin());
  for (const row of [300, 600, 999]) course.take({ type: "split", byte: row * 10, restored: true });
  assert.equal(course.position, 250 + 50 + 100 + 249);
});

test("Course stays where it was while a restore is killed", () => {
  const { course, at } = courseOf(1_000, [0]);
  course.begin();
  course.take({ type: "split", byte: 0, restored: false });
  course.take({ type: "progress", ...progress(400) });
  at(5, () => course.killed({ ...aim, point: undefined, phase: "at any moment" }, ANY_MOMENT));
  course.begin();
  at(9, () => course.killed({ ...aim, phase: "while restoring", point: "restore.state" }, "restore.state"));
  course.begin();
  assert.equal(course.position, 400);
  assert.deepEqual(
    course.kills.map(({ phase, position }) => [phase, position]),
    [
      ["at any moment", 400],
      ["while restoring", 400],
    ],
  );
});

test("Course does not claim an aim that was missed", () => {
  const { course } = courseOf(10, [0]);
  course.begin();
  course.killed(aim, "end of the job");
  assert.deepEqual([course.kills[0]!.phase, course.kills[0]!.point], ["missed: inside the commit", "end of the job"]);
});
