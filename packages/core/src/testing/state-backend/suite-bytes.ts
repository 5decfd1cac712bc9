/** Key groups of the suite's jobs. */
export const SUITE_KEY_GROUPS = 12;

/** A key: its group, then the characters of `text` as bytes. */
export function suiteKey(keyGroup: number, text: string): Uint8Array {
  const key = new Uint8Array(2 + text.length);
  key[0] = keyGroup >>> 8;
  key[1] = keyGroup;
  key.set(bytesOf(text), 2);
  return key;
}

/** One byte for each character, which must be below 256. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

/** The characters of {@link bytesOf}. */
export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** `"group/text"`: how the suite writes a key down. */
export function keyLabel(key: Uint8Array): string {
  const group = ((key[0] ?? 0) << 8) | (key[1] ?? 0);
  return `${group}/${textOf(key.subarray(2))}`;
}

/** The key of a label. */
export function labelKey(label: string): Uint8Array {
  const slash = label.indexOf("/");
  return suiteKey(Number(label.slice(0, slash)), label.slice(slash + 1));
}

/** The group in a label. */
export function labelGroup(label: string): number {
  return Number(label.slice(0, label.indexOf("/")));
}
