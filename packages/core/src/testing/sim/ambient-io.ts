/** What opens a file, lists a folder or changes one, by the names that all of them use; in Node also with `Sync` behind it. */
const FILES =
  "access appendFile copyFile cp createReadStream createWriteStream exists lstat mkdir mkdtemp open opendir readFile readTextFile readdir readDir remove rename rm stat unlink watch writeFile writeTextFile".split(
    " ",
  );
/** What opens a connection or starts a process. */
const OTHERS = ["connect", "listen", "spawn"];

type Owner = Record<string, unknown>;
type Builtins = { readonly getBuiltinModule?: (name: string) => Owner | undefined };

/** Whom to tell of a use; `undefined`: nobody minds. */
let refuse: ((name: string) => never) | undefined;
let isInstalled = false;

/**
 * Refuses files, connections and processes of the runtime until told otherwise. The functions that look whether they are refused
 * stay where they are put once: putting them there and back takes longer than many a run.
 *
 * @param tell called with the name of what is used, and throws. `undefined`: all is allowed again.
 */
export function refuseIo(tell: ((name: string) => never) | undefined): void {
  refuse = tell;
  if (isInstalled) return;
  isInstalled = true;
  const { Deno, process } = globalThis as { readonly Deno?: Owner; readonly process?: Builtins };
  const builtin = (name: string): Owner | undefined => process?.getBuiltinModule?.(name);
  const fs = builtin("node:fs");
  const sockets = (builtin("node:net")?.["Socket"] as { readonly prototype: Owner } | undefined)?.prototype;
  const children = (builtin("node:child_process")?.["ChildProcess"] as { readonly prototype: Owner } | undefined)
    ?.prototype;
  for (const owner of [fs, fs?.["promises"] as Owner | undefined, Deno, sockets, children]) {
    if (owner === undefined) continue;
    for (const name of [...FILES, ...FILES.map((each) => `${each}Sync`), ...OTHERS]) watch(owner, name);
  }
  try {
    // Names that a program has imported are bound to what a module exports, and not to the object that it is.
    (builtin("node:module")?.["syncBuiltinESMExports"] as (() => void) | undefined)?.();
  } catch {
    // workerd has the name and nothing behind it: imported names are not watched there.
  }
}

function watch(owner: Owner, name: string): void {
  const found = Object.getOwnPropertyDescriptor(owner, name);
  const original: unknown = found?.value;
  if (found?.configurable !== true || typeof original !== "function") return;
  function watched(this: unknown, ...values: unknown[]): unknown {
    refuse?.(name);
    return Reflect.apply(original as () => unknown, this, values);
  }
  Object.defineProperties(watched, Object.getOwnPropertyDescriptors(original));
  Object.defineProperty(owner, name, { ...found, value: watched });
}
