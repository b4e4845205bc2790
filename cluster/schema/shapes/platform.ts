// Leases, events, priority and fairness, nodes' runtimes, devices and storage. Wire shapes in the notation of ../shape.ts; it knows no values.
// Source: field numbers, list types and merge keys of the public generated.proto files of Kubernetes 1.36
// (coordination, events, flowcontrol, node, resource, storage); pointers and omitted zero values as in the Go types of the same packages.

export const platformShapes: Readonly<Record<string, string>> = {
  'coordination.v1.Lease': 'metadata! spec!',
  'coordination.v1.LeaseSpec':
    'holderIdentity* leaseDurationSeconds* acquireTime* renewTime* leaseTransitions* strategy* preferredHolder*',
  'events.v1.Event':
    'metadata! eventTime! series* reportingController reportingInstance action reason regarding! related* note type deprecatedSource! deprecatedFirstTimestamp! deprecatedLastTimestamp! deprecatedCount',
  'events.v1.EventSeries': 'count! lastObservedTime!',
  'flowcontrol.v1.ExemptPriorityLevelConfiguration': 'nominalConcurrencyShares* lendablePercent*',
  'flowcontrol.v1.FlowDistinguisherMethod': 'type!',
  'flowcontrol.v1.FlowSchema': 'metadata! spec! status!',
  'flowcontrol.v1.FlowSchemaCondition': 'type status lastTransitionTime! reason message',
  'flowcontrol.v1.FlowSchemaSpec':
    'priorityLevelConfiguration! matchingPrecedence! distinguisherMethod* rules[]',
  'flowcontrol.v1.FlowSchemaStatus': 'conditions[type]~',
  'flowcontrol.v1.GroupSubject': 'name!',
  'flowcontrol.v1.LimitResponse': 'type! queuing*',
  'flowcontrol.v1.LimitedPriorityLevelConfiguration':
    'nominalConcurrencyShares!* limitResponse! lendablePercent* borrowingLimitPercent*',
  'flowcontrol.v1.NonResourcePolicyRule': 'verbs![=] @6 nonResourceURLs![=]',
  'flowcontrol.v1.PolicyRulesWithSubjects': 'subjects![] resourceRules[] nonResourceRules[]',
  'flowcontrol.v1.PriorityLevelConfiguration': 'metadata! spec! status!',
  'flowcontrol.v1.PriorityLevelConfigurationCondition':
    'type status lastTransitionTime! reason message',
  'flowcontrol.v1.PriorityLevelConfigurationReference': 'name!',
  'flowcontrol.v1.PriorityLevelConfigurationSpec': 'type! limited* exempt*',
  'flowcontrol.v1.PriorityLevelConfigurationStatus': 'conditions[type]~',
  'flowcontrol.v1.QueuingConfiguration': 'queues! handSize! queueLengthLimit!',
  'flowcontrol.v1.ResourcePolicyRule':
    'verbs![=] apiGroups![=] resources![=] clusterScope namespaces![=]',
  'flowcontrol.v1.ServiceAccountSubject': 'namespace! name!',
  'flowcontrol.v1.Subject': 'kind! user* group* serviceAccount*',
  'flowcontrol.v1.UserSubject': 'name!',
  'node.v1.Overhead': 'podFixed!',
  'node.v1.RuntimeClass': 'metadata! handler! overhead* scheduling*',
  'node.v1.Scheduling': 'nodeSelector{} tolerations[]',
  'resource.v1.AllocatedDeviceStatus':
    'driver! pool! device! conditions![type] data* networkData* shareID*',
  'resource.v1.AllocationResult': 'devices! @3 nodeSelector* @5 allocationTimestamp*',
  'resource.v1.CELDeviceSelector': 'expression!',
  'resource.v1.CapacityRequestPolicy': 'default!* @3 validValues[] validRange*',
  'resource.v1.CapacityRequestPolicyRange': 'min* max* step*',
  'resource.v1.CapacityRequirements': 'requests',
  'resource.v1.Counter': 'value!',
  'resource.v1.CounterSet': 'name! counters',
  'resource.v1.Device':
    'name! attributes capacity consumesCounters[] nodeName* nodeSelector* allNodes* taints[] bindsToNode* bindingConditions[] bindingFailureConditions[] allowMultipleAllocations*',
  'resource.v1.DeviceAllocationConfiguration':
    'source! requests[] deviceConfiguration^DeviceConfiguration',
  'resource.v1.DeviceAllocationResult': 'results[] config[]',
  'resource.v1.DeviceAttribute':
    '@2 int* bool* string* version* ints[] bools[] strings[] versions[]',
  'resource.v1.DeviceCapacity': 'value! requestPolicy*',
  'resource.v1.DeviceClaim': 'requests![] constraints[] config[]',
  'resource.v1.DeviceClaimConfiguration': 'requests[] deviceConfiguration^DeviceConfiguration',
  'resource.v1.DeviceClass': 'metadata! spec!',
  'resource.v1.DeviceClassConfiguration': 'deviceConfiguration^DeviceConfiguration',
  'resource.v1.DeviceClassSpec': 'selectors[] config[] @4 extendedResourceName*',
  'resource.v1.DeviceConfiguration': 'opaque*',
  'resource.v1.DeviceConstraint': 'requests[] matchAttribute* distinctAttribute*',
  'resource.v1.DeviceCounterConsumption': 'counterSet! counters',
  'resource.v1.DeviceRequest': 'name! exactly* firstAvailable[]',
  'resource.v1.DeviceRequestAllocationResult':
    'request! driver! pool! device! adminAccess* tolerations[] bindingConditions[] bindingFailureConditions[] shareID* consumedCapacity',
  'resource.v1.DeviceSelector': 'cel*',
  'resource.v1.DeviceSubRequest':
    'name! deviceClassName! selectors[] allocationMode count tolerations[] capacity*',
  'resource.v1.DeviceTaint': 'key! value effect! timeAdded*',
  'resource.v1.DeviceToleration': 'key operator=Equal value effect tolerationSeconds*',
  'resource.v1.ExactDeviceRequest':
    'deviceClassName! selectors[] allocationMode count adminAccess* tolerations[] capacity*',
  'resource.v1.NetworkDeviceData': 'interfaceName ips[] hardwareAddress',
  'resource.v1.OpaqueDeviceConfiguration': 'driver! parameters!',
  'resource.v1.ResourceClaim': 'metadata! spec! status!',
  'resource.v1.ResourceClaimConsumerReference': 'apiGroup @3 resource! name! uid!',
  'resource.v1.ResourceClaimSpec': 'devices!',
  'resource.v1.ResourceClaimStatus':
    'allocation* reservedFor[uid]~ @4 devices[driver,device,pool,shareID]',
  'resource.v1.ResourceClaimTemplate': 'metadata! spec!',
  'resource.v1.ResourceClaimTemplateSpec': 'metadata! spec!',
  'resource.v1.ResourcePool': 'name! generation! resourceSliceCount!',
  'resource.v1.ResourceSlice': 'metadata! spec!',
  'resource.v1.ResourceSliceSpec':
    'driver! pool! nodeName* nodeSelector* allNodes* devices[] perDeviceNodeSelection* sharedCounters[]',
  'storage.v1.CSIDriver': 'metadata! spec!',
  'storage.v1.CSIDriverSpec':
    'attachRequired* podInfoOnMount* volumeLifecycleModes[=] storageCapacity* fsGroupPolicy* tokenRequests[] requiresRepublish* seLinuxMount* nodeAllocatableUpdatePeriodSeconds* serviceAccountTokenInSecrets* preventPodSchedulingIfMissing*',
  'storage.v1.CSINode': 'metadata! spec!',
  'storage.v1.CSINodeDriver': 'name! nodeID! topologyKeys![] allocatable*',
  'storage.v1.CSINodeSpec': 'drivers![name]~',
  'storage.v1.CSIStorageCapacity':
    'metadata! nodeTopology* storageClassName! capacity* maximumVolumeSize*',
  'storage.v1.StorageClass':
    'metadata! provisioner! parameters reclaimPolicy* mountOptions[] allowVolumeExpansion* volumeBindingMode* allowedTopologies[]',
  'storage.v1.TokenRequest': 'audience! expirationSeconds*',
  'storage.v1.VolumeAttachment': 'metadata! spec! status!',
  'storage.v1.VolumeAttachmentSource': 'persistentVolumeName* inlineVolumeSpec*',
  'storage.v1.VolumeAttachmentSpec': 'attacher! source! nodeName!',
  'storage.v1.VolumeAttachmentStatus': 'attached! attachmentMetadata attachError* detachError*',
  'storage.v1.VolumeAttributesClass': 'metadata! driverName! parameters',
  'storage.v1.VolumeError': 'time! message errorCode*',
  'storage.v1.VolumeNodeResources': 'count*',
};
