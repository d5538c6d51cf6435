import { describe, expect, test } from "@jest/globals";
import { makesPods } from "../../src/cluster/pod-making-kinds.ts";
import { cluster } from "./cluster-builder.ts";

const TEMPLATE = `{metadata: {labels: {app: web}}, spec: {serviceAccountName: runner, containers: [{image: "example.com/web:1", ports: [{name: http, containerPort: 8081}]}]}}`;

/** One object of a kind, with what stands below `spec`. */
function object(apiVersion: string, kind: string, spec: string, metadata = "{name: one}"): string {
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: ${metadata}\nspec:\n${spec.replaceAll(/^/gm, "  ")}\n`;
}

/** Key, labels that are known, keys with any value. */
function podsOf(text: string) {
  return [...cluster(text).workloads.values()].map(({ key, labels, runtimeLabels }) => [
    key,
    Object.fromEntries(labels),
    [...runtimeLabels].sort(),
  ]);
}

function isOpen(text: string): boolean {
  return cluster(text).openNamespaces.has("shop");
}

const JOB = [
  "batch.kubernetes.io/controller-uid",
  "batch.kubernetes.io/job-name",
  "controller-uid",
  "job-name",
] as const;
const STATEFUL = [
  "apps.kubernetes.io/pod-index",
  "controller-revision-hash",
  "statefulset.kubernetes.io/pod-name",
] as const;
const JOB_SET = [
  "global-replicas",
  "group-name",
  "group-replicas",
  "job-global-index",
  "job-group-index",
  "job-index",
  "job-key",
  "jobset-uid",
  "replicatedjob-replicas",
  "restart-attempt",
].map((name) => `jobset.sigs.k8s.io/${name}`);
const LIFECYCLE = "lifecycle.apps.kruise.io/state";

describe("operators whose pods stand in their resources: labels of the template, and what the operator adds", () => {
  test.each<[string, string, readonly (readonly [string, object, readonly string[]])[]]>([
    [
      "Knative Service: a Revision's labels but route and routing state (serving, revision/resources/meta.go)",
      object("serving.knative.dev/v1", "Service", `template: ${TEMPLATE}`),
      [
        [
          "Service/one",
          { app: "web", "serving.knative.dev/configuration": "one", "serving.knative.dev/service": "one" },
          [
            "pod-template-hash",
            "serving.knative.dev/configurationGeneration",
            "serving.knative.dev/configurationUID",
            "serving.knative.dev/revision",
            "serving.knative.dev/revisionUID",
            "serving.knative.dev/serviceUID",
          ],
        ],
      ],
    ],
    [
      "CloneSet: an instance's id and two hashes (kruise, cloneset_utils.go)",
      object("apps.kruise.io/v1alpha1", "CloneSet", `template: ${TEMPLATE}`),
      [
        [
          "CloneSet/one",
          { app: "web" },
          ["apps.kruise.io/cloneset-instance-id", "controller-revision-hash", LIFECYCLE, "pod-template-hash"],
        ],
      ],
    ],
    [
      "Kruise StatefulSet",
      object("apps.kruise.io/v1beta1", "StatefulSet", `template: ${TEMPLATE}`),
      [["StatefulSet/one", { app: "web" }, [...STATEFUL, LIFECYCLE].sort()]],
    ],
    [
      "Kruise DaemonSet",
      object("apps.kruise.io/v1alpha1", "DaemonSet", `template: ${TEMPLATE}`),
      [["DaemonSet/one", { app: "web" }, ["controller-revision-hash", LIFECYCLE, "pod-template-generation"]]],
    ],
    [
      "BroadcastJob",
      object("apps.kruise.io/v1alpha1", "BroadcastJob", `template: ${TEMPLATE}`),
      [["BroadcastJob/one", { app: "web", "broadcastjob-name": "one" }, ["broadcastjob-controller-uid"]]],
    ],
    [
      "AdvancedCronJob of Jobs",
      object(
        "apps.kruise.io/v1alpha1",
        "AdvancedCronJob",
        `template: {jobTemplate: {spec: {template: ${TEMPLATE}}}}`,
      ),
      [["AdvancedCronJob/one", { app: "web" }, JOB]],
    ],
    [
      "JobSet: one Job a replica, indexed by default (jobset, jobset_controller.go)",
      object(
        "jobset.x-k8s.io/v1alpha2",
        "JobSet",
        `replicatedJobs: [{name: driver, template: {spec: {template: ${TEMPLATE}}}}]`,
      ),
      [
        [
          "JobSet/one#driver",
          {
            app: "web",
            "jobset.sigs.k8s.io/jobset-name": "one",
            "jobset.sigs.k8s.io/replicatedjob-name": "driver",
          },
          [...JOB, "batch.kubernetes.io/job-completion-index", ...JOB_SET].sort(),
        ],
      ],
    ],
    [
      "LeaderWorkerSet: leaders take the workers' template (lws, leaderworkerset_types.go)",
      object(
        "leaderworkerset.x-k8s.io/v1",
        "LeaderWorkerSet",
        `leaderWorkerTemplate: {workerTemplate: ${TEMPLATE}}`,
      ),
      ["leader", "worker"].map(
        (role) =>
          [
            `LeaderWorkerSet/one#${role}`,
            {
              app: "web",
              "leaderworkerset.sigs.k8s.io/name": "one",
              ...(role === "leader" ? { "leaderworkerset.sigs.k8s.io/worker-index": "0" } : {}),
            },
            [
              ...STATEFUL,
              "leaderworkerset.sigs.k8s.io/group-index",
              "leaderworkerset.sigs.k8s.io/group-key",
              "leaderworkerset.sigs.k8s.io/template-revision-hash",
              ...(role === "leader" ? [] : ["leaderworkerset.sigs.k8s.io/worker-index"]),
            ].sort(),
          ] as const,
      ),
    ],
    [
      "ScaledJob (keda, scale_jobs.go)",
      object("keda.sh/v1alpha1", "ScaledJob", `jobTargetRef: {template: ${TEMPLATE}}`),
      [["ScaledJob/one", { app: "web", "scaledjob.keda.sh/name": "one" }, JOB]],
    ],
    [
      "Volcano Job: a pod a task (volcano, job_controller_util.go)",
      object("batch.volcano.sh/v1alpha1", "Job", `tasks: [{name: ps, template: ${TEMPLATE}}]`),
      [
        [
          "Job/one#ps",
          {
            app: "web",
            "volcano.sh/job-name": "one",
            "volcano.sh/job-namespace": "shop",
            "volcano.sh/task-spec": "ps",
          },
          ["volcano.sh/queue-name", "volcano.sh/task-index"],
        ],
      ],
    ],
    [
      "PyTorchJob: the master's role (training operator, common/pod.go)",
      object("kubeflow.org/v1", "PyTorchJob", `pytorchReplicaSpecs: {Master: {template: ${TEMPLATE}}}`),
      [
        [
          "PyTorchJob/one#master",
          {
            app: "web",
            "training.kubeflow.org/job-name": "one",
            "training.kubeflow.org/job-role": "master",
            "training.kubeflow.org/replica-type": "master",
          },
          ["training.kubeflow.org/operator-name", "training.kubeflow.org/replica-index"],
        ],
      ],
    ],
    [
      "Notebook: labels of the Notebook, not of its template (notebook_controller.go)",
      object(
        "kubeflow.org/v1",
        "Notebook",
        `template: ${TEMPLATE}`,
        "{name: one, labels: {access: internet}}",
      ),
      [["Notebook/one", { access: "internet", "notebook-name": "one", statefulset: "one" }, STATEFUL]],
    ],
    [
      "RayCluster: the template's labels win (kuberay, common/pod.go)",
      object(
        "ray.io/v1",
        "RayCluster",
        `headGroupSpec: {template: {metadata: {labels: {"app.kubernetes.io/name": mine}}}}`,
      ),
      [
        [
          "RayCluster/one#head",
          {
            "app.kubernetes.io/created-by": "kuberay-operator",
            "app.kubernetes.io/name": "mine",
            "ray.io/cluster": "one",
            "ray.io/group": "headgroup",
            "ray.io/is-ray-node": "yes",
            "ray.io/node-type": "head",
          },
          ["ray.io/identifier"],
        ],
      ],
    ],
    [
      "DeploymentConfig: its deployer and hook pods carry strategy.labels (openshift/api, apps/v1)",
      object(
        "apps.openshift.io/v1",
        "DeploymentConfig",
        `template: ${TEMPLATE}\nstrategy: {labels: {by: hand}, rollingParams: {pre: {execNewPod: {command: [x]}}}}`,
      ),
      [
        ["DeploymentConfig/one", { app: "web", deploymentconfig: "one" }, ["deployment"]],
        ["DeploymentConfig/one#deployer", { by: "hand" }, ["openshift.io/deployer-pod-for.name"]],
        [
          "DeploymentConfig/one#hook",
          { by: "hand" },
          ["openshift.io/deployer-pod-for.name", "openshift.io/deployer-pod.type"],
        ],
      ],
    ],
    [
      "VirtualMachine: the instance's labels are its launcher's (kubevirt, template.go podLabels)",
      object("kubevirt.io/v1", "VirtualMachine", "template: {metadata: {labels: {app: db}}, spec: {}}"),
      [
        [
          "VirtualMachine/one",
          { app: "db", "kubevirt.io": "virt-launcher", "vm.kubevirt.io/name": "one" },
          ["kubevirt.io/created-by", "vmi.kubevirt.io/id"],
        ],
      ],
    ],
    [
      "SparkConnect: its server and executors (spark-operator, sparkconnect/util.go)",
      object(
        "sparkoperator.k8s.io/v1alpha1",
        "SparkConnect",
        `sparkVersion: 4.0.0\nsparkConf: {spark.kubernetes.executor.label.team: data}\nserver: {template: {metadata: {labels: {app: connect}}}}\nexecutor: {}`,
      ),
      [
        [
          "SparkConnect/one#executor",
          {
            "spark-role": "executor",
            "sparkoperator.k8s.io/connect-name": "one",
            "sparkoperator.k8s.io/launched-by-spark-operator": "true",
            team: "data",
          },
          [
            "spark-app-name",
            "spark-app-selector",
            "spark-exec-id",
            "spark-exec-resourceprofile-id",
            "spark-version",
          ],
        ],
        [
          "SparkConnect/one#server",
          {
            app: "connect",
            "spark-role": "connect-server",
            "spark-version": "4.0.0",
            "sparkoperator.k8s.io/connect-name": "one",
            "sparkoperator.k8s.io/launched-by-spark-operator": "true",
          },
          [],
        ],
      ],
    ],
  ])("%s", (_, text, expected) => {
    expect(podsOf(text)).toEqual(expected.map(([key, labels, any]) => [`shop/${key}`, labels, [...any]]));
    expect(isOpen(text)).toBe(false);
  });

  test("nobody is listed twice: what gives workloads is not also said to make pods unseen", () => {
    expect(makesPods("serving.knative.dev", "Service")).toBe(false);
    expect(makesPods("serving.knative.dev", "Revision")).toBe(true);
  });
});

