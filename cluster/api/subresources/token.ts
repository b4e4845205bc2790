// TokenRequest: a token for a service account, for a while, perhaps bound to a pod.
// Source: authentication.k8s.io/v1 TokenRequest of the API reference.

import { invalid as invalidField } from '../../schema/field-errors.ts';
import { fieldsOf, numberOf, stringOf, stringsOf } from '../../schema/fields.ts';
import { timestamp } from '../../time.ts';
import { typedBody } from '../bodies.ts';
import { encodedReply } from '../reply.ts';
import { badRequest, conflict, invalid, notFound } from '../status.ts';
import {
  type BoundObject,
  DEFAULT_EXPIRATION_S,
  ISSUER,
  MIN_EXPIRATION_S,
  type Tokens,
} from '../tokens.ts';
import type { World } from '../world.ts';
import type { SubresourceHandler } from './subresource.ts';

const TYPE = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' };

export function tokenHandler(world: World, tokens: Tokens): SubresourceHandler {
  return (context, view) => {
    const { namespace = '', info, kind, caller, request } = context;
    const account = world.store.get('serviceaccounts', namespace, info.name);
    if (!account) throw notFound(kind.definition, info.name);
    const body = typedBody(world, request, TYPE, caller);
    const spec = fieldsOf(body['spec']);
    const seconds = numberOf(spec['expirationSeconds']) ?? DEFAULT_EXPIRATION_S;
    if (seconds < MIN_EXPIRATION_S)
      throw invalid(TYPE, '', [
        invalidField(
          'spec.expirationSeconds',
          seconds,
          'may not specify a duration less than 10 minutes',
        ),
      ]);
    const given = stringsOf(spec['audiences']);
    const audiences = given.length > 0 ? given : [ISSUER];
    const reference = fieldsOf(spec['boundObjectRef']);
    const bound =
      spec['boundObjectRef'] === undefined || spec['boundObjectRef'] === null
        ? undefined
        : boundObject(world, namespace, reference);
    const { name, uid } = account.metadata;
    const issued = tokens.issue({ namespace, name, uid }, { audiences, seconds, bound });
    const answer = {
      kind: TYPE.kind,
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace, creationTimestamp: timestamp(world.clock.now()) },
      spec: {
        audiences,
        expirationSeconds: seconds,
        boundObjectRef: bound ? reference : null,
      },
      status: { token: issued.token, expirationTimestamp: timestamp(issued.expiresAt) },
    };
    return encodedReply(JSON.stringify(answer), view.representation.encoding, 201);
  };
}

function boundObject(
  world: World,
  namespace: string,
  reference: Readonly<Record<string, unknown>>,
): BoundObject {
  const kind = stringOf(reference['kind']);
  const name = stringOf(reference['name']);
  const given = stringOf(reference['uid']);
  if (kind !== 'Pod' && kind !== 'Secret' && kind !== 'Node')
    throw badRequest(`cannot bind token for serviceaccount to object of kind ${kind}`);
  const resource = `${kind.toLowerCase()}s`;
  const object = world.store.get(resource, kind === 'Node' ? undefined : namespace, name);
  if (!object) throw notFound({ group: '', resource }, name);
  const { uid } = object.metadata;
  if (given !== '' && given !== uid)
    throw conflict(
      { group: '', resource },
      name,
      `the UID in the bound object reference (${given}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  return { kind, name, uid };
}
