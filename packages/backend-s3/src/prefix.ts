import { ConfigurationError } from "@tidemark/core";

/** A key has at most 1,024 bytes; names need the rest. */
const PREFIX_MAX = 512;

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const FORBIDDEN = /[\u0000-\u001f\u007f\\]/;

/**
 * The prefix, without a slash at its end.
 *
 * @throws {ConfigurationError} OPTION_INVALID if clients or proxies would make another key of it.
 */
export function checkPrefix(prefix: string): string {
  const trimmed = prefix.endsWith("/") ? prefix.slice(0, -1) : prefix;
  const parts = trimmed.split("/");
  const isPath = parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (isPath && trimmed.length <= PREFIX_MAX && !FORBIDDEN.test(trimmed)) return trimmed;
  throw new ConfigurationError(
    "OPTION_INVALID",
    `Cannot use prefix ${JSON.stringify(prefix)}: it must be names with "/" between them, ${PREFIX_MAX} characters at most`,
    { details: { prefix } },
  );
}
