// RBAC, webhook configurations and API services.
// Source: their sections of the Kubernetes API reference; words and order of problems as Status objects show them.

import type { KubeObject } from '../../object.ts';
import { duplicate, invalid, notSupported, required } from '../field-errors.ts';
import {
  ensured,
  type Fields,
  fieldsOf,
  isFields,
  isSet,
  listOf,
  numberOf,
  same,
  setDefault,
  setDefaultString,
  stringOf,
  stringsOf,
} from '../fields.ts';
import { dnsSubdomainProblems, pathSegmentProblems } from '../names.ts';
import type { FieldError } from '../resource.ts';
import type { KindRules } from '../strategy.ts';
import { named, validateLabelSelector } from './checks.ts';

const RBAC = 'rbac.authorization.k8s.io';

function validateRules(object: KubeObject, namespaced: boolean): FieldError[] {
  return listOf(object['rules']).flatMap((rule, index) => {
    const path = `rules[${index}]`;
    const errors: FieldError[] = [];
    if (stringsOf(rule['verbs']).length === 0)
      errors.push(required(`${path}.verbs`, 'verbs must contain at least one value'));
    const urls = stringsOf(rule['nonResourceURLs']);
    if (urls.length > 0) {
      if (namespaced)
        errors.push(
          invalid(
            `${path}.nonResourceURLs`,
            urls,
            'namespaced rules cannot apply to non-resource URLs',
          ),
        );
      const more = ['apiGroups', 'resources', 'resourceNames'].some(
        (field) => stringsOf(rule[field]).length > 0,
      );
      if (more)
        errors.push(
          invalid(
            `${path}.nonResourceURLs`,
            urls,
            'rules cannot apply to both regular resources and non-resource URLs',
          ),
        );
      return errors;
    }
    if (stringsOf(rule['apiGroups']).length === 0)
      errors.push(
        required(`${path}.apiGroups`, 'resource rules must supply at least one api group'),
      );
    if (stringsOf(rule['resources']).length === 0)
      errors.push(
        required(`${path}.resources`, 'resource rules must supply at least one resource'),
      );
    return errors;
  });
}

export const role: KindRules = {
  nameProblems: pathSegmentProblems,
  validateCreate: (object) => validateRules(object, true),
};

export const clusterRole: KindRules = {
  nameProblems: pathSegmentProblems,
  validateCreate(object) {
    const errors = validateRules(object, false);
    const aggregation = object['aggregationRule'];
    if (!isFields(aggregation)) return errors;
    const selectors = listOf(aggregation['clusterRoleSelectors']);
    if (selectors.length === 0)
      errors.push(
        required(
          'aggregationRule.clusterRoleSelectors',
          'at least one clusterRoleSelector required if aggregationRule is non-nil',
        ),
      );
    selectors.forEach((selector, index) =>
      errors.push(
        ...validateLabelSelector(selector, `aggregationRule.clusterRoleSelectors[${index}]`),
      ),
    );
    return errors;
  },
};

function bindingRules(roleKinds: readonly string[], namespaced: boolean): KindRules {
  const validate = (object: KubeObject) => {
    const { apiGroup, kind, name } = fieldsOf(object['roleRef']);
    const errors: FieldError[] = [];
    if (apiGroup !== RBAC)
      errors.push(notSupported('roleRef.apiGroup', stringOf(apiGroup), [RBAC]));
    if (!roleKinds.includes(stringOf(kind)))
      errors.push(notSupported('roleRef.kind', stringOf(kind), roleKinds));
    if (stringOf(name) === '') errors.push(required('roleRef.name'));
    else errors.push(...named(stringOf(name), 'roleRef.name', pathSegmentProblems));
    listOf(object['subjects']).forEach((subject, index) =>
      errors.push(...validateSubject(subject, namespaced, `subjects[${index}]`)),
    );
    return errors;
  };
  return {
    nameProblems: pathSegmentProblems,
    default(draft) {
      if (isFields(draft['roleRef'])) setDefaultString(draft['roleRef'], 'apiGroup', RBAC);
      for (const subject of listOf(draft['subjects']))
        if (subject['kind'] !== 'ServiceAccount') setDefaultString(subject, 'apiGroup', RBAC);
    },
    validateCreate: validate,
    validateUpdate: (object, old) => [
      ...validate(object),
      ...(same(object['roleRef'], old['roleRef'])
        ? []
        : [invalid('roleRef', object['roleRef'], 'cannot change roleRef')]),
    ],
  };
}