describe("what a pod's specification says", () => {
  test("Knative serves on one port under its own name, beside the queue proxy's", () => {
    const [pod] = cluster(
      object("serving.knative.dev/v1", "Service", `template: ${TEMPLATE}`),
    ).workloads.values();
    expect(pod).toMatchObject({
      serviceAccount: "runner",
      images: ["example.com/web"],
      containerPorts: expect.arrayContaining([
        { name: "user-port", port: 8081, protocol: "TCP" },
        { name: "queue-port", port: 8012, protocol: "TCP" },
      ]),
    });
  });

  test("a virtual machine's ports, account and disks", () => {
    const spec = `template:
  spec:
    serviceAccountName: vm
    domain: {devices: {interfaces: [{name: default, ports: [{name: ssh, port: 22}, {port: 53, protocol: UDP}]}]}}
    volumes: [{name: root, containerDisk: {image: "example.com/fedora:40"}}]`;
    const [pod] = cluster(object("kubevirt.io/v1", "VirtualMachine", spec)).workloads.values();
    expect(pod).toMatchObject({
      serviceAccount: "vm",
      hostNetwork: false,
      images: ["example.com/fedora"],
      containerPorts: [
        { name: "ssh", port: 22, protocol: "TCP" },
        { name: null, port: 53, protocol: "UDP" },
      ],
    });
  });

  test("a deployer runs under the account that OpenShift makes for it", () => {
    const text = object("apps.openshift.io/v1", "DeploymentConfig", `template: ${TEMPLATE}`);
    expect(cluster(text).workloads.get("shop/DeploymentConfig/one#deployer")?.serviceAccount).toBe(
      "deployer",
    );
  });
});

