/**
 * Every error that Tidemark throws on purpose is a {@link TidemarkError}: one of eight classes, told apart by what a
 * caller can do about it, with a `code` from a closed list. `docs/errors.md` has a section for each code.
 *
 * @module
 */

/** Codes of {@link ConfigurationError}: the pipeline or its options cannot work as written. */
export type ConfigurationCode =
  | "ID_MISSING"
  | "ID_REPEATED"
  | "GRAPH_CYCLE"
  | "GRAPH_EMPTY"
  | "GRAPH_FOREIGN_STREAM"
  | "KEY_MISSING"
  | "CALLBACK_MISSING"
  | "PARALLELISM_INVALID"
  | "OPTION_INVALID"
  | "LOCK_INVALID"
  | "GUARANTEE_UNSUPPORTED"
  | "PLATFORM_UNSUPPORTED";

/** Codes of {@link StateError}: durable state does not fit the job, or the store does not keep its promise. */
export type StateCode =
  | "STATE_LOCKED"
  | "STATE_FOREIGN_JOB"
  | "STATE_CORRUPT"
  | "STATE_UNMAPPED"
  | "STATE_INCOMPATIBLE"
  | "STATE_NO_KEY"
  | "STATE_KEY_FOREIGN"
  | "STATE_TOO_LARGE"
  | "STATE_READ_ONLY"
  | "STATE_IO"
  | "STATE_CLOSED";

/** Codes of {@link CheckpointError}: a checkpoint was not taken, or a checkpoint cannot be restored. */
export type CheckpointCode =
  | "CHECKPOINT_ABORTED"
  | "CHECKPOINT_CORRUPT"
  | "CHECKPOINT_MISSING"
  | "CHECKPOINT_FENCED"
  | "CHECKPOINT_TOLERANCE"
  | "SAVEPOINT_EXISTS"
  | "SAVEPOINT_FAILED";

/** Codes of {@link ConnectorError}: a source or a sink met something it cannot carry on with. */
export type ConnectorCode =
  | "SOURCE_CHANGED"
  | "SOURCE_MISSING"
  | "SOURCE_IO"
  | "RECORD_INVALID"
  | "PUSH_CLOSED"
  | "PUSH_INVALID"
  | "PUSH_OVERRUN"
  | "SINK_IO"
  | "SINK_FULL"
  | "COMMIT_LOST"
  | "COMMIT_FAILED";

/** Codes of {@link SerializationError}: a key or a value has no bytes, or bytes have no value. */
export type SerializationCode = "KEY_UNSUPPORTED" | "VALUE_UNSUPPORTED" | "BYTES_INVALID" | "FORMAT_UNKNOWN";

/** Every code there is. */
export type ErrorCode =
  | ConfigurationCode
  | StateCode
  | CheckpointCode
  | ConnectorCode
  | SerializationCode
  | "USER_CODE"
  | "TIMEOUT"
  | "ABORTED"
  | "SIMULATION_FAILED"
  | "INTERNAL";

/** What an error carries besides its message. */
export interface ErrorOptions {
  /** What lies behind it, if anything was thrown. */
  readonly cause?: unknown;
  /** The facts of the message, for programs. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Whether the same act may succeed later without anything being changed. Default: `false`. */
  readonly retryable?: boolean;
}

const BRAND = Symbol.for("tidemark.error");

/** The base of all errors of Tidemark. Recognise one by {@link isTidemarkError} and its `code`, not by `instanceof`. */
export class TidemarkError extends Error {
  /** Always `"TidemarkError"` or the name of the subclass, minified or not. */
  override readonly name: string = "TidemarkError";
  /** What is wrong, for programs: each code has a section in `docs/errors.md`. */
  readonly code: ErrorCode;
  /** The facts of the message, for programs. Empty if there are none. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Whether the same act may succeed later without anything being changed. */
  readonly retryable: boolean;

  /** For subclasses: each takes the codes that are its own. */
  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.retryable = options.retryable ?? false;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** The pipeline or its options cannot work as written. */
export class ConfigurationError extends TidemarkError {
  /** Always `"ConfigurationError"`. */
  override readonly name = "ConfigurationError";
  /** For connectors and backends that refuse their options. */
  constructor(code: ConfigurationCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

/** Durable state does not fit the job, or the store does not keep its promise. */
export class StateError extends TidemarkError {
  /** Always `"StateError"`. */
  override readonly name = "StateError";
  /** For backends that find something other than they wrote. */
  constructor(code: StateCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

/** A checkpoint was not taken, or a checkpoint cannot be restored. */
export class CheckpointError extends TidemarkError {
  /** Always `"CheckpointError"`. */
  override readonly name = "CheckpointError";
  /** For backends that cannot keep or restore a checkpoint. */
  constructor(code: CheckpointCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

/** A source or a sink met something it cannot carry on with. */
export class ConnectorError extends TidemarkError {
  /** Always `"ConnectorError"`. */
  override readonly name = "ConnectorError";
  /** For sources and sinks that cannot go on. */
  constructor(code: ConnectorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

/** A key or a value has no bytes, or bytes have no value. */
export class SerializationError extends TidemarkError {
  /** Always `"SerializationError"`. */
  override readonly name = "SerializationError";
  /** For codecs that meet a value or bytes they do not know. */
  constructor(code: SerializationCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

/** The user's function threw; `cause` is what it threw, `details.operator` says where. */
export class UserCodeError extends TidemarkError {
  /** Always `"UserCodeError"`. */
  override readonly name = "UserCodeError";
  /** The code is always USER_CODE. */
  constructor(message: string, options?: ErrorOptions) {
    super("USER_CODE", message, options);
  }
}

/** The job was cancelled, by a signal or by its handle. */
export class AbortedError extends TidemarkError {
  /** Always `"AbortError"`, as the platform's own has it. */
  override readonly name = "AbortError";
  /** The code is always ABORTED. */
  constructor(message: string, options?: ErrorOptions) {
    super("ABORTED", message, options);
  }
}

/** An assertion of the engine failed: a bug in Tidemark, or in a connector that breaks its contract. */
export class InternalError extends TidemarkError {
  /** Always `"InternalError"`. */
  override readonly name = "InternalError";
  /** The code is always INTERNAL. */
  constructor(message: string, options?: ErrorOptions) {
    super("INTERNAL", message, options);
  }
}

/**
 * Whether `error` was made by any copy of Tidemark, of any version.
 *
 * @example
 * ```ts
 * import { isTidemarkError, pipeline } from "@tidemark/core";
 *
 * try {
 *   pipeline("");
 * } catch (error) {
 *   if (isTidemarkError(error)) console.log(error.code);
 * }
 * // prints ID_MISSING
 * ```
 */
export function isTidemarkError(error: unknown): error is TidemarkError {
  return typeof error === "object" && error !== null && (error as { [BRAND]?: unknown })[BRAND] === true;
}

/**
 * The message of anything that was thrown, even of what cannot be turned into text.
 *
 * @example
 * ```ts
 * import { messageOf } from "@tidemark/core";
 *
 * console.log(messageOf(new RangeError("too far")), messageOf("gone"));
 * // prints too far gone
 * ```
 */
export function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return Object.prototype.toString.call(error);
  }
}
