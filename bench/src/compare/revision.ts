/** Another revision of the repository, beside this one, for as long as it is needed. */
import { execFile } from "node:child_process";
import { lstat, mkdir, mkdtemp, readdir, readlink, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Packages of the repository: each revision has to find its own. */
const OWN_SCOPE = "@tidemark";

/** A revision that is checked out. */
export interface CheckedOut {
  /** Its whole commit id. */
  readonly commit: string;
  readonly directory: string;
  /** Takes everything away again. */
  dispose(): Promise<void>;
}

/**
 * Checks a revision out into a temporary folder. It borrows the installed packages of `root`, except those of the
 * repository itself: a job there that imports the engine gets the engine of that revision.
 *
 * @throws {Error} if there is no such revision.
 */
export async function checkOut(root: string, revision: string): Promise<CheckedOut> {
  const git = async (...given: string[]): Promise<string> => (await run("git", ["-C", root, ...given])).stdout.trim();
  const commit = await git("rev-parse", "--verify", "--end-of-options", `${revision}^{commit}`).catch(
    (cause: unknown) => {
      throw new Error(`Cannot compare with "${revision}": there is no such revision`, { cause });
    },
  );
  const above = await mkdtemp(join(tmpdir(), "tidemark-compare-"));
  const directory = join(above, "revision");
  const dispose = async (): Promise<void> => {
    await git("worktree", "remove", "--force", directory);
    await rm(above, { recursive: true, force: true });
  };
  await git("worktree", "add", "--detach", "--quiet", directory, commit);
  try {
    await borrowPackages(root, directory);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { commit, directory, dispose };
}

async function borrowPackages(root: string, directory: string): Promise<void> {
  const [from, to] = [join(root, "node_modules"), join(directory, "node_modules")];
  await mkdir(join(to, OWN_SCOPE), { recursive: true });
  for (const name of await readdir(from)) {
    if (name !== OWN_SCOPE) await symlink(join(from, name), join(to, name));
  }
  for (const name of await readdir(join(from, OWN_SCOPE))) {
    const link = join(from, OWN_SCOPE, name);
    // A link that begins at node_modules leads into the same place of either revision.
    if ((await lstat(link)).isSymbolicLink()) await symlink(await readlink(link), join(to, OWN_SCOPE, name));
  }
}
