import { isTidemarkError, SerializationError } from "../../errors.ts";
import { decodeValue, encodeValue } from "../../state/value-codec.ts";

/** A record that a call was made for, as a checkpoint keeps it. */
export interface Input {
  readonly value: unknown;
  readonly timestamp: number;
}

/** @throws {SerializationError} VALUE_UNSUPPORTED if the record has no bytes. */
export function copyInput(operatorId: string, value: unknown, timestamp: number): Input {
  try {
    return { value: decodeValue(encodeValue(value)), timestamp };
  } catch (error) {
    if (!isTidemarkError(error) || error.code !== "VALUE_UNSUPPORTED") throw error;
    throw new SerializationError(
      "VALUE_UNSUPPORTED",
      `Cannot make a record of "${operatorId}" part of a checkpoint while its call is under way: ${error.message}`,
      { cause: error, details: { ...error.details, operator: operatorId } },
    );
  }
}
