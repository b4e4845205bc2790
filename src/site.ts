// The site's Astro configuration, for the course and for the pages that tests build. Knows where lessons are read and
// how pages are dressed; nothing of what is in them.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unified } from '@astrojs/markdown-remark';
import starlight from '@astrojs/starlight';
import type { AstroIntegration, AstroUserConfig } from 'astro';
import linksValidator from 'starlight-links-validator';
import type { Catalogue, Lesson } from '../protocol/lesson.ts';
import {
  type Course,
  glossaryBeside,
  type LessonFile,
  lessonFiles,
  readCourse,
} from './lesson/course.ts';
import { lessonPages } from './lesson/page.ts';
import { LessonError, printed } from './lesson/problem.ts';

/** Where the catalogue stands in the built site: the server reads it from there. */
export const CATALOGUE_FILE = 'catalogue.json';

/** How the pages reach a lab. */
const LAB_CLIENT = 'src/lab-client/connect.ts';
const LAB_MODULE = 'virtual:meshproof/lab';

/** A terminal in a window of its own; src/components/dock/pop-out.ts opens it. */
const WINDOW = { pattern: '/terminal', entrypoint: './src/components/dock/window.astro' };

const CATALOGUE_MODULE = 'virtual:meshproof/catalogue';

/** Where `npm start` listens unless told otherwise: `astro dev` hands /lab on to it. */
const LAB = process.env['MESHPROOF_LAB'] ?? 'http://127.0.0.1:4747';

/** Parts of the frame that are ours instead of Starlight's: all that a reader sees. */
const FRAME = [
  'ContentPanel',
  'Footer',
  'Head',
  'Header',
  'MarkdownContent',
  'PageFrame',
  'PageTitle',
  'Sidebar',
  'SkipLink',
  'ThemeProvider',
  'TwoColumnContent',
];

/** Every page's styles, in the order of the cascade. */
const STYLES = [
  'tokens',
  'fonts',
  'base',
  'frame',
  'lesson',
  'run',
  'check',
  'predict',
  'fade',
  'travel',
  'quiz',
  'recheck',
  'figure',
  'lesson-list',
  'term',
  'print',
];

export interface SiteOptions {
  /** The folder with `content/docs` and `content.config.ts`, below the project's. */
  srcDir: string;
  outDir?: string;
  cacheDir?: string;
  /** The module with `connectLab`, from the project's folder on. Tests put a double in its place. */
  lab?: string;
}

export function site({ srcDir, outDir, cacheDir, lab = LAB_CLIENT }: SiteOptions): AstroUserConfig {
  const course = new CourseReader(srcDir);
  return {
    srcDir,
    ...(outDir && { outDir }),
    ...(cacheDir && { cacheDir }),
    devToolbar: { enabled: false },
    // Blanks as in HTML: a line break between a word and <code> is one.
    compressHTML: true,
    // Nothing here is a photograph: no image service, and no native package for one.
    image: { service: { entrypoint: 'astro/assets/services/noop' } },
    markdown: {
      // Code on paper has one colour: green would claim a proof.
      syntaxHighlight: false,
      processor: unified({
        remarkPlugins: [
          lessonPages({
            lessonOf: (file) => course.lessonOf(file),
            base: () => course.base,
            glossary: () => course.terms,
          }),
        ],
      }),
    },
    vite: {
      build: {
        // Every browser that knows light-dark(), on which the two themes stand.
        cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
        // Scripts stay files, so that a Content-Security-Policy can do without exceptions.
        assetsInlineLimit: 0,
      },
      optimizeDeps: {
        include: [
          '@xterm/xterm',
          '@xterm/addon-fit',
          '@xterm/addon-search',
          '@xterm/addon-web-links',
        ],
      },
      server: {
        proxy: {
          '/lab': { target: LAB, ws: true, changeOrigin: true, headers: { origin: LAB } },
        },
      },
      plugins: [cataloguePlugin(course), labPlugin(lab)],
    },
    integrations: [
      courseIntegration(course),
      starlight({
        title: 'Meshproof',
        description: 'A service-mesh course for product managers that runs.',
        disable404Route: false,
        tableOfContents: false,
        expressiveCode: false,
        markdown: { headingLinks: false },
        credits: false,
        pagefind: true,
        favicon: '/favicon.svg',
        plugins: [linksValidator()],
        customCss: STYLES.map((name) => `./src/styles/${name}.css`),
        components: {
          ...Object.fromEntries(
            FRAME.map((name) => [name, `./src/components/frame/${name}.astro`]),
          ),
          Search: './src/components/frame/Search.astro',
        },
      }),
    ],
  };
}

