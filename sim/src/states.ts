/**
 * The states of the protocol in which a process can die: before its first point, and after each of them but those that the
 * next one follows at once, with nothing in between that could be struck.
 */
export const STATES: readonly string[] = [
  "start",
  "restore.starting",
  "restore.state",
  "restore.done",
  "checkpoint.triggered",
  "alignment.started",
  "alignment.ended",
  "snapshot.frozen",
  "snapshot.writing",
  "snapshot.written",
  "manifest.writing",
  "head.writing",
  "commit.starting",
  "release.starting",
  "release.done",
];
