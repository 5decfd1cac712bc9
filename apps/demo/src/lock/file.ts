import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { fromArray, toArray } from "@tidemark/connectors/iterable";
import type { Pipeline } from "@tidemark/core";
import { describeState, parseLock, renderLock, type StateLock } from "@tidemark/core/lock";
import type { Flight, HourlyRow } from "../flights/flight.ts";
import { flightsJob } from "../flights/job.ts";

/** Where the lock of the flights job stands. */
export const LOCK_FILE: string = fileURLToPath(new URL("../../tidemark.lock.json", import.meta.url));

/** The job as it is run, between ends that hold nothing: what it keeps does not depend on them. */
export function lockedJob(): Pipeline {
  return flightsJob({
    feed: fromArray<Flight>([]),
    hours: toArray<HourlyRow>().sink,
    late: toArray<Flight>().sink,
    bound: "3h",
  });
}

/** The lock as it is committed; `undefined` if there is none yet. */
export async function readLock(): Promise<StateLock | undefined> {
  try {
    return parseLock(await readFile(LOCK_FILE, "utf8"));
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Writes the lock anew; the versions of the one before stay in it. */
export async function writeLock(): Promise<void> {
  await writeFile(LOCK_FILE, renderLock(describeState(lockedJob(), await readLock())));
}