/** The lessons of a folder, read again when one of them changes. */
class CourseReader {
  base = '/';
  #root = process.cwd();
  #docs = '';
  readonly #srcDir: string;
  #files: LessonFile[] = [];
  #course: Course = { catalogue: { format: 1, lessons: [] }, terms: [], problems: [] };

  constructor(srcDir: string) {
    this.#srcDir = srcDir;
  }

  get catalogue(): Catalogue {
    return this.#course.catalogue;
  }

  get terms(): Course['terms'] {
    return this.#course.terms;
  }

  get problems(): Course['problems'] {
    return this.#course.problems;
  }

  get docs(): string {
    return this.#docs;
  }

  read(root = this.#root): void {
    this.#root = root;
    this.#docs = join(root, this.#srcDir, 'content/docs');
    this.#files = lessonFiles(this.#docs, root);
    this.#course = readCourse(this.#files, glossaryBeside(this.#docs, root));
  }

  /** Throws what is wrong with the file, so that its author sees it on the page in `astro dev`. */
  lessonOf(path: string): Lesson | undefined {
    const name = relative(this.#root, path);
    const problems = this.problems.filter(({ file }) => file === name);
    if (problems.length) throw new LessonError(problems);
    const id = this.#files.find(({ file }) => file === name)?.id;
    return this.catalogue.lessons.find((lesson) => lesson.id === id);
  }
}

function courseIntegration(course: CourseReader): AstroIntegration {
  const write = (directory: URL) => {
    mkdirSync(directory, { recursive: true });
    const file = new URL(CATALOGUE_FILE, directory);
    const text = `${JSON.stringify(course.catalogue)}\n`;
    // A running server reads it anew when it has changed: never half of it, and not for the same text.
    if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
    const whole = new URL(`${CATALOGUE_FILE}.new`, directory);
    writeFileSync(whole, text);
    renameSync(whole, file);
  };
  let outDir: URL;
  return {
    name: 'meshproof-course',
    hooks: {
      'astro:config:setup': ({ config, command, injectRoute }) => {
        injectRoute(WINDOW);
        course.read(fileURLToPath(config.root));
        // Before anything is built: an author hears of everything at once, and in our words.
        if (command === 'build' && course.problems.length) throw new LessonError(course.problems);
      },
      'astro:config:done': ({ config }) => {
        course.base = config.base;
        outDir = config.outDir;
      },
      'astro:build:done': ({ dir }) => write(dir),
      'astro:server:setup': ({ server, logger }) => {
        const reread = () => {
          course.read();
          if (course.problems.length) logger.error(`\n${printed(course.problems)}`);
          write(outDir);
        };
        reread();
        server.watcher.on('all', (_event, path) => {
          // Lessons, what was recorded of them, and the glossary.
          if (!path.startsWith(dirname(course.docs)) || !/\.(mdx|yaml|json)$/.test(path)) return;
          reread();
          for (const environment of Object.values(server.environments)) {
            const module = environment.moduleGraph.getModuleById(`\0${CATALOGUE_MODULE}`);
            if (module) environment.moduleGraph.invalidateModule(module);
          }
        });
      },
    },
  };
}

/** The catalogue as a module, for the components that draw the course's outline. */
function cataloguePlugin(course: CourseReader) {
  return {
    name: 'meshproof-catalogue',
    resolveId: (id: string) => (id === CATALOGUE_MODULE ? `\0${CATALOGUE_MODULE}` : undefined),
    load: (id: string) =>
      id === `\0${CATALOGUE_MODULE}`
        ? `export default ${JSON.stringify(course.catalogue)};\nexport const terms = ${JSON.stringify(course.terms)};`
        : undefined,
  };
}

/** Pages ask for a lab by this name, and meet the real client or a test's double. */
function labPlugin(lab: string) {
  return {
    name: 'meshproof-lab',
    resolveId: (id: string) => (id === LAB_MODULE ? join(process.cwd(), lab) : undefined),
  };
}
