// Who may do what. Wire shapes in the notation of ../shape.ts; it knows no values.
// Source: field numbers, list types and merge keys of the public generated.proto files of Kubernetes 1.36
// (authentication, authorization, certificates, rbac); pointers and omitted zero values as in the Go types of the same packages.

export const accessShapes: Readonly<Record<string, string>> = {
  'authentication.v1.BoundObjectReference': 'kind apiVersion name uid',
  'authentication.v1.SelfSubjectReview': 'metadata! status!',
  'authentication.v1.SelfSubjectReviewStatus': 'userInfo!',
  'authentication.v1.TokenRequest': 'metadata! spec! status!',
  'authentication.v1.TokenRequestSpec': 'audiences![] @3 boundObjectRef!* expirationSeconds!*',
  'authentication.v1.TokenRequestStatus': 'token! expirationTimestamp!',
  'authentication.v1.TokenReview': 'metadata! spec! status!',
  'authentication.v1.TokenReviewSpec': 'token audiences[]',
  'authentication.v1.TokenReviewStatus': 'authenticated user! error audiences[]',
  'authentication.v1.UserInfo': 'username uid groups[] extra',
  'authorization.v1.FieldSelectorAttributes': 'rawSelector requirements[]',
  'authorization.v1.LabelSelectorAttributes': 'rawSelector requirements[]',
  'authorization.v1.LocalSubjectAccessReview': 'metadata! spec! status!',
  'authorization.v1.NonResourceAttributes': 'path verb',
  'authorization.v1.NonResourceRule': 'verbs![] nonResourceURLs[]',
  'authorization.v1.ResourceAttributes':
    'namespace verb group version resource subresource name fieldSelector* labelSelector*',
  'authorization.v1.ResourceRule': 'verbs![] apiGroups[] resources[] resourceNames[]',
  'authorization.v1.SelfSubjectAccessReview': 'metadata! spec! status!',
  'authorization.v1.SelfSubjectAccessReviewSpec': 'resourceAttributes* nonResourceAttributes*',
  'authorization.v1.SelfSubjectRulesReview': 'metadata! spec! status!',
  'authorization.v1.SelfSubjectRulesReviewSpec': 'namespace',
  'authorization.v1.SubjectAccessReview': 'metadata! spec! status!',
  'authorization.v1.SubjectAccessReviewSpec':
    'resourceAttributes* nonResourceAttributes* user groups[] extra uid',
  'authorization.v1.SubjectAccessReviewStatus': 'allowed! reason evaluationError denied',
  'authorization.v1.SubjectRulesReviewStatus':
    'resourceRules![] nonResourceRules![] incomplete! evaluationError',
  'certificates.v1.CertificateSigningRequest': 'metadata! spec! status!',
  'certificates.v1.CertificateSigningRequestCondition':
    'type! reason message lastUpdateTime! lastTransitionTime! status!',
  'certificates.v1.CertificateSigningRequestSpec':
    'request! username uid groups[] usages[] extra signerName! expirationSeconds*',
  'certificates.v1.CertificateSigningRequestStatus': 'conditions[type] certificate',
  'rbac.v1.AggregationRule': 'clusterRoleSelectors[]',
  'rbac.v1.ClusterRole': 'metadata! rules![] aggregationRule*',
  'rbac.v1.ClusterRoleBinding': 'metadata! subjects[] roleRef!',
  'rbac.v1.PolicyRule': 'verbs![] apiGroups[] resources[] resourceNames[] nonResourceURLs[]',
  'rbac.v1.Role': 'metadata! rules![]',
  'rbac.v1.RoleBinding': 'metadata! subjects[] roleRef!',
  'rbac.v1.RoleRef': '{} apiGroup! kind! name!',
  'rbac.v1.Subject': '{} kind! apiGroup name! namespace',
};
