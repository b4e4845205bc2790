// Questions about who one is and what one may do. Nothing of them is stored.
// Source: the authorization.k8s.io/v1 and authentication.k8s.io/v1 groups of the API reference.

import type { KubeObject } from '../../object.ts';
import { type Fields, fieldsOf, isFields, stringOf, stringsOf } from '../../schema/fields.ts';
import { required, invalid as invalidField } from '../../schema/field-errors.ts';
import type { FieldError } from '../../schema/resource.ts';
import { timestamp } from '../../time.ts';
import { fieldValidation, isDryRun, objectBody } from '../bodies.ts';
import { managedAfterUpdate } from '../fields/managed-fields.ts';
import { managementOf } from '../fields/management.ts';
import type { UserInfo } from '../http.ts';
import type { ResourceContext } from '../resource-routes.ts';
import { badRequest, invalid } from '../status.ts';
import type { Tokens } from '../tokens.ts';
import { ISSUER } from '../tokens.ts';
import type { Answering } from '../virtual-kinds.ts';
import type { World } from '../world.ts';
import type { Action, Authorization, Rule } from './authorization.ts';

export function reviewAnswers(
  authorization: Authorization,
  tokens: Tokens,
): Readonly<Record<string, Answering>> {
  const access = (subject: 'self' | 'other', local: boolean): Answering => {
    return (context, world) => {
      const review = posted(context, world);
      return accessReview(review, context, authorization, subject, local);
    };
  };
  return {
    'selfsubjectaccessreviews.authorization.k8s.io': access('self', false),
    'subjectaccessreviews.authorization.k8s.io': access('other', false),
    'localsubjectaccessreviews.authorization.k8s.io': access('other', true),
    'selfsubjectrulesreviews.authorization.k8s.io': (context, world) =>
      rulesReview(posted(context, world), context, authorization),
    'selfsubjectreviews.authentication.k8s.io': (context, world) => selfReview(context, world),
    'tokenreviews.authentication.k8s.io': (context, world) =>
      tokenReview(posted(context, world), tokens),
  };
}

/** The review as it was sent, with its owner: reviews are objects like others, as far as they go. */
function posted(context: ResourceContext, world: World): KubeObject {
  const { request, kind, caller } = context;
  isDryRun(request.query.getAll('dryRun'), 'CreateOptions');
  const validation = fieldValidation(request.query, 'CreateOptions');
  const review = objectBody(world, request, kind, validation, caller);
  const managedFields = managedAfterUpdate(managementOf(kind, undefined), undefined, review, {
    manager: caller.fieldManager,
    subresource: undefined,
    time: timestamp(world.clock.now()),
  });
  if (managedFields.length > 0) review.metadata.managedFields = managedFields;
  return review;
}

function answered(review: KubeObject, status: Fields): Fields {
  const { kind, apiVersion, metadata, spec } = review;
  return { kind, apiVersion, metadata, spec, status };
}

function accessReview(
  review: KubeObject,
  context: ResourceContext,
  authorization: Authorization,
  subject: 'self' | 'other',
  local: boolean,
): Fields {
  const spec = fieldsOf(review['spec']);
  const attributes = spec['resourceAttributes'];
  const path = spec['nonResourceAttributes'];
  const errors: FieldError[] = [];
  if (isFields(attributes) && isFields(path))
    errors.push(
      invalidField(
        'spec.nonResourceAttributes',
        path,
        'cannot be specified in combination with resourceAttributes',
      ),
    );
  if (!isFields(attributes) && !isFields(path))
    errors.push(
      invalidField(
        'spec.resourceAttributes',
        null,
        'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      ),
    );
  const user = subject === 'self' ? context.caller.user : userOf(spec);
  if (subject === 'other' && user.name === '' && user.groups.length === 0)
    errors.push(required('spec.user', 'at least one of user or group must be specified'));
  if (errors.length > 0) throw invalid(context.kind.definition, '', errors);
  const action = actionOf(attributes, path);
  if (local && (!('namespace' in action) || action.namespace !== context.namespace))
    throw badRequest(
      `spec.resourceAttributes.namespace must match namespace: ${context.namespace ?? ''}`,
    );
  const { allowed, reason } = authorization.decide(user, action);
  return answered(review, { allowed, ...(reason === '' ? {} : { reason }) });
}

function userOf(spec: Fields): UserInfo {
  const uid = stringOf(spec['uid']);
  return {
    name: stringOf(spec['user']),
    ...(uid === '' ? {} : { uid }),
    groups: stringsOf(spec['groups']),
  };
}

function actionOf(attributes: unknown, path: unknown): Action {
  if (isFields(path)) return { verb: stringOf(path['verb']), path: stringOf(path['path']) };
  const fields = fieldsOf(attributes);
  return {
    verb: stringOf(fields['verb']),
    group: stringOf(fields['group']),
    resource: stringOf(fields['resource']),
    subresource: stringOf(fields['subresource']),
    namespace: stringOf(fields['namespace']),
    name: stringOf(fields['name']),
  };
}

function rulesReview(
  review: KubeObject,
  context: ResourceContext,
  authorization: Authorization,
): Fields {
  const namespace = stringOf(fieldsOf(review['spec'])['namespace']);
  if (namespace === '') throw badRequest('no namespace on request');
  const rules = authorization.rulesFor(context.caller.user, namespace);
  const resourceRules = rules.filter(({ resources }) => resources.length > 0).map(resourceRule);
  const nonResourceRules = rules
    .filter(({ nonResourceURLs }) => nonResourceURLs.length > 0)
    .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }));
  const { kind, apiVersion } = review;
  return {
    kind,
    apiVersion,
    metadata: {},
    spec: {},
    status: { resourceRules, nonResourceRules, incomplete: false },
  };
}

function resourceRule({ verbs, apiGroups, resources, resourceNames }: Rule): Fields {
  return { verbs, apiGroups, resources, ...(resourceNames.length > 0 ? { resourceNames } : {}) };
}

function selfReview({ caller, kind }: ResourceContext, world: World): Fields {
  const { name, uid, groups, extra } = caller.user;
  return {
    kind: kind.definition.kind,
    apiVersion: `${kind.definition.group}/${kind.version.version}`,
    metadata: { creationTimestamp: timestamp(world.clock.now()) },
    status: {
      userInfo: {
        username: name,
        ...(uid === undefined ? {} : { uid }),
        groups,
        ...(extra === undefined ? {} : { extra }),
      },
    },
  };
}

function tokenReview(review: KubeObject, tokens: Tokens): Fields {
  const spec = fieldsOf(review['spec']);
  const token = stringOf(spec['token']);
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  const audiences = stringsOf(spec['audiences']);
  const found = tokens.authenticate(token, audiences.length > 0 ? audiences : [ISSUER]);
  if (!found)
    return answered(review, {
      user: {},
      error: '[invalid bearer token, service account token is not valid]',
    });
  const { name, uid, groups, extra } = found.user;
  return answered(review, {
    authenticated: true,
    user: { username: name, uid, groups, extra },
    audiences: found.audiences,
  });
}
