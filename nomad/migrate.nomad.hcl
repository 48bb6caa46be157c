# Tables and queues, before the processes of a new version: `nomad job run` waits until it is registered, `nomad job status
# muster-migrate` says whether it has ended well. Another image is another run.

variable "job" {
  type    = string
  default = "muster-migrate"
}

variable "namespace" {
  type    = string
  default = "default"
}

variable "zones" {
  type = list(string)
}

variable "image" {
  type = string
}

variable "pools" {
  type = map(object({ tasks = string }))
}

variable "args" {
  type        = list(string)
  default     = ["scripts/muster.ts", "migrate"]
  description = "with \"--contract\" at the end for what an older release could not work with, once none is left"
}

variable "secrets" {
  type        = list(string)
  default     = ["database_url", "rabbitmq_url"]
  description = "items of the Nomad variable nomad/jobs/<job>; the database's is the one that may make tables"
}

job "muster-migrate" {
  id          = var.job
  name        = var.job
  namespace   = var.namespace
  type        = "batch"
  datacenters = var.zones

  group "migrate" {
    restart {
      attempts = 2
      interval = "10m"
      delay    = "15s"
      mode     = "fail"
    }

    # A migration that fails is somebody's work, not another node's.
    reschedule {
      attempts  = 0
      unlimited = false
    }

    task "migrate" {
      driver       = "docker"
      user         = "10001:10001"
      kill_signal  = "SIGTERM"
      kill_timeout = "30s"

      config {
        image           = var.image
        command         = "node"
        args            = var.args
        init            = true
        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]
        pids_limit      = 256
      }

      env = merge({
        POOLS = join(" ", [for name, pool in var.pools : "${name}=${pool.tasks}"])
      }, { for name in var.secrets : "${upper(name)}_FILE" => "${NOMAD_SECRETS_DIR}/${name}" })

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

      resources {
        cpu    = 500
        memory = 512
      }
    }
  }
}
