// The whole product in a browser: `npm start` as a learner runs it, in a home of its own, with a fast cluster clock.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, type Locator, type Page } from '@playwright/test';
import type { Block, Catalogue, Lesson } from '../../protocol/lesson.ts';
import { pinnedKubectl } from '../support/kubectl.ts';

/** Everything that waits inside the cluster runs this much faster; kubectl stays real. */
const CLOCK_SPEED = '20';

export class Course {
  readonly origin: string;
  readonly #link: string;
  readonly #home: string;
  readonly #process: ChildProcess;

  private constructor(link: string, home: string, child: ChildProcess) {
    this.#link = link;
    this.origin = new URL(link).origin;
    this.#home = home;
    this.#process = child;
  }

  static async start(): Promise<Course> {
    const home = mkdtempSync(join(tmpdir(), 'course-'));
    const kubectl = await pinnedKubectl();
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'scripts/start.ts'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {
          ...process.env,
          HOME: home,
          MESHPROOF_HOME: join(home, 'meshproof'),
          MESHPROOF_CLOCK_SPEED: CLOCK_SPEED,
          MESHPROOF_OPEN: '0',
          PORT: '0',
          // The pinned one, found as a learner's own: nothing is fetched for each test.
          PATH: `${dirname(kubectl)}${delimiter}${process.env['PATH'] ?? ''}`,
        },
      },
    );
    for await (const line of createInterface({ input: child.stdout })) {
      const link = /https?:\/\/\S+#\S+/.exec(line)?.[0];
      if (link) {
        child.stdout.resume();
        return new Course(link, home, child);
      }
    }
    throw new Error('npm start ended without printing its link');
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      const ended = new Promise((resolve) => this.#process.once('exit', resolve));
      this.#process.kill('SIGINT');
      await ended;
    }
    rmSync(this.#home, { recursive: true, force: true });
  }

  /** Opens the printed link, as a learner does. */
  async open(page: Page): Promise<void> {
    await page.goto(this.#link);
    await expect(page.locator('html')).toHaveAttribute('data-lab', '');
  }

  async visit(page: Page, lesson: Lesson): Promise<void> {
    await page.goto(`${this.origin}/${lesson.id}/`);
    await expect(page.locator('html')).toHaveAttribute('data-lab', '');
  }
}

/** The lessons of the build that is served: the tests read what the page shows and what CI types. */
export function lessonsOf(module: number): Lesson[] {
  const catalogue = JSON.parse(readFileSync('dist/catalogue.json', 'utf8')) as Catalogue;
  return catalogue.lessons.filter((lesson) => lesson.module === module);
}

export const blockOf = (page: Page, block: Block): Locator =>
  page.locator(`[data-block="${block.id}"]`);
export const checkOf = (page: Page, check: string): Locator =>
  page.locator(`lab-check[data-check="${check}"]`);
export const screenOf = (page: Page): Locator =>
  page.locator('lab-terminal[data-front] .xterm-rows');
