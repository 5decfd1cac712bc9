/**
 * What has to happen now and then in a swarm: the points of the engine, and what the simulation makes happen to it. One that
 * is never reached says that the swarm has become blind there.
 */
export const PROBES: readonly string[] = [
  // Points of the engine.
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
  "restore.starting",
  "restore.state",
  "restore.done",
  "split.held-back",
  "record.again",
];

/** The probes that were not reached. */
export function missingProbes(reached: ReadonlyMap<string, number>): readonly string[] {
  return PROBES.filter((name) => !reached.has(name));
}
