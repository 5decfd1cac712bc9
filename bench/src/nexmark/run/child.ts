/** The process that is killed. Its only argument is its task, as JSON. */
import { live } from "./life.ts";
import type { Task } from "./task.ts";

try {
  await live(JSON.parse(process.argv[2] ?? "{}") as Task);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
