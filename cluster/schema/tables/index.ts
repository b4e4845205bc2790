// Which columns belong to which kind. Kinds without a printer of their own show their name and when they were created.

import type { SchemaBundle } from '../bundle.ts';
import type { GroupResource, TableDefinition } from '../resource.ts';

export function tableFor(_resource: GroupResource, _bundle: SchemaBundle): TableDefinition {
  return {
    columns: [
      { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 },
      { name: 'Created At', type: 'date', format: '', description: '', priority: 0 },
    ],
    cells: (object) => [object.metadata.name, object.metadata.creationTimestamp],
  };
}
