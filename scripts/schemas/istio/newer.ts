// What Istio 1.30 has and the declarations (of 1.29) have not: three fields and the kind TrafficExtension.
// Names and types are from the protobuf files in istio/api at 1.30.3; the descriptions here are ours.

import type { SchemaNode } from '../../../cluster/schema/openapi.ts';

/** Kind → the path of an object → fields it has besides. */
export const newerFields: Readonly<
  Record<string, Readonly<Record<string, Record<string, SchemaNode>>>>
> = {
  AuthorizationPolicy: {
    'spec.rules[].from[].source': {
      trustDomains: {
        description: 'Optional. Trust domains the peer certificate may belong to.',
        type: 'array',
        items: { type: 'string' },
      },
      notTrustDomains: {
        description: 'Optional. Trust domains the peer certificate may not belong to.',
        type: 'array',
        items: { type: 'string' },
      },
    },
  },
  Telemetry: {
    'spec.tracing[]': {
      disableContextPropagation: {
        description: 'Controls whether trace headers are left out of forwarded requests.',
        type: 'boolean',
      },
    },
  },
};

/** TrafficExtension is WasmPlugin with its WebAssembly part in `wasm`, and Lua beside it. */
export function trafficExtension(wasmPlugin: SchemaNode): SchemaNode {
  const fields = wasmPlugin.properties?.['spec']?.properties ?? {};
  const take = (...names: string[]) =>
    Object.fromEntries(
      names.map((name) => {
        const node = fields[name];
        if (!node) throw new Error(`WasmPlugin.spec.${name}: not declared any more`);
        return [name, structuredClone(node)];
      }),
    );
  const shared = take('match', 'phase', 'priority', 'selector', 'targetRefs');
  for (const node of Object.values(shared))
    if (node.description !== undefined)
      node.description = node.description.replaceAll('WasmPlugin', 'TrafficExtension');
  // The enum's zero has a name of its own here.
  if (shared['phase']) shared['phase'].enum = ['UNSPECIFIED', 'AUTHN', 'AUTHZ', 'STATS'];
  const alternatives: SchemaNode[] = [{ required: ['wasm'] }, { required: ['lua'] }];
  const spec: SchemaNode = {
    description:
      'A filter in WebAssembly or Lua that extends the proxy. Exactly one of wasm and lua is set.',
    type: 'object',
    oneOf: [{ not: { anyOf: structuredClone(alternatives) } }, ...alternatives],
    properties: {
      ...shared,
      lua: {
        description: 'A filter in Lua.',
        type: 'object',
        required: ['inlineCode'],
        properties: { inlineCode: { description: 'The code itself.', type: 'string' } },
      },
      wasm: {
        description: 'A filter in WebAssembly.',
        type: 'object',
        required: ['url'],
        properties: take(
          'failStrategy',
          'imagePullPolicy',
          'imagePullSecret',
          'pluginConfig',
          'pluginName',
          'sha256',
          'type',
          'url',
          'verificationKey',
          'vmConfig',
        ),
      },
    },
  };
  return {
    type: 'object',
    required: ['spec'],
    properties: { spec, ...structuredClone({ status: wasmPlugin.properties?.['status'] ?? {} }) },
  };
}