describe("Argo workflows: a pod for each template that runs a container (workflowpod.go)", () => {
  const spec = `podMetadata: {labels: {team: data, shared: workflow}}
hostNetwork: true
templateDefaults: {metadata: {labels: {from: defaults}}}
templates:
- {name: main, steps: [[{name: a, template: load}], [{name: b, inline: {container: {image: "example.com/b:1"}}}]]}
- {name: load, serviceAccountName: loader, container: {image: "example.com/load:1"}, metadata: {labels: {app: load, shared: template, run: "{{workflow.name}}"}}}
- {name: call, http: {url: "https://example.com"}}
- {name: wait, suspend: {}}`;

  test("labels of the workflow's podMetadata, then of the template; steps and pauses run nothing", () => {
    const text = object("argoproj.io/v1alpha1", "Workflow", spec, "{name: one, labels: {not: this}}");
    const defaults = { team: "data", from: "defaults", "workflows.argoproj.io/workflow": "one" };
    expect(podsOf(text)).toEqual([
      [
        "shop/Workflow/one#call",
        {
          team: "data",
          shared: "workflow",
          "workflows.argoproj.io/component": "agent",
          "workflows.argoproj.io/workflow": "one",
        },
        ["workflows.argoproj.io/completed"],
      ],
      [
        "shop/Workflow/one#inline-4",
        { ...defaults, shared: "workflow" },
        ["workflows.argoproj.io/completed"],
      ],
      [
        "shop/Workflow/one#load",
        { ...defaults, app: "load", shared: "template" },
        ["run", "workflows.argoproj.io/completed"],
      ],
    ]);
    expect(isOpen(text)).toBe(false);
    expect(cluster(text).workloads.get("shop/Workflow/one#load")).toMatchObject({
      hostNetwork: true,
      serviceAccount: "loader",
      images: ["example.com/load"],
    });
  });

  test("a scheduled one has a name nobody knows", () => {
    const text = object(
      "argoproj.io/v1alpha1",
      "CronWorkflow",
      "workflowSpec: {templates: [{name: load, script: {image: a}}]}",
    );
    expect(podsOf(text)).toEqual([
      [
        "shop/CronWorkflow/one#load",
        {},
        ["workflows.argoproj.io/completed", "workflows.argoproj.io/workflow"],
      ],
    ]);
  });

  const template = object(
    "argoproj.io/v1alpha1",
    "WorkflowTemplate",
    "templates: [{name: load, container: {image: a}, metadata: {labels: {internet: 'true'}}}]",
    "{name: shared}",
  );

  test("workflows of a template carry labels of their own: its namespace stays open", () => {
    expect(podsOf(template).map(([key]) => key)).toEqual(["shop/WorkflowTemplate/shared#load"]);
    expect(isOpen(template)).toBe(true);
  });

  test("a reference to a template of the environment is followed; any other leaves the namespace open", () => {
    const workflow = object(
      "argoproj.io/v1alpha1",
      "Workflow",
      "workflowTemplateRef: {name: shared}\npodMetadata: {labels: {team: data}}",
    );
    expect(cluster(`${workflow}---\n${template}`).workloads.get("shop/Workflow/one#load")?.labels).toEqual(
      new Map([
        ["internet", "true"],
        ["team", "data"],
        ["workflows.argoproj.io/workflow", "one"],
      ]),
    );
    expect(cluster(workflow).workloads.size).toBe(0);
    expect(isOpen(workflow)).toBe(true);
  });

  test("a pod specification that is patched onto the host network", () => {
    const text = object(
      "argoproj.io/v1alpha1",
      "Workflow",
      "templates: [{name: load, container: {image: a}, podSpecPatch: 'hostNetwork: true'}]",
    );
    expect(cluster(text).workloads.get("shop/Workflow/one#load")?.hostNetwork).toBe(true);
  });
});

