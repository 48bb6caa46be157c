# The workers of every pool in containers of their own under docker compose: one group a pool and zone, one allocation a GPU
# node, N containers in it that share the GPU. docs/nodes.md says when to use this and what it leaves to you, docs/nomad.md how
# to deploy, release and drain.

variable "job" {
  type        = string
  default     = "muster-workers"
  description = "another name for a second fleet beside the first"
}

variable "namespace" {
  type    = string
  default = "default"
}

variable "gpu_zones" {
  type        = list(string)
  description = "Nomad's datacenters that have GPUs"
}

variable "root" {
  type        = string
  default     = "/opt/muster/current"
  description = "the folder Muster lies in on every node; of it only nomad/raw-exec-compose is needed here"
}

variable "gpu_image" {
  type = string
}

variable "gpu" {
  type        = string
  default     = "on"
  description = "off where nodes have none"
}

variable "user" {
  type        = string
  default     = "root"
  description = "whom the scripts run as: somebody who may use Docker, which is as much as root"
}

variable "pools" {
  type = map(object({
    tasks      = string
    min        = number
    max        = number
    workers    = number
    node_class = string
    cpu        = number
    memory     = number
  }))
}

variable "worker_devices" {
  type        = string
  default     = "cuda"
  description = "tried in this order: \"cuda,cpu\" lets a node whose GPU fails go on slowly, \"cpu\" needs none"
}

variable "storage_url" {
  type = string
}

variable "traces_url" {
  type        = string
  description = "who receives traces, as in http://collector:4318; none unless told"
  default     = ""
}

variable "traces_ratio" {
  type        = string
  description = "share of requests that is recorded"
  default     = "0.01"
}

variable "traces" {
  type        = map(string)
  description = "what else is to be said of traces, by the names of docs/tracing.md, as in { TRACES_TENANT = \"true\" }; no secret"
  default     = {}
}

variable "secrets" {
  type        = list(string)
  default     = ["database_url", "rabbitmq_url", "redis_url", "encryption_keys", "storage_access_key", "storage_secret_key"]
  description = "items of the Nomad variable nomad/jobs/<job>; all of them must be there"
}

variable "max_parallel" {
  type        = number
  default     = 0
  description = "1 while a release rolls, otherwise 0"
}

variable "one_node_each" {
  type        = bool
  default     = true
  description = "false lets allocations share a node, on a laptop"
}

