/** The user "nobody", on most systems; any user to whom nothing belongs would do. */
export const NOBODY = 65_534;

/** Runs something as a user whom permissions bind. They do not bind root, as whom tests run in a container. */
export async function withoutRights<T>(run: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return run();
  process.seteuid?.(NOBODY);
  try {
    return await run();
  } finally {
    process.seteuid?.(0);
  }
}
