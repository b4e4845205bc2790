// Terminals for longer than npm test has: T7 with 10 000 bad frames beside a neighbour who types, T11 with 200 terminals opened and closed.

import { badFrames, openAndClose } from '../support/bad-days.ts';
import { percentile, TestLab } from '../support/lab.ts';
import type { Browser } from '../support/lab.ts';
import type { SoakOptions, SoakPart, SoakResult } from './part.ts';

const FRAMES = 10_000;
const CYCLES = 200;

export const terminals: SoakPart = {
  name: 'terminals',
  async run({ seed, say }: SoakOptions): Promise<SoakResult> {
    const result: SoakResult = { passed: 0, failures: [] };
    const part = async (what: string, run: (lab: TestLab, browser: Browser) => Promise<string>) => {
      const lab = await TestLab.start();
      try {
        say(`${what}: ${await run(lab, await lab.browser())}`);
        result.passed++;
      } catch (error) {
        result.failures.push(`${what}, seed ${seed}: ${String(error)}`);
      } finally {
        await lab.close();
      }
    };
    await part(`T7: ${FRAMES} bad frames`, async (lab, browser) => {
      const { sockets, echoes } = await badFrames(lab, browser, { count: FRAMES, seed });
      const slowest = percentile(echoes, 1).toFixed(1);
      return `${sockets} sockets, ${echoes.length} echoes beside them, the slowest ${slowest} ms`;
    });
    await part(`T11: ${CYCLES} terminals`, async (lab, browser) => {
      const { before, after } = await openAndClose(lab, browser, CYCLES);
      return `descriptors ${before.descriptors} → ${after.descriptors}, bytes ${before.bytes} → ${after.bytes}`;
    });
    return result;
  },
};
