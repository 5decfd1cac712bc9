/** Where a soak takes place: a folder, or a bucket of a real server behind a proxy that fails. */
import { join } from "node:path";
import { startFaultProxy } from "../proxy/fault-proxy.ts";
import { sparesProbe } from "../proxy/faults.ts";
import { createBucket } from "../s3/bucket.ts";
import { s3Place } from "../s3/place.ts";
import type { AuditReport, SoakPlace } from "./task.ts";

/** Where the job works, and how the place is left. */
export interface Site {
  readonly place: SoakPlace;
  /** Resolves when nothing that was sent is still to come; from then on nothing fails any more. */
  settled(): Promise<void>;
  /** What is in the store and has no business there, by the word of the store and not of the backend. */
  strays(audit: AuditReport): Promise<readonly string[]>;
  /** How often the proxy struck. */
  faults(): Readonly<Record<string, number>> | undefined;
  leave(): Promise<void>;
}

/** A folder. */
export function diskSite(folder: string): Site {
  return {
    place: { backend: "leveldb", directory: join(folder, "state") },
    settled: async () => undefined,
    strays: async () => [],
    faults: () => undefined,
    leave: async () => undefined,
  };
}

/** A bucket of its own on the server that the environment names. */
export async function serverSite(seed: number, rate: number): Promise<Site> {
  const server = s3Place();
  const bucket = await createBucket(server);
  const proxy = await startFaultProxy({ target: server.endpoint, seed, rate, spared: sparesProbe });
  return {
    place: { ...server, backend: "s3", bucket: bucket.name, prefix: "soak", endpoint: proxy.endpoint },
    settled: async () => {
      proxy.heal();
      await proxy.settled();
    },
    strays: async ({ stored }) => {
      const keys = await bucket.keys();
      const uploads = (await bucket.uploads()).map(({ key }) => `upload of ${key}`);
      // Beside what the audit counted there are the head and the probe.
      return keys.length === stored + 2 ? uploads : [...uploads, `${keys.length} objects: ${keys.join(", ")}`];
    },
    faults: () => proxy.struck,
    leave: async () => {
      await proxy.close();
      await bucket.remove();
    },
  };
}
