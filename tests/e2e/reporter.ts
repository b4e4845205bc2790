// One line a test, the errors of those that failed, and the line that is counted: `N passed, N failed`.

import type {
  FullConfig,
  FullResult,
  Reporter,
  Suite,
  TestCase,
  TestResult,
} from '@playwright/test/reporter';

export default class CountingReporter implements Reporter {
  #passed = 0;
  #failed = 0;
  #skipped = 0;
  /** Said again at the end: whoever sees only the end of a long log still learns what failed, and why. */
  readonly #failures: string[] = [];

  onBegin(config: FullConfig, suite: Suite): void {
    console.log(`${suite.allTests().length} browser tests, ${config.workers} at a time`);
  }

  onTestEnd(test: TestCase, result: TestResult): void {
    const name = test.titlePath().slice(2).filter(Boolean).join(' › ');
    const time = `${(result.duration / 1_000).toFixed(1)} s`;
    if (result.status === 'skipped') {
      this.#skipped++;
      console.log(`- ${name}`);
    } else if (test.ok()) {
      this.#passed++;
      console.log(`✔ ${name} (${time})`);
    } else {
      this.#failed++;
      const reasons = result.errors.map(({ stack, message, value }) => stack ?? message ?? value);
      const failure = [`✖ ${name} (${time})`, ...reasons].join('\n');
      this.#failures.push(failure);
      console.log(failure);
    }
  }

  onError(error: { message?: string; stack?: string }): void {
    this.#failed++;
    console.log(error.stack ?? error.message);
  }

  onEnd(result: FullResult): void {
    if (result.status !== 'passed' && this.#failed === 0) this.#failed = 1;
    for (const failure of this.#failures) console.log(failure);
    if (this.#skipped) console.log(`${this.#skipped} skipped`);
    console.log(`${this.#passed} passed, ${this.#failed} failed`);
  }

  /** Figures that a test measures. */
  onStdOut(chunk: string | Buffer): void {
    process.stdout.write(chunk);
  }

  printsToStdio(): boolean {
    return true;
  }
}
