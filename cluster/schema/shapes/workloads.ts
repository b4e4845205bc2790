// Kinds that run and bound pods. Wire shapes in the notation of ../shape.ts; it knows no values.
// Source: field numbers, list types and merge keys of the public generated.proto files of Kubernetes 1.36
// (apps, autoscaling, batch, policy, scheduling); pointers and omitted zero values as in the Go types of the same packages.

export const workloadsShapes: Readonly<Record<string, string>> = {
  'apps.v1.ControllerRevision': 'metadata! data! revision!',
  'apps.v1.DaemonSet': 'metadata! spec! status!',
  'apps.v1.DaemonSetCondition': 'type! status! lastTransitionTime! reason message',
  'apps.v1.DaemonSetSpec':
    'selector!* template! updateStrategy! minReadySeconds @6 revisionHistoryLimit*',
  'apps.v1.DaemonSetStatus':
    'currentNumberScheduled! numberMisscheduled! desiredNumberScheduled! numberReady! observedGeneration updatedNumberScheduled numberAvailable numberUnavailable collisionCount* conditions[type]~',
  'apps.v1.DaemonSetUpdateStrategy': 'type rollingUpdate*',
  'apps.v1.Deployment': 'metadata! spec! status!',
  'apps.v1.DeploymentCondition':
    'type! status! @4 reason message lastUpdateTime! lastTransitionTime!',
  'apps.v1.DeploymentSpec':
    'replicas* selector!* template! strategy!& minReadySeconds revisionHistoryLimit* paused @9 progressDeadlineSeconds*',
  'apps.v1.DeploymentStatus':
    'observedGeneration replicas updatedReplicas availableReplicas unavailableReplicas conditions[type]~ readyReplicas collisionCount* terminatingReplicas*',
  'apps.v1.DeploymentStrategy': 'type rollingUpdate*',
  'apps.v1.ReplicaSet': 'metadata! spec! status!',
  'apps.v1.ReplicaSetCondition': 'type! status! lastTransitionTime! reason message',
  'apps.v1.ReplicaSetSpec': 'replicas* selector!* template! minReadySeconds',
  'apps.v1.ReplicaSetStatus':
    'replicas! fullyLabeledReplicas observedGeneration readyReplicas availableReplicas conditions[type]~ terminatingReplicas*',
  'apps.v1.RollingUpdateDaemonSet': 'maxUnavailable* maxSurge*',
  'apps.v1.RollingUpdateDeployment': 'maxUnavailable* maxSurge*',
  'apps.v1.RollingUpdateStatefulSetStrategy': 'partition* maxUnavailable*',
  'apps.v1.StatefulSet': 'metadata! spec! status!',
  'apps.v1.StatefulSetCondition': 'type! status! lastTransitionTime! reason message',
  'apps.v1.StatefulSetOrdinals': 'start!',
  'apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy': 'whenDeleted whenScaled',
  'apps.v1.StatefulSetSpec':
    'replicas* selector!* template! volumeClaimTemplates[] serviceName! podManagementPolicy updateStrategy! revisionHistoryLimit* minReadySeconds persistentVolumeClaimRetentionPolicy* ordinals*',
  'apps.v1.StatefulSetStatus':
    'observedGeneration replicas! readyReplicas currentReplicas updatedReplicas currentRevision updateRevision @9 collisionCount* conditions[type]~ availableReplicas!',
  'apps.v1.StatefulSetUpdateStrategy': 'type rollingUpdate*',
  'autoscaling.v1.CrossVersionObjectReference': '{} kind! name! apiVersion',
  'autoscaling.v1.HorizontalPodAutoscaler': 'metadata! spec! status!',
  'autoscaling.v1.HorizontalPodAutoscalerSpec':
    'scaleTargetRef! minReplicas* maxReplicas! targetCPUUtilizationPercentage*',
  'autoscaling.v1.HorizontalPodAutoscalerStatus':
    'observedGeneration* lastScaleTime* currentReplicas! desiredReplicas! currentCPUUtilizationPercentage*',
  'autoscaling.v1.Scale': 'metadata! spec! status!',
  'autoscaling.v1.ScaleSpec': 'replicas=0',
  'autoscaling.v1.ScaleStatus': 'replicas! selector',
  'autoscaling.v2.ContainerResourceMetricSource': 'name! target! container!',
  'autoscaling.v2.ContainerResourceMetricStatus': 'name! current! container!',
  'autoscaling.v2.CrossVersionObjectReference': 'kind! name! apiVersion',
  'autoscaling.v2.ExternalMetricSource': 'metric! target!',
  'autoscaling.v2.ExternalMetricStatus': 'metric! current!',
  'autoscaling.v2.HPAScalingPolicy': 'type! value! periodSeconds!',
  'autoscaling.v2.HPAScalingRules':
    'selectPolicy* policies[] stabilizationWindowSeconds* tolerance*',
  'autoscaling.v2.HorizontalPodAutoscaler': 'metadata! spec! status!',
  'autoscaling.v2.HorizontalPodAutoscalerBehavior': 'scaleUp* scaleDown*',
  'autoscaling.v2.HorizontalPodAutoscalerCondition':
    'type! status! lastTransitionTime! reason message',
  'autoscaling.v2.HorizontalPodAutoscalerSpec':
    'scaleTargetRef! minReplicas* maxReplicas! metrics[] behavior*',
  'autoscaling.v2.HorizontalPodAutoscalerStatus':
    'observedGeneration* lastScaleTime* currentReplicas desiredReplicas! currentMetrics![] conditions[type]~',
  'autoscaling.v2.MetricIdentifier': 'name! selector*',
  'autoscaling.v2.MetricSpec': 'type! object* pods* resource* external* @7 containerResource*',
  'autoscaling.v2.MetricStatus': 'type! object* pods* resource* external* @7 containerResource*',
  'autoscaling.v2.MetricTarget': 'type! value* averageValue* averageUtilization*',
  'autoscaling.v2.MetricValueStatus': 'value* averageValue* averageUtilization*',
  'autoscaling.v2.ObjectMetricSource': 'describedObject! target! metric!',
  'autoscaling.v2.ObjectMetricStatus': 'metric! current! describedObject!',
  'autoscaling.v2.PodsMetricSource': 'metric! target!',
  'autoscaling.v2.PodsMetricStatus': 'metric! current!',
  'autoscaling.v2.ResourceMetricSource': 'name! target!',
  'autoscaling.v2.ResourceMetricStatus': 'name! current!',
  'batch.v1.CronJob': 'metadata! spec! status!',
  'batch.v1.CronJobSpec':
    'schedule! startingDeadlineSeconds* concurrencyPolicy suspend* jobTemplate! successfulJobsHistoryLimit* failedJobsHistoryLimit* timeZone*',
  'batch.v1.CronJobStatus': 'active[] @4 lastScheduleTime* lastSuccessfulTime*',
  'batch.v1.Job': 'metadata! spec! status!',
  'batch.v1.JobCondition': 'type! status! lastProbeTime! lastTransitionTime! reason message',
  'batch.v1.JobSpec':
    'parallelism* completions* activeDeadlineSeconds* selector* manualSelector* template! backoffLimit* ttlSecondsAfterFinished* completionMode* suspend* podFailurePolicy* backoffLimitPerIndex* maxFailedIndexes* podReplacementPolicy* managedBy* successPolicy*',
  'batch.v1.JobStatus':
    'conditions[]~type startTime* completionTime* active succeeded failed completedIndexes uncountedTerminatedPods* ready* failedIndexes* terminating*',
  'batch.v1.JobTemplateSpec': 'metadata! spec!',
  'batch.v1.PodFailurePolicy': 'rules![]',
  'batch.v1.PodFailurePolicyOnExitCodesRequirement': 'containerName* operator! values![=]',
  'batch.v1.PodFailurePolicyOnPodConditionsPattern': 'type! status!',
  'batch.v1.PodFailurePolicyRule': 'action! onExitCodes* onPodConditions[]',
  'batch.v1.SuccessPolicy': 'rules![]',
  'batch.v1.SuccessPolicyRule': 'succeededIndexes* succeededCount*',
  'batch.v1.UncountedTerminatedPods': 'succeeded[=] failed[=]',
  'policy.v1.Eviction': 'metadata! deleteOptions*',
  'policy.v1.PodDisruptionBudget': 'metadata! spec! status!',
  'policy.v1.PodDisruptionBudgetSpec':
    'minAvailable* selector*% maxUnavailable* unhealthyPodEvictionPolicy*',
  'policy.v1.PodDisruptionBudgetStatus':
    'observedGeneration disruptedPods disruptionsAllowed! currentHealthy! desiredHealthy! expectedPods! conditions[type]~',
  'scheduling.v1.PriorityClass': 'metadata! value! globalDefault description preemptionPolicy*',
};
