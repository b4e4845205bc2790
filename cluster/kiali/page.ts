// The page at Kiali's address. The real console is not simulated, and this says so; the API below it answers.

import { KIALI_VERSION } from './settings.ts';

const ANSWERS: readonly (readonly [string, string])[] = [
  ['namespaces', 'Namespaces'],
  [
    'namespaces/graph?namespaces=default&amp;graphType=versionedApp&amp;duration=60s&amp;injectServiceNodes=true',
    'The graph of namespace default, last minute',
  ],
  ['clusters/health?namespaces=default', 'Health of what is in namespace default'],
  ['clusters/workloads?namespaces=default&amp;health=true', 'Workloads'],
  ['clusters/services?namespaces=default', 'Services'],
  ['istio/config?validate=true', 'Istio’s rules, with what Kiali finds wrong with them'],
  ['istio/status', 'What the mesh is made of'],
  ['status', 'Kiali itself'],
];

export function page(webRoot: string): string {
  const items = ANSWERS.map(
    ([path, title]) => `<li><a href="${webRoot}/api/${path}">${title}</a></li>`,
  ).join('\n      ');
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Kiali of the lesson’s cluster</title>
    <style>
      :root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif; }
      body { max-width: 40rem; margin: 4rem auto; padding: 0 1.5rem; }
      li { margin: 0.25rem 0; }
    </style>
  </head>
  <body>
    <h1>Kiali of the lesson’s cluster</h1>
    <p>This cluster is simulated, and so is its Kiali: it answers the API of Kiali ${KIALI_VERSION} from the cluster’s
      own API and its Prometheus. Kiali’s console is not part of it.</p>
    <p><strong>The graph is in your lesson</strong>, beside the steps that use it. On a real cluster, the console opens
      at this same address.</p>
    <h2>What you can ask here</h2>
    <ul>
      ${items}
    </ul>
  </body>
</html>
`;
}
