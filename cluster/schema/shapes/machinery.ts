// What every object shares, and the kinds that extend the API itself. Wire shapes in the notation of ../shape.ts; it knows no values.
// Source: field numbers, list types and merge keys of the public generated.proto files of Kubernetes 1.36
// (apimachinery/pkg/apis/meta/v1, apiextensions/v1, apiregistration/v1); pointers and omitted zero values as in the Go types of the same packages.

export const machineryShapes: Readonly<Record<string, string>> = {
  'meta.v1.APIGroup': 'name! versions![] preferredVersion! serverAddressByClientCIDRs[]',
  'meta.v1.APIGroupList': 'groups![]',
  'meta.v1.APIResource':
    'name! namespaced! kind! verbs! shortNames[] singularName! categories[] group version storageVersionHash',
  'meta.v1.APIResourceList': 'groupVersion! resources![]',
  'meta.v1.APIVersions': 'versions![] serverAddressByClientCIDRs![]',
  'meta.v1.Condition': 'type! status! observedGeneration lastTransitionTime! reason! message!',
  'meta.v1.DeleteOptions':
    'gracePeriodSeconds* preconditions* orphanDependents* propagationPolicy* dryRun[] ignoreStoreReadErrorWithClusterBreakingPotential*',
  'meta.v1.FieldSelectorRequirement': 'key! operator! values[]',
  'meta.v1.GroupVersionForDiscovery': 'groupVersion! version!',
  'meta.v1.LabelSelector': '{} matchLabels matchExpressions[]',
  'meta.v1.LabelSelectorRequirement': 'key! operator! values[]',
  'meta.v1.ListMeta': 'selfLink resourceVersion continue remainingItemCount* shardInfo*',
  'meta.v1.ManagedFieldsEntry':
    'manager operation apiVersion time* @6 fieldsType fieldsV1* subresource',
  'meta.v1.ObjectMeta':
    'name generateName namespace selfLink uid resourceVersion generation creationTimestamp deletionTimestamp* deletionGracePeriodSeconds* labels annotations ownerReferences[uid]~ finalizers[=]~ @17 managedFields[]',
  'meta.v1.OwnerReference': '{} kind! @3 name! uid! apiVersion! controller* blockOwnerDeletion*',
  'meta.v1.Preconditions': 'uid* resourceVersion*',
  'meta.v1.ServerAddressByClientCIDR': 'clientCIDR! serverAddress!',
  'meta.v1.ShardInfo': 'selector!',
  'meta.v1.Status': 'metadata! status message reason details* code',
  'meta.v1.StatusCause': 'reason message field',
  'meta.v1.StatusDetails': 'name group kind causes[] retryAfterSeconds uid',
  'apiextensions.v1.CustomResourceColumnDefinition':
    'name! type! format description priority jsonPath!',
  'apiextensions.v1.CustomResourceConversion': 'strategy! webhook*',
  'apiextensions.v1.CustomResourceDefinition': 'metadata! spec! status!',
  'apiextensions.v1.CustomResourceDefinitionCondition':
    'type! status! lastTransitionTime! reason message observedGeneration',
  'apiextensions.v1.CustomResourceDefinitionNames':
    'plural! singular shortNames[] kind! listKind categories[]',
  'apiextensions.v1.CustomResourceDefinitionSpec':
    'group! @3 names! scope! @7 versions![] @9 conversion* preserveUnknownFields',
  'apiextensions.v1.CustomResourceDefinitionStatus':
    'conditions![type] acceptedNames! storedVersions![] observedGeneration',
  'apiextensions.v1.CustomResourceDefinitionVersion':
    'name! served! storage! schema* subresources* additionalPrinterColumns[] deprecated deprecationWarning* selectableFields[]',
  'apiextensions.v1.CustomResourceSubresourceScale':
    'specReplicasPath! statusReplicasPath! labelSelectorPath*',
  'apiextensions.v1.CustomResourceSubresources': 'status* scale*',
  'apiextensions.v1.CustomResourceValidation': 'openAPIV3Schema*',
  'apiextensions.v1.ExternalDocumentation': 'description url',
  'apiextensions.v1.JSONSchemaProps':
    'id $schema $ref* description type format title default* maximum* exclusiveMaximum minimum* exclusiveMinimum maxLength* minLength* pattern maxItems* minItems* uniqueItems multipleOf* enum[] maxProperties* minProperties* required[] items* allOf[] oneOf[] anyOf[] not* properties additionalProperties* patternProperties dependencies additionalItems* definitions externalDocs* example* nullable x-kubernetes-preserve-unknown-fields* x-kubernetes-embedded-resource x-kubernetes-int-or-string x-kubernetes-list-map-keys[] x-kubernetes-list-type* x-kubernetes-map-type* x-kubernetes-validations[rule]~',
  'apiextensions.v1.SelectableField': 'jsonPath!',
  'apiextensions.v1.ServiceReference': 'namespace! name! path* port*',
  'apiextensions.v1.ValidationRule':
    'rule! message messageExpression reason* fieldPath optionalOldSelf*',
  'apiextensions.v1.WebhookClientConfig': 'service* caBundle url*',
  'apiextensions.v1.WebhookConversion': '@2 clientConfig* conversionReviewVersions![]',
  'apiregistration.v1.APIService': 'metadata! spec! status!',
  'apiregistration.v1.APIServiceCondition': 'type! status! lastTransitionTime! reason message',
  'apiregistration.v1.APIServiceSpec':
    'service* group version insecureSkipTLSVerify caBundle[] @7 groupPriorityMinimum! versionPriority!',
  'apiregistration.v1.APIServiceStatus': 'conditions[type]~',
  'apiregistration.v1.ServiceReference': 'namespace name port*',
};
