import { ConfigurationError } from "@tidemark/core";

/** How the store encrypts objects at rest. */
export type S3Encryption =
  /** With keys of the store. */
  | { readonly kind: "SSE-S3" }
  /** With a key of a key management service. */
  | {
      readonly kind: "SSE-KMS";
      /** Id or ARN of the key. Default: the account's own. */
      readonly keyId?: string;
      /** Whether a key of the bucket stands in, which saves requests to the service. Default: as the bucket says. */
      readonly bucketKey?: boolean;
    }
  /** With a key that goes along with each request. Whoever loses it loses the checkpoints. */
  | { readonly kind: "SSE-C"; /** 32 bytes. */ readonly key: Uint8Array };

/** @throws {ConfigurationError} OPTION_INVALID if it is none of the kinds, or a key has another length. */
export function checkEncryption(encryption: S3Encryption | undefined): void {
  if (encryption === undefined || encryption.kind === "SSE-S3" || encryption.kind === "SSE-KMS") return;
  const { kind, key } = encryption as Partial<Extract<S3Encryption, { kind: "SSE-C" }>>;
  if (kind !== "SSE-C") {
    throw invalid(`kind ${JSON.stringify(kind)}: there are "SSE-S3", "SSE-KMS" and "SSE-C"`);
  }
  if (!(key instanceof Uint8Array) || key.length !== 32) throw invalid("a key that is not 32 bytes");
}

function invalid(what: string): ConfigurationError {
  return new ConfigurationError("OPTION_INVALID", `Cannot use encryption with ${what}`);
}
