// The walls of the house: which room may import which. This table is the diagram; docs/architecture.md explains it.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import typescript from 'typescript';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

interface Room {
  /** Rooms it may import, besides itself. */
  rooms: string[];
  /** Packages it may import. `node:` stands for all of Node. */
  packages: string[];
  /** Packages that only this one file of the room may import. */
  behind?: Record<string, string>;
}

/** The deepest matching path is a file's room. */
const rooms: Record<string, Room> = {
  protocol: { rooms: [], packages: ['zod'] },
  cluster: {
    rooms: [
      'cluster/store',
      'cluster/schema',
      'cluster/api',
      'cluster/controllers',
      'cluster/network',
      'cluster/node',
      'cluster/images',
      'cluster/mesh',
      'cluster/kiali',
      'cluster/prometheus',
    ],
    packages: [],
  },
  'cluster/store': { rooms: ['cluster'], packages: [] },
  'cluster/schema': {
    rooms: ['cluster', 'cluster/store'],
    packages: [],
    behind: {
      protobufjs: 'cluster/schema/protobuf.ts',
      yaml: 'cluster/schema/yaml.ts',
      '@marcbachmann/cel-js': 'cluster/schema/crd/cel.ts',
    },
  },
  'cluster/api': { rooms: ['cluster', 'cluster/store', 'cluster/schema'], packages: [] },
  'cluster/controllers': {
    rooms: ['cluster', 'cluster/store', 'cluster/schema', 'cluster/api'],
    packages: ['kubernetes-models'],
  },
  'cluster/network': {
    rooms: ['cluster', 'cluster/store', 'cluster/schema', 'cluster/api'],
    packages: ['kubernetes-models'],
  },
  'cluster/node': {
    rooms: [
      'cluster',
      'cluster/store',
      'cluster/schema',
      'cluster/api',
      'cluster/controllers',
      'cluster/network',
    ],
    packages: ['kubernetes-models'],
  },
  'cluster/images': {
    rooms: ['cluster', 'cluster/network', 'cluster/node'],
    packages: [],
    behind: { 'just-bash': 'cluster/images/shell/just-bash.ts' },
  },
  'cluster/mesh': {
    rooms: [
      'cluster',
      'cluster/store',
      'cluster/schema',
      'cluster/api',
      'cluster/controllers',
      'cluster/network',
      'cluster/node',
    ],
    packages: ['kubernetes-models'],
  },
  // A program of its own: it reaches the cluster through the kubeconfig alone, and shares the mesh's rules with it.
  istioctl: {
    rooms: ['cluster', 'cluster/schema', 'cluster/node', 'cluster/mesh'],
    packages: ['node:'],
    // A port-forward is a WebSocket.
    behind: { ws: 'istioctl/port-forward.ts' },
  },
  // A program in a pod: it reaches pods over their network and the API by what the cluster hands it.
  'cluster/prometheus': {
    rooms: ['cluster', 'cluster/schema', 'cluster/controllers', 'cluster/network', 'cluster/node'],
    packages: [],
    behind: {
      '@prometheus-io/lezer-promql': 'cluster/prometheus/promql/parse.ts',
      '@lezer/common': 'cluster/prometheus/promql/parse.ts',
    },
  },
  // A program in a pod: it speaks the words of its API, which pages read too, and knows Istio's kinds.
  'cluster/kiali': {
    rooms: [
      'protocol',
      'cluster',
      'cluster/schema',
      'cluster/api',
      'cluster/controllers',
      'cluster/network',
      'cluster/node',
      'cluster/mesh',
    ],
    packages: ['kubernetes-models'],
  },
  'src/lesson': {
    rooms: ['protocol'],
    packages: [
      'node:',
      'yaml',
      'zod',
      'unified',
      'remark-parse',
      'remark-mdx',
      // Types of the tree only.
      'hast',
      'mdast',
      'mdast-util-mdx-jsx',
      'mdast-util-mdxjs-esm',
      '@marcbachmann/cel-js',
    ],
  },
  // The site's configuration: dresses lessons as pages.
  'src/site': {
    rooms: ['src/lesson', 'protocol'],
    packages: [
      'node:',
      'astro',
      '@astrojs/markdown-remark',
      '@astrojs/starlight',
      'starlight-links-validator',
    ],
  },
  'src/styles': { rooms: [], packages: [] },
  'src/lab-client': { rooms: ['protocol'], packages: [] },
  // Sums and what they look like, for the build and the browser alike: neither a DOM nor Node.
  'src/business': { rooms: ['protocol'], packages: [] },
  'src/components': {
    rooms: ['src/lab-client', 'src/business', 'src/styles', 'protocol'],
    packages: [
      '@xterm/xterm',
      '@xterm/addon-fit',
      '@xterm/addon-search',
      '@xterm/addon-web-links',
      '@dagrejs/dagre',
      'astro',
      '@astrojs/starlight',
      // The font that pages preload.
      '@fontsource-variable/instrument-sans',
    ],
  },
  'server/config': { rooms: [], packages: ['node:'] },
  'server/apiserver': {
    rooms: ['cluster', 'cluster/api', 'cluster/schema', 'server/config'],
    packages: ['node:', 'ws', '@peculiar/x509', 'reflect-metadata'],
  },
  'server/terminal': {
    rooms: ['protocol', 'server/config'],
    packages: ['node:', 'ws', 'node-pty', '@xterm/headless', '@xterm/addon-serialize'],
  },
  'server/holder': {
    // It starts a shell in each learner's workspace, which is opened for it.
    rooms: ['protocol', 'server/config', 'server/terminal', 'server/workspace'],
    packages: ['node:', 'ws'],
  },
  'server/engines': {
    rooms: [
      'protocol',
      'server/config',
      'server/apiserver',
      'server/workspace',
      'cluster',
      'cluster/api',
    ],
    packages: ['node:', 'yaml'],
  },
  'server/workspace': { rooms: ['protocol', 'server/config'], packages: ['node:'] },
  'server/checks': {
    rooms: ['protocol', 'server/config'],
    packages: ['node:', '@kubernetes/client-node', '@marcbachmann/cel-js', 'yaml'],
  },
  'server/evidence': {
    // What a check saw is read in the check's own language.
    rooms: ['protocol', 'server/config', 'server/checks'],
    packages: ['node:'],
  },
  'server/kiali': {
    // The way to the API server is the checks', too.
    rooms: ['protocol', 'server/config', 'server/checks'],
    packages: ['node:', 'zod'],
  },
  'server/travel': {
    // It reads the cluster as the checks do, and leaves a state where the embedded engine looks for one.
    rooms: ['protocol', 'server/config', 'server/checks', 'server/engines', 'server/workspace'],
    packages: ['node:'],
  },
  'server/learners': { rooms: ['protocol', 'server/config'], packages: ['node:'] },
};

