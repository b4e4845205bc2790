// Webhooks and admission policies. Wire shapes in the notation of ../shape.ts; it knows no values.
// Source: field numbers, list types and merge keys of the public generated.proto files of Kubernetes 1.36
// (admissionregistration); pointers and omitted zero values as in the Go types of the same packages.

export const admissionShapes: Readonly<Record<string, string>> = {
  'admissionregistration.v1.ApplyConfiguration': 'expression',
  'admissionregistration.v1.AuditAnnotation': 'key! valueExpression!',
  'admissionregistration.v1.ExpressionWarning': '@2 fieldRef! warning!',
  'admissionregistration.v1.JSONPatch': 'expression',
  'admissionregistration.v1.MatchCondition': 'name! expression!',
  'admissionregistration.v1.MatchResources':
    '{} namespaceSelector* objectSelector* resourceRules[] excludeResourceRules[] @7 matchPolicy*',
  'admissionregistration.v1.MutatingAdmissionPolicy': 'metadata! spec!',
  'admissionregistration.v1.MutatingAdmissionPolicyBinding': 'metadata! spec!',
  'admissionregistration.v1.MutatingAdmissionPolicyBindingSpec':
    'policyName paramRef* matchResources*',
  'admissionregistration.v1.MutatingAdmissionPolicySpec':
    'paramKind* matchConstraints* variables[] mutations[] failurePolicy* matchConditions[name]~ reinvocationPolicy',
  'admissionregistration.v1.MutatingWebhook':
    'name! clientConfig! rules[] failurePolicy* namespaceSelector* sideEffects!* timeoutSeconds* admissionReviewVersions![] matchPolicy* reinvocationPolicy* objectSelector* matchConditions[name]~',
  'admissionregistration.v1.MutatingWebhookConfiguration': 'metadata! webhooks[name]~',
  'admissionregistration.v1.Mutation': '@2 patchType! applyConfiguration* jsonPatch*',
  'admissionregistration.v1.NamedRuleWithOperations':
    '{} resourceNames[] ruleWithOperations^RuleWithOperations',
  'admissionregistration.v1.ParamKind': '{} apiVersion kind',
  'admissionregistration.v1.ParamRef': '{} name namespace selector* parameterNotFoundAction*',
  'admissionregistration.v1.Rule': 'apiGroups[] apiVersions[] resources[] scope*',
  'admissionregistration.v1.RuleWithOperations': 'operations[] rule^Rule',
  'admissionregistration.v1.ServiceReference': 'namespace! name! path* port*',
  'admissionregistration.v1.TypeChecking': 'expressionWarnings[]',
  'admissionregistration.v1.ValidatingAdmissionPolicy': 'metadata! spec! status!',
  'admissionregistration.v1.ValidatingAdmissionPolicyBinding': 'metadata! spec!',
  'admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec':
    'policyName paramRef* matchResources* validationActions[=]',
  'admissionregistration.v1.ValidatingAdmissionPolicySpec':
    'paramKind* matchConstraints* validations[] failurePolicy* auditAnnotations[] matchConditions[name]~ variables[name]~',
  'admissionregistration.v1.ValidatingAdmissionPolicyStatus':
    'observedGeneration typeChecking* conditions[type]',
  'admissionregistration.v1.ValidatingWebhook':
    'name! clientConfig! rules[] failurePolicy* namespaceSelector* sideEffects!* timeoutSeconds* admissionReviewVersions![] matchPolicy* objectSelector* matchConditions[name]~',
  'admissionregistration.v1.ValidatingWebhookConfiguration': 'metadata! webhooks[name]~',
  'admissionregistration.v1.Validation': 'expression! message reason* messageExpression',
  'admissionregistration.v1.Variable': '{} name! expression!',
  'admissionregistration.v1.WebhookClientConfig': 'service* caBundle url*',
};
