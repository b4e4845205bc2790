// `npm run schemas`: writes cluster/schema/generated/{types,descriptions,columns}.json and
// cluster/mesh/generated/istio-kinds.json from npm packages and our own tables.
// The files are not committed (their descriptions are upstream's prose); the same packages give the same bytes.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { referencedDescriptions } from '../../cluster/schema/tables/index.ts';
import { columnDescriptions, joinDefinitions } from './definitions.ts';
import { readFormats } from './formats.ts';
import { istioDefinitions } from './istio/definitions.ts';
import { readModels } from './models.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const modules = join(root, 'node_modules');
const generated = join(root, 'cluster/schema/generated');
const mesh = join(root, 'cluster/mesh/generated');

const models = readModels([
  join(modules, 'kubernetes-models'),
  join(modules, '@kubernetes-models/apimachinery'),
]);
const { types, descriptions } = joinDefinitions(models, (typeName) =>
  readFormats(join(modules, '@kubernetes/client-node/dist/gen/models'), typeName),
);

const istio = istioDefinitions({
  declaration: (path) =>
    readFileSync(join(modules, '@kubernetes-models/istio', `${path}.d.ts`), 'utf8'),
  creationTimestamp:
    descriptions['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta']?.fields['creationTimestamp'] ??
    '',
});

mkdirSync(mesh, { recursive: true });
writeFileSync(join(mesh, 'istio-kinds.json'), `${JSON.stringify(istio)}\n`);
mkdirSync(generated, { recursive: true });
writeFileSync(join(generated, 'types.json'), `${JSON.stringify(types)}\n`);
writeFileSync(join(generated, 'descriptions.json'), `${JSON.stringify(descriptions)}\n`);
writeFileSync(
  join(generated, 'columns.json'),
  `${JSON.stringify(columnDescriptions(descriptions, referencedDescriptions()))}\n`,
);
console.log(`${Object.keys(types).length} types written to ${generated}`);
console.log(`${istio.length} of Istio’s kinds written to ${mesh}`);