const sources = [
  ...filesBelow('protocol'),
  ...filesBelow('cluster'),
  ...filesBelow('istioctl'),
  ...filesBelow('server'),
  ...filesBelow('src'),
].filter(
  (file) =>
    /\.(ts|mts|astro)$/.test(file) && !/\.(test|d)\.ts$/.test(file) && !file.includes('/testing/'),
);

for (const [name, room] of Object.entries(rooms)) {
  test(`${name} imports only what its wall lets through`, () => {
    const wrong: string[] = [];
    for (const file of sources.filter((file) => roomOf(file) === name)) {
      for (const specifier of importsOf(file)) {
        if (specifier.startsWith('.') || specifier.startsWith('/')) {
          const target = relative(root, resolve(root, dirname(file), specifier));
          const other = roomOf(target);
          if (other !== name && !(other && room.rooms.includes(other)))
            wrong.push(`${file} imports ${target}`);
        } else if (!allowsPackage(room, file, specifier)) {
          wrong.push(`${file} imports ${specifier}`);
        }
      }
    }
    assert.deepEqual(wrong, [], 'change the design, or the table with its reason');
  });
}

test('nothing imports tests or labs', () => {
  const wrong = sources.flatMap((file) =>
    importsOf(file)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => relative(root, resolve(root, dirname(file), specifier)))
      .filter((target) => /^(tests|labs|bench)\//.test(target))
      .map((target) => `${file} imports ${target}`),
  );
  assert.deepEqual(wrong, []);
});

function roomOf(path: string): string | undefined {
  return Object.keys(rooms)
    .filter((name) => path === name || path.startsWith(`${name}/`) || path.startsWith(`${name}.`))
    .sort((a, b) => b.length - a.length)[0];
}

function allowsPackage(room: Room, file: string, specifier: string): boolean {
  if (specifier.startsWith('astro:') || specifier.startsWith('virtual:'))
    return room.packages.includes('astro');
  if (specifier.startsWith('node:')) return room.packages.includes('node:');
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  return room.packages.includes(name) || room.behind?.[name] === file;
}

/** By TypeScript's own scanner, so that words in strings and comments are not taken for imports. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const script = file.endsWith('.astro') ? (/^---$(.*?)^---$/ms.exec(text)?.[1] ?? '') : text;
  return typescript.preProcessFile(script).importedFiles.map(({ fileName }) => fileName);
}

function filesBelow(directory: string): string[] {
  return readdirSync(join(root, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}
