import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { emits, pipeline } from "@tidemark/core";
import { asyncMap } from "@tidemark/core/async";
import { explain, mermaid } from "@tidemark/core/explain";
import { mapState } from "@tidemark/core/state";
import { countTrigger, eventTimeTrigger, tumbling } from "@tidemark/core/windows";

import { mermaidPlan } from "../../src/graph/mermaid.ts";
import { ledgerSink } from "../runtime/ledger-sink.ts";
import { pacedSource } from "../runtime/paced-source.ts";
import { edge, forward, hash, keyed, planOf, sink, source, step } from "./logical-graph.ts";

describe("mermaidPlan", () => {
  it("draws stages, calls within them and shuffles between them", () => {
    const flights = source("flights", 2);
    const weather = source("weather", undefined, { timestampOf: undefined, outOfOrderMs: 0, idleAfterMs: 5000 });
    const parse = step("parse", [edge(flights)], 2);
    const all = keyed("hourly", [edge(parse, hash), edge(weather, hash, undefined, 1)], 3);
    const nodes = [
      flights,
      weather,
      parse,
      all,
      sink("out", [edge(all)], 3),
      sink("late", [edge(all, forward, "late")]),
    ];
    assert.equal(
      mermaidPlan(planOf(nodes), "exactly-once"),
      [
        "---",
        'title: "job, exactly-once"',
        "---",
        "flowchart LR",
        '  subgraph s0["stage 0 × 2"]',
        '    n0(["flights<br>source numbers, replayable, bounded, no event time"])',
        '    n1["parse<br>map"]',
        "    n0 --> n1",
        "  end",
        '  subgraph s1["stage 1 × 1"]',
        '    n2(["weather<br>source numbers, replayable, bounded, event time, up to 0s out of order<br>may depend on timing: idle after 5s"])',
        "  end",
        '  subgraph s2["stage 2 × 3"]',
        '    n3["hourly<br>reduce, keyed state"]',
        '    n4[["out<br>sink nowhere, exactly-once"]]',
        "    n3 --> n4",
        "  end",
        '  subgraph s3["stage 3 × 1"]',
        '    n5[["late<br>sink nowhere, exactly-once"]]',
        "  end",
        '  n1 ==>|"hash"| n3',
        '  n2 ==>|"hash"| n3',
        '  n3 ==>|"late, rebalance"| n5',
        "  classDef timing stroke-dasharray: 5 5",
        "  class n2 timing",
      ].join("\n"),
    );
  });

  it("writes every id so that Mermaid shows it as it is", () => {
    const odd = source('a"b#1<c>&\n');
    const chart = mermaidPlan(planOf([odd, sink("out", [edge(odd)])]), "at-least-once");
    assert.ok(chart.includes('n0(["a#34;b#35;1#60;c#62;#38;#10;<br>source'), chart);
  });
});

describe("mermaid", () => {
  it("draws a pipeline as it would be run", () => {
    const job = pipeline("drawn");
    job
      .source("numbers", pacedSource([[1]]))
      .pipe(
        "double",
        asyncMap(async (n) => n * 2, { order: "unordered" }),
      )
      .sink("out", ledgerSink<number>().sink);
    const chart = mermaid(job, { parallelism: 2 });
    assert.match(chart, /^---\ntitle: "drawn, exactly-once"\n---\nflowchart LR\n {2}subgraph s0\["stage 0 × 2"\]\n/);
    assert.match(chart, /n1\["double<br>asyncMap unordered, .*may depend on timing: results as they come"\]/);
    assert.throws(() => mermaid(job, { parallelism: 0 }), { code: "PARALLELISM_INVALID" });
  });

  it("tells what the text tells: ids, parallelism, state, time, guarantees, and what may depend on timing", () => {
    const job = pipeline("told");
    job
      .source("clicks", pacedSource([[1]]), { eventTime: (n) => n, outOfOrder: "5s", idleAfter: "1m" })
      .keyBy((n) => n)
      .window("hourly", tumbling("1h"), { trigger: eventTimeTrigger({ early: countTrigger(9) }), parallelism: 3 })
      .reduce((one, other) => one + other)
      .keyBy(({ key }) => key % 2)
      .process("seen", {
        state: { pages: mapState<number, number>({ ttl: { after: "1d" } }) },
        emits: emits<number>(),
        onRecord: ({ value }, { emit }) => emit(value),
      })
      .sink("out", ledgerSink<number>().sink);
    const facts = [
      /told\b.*exactly-once/,
      /clicks\b.*replayable, bounded, event time, up to 5s out of order/,
      /idle after 1m/,
      /stage 1 × 3/,
      /hourly\b.*window tumbling 1h, trigger event time with early count 9, keyed state window \(value\)/,
      /how many records have come/,
      /stage 2 × 2/,
      /seen\b.*process, keyed state pages \(map\)/,
      /expiry of pages/,
      /out\b.*sink ledger, exactly-once/,
      /by hash|"hash"/,
    ];
    for (const told of [explain(job, { parallelism: 2 }), mermaid(job, { parallelism: 2 })]) {
      for (const fact of facts) assert.match(told, fact);
    }
  });
});
