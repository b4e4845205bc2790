// The difference that a refused pod update shows: both specs as the server's own types print them, line by line.
// Knows in which order those types hold their fields; types it does not list are left out of the picture.
// Source: the refusal of a pod update as a 1.36 API server words it; field names are those of the API reference, capitalised.

import { type Fields, fieldsOf, isFields, listOf } from '../fields.ts';
import { unifiedDiff } from '../unified-diff.ts';

/** Type → its fields in order, as Go names them. `=` marks a struct that is there even when empty, `:Type` the type of a field. */
const TYPES: Readonly<Record<string, string>> = {
  PodSpec:
    'Volumes:Volume InitContainers:Container Containers:Container EphemeralContainers:EphemeralContainer RestartPolicy" TerminationGracePeriodSeconds ActiveDeadlineSeconds DNSPolicy" NodeSelector ServiceAccountName" AutomountServiceAccountToken NodeName" SecurityContext:PodSecurityContext ImagePullSecrets:LocalObjectReference Hostname" Subdomain" SetHostnameAsFQDN Affinity SchedulerName" Tolerations:Toleration HostAliases:HostAlias PriorityClassName" Priority PreemptionPolicy DNSConfig:PodDNSConfig ReadinessGates:PodReadinessGate RuntimeClassName Overhead EnableServiceLinks TopologySpreadConstraints:TopologySpreadConstraint OS:PodOS SchedulingGates:PodSchedulingGate ResourceClaims Resources:ResourceRequirements HostnameOverride SchedulingGroup',
  Volume:
    'Name" HostPath:HostPathVolumeSource EmptyDir:EmptyDirVolumeSource GCEPersistentDisk AWSElasticBlockStore GitRepo Secret:SecretVolumeSource NFS ISCSI Glusterfs PersistentVolumeClaim:PersistentVolumeClaimVolumeSource RBD Quobyte FlexVolume Cinder CephFS Flocker DownwardAPI:DownwardAPIVolumeSource FC AzureFile ConfigMap:ConfigMapVolumeSource VsphereVolume AzureDisk PhotonPersistentDisk Projected:ProjectedVolumeSource PortworxVolume ScaleIO StorageOS CSI Ephemeral Image',
  HostPathVolumeSource: 'Path" Type',
  EmptyDirVolumeSource: 'Medium" SizeLimit',
  SecretVolumeSource: 'SecretName" Items:KeyToPath DefaultMode Optional',
  ConfigMapVolumeSource: 'Name" Items:KeyToPath DefaultMode Optional',
  PersistentVolumeClaimVolumeSource: 'ClaimName" ReadOnly?',
  DownwardAPIVolumeSource: 'Items:DownwardAPIVolumeFile DefaultMode',
  ProjectedVolumeSource: 'Sources:VolumeProjection DefaultMode',
  VolumeProjection:
    'Secret:Projection DownwardAPI:DownwardAPIProjection ConfigMap:Projection ServiceAccountToken:ServiceAccountTokenProjection ClusterTrustBundle PodCertificate',
  Projection: 'Name" Items:KeyToPath Optional',
  DownwardAPIProjection: 'Items:DownwardAPIVolumeFile',
  DownwardAPIVolumeFile:
    'Path" FieldRef:ObjectFieldSelector ResourceFieldRef:ResourceFieldSelector Mode',
  ServiceAccountTokenProjection: 'Audience" ExpirationSeconds# Path"',
  KeyToPath: 'Key" Path" Mode',
  Container:
    'Name" Image" Command Args WorkingDir" Ports:ContainerPort EnvFrom:EnvFromSource Env:EnvVar Resources=:ResourceRequirements ResizePolicy RestartPolicy RestartPolicyRules VolumeMounts:VolumeMount VolumeDevices LivenessProbe:Probe ReadinessProbe:Probe StartupProbe:Probe Lifecycle:Lifecycle TerminationMessagePath" TerminationMessagePolicy" ImagePullPolicy" SecurityContext:SecurityContext Stdin? StdinOnce? TTY?',
  EphemeralContainer:
    'Name" Image" Command Args WorkingDir" Ports:ContainerPort EnvFrom:EnvFromSource Env:EnvVar Resources=:ResourceRequirements ResizePolicy RestartPolicy RestartPolicyRules VolumeMounts:VolumeMount VolumeDevices LivenessProbe:Probe ReadinessProbe:Probe StartupProbe:Probe Lifecycle:Lifecycle TerminationMessagePath" TerminationMessagePolicy" ImagePullPolicy" SecurityContext:SecurityContext Stdin? StdinOnce? TTY? TargetContainerName"',
  ContainerPort: 'Name" HostPort# ContainerPort# Protocol" HostIP"',
  EnvVar: 'Name" Value" ValueFrom:EnvVarSource',
  EnvVarSource:
    'FieldRef:ObjectFieldSelector ResourceFieldRef:ResourceFieldSelector ConfigMapKeyRef:KeySelector SecretKeyRef:KeySelector FileKeyRef',
  ObjectFieldSelector: 'APIVersion" FieldPath"',
  ResourceFieldSelector: 'ContainerName" Resource" Divisor"',
  KeySelector: 'Name" Key" Optional',
  EnvFromSource: 'Prefix" ConfigMapRef:EnvSource SecretRef:EnvSource',
  EnvSource: 'Name" Optional',
  ResourceRequirements: 'Limits Requests Claims',
  VolumeMount:
    'Name" ReadOnly? RecursiveReadOnly MountPath" SubPath" MountPropagation SubPathExpr"',
  Probe:
    'Exec:ExecAction HTTPGet:HTTPGetAction TCPSocket:TCPSocketAction GRPC:GRPCAction InitialDelaySeconds# TimeoutSeconds# PeriodSeconds# SuccessThreshold# FailureThreshold# TerminationGracePeriodSeconds',
  ExecAction: 'Command',
  HTTPGetAction: 'Path" Port# Host" Scheme" HTTPHeaders:HTTPHeader',
  HTTPHeader: 'Name" Value"',
  TCPSocketAction: 'Port# Host"',
  GRPCAction: 'Port# Service',
  Lifecycle: 'PostStart:LifecycleHandler PreStop:LifecycleHandler StopSignal',
  LifecycleHandler:
    'Exec:ExecAction HTTPGet:HTTPGetAction TCPSocket:TCPSocketAction Sleep:SleepAction',
  SleepAction: 'Seconds#',
  SecurityContext:
    'Capabilities:Capabilities Privileged SELinuxOptions WindowsOptions RunAsUser RunAsGroup RunAsNonRoot ReadOnlyRootFilesystem AllowPrivilegeEscalation ProcMount SeccompProfile:SeccompProfile AppArmorProfile',
  Capabilities: 'Add Drop',
  PodSecurityContext:
    'HostNetwork? HostPID? HostIPC? ShareProcessNamespace HostUsers SELinuxOptions WindowsOptions RunAsUser RunAsGroup RunAsNonRoot SupplementalGroups SupplementalGroupsPolicy FSGroup FSGroupChangePolicy Sysctls SeccompProfile:SeccompProfile AppArmorProfile SELinuxChangePolicy',
  SeccompProfile: 'Type" LocalhostProfile',
  LocalObjectReference: 'Name"',
  Toleration: 'Key" Operator" Value" Effect" TolerationSeconds',
  HostAlias: 'IP" Hostnames',
  PodDNSConfig: 'Nameservers Searches Options:PodDNSConfigOption',
  PodDNSConfigOption: 'Name" Value',
  PodReadinessGate: 'ConditionType"',
  PodOS: 'Name"',
  PodSchedulingGate: 'Name"',
  TopologySpreadConstraint:
    'MaxSkew# TopologyKey" WhenUnsatisfiable" LabelSelector MinDomains NodeAffinityPolicy NodeTaintsPolicy MatchLabelKeys',
};

