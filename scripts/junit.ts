/** Reads the JUnit files that every test runner here can write. */

/** One test as a runner reported it. */
export interface TestCase {
  readonly name: string;
  readonly file: string;
  readonly result: "passed" | "failed" | "skipped";
  /** Why it failed or was skipped, where the runner says so. */
  readonly message: string;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function unescape(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    return ENTITIES[name] ?? whole;
  });
}

function attribute(attributes: string, name: string): string {
  const found = new RegExp(`\\s${name}="([^"]*)"`).exec(attributes);
  return unescape(found?.[1] ?? "");
}

/** The test cases of a JUnit file. A file that reports itself because it has no tests is not a test case. */
export function readJunit(xml: string): readonly TestCase[] {
  const cases: TestCase[] = [];
  for (const [, attributes = "", body = ""] of xml.matchAll(
    /<testcase((?:\s[\w:]+="[^"]*")*)\s*(?:\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    const name = attribute(attributes, "name");
    const file = attribute(attributes, "file") || attribute(attributes, "classname");
    const failure = /<(?:failure|error)((?:\s[\w:]+="[^"]*")*)/.exec(body);
    const skipped = /<skipped((?:\s[\w:]+="[^"]*")*)/.exec(body);
    // Node counts a file without tests as one passing test named after the file.
    if (failure === null && /\.test\.[jt]s$/.test(name) && name.includes("/")) continue;
    const result = skipped !== null ? "skipped" : failure !== null ? "failed" : "passed";
    cases.push({ name, file, result, message: attribute((skipped ?? failure)?.[1] ?? "", "message") });
  }
  return cases;
}