describe("Tekton: a pod for each run of a task (pod.go, makeLabels)", () => {
  test("a TaskRun's labels win over its Task's", () => {
    const run = object(
      "tekton.dev/v1",
      "TaskRun",
      "taskRef: {name: build}\npodTemplate: {hostNetwork: true}",
      "{name: one, labels: {shared: run}}",
    );
    const task = object(
      "tekton.dev/v1",
      "Task",
      "steps: [{image: 'example.com/build:1'}]",
      "{name: build, labels: {shared: task, app: build}}",
    );
    expect(podsOf(`${run}---\n${task}`)).toEqual([
      [
        "shop/TaskRun/one",
        {
          app: "build",
          shared: "run",
          "app.kubernetes.io/managed-by": "tekton-pipelines",
          "tekton.dev/task": "build",
          "tekton.dev/taskRun": "one",
        },
        ["tekton.dev/taskRunUID"],
      ],
    ]);
    expect(cluster(`${run}---\n${task}`).workloads.get("shop/TaskRun/one")).toMatchObject({
      hostNetwork: true,
      images: ["example.com/build"],
      serviceAccount: null,
    });
    expect(cluster(run).workloads.size).toBe(0);
    expect(isOpen(run)).toBe(true);
  });

  test("a PipelineRun runs its tasks; one that is read from elsewhere leaves the namespace open", () => {
    const inline = "{name: build, taskSpec: {metadata: {labels: {app: build}}, steps: [{image: a}]}}";
    const run = (tasks: string) =>
      object(
        "tekton.dev/v1",
        "PipelineRun",
        `pipelineSpec: {tasks: [${tasks}]}\ntaskRunTemplate: {serviceAccountName: builder}`,
        "{name: one, labels: {team: a}}",
      );
    expect(podsOf(run(inline))).toEqual([
      [
        "shop/PipelineRun/one#build",
        {
          app: "build",
          team: "a",
          "app.kubernetes.io/managed-by": "tekton-pipelines",
          "tekton.dev/memberOf": "tasks",
          "tekton.dev/pipeline": "one",
          "tekton.dev/pipelineRun": "one",
          "tekton.dev/pipelineTask": "build",
        },
        ["tekton.dev/pipelineRunUID", "tekton.dev/taskRun", "tekton.dev/taskRunUID"],
      ],
    ]);
    expect(isOpen(run(inline))).toBe(false);
    expect(isOpen(run(`${inline}, {name: scan, taskRef: {resolver: git}}`))).toBe(true);
  });
});

