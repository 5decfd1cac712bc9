/**
 * Tells everyone, also when one of them throws: who cannot take a message must not keep it from the others.
 *
 * @throws the first error, once everyone was told.
 */
export function tellAll<T>(all: Iterable<T>, tell: (one: T) => void): void {
  const errors: unknown[] = [];
  for (const one of all) {
    try {
      tell(one);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
