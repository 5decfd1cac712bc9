import { SerializationError } from "../../errors.ts";

/** The way from the root of a value to where its encoding stands: names what is refused, and tells a cycle from depth. */
export class ValueTrace {
  readonly #labels: string[] = [];
  readonly #containers: unknown[] = [];
  #found = "not the same each time it is read";

  /** Goes down into a container, by a label that shows how: see {@link fieldLabel}. */
  enter(container: unknown, label: string): void {
    this.#containers.push(container);
    this.#labels.push(label);
  }

  /** Comes up again. */
  leave(): void {
    this.#containers.pop();
    this.#labels.pop();
  }

  /** Notes what was found at this place. */
  refuse(found: string): void {
    this.#found = found;
  }

  /** If `value` lies inside itself, its path is cut to the first place where it does, and the place it refers to. */
  findCycle(value: unknown): boolean {
    this.#containers.push(value);
    const first = new Map<unknown, number>();
    for (const [depth, container] of this.#containers.entries()) {
      const target = first.get(container);
      if (target !== undefined) {
        this.#labels.length = depth;
        this.#found = `the same object as $${this.#labels.slice(0, target).join("")}, which it lies in: a cycle`;
        return true;
      }
      first.set(container, depth);
    }
    this.#containers.pop();
    return false;
  }

  /** The error that says it. */
  error(): SerializationError {
    const path = `$${shorten(this.#labels).join("")}`;
    return new SerializationError("VALUE_UNSUPPORTED", `Cannot encode this value: ${path} is ${this.#found}`, {
      details: { path, found: this.#found },
    });
  }
}

/** `.name`, or `["odd name"]`. */
export function fieldLabel(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** What a value is, in words, if it cannot be encoded. */
export function describeValue(value: unknown): string {
  if (typeof value === "function") return value.name === "" ? "a function" : `the function ${value.name}`;
  if (typeof value === "symbol") return "a symbol";
  const constructor: unknown = Object.getPrototypeOf(value)?.constructor;
  const name = typeof constructor === "function" && constructor.name !== "" ? constructor.name : "an unnamed class";
  if (name === "Buffer") return "a Buffer of Node, which is a Uint8Array only after new Uint8Array(buffer)";
  return `an instance of ${name}, for which there is no codec`;
}

/** A path of a thousand steps helps nobody. */
function shorten(labels: readonly string[]): readonly string[] {
  return labels.length <= 20 ? labels : [...labels.slice(0, 10), " … ", ...labels.slice(-10)];
}
