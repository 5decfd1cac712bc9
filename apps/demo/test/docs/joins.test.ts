import { testExamples } from "./examples.ts";

testExamples("docs/joins.md", 5);
