// npm run build [-- --base /course --site https://example.org]: the course as files for any static host, in dist, with
// compressed twins beside them. Tells authors everything that is wrong with their lessons before it builds any.

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'astro';
import { catalogueOf } from '../src/lesson/course.ts';
import { LessonError } from '../src/lesson/problem.ts';

/** What compresses. Fonts and Pagefind's index are compressed already. */
const TEXT = /\.(html|css|js|mjs|json|svg|xml|txt)$/;
/** Smaller files fit one packet whatever one does. */
const WORTH_IT_BYTES = 860;
/** Pagefind brings several faces and a worker; the pages use its engine alone. */
const UNUSED_SEARCH = /pagefind-(ui|component-ui|modular-ui|highlight|worker)\.(js|css)$/;
/** Hashes of the scripts that stand in pages, for a Content-Security-Policy. */
const INLINE_SCRIPTS_FILE = 'inline-scripts.json';

const { values } = parseArgs({
  options: { base: { type: 'string' }, site: { type: 'string' }, out: { type: 'string' } },
});
const root = process.cwd();
const out = join(root, values.out ?? 'dist');
const started = Date.now();

try {
  const { lessons } = catalogueOf(join(root, 'src/content/docs'), root);
  // Astro empties the folder only when it succeeds; yesterday's pages must not outlive a failure unseen.
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  await build({
    logLevel: 'error',
    outDir: out,
    ...(values.base && { base: values.base }),
    ...(values.site && { site: values.site }),
  });
  for (const file of filesBelow(join(out, 'pagefind'))) {
    if (UNUSED_SEARCH.test(file)) rmSync(file);
  }
  const files = filesBelow(out);
  const compressed = await Promise.all(files.filter((file) => TEXT.test(file)).map(compress));
  // Last: whoever finds it finds a whole site.
  writeFileSync(join(out, INLINE_SCRIPTS_FILE), `${JSON.stringify(inlineScripts(files))}\n`);
  const pages = files.filter((file) => file.endsWith('.html')).length;
  const seconds = ((Date.now() - started) / 1_000).toFixed(1);
  console.log(
    `${pages} pages, ${lessons.length} lessons in ${relative(root, out)}, ${compressed.filter(Boolean).length} files compressed, ${seconds} s`,
  );
} catch (error) {
  if (!(error instanceof Error)) throw error;
  // Authors need their list and nothing else; anything else needs its stack.
  console.error(
    `\n${error instanceof LessonError ? error.message : (error.stack ?? error.message)}\n`,
  );
  process.exit(1);
}

/** Writes .br and .gz beside a file, where they are smaller. */
async function compress(file: string): Promise<boolean> {
  const bytes = readFileSync(file);
  if (bytes.length < WORTH_IT_BYTES) return false;
  const [small, wide] = await Promise.all([
    promisify(brotliCompress)(bytes, {
      params: {
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
    promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }),
  ]);
  if (small.length < bytes.length) writeFileSync(`${file}.br`, small);
  if (wide.length < bytes.length) writeFileSync(`${file}.gz`, wide);
  return true;
}

/** `sha256-…` of each script without a source, over all pages. */
function inlineScripts(files: readonly string[]): string[] {
  const found = new Set<string>();
  for (const file of files.filter((name) => name.endsWith('.html'))) {
    for (const match of readFileSync(file, 'utf8').matchAll(
      /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g,
    )) {
      found.add(
        `sha256-${createHash('sha256')
          .update(match[1] ?? '')
          .digest('base64')}`,
      );
    }
  }
  return [...found].sort();
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
