/** The result of a method without arguments, or `undefined` if `self` only pretends to be of its class. */
export function resultOf<T>(method: (this: never) => T, self: object): T | undefined {
  try {
    return method.call(self as never);
  } catch {
    return undefined;
  }
}
