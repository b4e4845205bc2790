// The part of OpenAPI v3 in which Kubernetes describes its types: built-in kinds and CRDs speak it alike, so patches,
// server-side apply, pruning, validation of CRDs and `kubectl explain` all walk this one shape.
// Source: OpenAPI 3.0 Schema Object; x-kubernetes-* as in the public CRD documentation.

export interface SchemaNode {
  /** `#/components/schemas/io.k8s.api.core.v1.PodSpec`. A node with a $ref carries at most a description and default beside it. */
  $ref?: string;
  allOf?: SchemaNode[];
  anyOf?: SchemaNode[];
  oneOf?: SchemaNode[];
  not?: SchemaNode;
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  format?: string;
  description?: string;
  properties?: Record<string, SchemaNode>;
  required?: string[];
  additionalProperties?: SchemaNode | boolean;
  items?: SchemaNode;
  enum?: unknown[];
  default?: unknown;
  nullable?: boolean;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minProperties?: number;
  maxProperties?: number;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: 'atomic' | 'granular';
  /** Strategic merge patch: `merge`, `replace`, `retainKeys` or two of them joined by a comma. */
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-patch-merge-key'?: string;
  'x-kubernetes-validations'?: {
    rule: string;
    message?: string;
    messageExpression?: string;
    reason?: string;
    fieldPath?: string;
  }[];
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
}

/** A type with the place to look its references up. */
export interface Schema {
  /** `io.k8s.api.core.v1.Pod`; absent for custom resources. */
  readonly typeName?: string;
  readonly root: SchemaNode;
  /** Follows `$ref` (and a lone `allOf` around one) until a node with a shape of its own. */
  resolve(node: SchemaNode): SchemaNode;
}
