// The whole product in a browser, with a fast cluster clock.

import { readFileSync } from 'node:fs';
import { expect, type Locator, type Page } from '@playwright/test';
import type { Block, Catalogue, Lesson } from '../../protocol/lesson.ts';
import type { BadNetwork } from '../support/bad-network.ts';
import { Product } from '../support/product.ts';

/** Everything that waits inside the cluster runs this much faster; kubectl stays real. */
const CLOCK_SPEED = 20;
/** The build that the product serves. */
const SITE = process.env['MESHPROOF_SITE'] ?? 'dist';

export class Course {
  readonly #product: Product;
  /** Where the page finds it. */
  readonly #origin: string;

  private constructor(product: Product, origin: string) {
    this.#product = product;
    this.#origin = origin;
  }

  /** @param network lies between the page and the lab. */
  static async start(clockSpeed = CLOCK_SPEED, network?: BadNetwork): Promise<Course> {
    const env = network && { MESHPROOF_ORIGINS: network.origin };
    const product = await Product.start({ clockSpeed, ...(env && { env }) });
    network?.leadTo(Number(new URL(product.origin).port));
    return new Course(product, network?.origin ?? product.origin);
  }

  stop(): Promise<void> {
    return this.#product.stop();
  }

  /** Opens the printed link, as a learner does. */
  async open(page: Page): Promise<void> {
    // A walk presses Run on each command as it is printed; fading has tests of its own.
    await page.addInitScript(() => localStorage.setItem('meshproof:whole-commands', 'yes'));
    await page.goto(this.#product.link.replace(this.#product.origin, this.#origin));
    await expect(page.locator('html')).toHaveAttribute('data-lab', '');
  }

  /** The lesson that opens module 2. */
  get first(): Lesson {
    const [lesson] = lessonsOf(2);
    if (!lesson) throw new Error('module 2 has no lessons');
    return lesson;
  }

  visit(page: Page, lesson: Lesson): Promise<void> {
    return this.visitPath(page, `/${lesson.id}/`);
  }

  async visitPath(page: Page, path: string): Promise<void> {
    await page.goto(this.#origin + path);
    await expect(page.locator('html')).toHaveAttribute('data-lab', '');
  }
}

/** The lessons of the build that is served: the tests read what the page shows and what CI types. */
export function lessonsOf(module: number): Lesson[] {
  return everyLesson().filter((lesson) => lesson.module === module);
}

export function everyLesson(): Lesson[] {
  const catalogue = JSON.parse(readFileSync(`${SITE}/catalogue.json`, 'utf8')) as Catalogue;
  return catalogue.lessons;
}

export const blockOf = (page: Page, block: Block): Locator =>
  page.locator(`[data-block="${block.id}"]`);
export const checkOf = (page: Page, check: string): Locator =>
  page.locator(`lab-check[data-check="${check}"]`);
export const screenOf = (page: Page): Locator =>
  page.locator('lab-terminal[data-front] .xterm-rows');
