import type * as Sdk from "@aws-sdk/client-s3";

/** Bytes that are hashed between two turns of the host. */
export const HASHED_BYTES: number = 512 * 1024;

/**
 * A signature vouches for what is written by its SHA-256, which the SDK takes in one go: some ten milliseconds for a segment.
 * From now on this client takes that of a large body in slices, with a turn of the host between them.
 */
export function hashInSlices(client: Sdk.S3Client, turn: () => Promise<void>): void {
  const { sha256: Sha256 } = client.config;
  client.middlewareStack.add(
    (next) => async (given) => {
      const { body, headers } = given.request as Signable;
      if (body instanceof Uint8Array && body.length > HASHED_BYTES) {
        const hash = new Sha256();
        for (let start = 0; start < body.length; start += HASHED_BYTES) {
          if (start > 0) await turn();
          hash.update(body.subarray(start, start + HASHED_BYTES));
        }
        // The signer takes what stands here.
        headers["x-amz-content-sha256"] = hexOf(await hash.digest());
      }
      return next(given);
    },
    { name: "tidemarkHashInSlices", step: "build", priority: "low" },
  );
}

interface Signable {
  readonly body?: unknown;
  readonly headers: Record<string, string>;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
