import { CUSTOM_WORKLOAD_KINDS } from "./workloads/custom-workloads.ts";

/**
 * Custom resources whose operators make pods that Git does not show, by API group; null = every kind of the group (those
 * whose pods stand in them: `custom-workloads.ts`). A
 * namespace where one lands may hold pods of any label (design section 8). The list is made of the operators' own API
 * documentation; a kind that is missing here is still counted in the coverage.
 */
const POD_MAKERS: Readonly<Record<string, readonly string[] | null>> = {
  // Serving and workflows
  "serving.knative.dev": ["Revision"],
  "serving.kserve.io": ["InferenceService", "InferenceGraph", "LLMInferenceService"],
  "argoproj.io": ["ClusterWorkflowTemplate", "EventSource", "Sensor", "EventBus", "ArgoCD"],
  "tekton.dev": ["CustomRun"],
  "triggers.tekton.dev": ["EventListener"],
  "actions.github.com": ["AutoscalingRunnerSet", "EphemeralRunnerSet", "EphemeralRunner"],
  "actions.summerwind.dev": ["Runner", "RunnerDeployment", "RunnerSet", "RunnerReplicaSet"],
  // Batch, data and machine learning
  "flink.apache.org": ["FlinkDeployment", "FlinkSessionJob"],
  "ray.io": ["RayJob", "RayService"],
  "kubeflow.org": ["MPIJob"],
  "trainer.kubeflow.org": ["TrainJob"],
  "apps.kruise.io": ["UnitedDeployment"],
  "kubernetes.dask.org": ["DaskCluster", "DaskJob", "DaskWorkerGroup"],
  "camel.apache.org": ["Integration", "Pipe", "Build"],
  // Databases, queues and stores
  "postgresql.cnpg.io": ["Cluster", "Pooler"],
  "acid.zalan.do": ["postgresql"],
  "postgres-operator.crunchydata.com": ["PostgresCluster", "PGAdmin", "PGUpgrade"],
  "pgv2.percona.com": ["PerconaPGCluster"],
  "pxc.percona.com": ["PerconaXtraDBCluster"],
  "ps.percona.com": ["PerconaServerMySQL"],
  "psmdb.percona.com": ["PerconaServerMongoDB"],
  "mysql.oracle.com": ["InnoDBCluster"],
  "k8s.mariadb.com": ["MariaDB", "MaxScale"],
  "mongodbcommunity.mongodb.com": ["MongoDBCommunity"],
  "mongodb.com": ["MongoDB", "MongoDBMultiCluster", "MongoDBOpsManager"],
  "redis.redis.opstreelabs.in": ["Redis", "RedisCluster", "RedisReplication", "RedisSentinel"],
  "databases.spotahome.com": ["RedisFailover"],
  "app.redislabs.com": ["RedisEnterpriseCluster"],
  "dragonflydb.io": ["Dragonfly"],
  "cassandra.datastax.com": ["CassandraDatacenter"],
  "k8ssandra.io": ["K8ssandraCluster"],
  "scylla.scylladb.com": ["ScyllaCluster"],
  "clickhouse.altinity.com": ["ClickHouseInstallation"],
  "clickhouse-keeper.altinity.com": ["ClickHouseKeeperInstallation"],
  "crdb.cockroachlabs.com": ["CrdbCluster"],
  "pingcap.com": ["TidbCluster"],
  "neo4j.com": null,
  "kafka.strimzi.io": [
    "Kafka",
    "KafkaNodePool",
    "KafkaConnect",
    "KafkaBridge",
    "KafkaMirrorMaker",
    "KafkaMirrorMaker2",
  ],
  "platform.confluent.io": null,
  "rabbitmq.com": ["RabbitmqCluster"],
  "cluster.redpanda.com": ["Redpanda", "Console"],
  "pulsar.streamnative.io": null,
  "minio.min.io": ["Tenant"],
  "ceph.rook.io": ["CephCluster", "CephObjectStore", "CephFilesystem", "CephNFS"],
  // Search, observation, identity
  "elasticsearch.k8s.elastic.co": ["Elasticsearch"],
  "kibana.k8s.elastic.co": ["Kibana"],
  "agent.k8s.elastic.co": ["Agent"],
  "beat.k8s.elastic.co": ["Beat"],
  "logstash.k8s.elastic.co": ["Logstash"],
  "opensearch.opster.io": ["OpenSearchCluster"],
  "solr.apache.org": ["SolrCloud"],
  "monitoring.coreos.com": ["Prometheus", "PrometheusAgent", "Alertmanager", "ThanosRuler"],
  "operator.victoriametrics.com": null,
  "grafana.integreatly.org": ["Grafana"],
  "loki.grafana.com": ["LokiStack"],
  "tempo.grafana.com": ["TempoStack", "TempoMonolithic"],
  "opentelemetry.io": ["OpenTelemetryCollector", "TargetAllocator"],
  "jaegertracing.io": ["Jaeger"],
  "logging.banzaicloud.io": ["Logging", "FluentbitAgent"],
  "datadoghq.com": ["DatadogAgent"],
  "k8s.keycloak.org": ["Keycloak"],
  "vault.banzaicloud.com": ["Vault"],
  // Platforms whose applications are pods
  "core.oam.dev": ["Application"],
  "nais.io": ["Application", "Naisjob"],
  "pool.kubevirt.io": ["VirtualMachinePool"],
  // Meshes and platforms that start their own pods
  "install.istio.io": ["IstioOperator"],
  "sailoperator.io": ["Istio", "IstioCNI", "ZTunnel"],
  "maistra.io": ["ServiceMeshControlPlane"],
  "operator.tigera.io": null,
  // The Operator Lifecycle Manager installs operators, which are pods
  "operators.coreos.com": ["Subscription", "ClusterServiceVersion", "CatalogSource"],
  "oadp.openshift.io": ["DataProtectionApplication"],
  "build.openshift.io": ["Build", "BuildConfig"],
};

export function makesPods(group: string, kind: string): boolean {
  if (!Object.hasOwn(POD_MAKERS, group)) return false;
  const kinds = POD_MAKERS[group];
  return kinds === null || kinds?.includes(kind) === true;
}

/** Whether any group uses this kind's name for something that makes pods. */
export function isPodMakingKindName(kind: string): boolean {
  return KIND_NAMES.has(kind);
}

const KIND_NAMES: ReadonlySet<string> = new Set([
  ...Object.values(POD_MAKERS).flatMap((kinds) => kinds ?? []),
  ...CUSTOM_WORKLOAD_KINDS,
]);
