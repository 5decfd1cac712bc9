import { STATES } from "./states.ts";

/** The points of the engine. */
const POINTS = [
  "checkpoint.triggered",
  "alignment.started",
  "alignment.ended",
  "snapshot.frozen",
  "snapshot.writing",
  "snapshot.written",
  "manifest.writing",
  "manifest.written",
  "head.writing",
  "head.written",
  "commit.starting",
  "commit.retrying",
  "commit.done",
  "release.starting",
  "release.done",
  "fold.starting",
  "fold.done",
  "restore.starting",
  "restore.state",
  "restore.done",
  "split.held-back",
  "record.again",
];

/** What the protocol comes to. */
const OUTCOMES = [
  "attempt failed with CHECKPOINT_FENCED",
  "attempt failed with CHECKPOINT_TOLERANCE",
  "attempt failed with SINK_IO",
  "attempt failed with SOURCE_IO",
  "attempt failed with STATE_IO",
  "barrier overtook records",
  "channel blocked",
  "checkpoint aborted: expired",
  "checkpoint aborted: manifest-failed",
  "checkpoint aborted: snapshot-failed",
  "checkpoint complete before the one before it is committed",
  "checkpoint declined: snapshot-failed",
  "checkpoint of nothing",
  "checkpoint of something",
  "checkpoint triggered while another is pending",
  "records in flight written",
  "restored from a checkpoint",
  "restored on another number of subtasks",
  "restored twice from one checkpoint",
  "snapshot of a subtask that has ended",
  "started from nothing",
];

/** What the world does to it. */
const MISFORTUNES = [
  "a stored bit flips",
  "batch lost in a power cut",
  "commit repeated after it had succeeded",
  "condition of a put not met",
  "effect of a dead process takes place late",
  "entry evicted",
  "job goes on from a savepoint: claim",
  "job goes on from a savepoint: fork",
  "job refused to go on with what was spoilt",
  "job taken back to an older checkpoint",
  "job refused to go on without what had expired",
  "list shows what was before",
  "prepared rows cleared away",
  "recovery killed three times in a row",
  "retained checkpoints opened",
  "rows staged by an overtaken process",
  "savepoint written",
  "source gives again what was read",
  "source gives first what comes behind",
  "source leaves positions out",
  "split ends right behind a cut",
  "the end of something stored is gone",
  "state compared entry by entry",
  "transaction expired before its commit",
  "unprepared rows cleared away",
];

/** Who decides what happens next. */
const SCHEDULES = ["newest", "oldest", "priority", "starve", "swizzle", "uniform"].map((name) => `schedule: ${name}`);

/** Where a swarm strikes in each way: hardly an effect begins between the start and the end of an alignment. */
const STRUCK_IN = STATES.filter((state) => state !== "alignment.started");

/**
 * What has to happen now and then in a swarm: the points of the engine, what the protocol comes to, and each way to strike in
 * each state. One that is never reached says that the swarm has become blind there.
 */
export const PROBES: readonly string[] = [
  ...POINTS,
  ...OUTCOMES,
  ...MISFORTUNES,
  ...SCHEDULES,
  ...["before", "after", "held", "refused", "unanswered"].flatMap((form) =>
    STRUCK_IN.map((state) => `fault ${form} after ${state}`),
  ),
];

/** The probes that were not reached. */
export function missingProbes(reached: ReadonlyMap<string, number>): readonly string[] {
  return PROBES.filter((name) => !reached.has(name));
}
