/**
 * What the compiler says to steps that have no place on a stream.
 *
 * @module
 */

/** What the compiler says to a step on a stream with keys that has no use for them. */
export type NeedsNoKeys =
  "This stream has keys, for a step that needs them: reduce, process, window, join or connect. Put this one before keyBy(...), or behind such a step.";

/** What the compiler says to results of a process that does not tell their type. */
export type NeedsEmits =
  "This process does not say what it emits. Add emits: emits<Row>() to it, with the type of its results.";

/** What the compiler says to an aggregate without windows. */
export type NeedsWindows =
  "Records are aggregated in windows, and windows are cut for each key. Put keyBy(...) and window(...) before aggregate(...), or use keyBy(...) and reduce(...).";

/** What the compiler says to a step behind windows of which nothing comes. */
export type NothingYet =
  "Nothing comes of windows before it is said what becomes of their records. Put aggregate(...), reduce(...) or process(...) before this step.";
