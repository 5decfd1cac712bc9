/**
 * Runs the job to its end: an attempt for each aim, and one more that nobody kills.
 *
 * @module
 */
import type { Aim } from "./aims.ts";
import { runAttempt } from "./attempt.ts";
import type { Course } from "./course.ts";
import type { Stop, Task } from "./messages.ts";

/** What to tell a person meanwhile. */
export interface Watcher {
  progressed(): void;
  killed(): void;
}

/**
 * Starts, kills and starts again. Returns when the job has finished; throws when it failed by itself.
 *
 * @param scheduleAt the schedule that event time has reached when a share of the feed has been read.
 */
export async function supervise(
  task: Omit<Task, "stop">,
  aims: readonly Aim[],
  scheduleAt: (share: number) => number,
  course: Course,
  watcher: Watcher,
): Promise<void> {
  for (let next = 0; ; next++) {
    const aim = aims[next];
    const stop = aim && stopOf(aim, scheduleAt);
    course.begin();
    const end = await runAttempt({ ...task, stop }, aim, (message) => {
      course.take(message);
      watcher.progressed();
    });
    if (end.type === "failed") throw new Error(`Cannot go on: the job failed. ${end.reason}`);
    if (end.type === "finished") return;
    course.killed(aim!, end.point);
    watcher.killed();
  }
}

/** An aim as the child understands it. */
function stopOf(aim: Aim, scheduleAt: (share: number) => number): Stop {
  const { point, occurrence, armedAt, givenUpAt } = aim;
  return {
    point,
    occurrence,
    armedFrom: armedAt === 0 ? undefined : scheduleAt(armedAt),
    givenUpFrom: point === undefined || givenUpAt === 1 ? undefined : scheduleAt(givenUpAt),
  };
}
