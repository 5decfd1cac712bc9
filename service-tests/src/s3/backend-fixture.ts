/** backend-s3 with its default client over a real server, as the conformance suite wants it. */
import { s3 } from "@tidemark/backend-s3";
import { type StateBackend, standardEnv } from "@tidemark/core";
import type { StateBackendFixture, StateDamage } from "@tidemark/core/testing";
import type { Bucket } from "./bucket.ts";

/** A place in a bucket, and the way there. */
export interface BackendPlace {
  readonly bucket: Bucket;
  readonly prefix: string;
  /** The address that the backend uses, if it is not the server's own: that of a proxy. */
  readonly endpoint?: string;
  readonly requestTimeout?: "2s" | "30s";
}

/** A backend with `@aws-sdk/client-s3`. */
export function backendAt({ bucket, prefix, endpoint, requestTimeout = "30s" }: BackendPlace): StateBackend {
  const { place, name } = bucket;
  return s3({
    bucket: name,
    prefix,
    requestTimeout,
    cleanUpEvery: 1,
    connection: { endpoint: endpoint ?? place.endpoint, region: place.region, credentials: { ...place } },
  });
}

/** A fixture. It damages what is stored without asking the backend, and past any proxy. */
export function backendFixture(place: BackendPlace): Required<StateBackendFixture> {
  return {
    backend: backendAt(place),
    reopen: async () => backendAt(place),
    damage: (kind) => damage(place, kind),
    dispose: async () => undefined,
  };
}

/**
 * The same fixture, with the clock and the chance of the machine: those of the suite stand still and are the same for all
 * sessions, so nobody would wait before asking again, and nobody's writes would be their own.
 */
export function waitingFixture(fixture: Required<StateBackendFixture>): Required<StateBackendFixture> {
  return { ...fixture, backend: waiting(fixture.backend), reopen: async () => waiting(await fixture.reopen()) };
}

function waiting(backend: StateBackend): StateBackend {
  const { name, capabilities } = backend;
  return { name, capabilities, open: (job) => backend.open({ ...job, env: standardEnv({ log: () => undefined }) }) };
}

const PLACES: Readonly<Record<StateDamage, string>> = {
  state: "segments/",
  "state-missing": "segments/",
  head: "head",
  manifest: "manifests/",
};

async function damage({ bucket, prefix }: BackendPlace, kind: StateDamage): Promise<boolean> {
  const key = (await bucket.keys(`${prefix}/${PLACES[kind]}`)).at(-1);
  if (key === undefined) return false;
  if (kind === "state-missing") {
    await bucket.ask({ method: "DELETE", key });
    return true;
  }
  const { bytes } = await bucket.ask({ method: "GET", key });
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 0x10;
  await bucket.ask({ method: "PUT", key, body: bytes });
  return true;
}
