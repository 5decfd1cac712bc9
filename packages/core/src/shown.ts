/** The most characters of a record that go into an error or a dead letter. */
const SHOWN_MAX = 300;

/** A record or an option as text, whatever it is: for people, and no longer than they read. */
export function shown(value: unknown): string {
  // JSON has no form for these, and says null.
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "function" && value.name !== "") return `the function ${value.name}`;
  let text: string;
  try {
    text =
      JSON.stringify(value, (_name, part: unknown) => (typeof part === "bigint" ? `${part}n` : part)) ?? String(value);
  } catch {
    text = Object.prototype.toString.call(value);
  }
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
}