function validateSubject(subject: Fields, namespaced: boolean, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const kind = stringOf(subject['kind']);
  const name = stringOf(subject['name']);
  const group = stringOf(subject['apiGroup']);
  if (name === '') errors.push(required(`${path}.name`));
  if (kind === 'ServiceAccount') {
    if (name !== '') errors.push(...named(name, `${path}.name`, dnsSubdomainProblems));
    if (group !== '') errors.push(notSupported(`${path}.apiGroup`, group, ['']));
    if (!namespaced && stringOf(subject['namespace']) === '')
      errors.push(required(`${path}.namespace`));
  } else if (kind === 'User' || kind === 'Group') {
    if (group !== RBAC) errors.push(notSupported(`${path}.apiGroup`, group, [RBAC]));
  } else {
    errors.push(notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
  }
  return errors;
}

export const roleBinding = bindingRules(['Role', 'ClusterRole'], true);
export const clusterRoleBinding = bindingRules(['ClusterRole'], false);

/** Seconds that a webhook may take: 10 unless it says otherwise, 30 at most. */
const WEBHOOK_SECONDS = { default: 10, most: 30 };

export const mutatingWebhooks = webhookRules(true);
export const validatingWebhooks = webhookRules(false);

function webhookRules(mutating: boolean): KindRules {
  return {
    default(draft) {
      for (const webhook of listOf(draft['webhooks'])) {
        setDefault(webhook, 'failurePolicy', 'Fail');
        setDefault(webhook, 'matchPolicy', 'Equivalent');
        setDefault(webhook, 'namespaceSelector', {});
        setDefault(webhook, 'objectSelector', {});
        setDefault(webhook, 'timeoutSeconds', WEBHOOK_SECONDS.default);
        if (mutating) setDefault(webhook, 'reinvocationPolicy', 'Never');
        for (const rule of listOf(webhook['rules'])) setDefault(rule, 'scope', '*');
        const target = fieldsOf(webhook['clientConfig'])['service'];
        if (isFields(target)) setDefault(target, 'port', 443);
      }
    },
    validateCreate(object) {
      const names = new Set<string>();
      return listOf(object['webhooks']).flatMap((webhook, index) => {
        const path = `webhooks[${index}]`;
        const errors = validateWebhook(webhook, path);
        const name = stringOf(webhook['name']);
        if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
        names.add(name);
        return errors;
      });
    },
    wants: (object) => object['webhooks'],
  };
}

function validateWebhook(webhook: Fields, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const name = stringOf(webhook['name']);
  if (name === '') errors.push(required(`${path}.name`));
  else if (dnsSubdomainProblems(name).length > 0)
    errors.push(...named(name, `${path}.name`, dnsSubdomainProblems));
  else if (name.split('.').length < 3)
    errors.push(
      invalid(
        `${path}.name`,
        name,
        'should be a domain with at least three segments separated by dots',
      ),
    );
  const versions = stringsOf(webhook['admissionReviewVersions']);
  if (versions.length === 0)
    errors.push(required(`${path}.admissionReviewVersions`, 'must specify one of v1, v1beta1'));
  else if (!versions.some((version) => version === 'v1' || version === 'v1beta1'))
    errors.push(
      invalid(
        `${path}.admissionReviewVersions`,
        versions,
        'must include at least one of v1, v1beta1',
      ),
    );
  errors.push(...validateWebhookRules(webhook['rules'], `${path}.rules`));
  const policy = stringOf(webhook['failurePolicy']);
  if (policy !== 'Fail' && policy !== 'Ignore')
    errors.push(notSupported(`${path}.failurePolicy`, policy, ['Fail', 'Ignore']));
  const effects = stringOf(webhook['sideEffects']);
  if (effects === '')
    errors.push(required(`${path}.sideEffects`, 'must specify one of None, NoneOnDryRun'));
  else if (effects !== 'None' && effects !== 'NoneOnDryRun')
    errors.push(notSupported(`${path}.sideEffects`, effects, ['None', 'NoneOnDryRun']));
  const seconds = numberOf(webhook['timeoutSeconds']);
  if (seconds !== undefined && (seconds < 1 || seconds > WEBHOOK_SECONDS.most))
    errors.push(
      invalid(
        `${path}.timeoutSeconds`,
        seconds,
        `the timeout value must be between 1 and ${WEBHOOK_SECONDS.most} seconds`,
      ),
    );
  for (const selector of ['namespaceSelector', 'objectSelector'])
    errors.push(...validateLabelSelector(webhook[selector], `${path}.${selector}`));
  return [...errors, ...validateTarget(fieldsOf(webhook['clientConfig']), `${path}.clientConfig`)];
}

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];

function validateWebhookRules(rules: unknown, path: string): FieldError[] {
  return listOf(rules).flatMap((rule, index) => {
    const here = `${path}[${index}]`;
    const errors: FieldError[] = [];
    const operations = stringsOf(rule['operations']);
    if (operations.length === 0) errors.push(required(`${here}.operations`));
    operations.forEach((operation, at) => {
      if (!OPERATIONS.includes(operation))
        errors.push(notSupported(`${here}.operations[${at}]`, operation, OPERATIONS));
    });
    for (const field of ['apiGroups', 'apiVersions', 'resources'])
      if (stringsOf(rule[field]).length === 0) errors.push(required(`${here}.${field}`));
    return errors;
  });
}

function validateTarget(config: Fields, path: string): FieldError[] {
  const url = isSet(config['url']);
  const service = config['service'];
  if (url === isSet(service)) return [required(path, 'exactly one of url or service is required')];
  if (url) {
    const text = stringOf(config['url']);
    return text.startsWith('https://')
      ? []
      : [
          invalid(
            `${path}.url`,
            text.split('://')[0] ?? '',
            "'https' is the only allowed URL scheme; desired format: https://host[/path]",
          ),
        ];
  }
  const target = fieldsOf(service);
  const errors: FieldError[] = [];
  if (stringOf(target['name']) === '')
    errors.push(required(`${path}.service.name`, 'service name is required'));
  if (stringOf(target['namespace']) === '')
    errors.push(required(`${path}.service.namespace`, 'service namespace is required'));
  const port = numberOf(target['port']) ?? 443;
  if (port < 1 || port > 65_535)
    errors.push(
      invalid(
        `${path}.service.port`,
        port,
        'port is not valid: must be between 1 and 65535, inclusive',
      ),
    );
  return errors;
}

export const apiService: KindRules = {
  nameProblems: pathSegmentProblems,
  default(draft) {
    const service = ensured(draft, 'spec')['service'];
    if (isFields(service)) setDefault(service, 'port', 443);
  },
  validateCreate(object) {
    const { group, version } = fieldsOf(object['spec']);
    const expected = `${stringOf(version)}.${stringOf(group)}`;
    return object.metadata.name === expected
      ? []
      : [
          invalid(
            'metadata.name',
            object.metadata.name,
            `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(expected)}`,
          ),
        ];
  },
};
