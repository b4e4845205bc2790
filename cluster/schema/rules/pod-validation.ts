// What must hold of a pod's spec, in the order in which a real API server lists problems.
// Source: the constraints that the PodSpec section of the Kubernetes API reference documents; words as Status objects show them.

import { duplicate, forbidden, invalid, notSupported, required } from '../field-errors.ts';
import {
  type Fields,
  fieldsOf,
  isFields,
  isSet,
  listOf,
  numberOf,
  stringOf,
  stringsOf,
} from '../fields.ts';
import { validateLabels } from '../metadata.ts';
import {
  dnsLabelProblems,
  dnsSubdomainProblems,
  ipProblems,
  qualifiedNameProblems,
} from '../names.ts';
import type { FieldError } from '../resource.ts';
import { named, oneOf, validateLabelSelector } from './checks.ts';
import {
  validateContainers,
  validateEphemeralContainers,
  validateInitContainers,
} from './container-validation.ts';
import { validateId, validateSeccomp } from './security-validation.ts';
import { validateVolumes } from './volume-validation.ts';

const MOST_INT32 = 2 ** 31 - 1;

export function validatePodSpec(spec: Fields, path: string): FieldError[] {
  const errors = validateVolumes(spec['volumes'], `${path}.volumes`);
  const volumes = new Set(listOf(spec['volumes']).map((volume) => stringOf(volume['name'])));
  const context = {
    volumes,
    restartPolicy: stringOf(spec['restartPolicy']),
    hostNetwork: spec['hostNetwork'] === true,
  };
  errors.push(
    ...validateContainers(listOf(spec['containers']), context, `${path}.containers`),
    ...validateInitContainers(spec, context, `${path}.initContainers`),
    ...validateEphemeralContainers(spec, context, `${path}.ephemeralContainers`),
    ...oneOf(spec['restartPolicy'], ['Always', 'OnFailure', 'Never'], `${path}.restartPolicy`),
    ...validateDnsPolicy(spec, path),
    ...validateLabels(spec['nodeSelector'], `${path}.nodeSelector`),
    ...validateSecurityContext(spec['securityContext'], `${path}.securityContext`),
    ...validateImagePullSecrets(spec['imagePullSecrets'], `${path}.imagePullSecrets`),
    ...validateAffinity(spec['affinity'], `${path}.affinity`),
    ...validateDnsConfig(spec, `${path}.dnsConfig`),
    ...validateGates(spec, path),
    ...validateTopologySpread(
      spec['topologySpreadConstraints'],
      `${path}.topologySpreadConstraints`,
    ),
  );
  const account = stringOf(spec['serviceAccountName']);
  if (account !== '')
    errors.push(...named(account, `${path}.serviceAccountName`, dnsSubdomainProblems));
  const node = stringOf(spec['nodeName']);
  if (node !== '') errors.push(...named(node, `${path}.nodeName`, dnsSubdomainProblems));
  errors.push(...validateDeadline(spec['activeDeadlineSeconds'], `${path}.activeDeadlineSeconds`));
  for (const name of ['hostname', 'subdomain']) {
    const value = stringOf(spec[name]);
    if (value !== '') errors.push(...named(value, `${path}.${name}`, dnsLabelProblems));
  }
  errors.push(
    ...validateTolerations(spec['tolerations'], `${path}.tolerations`),
    ...validateHostAliases(spec['hostAliases'], `${path}.hostAliases`),
  );
  for (const name of ['priorityClassName', 'runtimeClassName']) {
    const value = stringOf(spec[name]);
    if (value !== '') errors.push(...named(value, `${path}.${name}`, dnsSubdomainProblems));
  }
  if (isSet(spec['preemptionPolicy']))
    errors.push(
      ...oneOf(
        spec['preemptionPolicy'],
        ['PreemptLowerPriority', 'Never'],
        `${path}.preemptionPolicy`,
      ),
    );
  return errors;
}

function validateDnsPolicy(spec: Fields, path: string): FieldError[] {
  return oneOf(
    spec['dnsPolicy'],
    ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'],
    `${path}.dnsPolicy`,
  );
}

function validateSecurityContext(context: unknown, path: string): FieldError[] {
  if (!isFields(context)) return [];
  const errors: FieldError[] = [];
  for (const name of ['fsGroup', 'runAsUser', 'runAsGroup'])
    errors.push(...validateId(context[name], `${path}.${name}`));
  (Array.isArray(context['supplementalGroups']) ? context['supplementalGroups'] : []).forEach(
    (group, index) => errors.push(...validateId(group, `${path}.supplementalGroups[${index}]`)),
  );
  listOf(context['sysctls']).forEach((sysctl, index) => {
    const name = stringOf(sysctl['name']);
    if (name === '') errors.push(required(`${path}.sysctls[${index}].name`));
  });
  if (isSet(context['fsGroupChangePolicy']))
    errors.push(
      ...oneOf(
        context['fsGroupChangePolicy'],
        ['Always', 'OnRootMismatch'],
        `${path}.fsGroupChangePolicy`,
      ),
    );
  errors.push(...validateSeccomp(context['seccompProfile'], `${path}.seccompProfile`));
  return errors;
}