/** Fields that the server's own types keep in the security context, and JSON in the spec. */
const FROM_SPEC = ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace', 'hostUsers'];

export function podSpecDiff(before: Fields, after: Fields): string {
  return unifiedDiff(printed(before), printed(after));
}

function printed(spec: Fields): string[] {
  const context = { ...fieldsOf(spec['securityContext']) };
  for (const name of FROM_SPEC) if (spec[name] !== undefined) context[name] = spec[name];
  const value = goStruct('PodSpec', { ...spec, securityContext: context });
  return JSON.stringify(value, null, 1).split('\n');
}

/** `"` an empty string, `#` a zero, `?` a false where nothing is; nothing else: null. */
const FIELD = /^(\w+?)(["#?=]?)(?::(\w+))?$/;

function goStruct(type: string, fields: Fields): Fields {
  const result: Fields = {};
  for (const token of (TYPES[type] ?? '').split(' ')) {
    const [, name = '', empty = '', inner] = FIELD.exec(token) ?? [];
    const value = fields[jsonName(name)];
    if (inner === undefined) result[name] = value ?? EMPTY[empty] ?? null;
    else if (Array.isArray(value))
      result[name] = value.length === 0 ? null : listOf(value).map((each) => goStruct(inner, each));
    else if (isFields(value) || empty === '=') result[name] = goStruct(inner, fieldsOf(value));
    else result[name] = null;
  }
  return result;
}

const EMPTY: Readonly<Record<string, unknown>> = { '"': '', '#': 0, '?': false };

/** `HTTPGet` → `httpGet`, `TTY` → `tty`, `DNSPolicy` → `dnsPolicy`: a run of capitals is one word. */
function jsonName(name: string): string {
  if (name.startsWith('SELinux')) return `se${name.slice(2)}`;
  const run = /^[A-Z]+/.exec(name)?.[0] ?? '';
  if (run.length === name.length) return name.toLowerCase();
  const word = run.length > 1 ? run.slice(0, -1) : run;
  return word.toLowerCase() + name.slice(word.length);
}
