/** What a suite throws when a backend does not do what it promises. Any test runner reports it. */
export class ExpectationError extends Error {
  override readonly name = "ExpectationError";
}

/** Fails unless `condition` holds. */
export function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new ExpectationError(message);
}

/** Fails unless both are the same string, number, boolean or `undefined`. */
export function expectSame<T extends string | number | boolean | undefined>(
  actual: T,
  expected: T,
  what: string,
): void {
  expect(Object.is(actual, expected), `${what}: found ${shown(actual)}, expected ${shown(expected)}`);
}

/** Fails unless two lists of lines are the same; says which lines are lost and which are too many. */
export function expectLines(actual: readonly string[], expected: readonly string[], what: string): void {
  if (actual.length === expected.length && actual.every((line, index) => line === expected[index])) return;
  const [present, wanted] = [new Set(actual), new Set(expected)];
  const lost = expected.filter((line) => !present.has(line));
  const extra = actual.filter((line) => !wanted.has(line));
  expect(lost.length === 0 && extra.length === 0, `${what}: lost ${sample(lost)}; too many ${sample(extra)}`);
  expect(actual.length === expected.length, `${what}: ${actual.length} lines, some twice, expected ${expected.length}`);
  const at = actual.findIndex((line, index) => line !== expected[index]);
  expect(false, `${what}: out of order at ${at}: ${shown(actual[at])}, expected ${shown(expected[at])}`);
}

/** Fails unless `act` rejects with an error of that code, and returns the error's message. */
export async function expectCode(act: () => Promise<unknown>, code: string, what: string): Promise<string> {
  try {
    await act();
  } catch (error) {
    const found = (error as { readonly code?: unknown }).code;
    const message = error instanceof Error ? error.message : String(error);
    expect(found === code, `${what}: rejected with ${String(found)} (${message}), expected ${code}`);
    return message;
  }
  throw new ExpectationError(`${what}: did not reject, expected ${code}`);
}

function sample(lines: readonly string[]): string {
  const more = lines.length > 5 ? ` and ${lines.length - 5} more` : "";
  return lines.length === 0 ? "none" : `${lines.slice(0, 5).map(shown).join(", ")}${more}`;
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