function validateImagePullSecrets(secrets: unknown, path: string): FieldError[] {
  return listOf(secrets).flatMap((secret, index) =>
    stringOf(secret['name']) === '' ? [required(`${path}[${index}].name`)] : [],
  );
}

function validateDeadline(value: unknown, path: string): FieldError[] {
  const seconds = numberOf(value);
  if (seconds === undefined || (seconds >= 1 && seconds <= MOST_INT32)) return [];
  return [invalid(path, seconds, `must be between 1 and ${MOST_INT32}, inclusive`)];
}

/** A pod may name three servers and search 32 domains of at most 2048 characters in all. */
const DNS = { nameservers: 3, searches: 32, searchCharacters: 2048 };

function validateDnsConfig(spec: Fields, path: string): FieldError[] {
  const config = spec['dnsConfig'];
  const none = spec['dnsPolicy'] === 'None';
  if (!isFields(config))
    return none ? [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')] : [];
  const errors: FieldError[] = [];
  const servers = stringsOf(config['nameservers']);
  if (none && servers.length === 0)
    errors.push(
      required(
        `${path}.nameservers`,
        'must provide at least one DNS nameserver when `dnsPolicy` is None',
      ),
    );
  if (servers.length > DNS.nameservers)
    errors.push(
      invalid(
        `${path}.nameservers`,
        servers,
        `must not have more than ${DNS.nameservers} nameservers`,
      ),
    );
  servers.forEach((server, index) =>
    errors.push(...named(server, `${path}.nameservers[${index}]`, ipProblems)),
  );
  const searches = stringsOf(config['searches']);
  if (searches.length > DNS.searches)
    errors.push(
      invalid(`${path}.searches`, searches, `must not have more than ${DNS.searches} search paths`),
    );
  if (searches.join(' ').length > DNS.searchCharacters)
    errors.push(
      invalid(
        `${path}.searches`,
        searches,
        `must not have more than ${DNS.searchCharacters} characters (including spaces) in the search list`,
      ),
    );
  listOf(config['options']).forEach((option, index) => {
    if (stringOf(option['name']) === '')
      errors.push(required(`${path}.options[${index}]`, 'must not be empty'));
  });
  return errors;
}

function validateGates(spec: Fields, path: string): FieldError[] {
  const errors = listOf(spec['readinessGates']).flatMap((gate, index) =>
    named(
      stringOf(gate['conditionType']),
      `${path}.readinessGates[${index}].conditionType`,
      qualifiedNameProblems,
    ),
  );
  const seen = new Set<string>();
  listOf(spec['schedulingGates']).forEach((gate, index) => {
    const name = stringOf(gate['name']);
    const here = `${path}.schedulingGates[${index}]`;
    errors.push(...named(name, here, qualifiedNameProblems));
    if (seen.has(name)) errors.push(duplicate(here, name));
    seen.add(name);
  });
  return errors;
}

function validateTolerations(tolerations: unknown, path: string): FieldError[] {
  return listOf(tolerations).flatMap((toleration, index) =>
    validateToleration(toleration, `${path}[${index}]`),
  );
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function validateToleration(toleration: Fields, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const key = stringOf(toleration['key']);
  const operator = stringOf(toleration['operator']);
  const effect = stringOf(toleration['effect']);
  const value = stringOf(toleration['value']);
  if (key !== '') errors.push(...named(key, `${path}.key`, qualifiedNameProblems));
  if (key === '' && operator !== 'Exists')
    errors.push(
      invalid(
        `${path}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    );
  if (isSet(toleration['tolerationSeconds']) && effect !== 'NoExecute')
    errors.push(
      invalid(
        `${path}.effect`,
        effect,
        "effect must be 'NoExecute' when `tolerationSeconds` is set",
      ),
    );
  if (operator === '' || operator === 'Equal') {
    errors.push(...validateLabels({ key: value }, `${path}.operator`));
  } else if (operator === 'Exists') {
    if (value !== '')
      errors.push(
        invalid(`${path}.operator`, toleration, "value must be empty when `operator` is 'Exists'"),
      );
  } else {
    errors.push(notSupported(`${path}.operator`, operator, ['Equal', 'Exists']));
  }
  if (effect !== '' && !EFFECTS.includes(effect))
    errors.push(notSupported(`${path}.effect`, effect, EFFECTS));
  return errors;
}

function validateHostAliases(aliases: unknown, path: string): FieldError[] {
  return listOf(aliases).flatMap((alias, index) => [
    ...named(stringOf(alias['ip']), `${path}[${index}].ip`, ipProblems),
    ...stringsOf(alias['hostnames']).flatMap((name) =>
      named(name, `${path}[${index}].hostnames`, dnsSubdomainProblems),
    ),
  ]);
}

function validateTopologySpread(constraints: unknown, path: string): FieldError[] {
  return listOf(constraints).flatMap((constraint, index) => {
    const here = `${path}[${index}]`;
    const errors: FieldError[] = [];
    const skew = numberOf(constraint['maxSkew']) ?? 0;
    if (skew <= 0) errors.push(invalid(`${here}.maxSkew`, skew, 'must be greater than zero'));
    const key = stringOf(constraint['topologyKey']);
    if (key === '') errors.push(required(`${here}.topologyKey`, 'can not be empty'));
    else errors.push(...named(key, `${here}.topologyKey`, qualifiedNameProblems));
    const action = stringOf(constraint['whenUnsatisfiable']);
    if (action !== 'DoNotSchedule' && action !== 'ScheduleAnyway')
      errors.push(
        notSupported(`${here}.whenUnsatisfiable`, action, ['DoNotSchedule', 'ScheduleAnyway']),
      );
    errors.push(...validateLabelSelector(constraint['labelSelector'], `${here}.labelSelector`));
    return errors;
  });
}

function validateAffinity(affinity: unknown, path: string): FieldError[] {
  if (!isFields(affinity)) return [];
  const errors: FieldError[] = [];
  const node = fieldsOf(affinity['nodeAffinity']);
  const requiredTerms = 'requiredDuringSchedulingIgnoredDuringExecution';
  const preferredTerms = 'preferredDuringSchedulingIgnoredDuringExecution';
  const nodePath = `${path}.nodeAffinity`;
  if (isFields(node[requiredTerms])) {
    const terms = listOf(node[requiredTerms]['nodeSelectorTerms']);
    if (terms.length === 0)
      errors.push(
        required(
          `${nodePath}.${requiredTerms}.nodeSelectorTerms`,
          'must have at least one node selector term',
        ),
      );
    terms.forEach((term, index) =>
      errors.push(
        ...validateNodeTerm(term, `${nodePath}.${requiredTerms}.nodeSelectorTerms[${index}]`),
      ),
    );
  }
  listOf(node[preferredTerms]).forEach((term, index) => {
    const here = `${nodePath}.${preferredTerms}[${index}]`;
    errors.push(...validateWeight(term['weight'], `${here}.weight`));
    errors.push(...validateNodeTerm(fieldsOf(term['preference']), `${here}.preference`));
  });
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    const pods = fieldsOf(affinity[kind]);
    listOf(pods[requiredTerms]).forEach((term, index) =>
      errors.push(...validatePodTerm(term, `${path}.${kind}.${requiredTerms}[${index}]`)),
    );
    listOf(pods[preferredTerms]).forEach((term, index) => {
      const here = `${path}.${kind}.${preferredTerms}[${index}]`;
      errors.push(...validateWeight(term['weight'], `${here}.weight`));
      errors.push(...validatePodTerm(fieldsOf(term['podAffinityTerm']), `${here}.podAffinityTerm`));
    });
  }
  return errors;
}

function validateWeight(value: unknown, path: string): FieldError[] {
  const weight = numberOf(value) ?? 0;
  return weight < 1 || weight > 100 ? [invalid(path, weight, 'must be in the range 1-100')] : [];
}

const NODE_OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'];

function validateNodeTerm(term: Fields, path: string): FieldError[] {
  return listOf(term['matchExpressions']).flatMap((expression, index) => {
    const here = `${path}.matchExpressions[${index}]`;
    const operator = stringOf(expression['operator']);
    const values = stringsOf(expression['values']);
    const errors: FieldError[] = [];
    if (!NODE_OPERATORS.includes(operator))
      errors.push(invalid(`${here}.operator`, operator, 'not a valid selector operator'));
    else if ((operator === 'In' || operator === 'NotIn') && values.length === 0)
      errors.push(
        required(`${here}.values`, "must be specified when `operator` is 'In' or 'NotIn'"),
      );
    else if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0)
      errors.push(
        forbidden(
          `${here}.values`,
          "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        ),
      );
    else if ((operator === 'Gt' || operator === 'Lt') && values.length !== 1)
      errors.push(
        required(
          `${here}.values`,
          "must be specified single value when `operator` is 'Lt' or 'Gt'",
        ),
      );
    errors.push(...named(stringOf(expression['key']), `${here}.key`, qualifiedNameProblems));
    return errors;
  });
}

function validatePodTerm(term: Fields, path: string): FieldError[] {
  const errors = [
    ...validateLabelSelector(term['labelSelector'], `${path}.labelSelector`),
    ...validateLabelSelector(term['namespaceSelector'], `${path}.namespaceSelector`),
  ];
  stringsOf(term['namespaces']).forEach((namespace) =>
    errors.push(...named(namespace, `${path}.namespace`, dnsLabelProblems)),
  );
  const key = stringOf(term['topologyKey']);
  if (key === '') errors.push(required(`${path}.topologyKey`, 'can not be empty'));
  else errors.push(...named(key, `${path}.topologyKey`, qualifiedNameProblems));
  return errors;
}
