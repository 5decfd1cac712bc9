/** The worker whose test handler runs every test file of the bundle and prints one line for each test. */
import { collect } from "./collector.ts";
import { files } from "./files.ts";

/** What `workerd test` calls. */
// oxlint-disable-next-line import/no-default-export
export default {
  async test(): Promise<void> {
    let failed = 0;
    for (const [file, load] of Object.entries(files)) {
      for (const report of await collect(load)) {
        if (report.result === "failed") failed += 1;
        console.log(`test-case ${JSON.stringify({ file, ...report })}`);
      }
    }
    console.log("test-cases end");
    if (failed > 0) throw new Error(`${failed} tests failed`);
  },
};
