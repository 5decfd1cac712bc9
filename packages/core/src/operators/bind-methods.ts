/** Lets methods be taken out of the object that user code is given: `onRecord: (value, { emit }) => emit(value)`. */
export function bindMethods<T extends object>(object: T, ...methods: readonly (keyof T)[]): void {
  for (const name of methods) {
    const method = object[name] as T[keyof T] & ((this: T, ...args: readonly unknown[]) => unknown);
    object[name] = method.bind(object) as T[keyof T];
  }
}
