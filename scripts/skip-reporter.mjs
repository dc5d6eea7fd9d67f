// A vitest reporter that names every skipped test with its reason: the note given to `context.skip("…")`.

export default class SkipReporter {
  onTestRunEnd(modules) {
    for (const module of modules) {
      for (const test of module.children.allTests("skipped")) {
        const reason = test.result().note ?? "no reason given";
        process.stdout.write(`skipped: ${module.relativeModuleId} > ${test.fullName}: ${reason}\n`);
      }
    }
  }
}
