/** The trace says something that cannot be, as far as the picture knows. */
export class BrokenTrace extends Error {
  override readonly name = "BrokenTrace";
}

export function broken(what: string): BrokenTrace {
  return new BrokenTrace(`The trace contradicts itself: ${what}`);
}
