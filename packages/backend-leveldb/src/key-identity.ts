/** What stands for a byte key in a `Map` or a `Set`: one character for each byte. */
export function keyIdentity(key: Uint8Array): string {
  let text = "";
  for (let i = 0; i < key.length; i++) text += String.fromCharCode(key[i] as number);
  return text;
}
