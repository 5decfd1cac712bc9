/**
 * An object store in a process of its own: prints where it listens, and lives as long as its standard input is open.
 *
 * @module
 */
import { ObjectStore } from "./object-store.ts";

const store = new ObjectStore(Number(process.argv[2] ?? "0"));
console.log(await store.listen());
process.stdin.on("close", () => process.exit()).resume();
