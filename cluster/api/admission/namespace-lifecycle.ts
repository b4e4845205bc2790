// Nothing comes into a namespace that is not there or is going, and the namespaces of the system stay.
// Source: NamespaceLifecycle in "Admission Control in Kubernetes"; refusals as recorded.

import { at } from '../../schema/fields.ts';
import { forbidden, notFound } from '../status.ts';
import type { Attributes, Plugin } from './admission.ts';

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);
const NAMESPACES = { group: '', resource: 'namespaces' };

function isNamespace({ kind }: Attributes): boolean {
  return kind.definition.group === '' && kind.definition.resource === 'namespaces';
}

export const namespaceLifecycle: Plugin = {
  name: 'NamespaceLifecycle',
  mutate(attributes, { store }) {
    const { operation, kind, namespace, name } = attributes;
    if (operation !== 'CREATE' || isNamespace(attributes) || namespace === undefined) return;
    const home = store.get('namespaces', undefined, namespace);
    if (!home) throw notFound(NAMESPACES, namespace);
    const terminating =
      home.metadata.deletionTimestamp !== undefined ||
      at(home, 'status', 'phase') === 'Terminating';
    // Who may do what must be answered to the end.
    if (!terminating || kind.definition.resource === 'localsubjectaccessreviews') return;
    throw forbidden(
      kind.definition,
      name,
      `unable to create new content in namespace ${namespace} because it is being terminated`,
      [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    );
  },
  validate(attributes) {
    const { operation, name } = attributes;
    if (operation === 'DELETE' && isNamespace(attributes) && IMMORTAL.has(name))
      throw forbidden(NAMESPACES, name, 'this namespace may not be deleted');
  },
};