describe("where an operator makes more than its templates say, the namespace stays open", () => {
  test.each([
    [
      "disks that an importer fills",
      object(
        "kubevirt.io/v1",
        "VirtualMachine",
        "dataVolumeTemplates: [{metadata: {name: a}}]\ntemplate: {spec: {}}",
      ),
    ],
    [
      "disks that are plugged in",
      object(
        "kubevirt.io/v1",
        "VirtualMachineInstance",
        "volumes: [{name: a, persistentVolumeClaim: {claimName: b, hotpluggable: true}}]",
      ),
    ],
    ["no template", object("apps.kruise.io/v1alpha1", "CloneSet", "replicas: 1")],
    [
      "a label whose key is made up at run time",
      object(
        "argoproj.io/v1alpha1",
        "Workflow",
        `templates: [{name: a, container: {image: a}, metadata: {labels: {"{{inputs.parameters.k}}": v}}}]`,
      ),
    ],
    [
      "fault tolerance in Redis",
      object(
        "ray.io/v1",
        "RayCluster",
        `gcsFaultToleranceOptions: {}\nheadGroupSpec: {template: ${TEMPLATE}}`,
      ),
    ],
    [
      "a volume that tasks share",
      object(
        "tekton.dev/v1",
        "PipelineRun",
        "pipelineSpec: {tasks: [{name: a, taskSpec: {steps: []}}]}\nworkspaces: [{name: w, persistentVolumeClaim: {claimName: x}}]",
      ),
    ],
    [
      "artifacts that are removed",
      object("argoproj.io/v1alpha1", "Workflow", "artifactGC: {}\ntemplates: [{name: a, container: {}}]"),
    ],
  ])("%s", (_, text) => {
    expect(isOpen(text)).toBe(true);
  });
});
