// May this user do this? Roles and bindings as they are stored decide, and nothing else but `system:masters`.
// Source: "Using RBAC Authorization" of the Kubernetes documentation; the words of recorded refusals.

import type { KubeObject } from '../../object.ts';
import { type Fields, fieldsOf, listOf, stringOf, stringsOf } from '../../schema/fields.ts';
import type { Store } from '../../store/store.ts';
import type { UserInfo } from '../http.ts';
import { type StatusError, forbidden } from '../status.ts';
import { MASTERS } from '../world.ts';

/** What somebody wants to do: with a resource, or with a path that is none. */
export type Action = ResourceAction | PathAction;

export interface ResourceAction {
  verb: string;
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
}

export interface PathAction {
  verb: string;
  path: string;
}

export interface Rule {
  verbs: readonly string[];
  apiGroups: readonly string[];
  resources: readonly string[];
  resourceNames: readonly string[];
  nonResourceURLs: readonly string[];
}

export interface Verdict {
  allowed: boolean;
  /** Which binding allows it, in the words of a real server; empty where none does. */
  reason: string;
}

const RBAC = 'rbac.authorization.k8s.io';
const CLUSTER_ROLE_BINDINGS = `clusterrolebindings.${RBAC}`;
const ROLE_BINDINGS = `rolebindings.${RBAC}`;
const CLUSTER_ROLES = `clusterroles.${RBAC}`;
const ROLES = `roles.${RBAC}`;

/** A role's rules, read once. */
const rulesOfRole = new WeakMap<KubeObject, readonly Rule[]>();

export function readRules(role: KubeObject): readonly Rule[] {
  let rules = rulesOfRole.get(role);
  if (!rules) rulesOfRole.set(role, (rules = listOf(role['rules']).map(readRule)));
  return rules;
}

export function readRule(rule: Fields): Rule {
  return {
    verbs: stringsOf(rule['verbs']),
    apiGroups: stringsOf(rule['apiGroups']),
    resources: stringsOf(rule['resources']),
    resourceNames: stringsOf(rule['resourceNames']),
    nonResourceURLs: stringsOf(rule['nonResourceURLs']),
  };
}

interface BoundRules {
  rules: readonly Rule[];
  /** Undefined: everywhere. */
  namespace: string | undefined;
  reason: string;
}

export class Authorization {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  decide(user: UserInfo, action: Action): Verdict {
    if (user.groups.includes(MASTERS)) return { allowed: true, reason: '' };
    const namespace = 'path' in action ? '' : action.namespace;
    for (const bound of this.#boundTo(user, namespace))
      if (bound.rules.some((rule) => covers(rule, action)))
        return { allowed: true, reason: bound.reason };
    return { allowed: false, reason: '' };
  }

  /** Throws 403 with the words of a real server. */
  require(user: UserInfo, action: Action): void {
    if (!this.decide(user, action).allowed) throw refusal(user, action);
  }

  /** All rules that hold for a user in a namespace, in the order of a SelfSubjectRulesReview. */
  rulesFor(user: UserInfo, namespace: string): Rule[] {
    return this.#boundTo(user, namespace).flatMap((bound) => bound.rules);
  }

  #boundTo(user: UserInfo, namespace: string): BoundRules[] {
    const bound: BoundRules[] = [];
    for (const binding of this.#store.list(CLUSTER_ROLE_BINDINGS)) {
      const subject = listOf(binding['subjects']).find((each) => isSubject(each, user, ''));
      if (!subject) continue;
      const role = this.#role(binding, '');
      if (role)
        bound.push({
          rules: readRules(role),
          namespace: undefined,
          reason: `RBAC: allowed by ClusterRoleBinding "${binding.metadata.name}" of ClusterRole "${role.metadata.name}" to ${subjectText(subject)}`,
        });
    }
    if (namespace === '') return bound;
    for (const binding of this.#store.list(ROLE_BINDINGS, namespace)) {
      const subject = listOf(binding['subjects']).find((each) => isSubject(each, user, namespace));
      if (!subject) continue;
      const role = this.#role(binding, namespace);
      if (role)
        bound.push({
          rules: readRules(role),
          namespace,
          reason: `RBAC: allowed by RoleBinding "${binding.metadata.name}/${namespace}" of ${role.kind} "${role.metadata.name}" to ${subjectText(subject)}`,
        });
    }
    return bound;
  }

  #role(binding: KubeObject, namespace: string): KubeObject | undefined {
    const reference = fieldsOf(binding['roleRef']);
    const name = stringOf(reference['name']);
    return reference['kind'] === 'ClusterRole'
      ? this.#store.get(CLUSTER_ROLES, undefined, name)
      : this.#store.get(ROLES, namespace, name);
  }
}

function isSubject(subject: Fields, user: UserInfo, bindingNamespace: string): boolean {
  const name = stringOf(subject['name']);
  switch (subject['kind']) {
    case 'User':
      return user.name === name;
    case 'Group':
      return user.groups.includes(name);
    case 'ServiceAccount': {
      const namespace = stringOf(subject['namespace']) || bindingNamespace;
      return namespace !== '' && user.name === `system:serviceaccount:${namespace}:${name}`;
    }
    default:
      return false;
  }
}

function subjectText(subject: Fields): string {
  const name = stringOf(subject['name']);
  return subject['kind'] === 'ServiceAccount'
    ? `ServiceAccount "${name}/${stringOf(subject['namespace'])}"`
    : `${stringOf(subject['kind'])} "${name}"`;
}

export function covers(rule: Rule, action: Action): boolean {
  if (!has(rule.verbs, action.verb)) return false;
  if ('path' in action) return rule.nonResourceURLs.some((each) => coversPath(each, action.path));
  return (
    has(rule.apiGroups, action.group) &&
    coversResource(rule.resources, action) &&
    (rule.resourceNames.length === 0 || rule.resourceNames.includes(action.name))
  );
}

function has(values: readonly string[], value: string): boolean {
  return values.includes(value) || values.includes('*');
}

function coversResource(
  resources: readonly string[],
  { resource, subresource }: ResourceAction,
): boolean {
  if (subresource === '') return has(resources, resource);
  return has(resources, `${resource}/${subresource}`) || resources.includes(`*/${subresource}`);
}

function coversPath(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true;
  return pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, ''));
}

export function refusal(user: UserInfo, action: Action): StatusError {
  const who = `User ${JSON.stringify(user.name)} cannot ${action.verb}`;
  if ('path' in action)
    return forbidden({ group: '', resource: '' }, '', `${who} path ${JSON.stringify(action.path)}`);
  const { group, resource, subresource, namespace, name } = action;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where =
    namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  return forbidden(
    { group, resource },
    name,
    `${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}`,
  );
}
