/** The rooms of core, from the lowest to the highest: a room imports from those below it, never from those above. */
export const ROOMS = [
  "bytes",
  "env",
  "connect",
  "state",
  "time",
  "checkpoint",
  "savepoints",
  "operators",
  "graph",
  "runtime",
  "api",
  "testing",
] as const;

/** Files directly in `src/` that stand above all rooms; every other one stands below them all. */
export const ENTRIES: readonly string[] = [
  "mod.ts",
  "internal.ts",
  "lock.ts",
  "savepoints.ts",
  "state.ts",
  "windows.ts",
  "aggregates.ts",
  "async.ts",
  "explain.ts",
  "calendar.ts",
  "joins.ts",
];

/** The level of a file, given its path below `src/`; `undefined` for a room that has no place in the order. */
export function levelOf(path: string): number | undefined {
  const [room = "", ...rest] = path.split("/");
  if (rest.length === 0) return ENTRIES.includes(room) ? ROOMS.length : -1;
  const level = ROOMS.findIndex((known) => known === room);
  return level === -1 ? undefined : level;
}