job "muster-workers" {
  id          = var.job
  name        = var.job
  namespace   = var.namespace
  type        = "service"
  datacenters = var.gpu_zones
  priority    = 60

  # Nobody shares a GPU node: memory and threads of a node were measured alone.
  constraint {
    operator = "distinct_hosts"
    value    = var.one_node_each
  }

  # 0 means no deployments. Every change of a count is a new version of the job; with deployments Nomad would refuse each
  # further change until the last one has all its nodes, which is for as long as machines take to come, and just when
  # demand climbs. The price: a new image replaces all allocations at once. So a release sets 1 and then 0 again.
  update {
    max_parallel      = var.max_parallel
    health_check      = "checks"
    min_healthy_time  = "10s"
    healthy_deadline  = "10m"
    progress_deadline = "20m"
    auto_revert       = false
  }

  # A node that an operator drains goes when its successor consumes.
  migrate {
    max_parallel     = 1
    health_check     = "checks"
    min_healthy_time = "10s"
    healthy_deadline = "10m"
  }

  # A group of its own for each pool in each zone: a zone that fails takes its share and no more, and the autoscaler asks the
  # others when one has no node left.
  dynamic "group" {
    for_each = { for pair in setproduct(keys(var.pools), var.gpu_zones) : "${pair[0]}-${pair[1]}" => merge(var.pools[pair[0]], { pool = pair[0], zone = pair[1] }) }
    labels   = [group.key]

    content {
      # What a new job begins with. Later the autoscaler's count stays: `nomad job run -preserve-counts`.
      count = ceil(group.value.min / length(var.gpu_zones))

      # Nomad holds these against everybody, the autoscaler too: one zone may have to hold the whole pool, and a zone that is
      # lost holds nothing. The least and the most of the pool the autoscaler takes from the same lines.
      scaling {
        enabled = true
        min     = 0
        max     = group.value.max
      }

      # By these the autoscaler finds the groups of a pool.
      meta {
        muster_pool = group.value.pool
        muster_zone = group.value.zone
      }

      constraint {
        attribute = "${node.datacenter}"
        value     = group.value.zone
      }

      # `gpu`, or several that will do: `gpu-l4|gpu-a10`.
      constraint {
        attribute = "${node.class}"
        operator  = "regexp"
        value     = "^(${group.value.node_class})$"
      }

      restart {
        attempts = 3
        interval = "5m"
        delay    = "15s"
        mode     = "fail"
      }

      reschedule {
        unlimited      = true
        delay          = "30s"
        delay_function = "exponential"
        max_delay      = "10m"
      }

      # A node that Nomad's servers do not see still works: it takes its checks from the broker.
      disconnect {
        lost_after = "5m"
        replace    = true
        reconcile  = "best_score"
      }

      network {
        port "admin" {}
      }

      # Ready: every container consumes, with its models loaded; or people keep the node from work, which is no fault of it. Nothing
      # is restarted by this check.
      service {
        name     = "${var.job}-${group.value.pool}"
        provider = "nomad"
        port     = "admin"

        check {
          type     = "http"
          path     = "/readyz"
          interval = "10s"
          timeout  = "5s"
        }
      }

      task "workers" {
        driver = "raw_exec"
        user   = var.user

        # WORKER_GRACE_MS < WORKERS_STOP_MS < kill_timeout, with time left to remove the containers. A client caps
        # kill_timeout at its max_kill_timeout without a word, and that is 30s unless its configuration says otherwise.
        # Nomad's own signal is SIGINT, which a shell's jobs in the background do not hear.
        kill_signal  = "SIGTERM"
        kill_timeout = "30s"

        config {
          command = "/bin/bash"
          args    = ["${var.root}/nomad/raw-exec-compose/start.sh"]
        }

        env = merge({
          WORKERS_IMAGE         = var.gpu_image
          WORKERS_COUNT         = "${group.value.workers}"
          WORKERS_MEMORY_MB     = "${ceil(group.value.memory / group.value.workers)}"
          WORKERS_GPU           = var.gpu
          WORKERS_STOP_MS       = "20000"
          POOLS                 = join(" ", [for name, pool in var.pools : "${name}=${pool.tasks}"])
          WORKER_POOL           = group.value.pool
          STORAGE_URL           = var.storage_url
          WORKER_DEVICES        = var.worker_devices
          WORKER_BATCH_MAX      = "16"
          WORKER_BATCH_DELAY_MS = "5"
          WORKER_JOB_TIMEOUT_MS = "15000"
          WORKER_GRACE_MS       = "18000"
          NODE_NAME             = "${node.unique.name}"
          NODE_ZONE             = group.value.zone
        }, {
          OTEL_EXPORTER_OTLP_ENDPOINT = var.traces_url
          OTEL_TRACES_SAMPLER_ARG     = var.traces_ratio
        }, var.traces, { for name in var.secrets : "${upper(name)}_FILE" => "${NOMAD_SECRETS_DIR}/${name}" })

        # Files, because a variable can be read under /proc; the containers have the folder under the same path. Processes
        # look at them once a second: nothing is restarted.
        dynamic "template" {
          for_each = var.secrets

          content {
            destination          = "secrets/${template.value}"
            data                 = "{{ with nomadVar \"nomad/jobs/${var.job}\" }}{{ .${template.value} }}{{ end }}"
            perms                = "0400"
            uid                  = 10001
            gid                  = 10001
            change_mode          = "noop"
            error_on_missing_key = true
          }
        }

        # What the containers have, which are not in the task's own cgroup: Nomad only reckons with it.
        resources {
          cpu    = group.value.cpu
          memory = group.value.memory
        }
      }

      # What the task could not do when it was killed.
      task "teardown" {
        driver = "raw_exec"
        user   = var.user

        lifecycle {
          hook    = "poststop"
          sidecar = false
        }

        config {
          command = "/bin/bash"
          args    = ["${var.root}/nomad/raw-exec-compose/teardown.sh"]
        }

        env = {
          WORKERS_STOP_MS = "20000"
        }

        resources {
          cpu    = 100
          memory = 64
        }
      }
    }
  }
}
