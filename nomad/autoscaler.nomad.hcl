# The autoscaler: one process leads, the other stands by in another zone.

variable "job" {
  type    = string
  default = "muster-autoscaler"
}

variable "namespace" {
  type    = string
  default = "default"
}

variable "workers_job" {
  type        = string
  default     = "muster-workers"
  description = "the job whose groups are the pools"
}

variable "zones" {
  type = list(string)
}

variable "image" {
  type = string
}

variable "pools" {
  type = map(object({
    tasks    = string
    min      = number
    max      = number
    capacity = number
  }))
}

variable "nomad_addr" {
  type = string
}

variable "mode" {
  type        = string
  default     = "apply"
  description = "forecast-only: decide and tell, change nothing"
}

variable "secrets" {
  type        = list(string)
  default     = ["database_url", "rabbitmq_url", "redis_url", "nomad_token"]
  description = "items of the Nomad variable nomad/jobs/<job>; all of them must be there"
}

job "muster-autoscaler" {
  id          = var.job
  name        = var.job
  namespace   = var.namespace
  type        = "service"
  datacenters = var.zones
  priority    = 80

  spread {
    attribute = "${node.datacenter}"
    weight    = 100
  }

  update {
    max_parallel      = 1
    health_check      = "checks"
    min_healthy_time  = "10s"
    healthy_deadline  = "3m"
    progress_deadline = "10m"
    auto_revert       = true
  }

  group "autoscaler" {
    count = 2

    constraint {
      operator = "distinct_hosts"
      value    = "true"
    }

    restart {
      attempts = 3
      interval = "5m"
      delay    = "5s"
      mode     = "fail"
    }

    reschedule {
      unlimited      = true
      delay          = "5s"
      delay_function = "exponential"
      max_delay      = "2m"
    }

    network {
      port "http" {
        to = 8081
      }

      port "metrics" {
        to = 9465
      }
    }

    service {
      name     = var.job
      provider = "nomad"
      port     = "http"

      check {
        type     = "http"
        path     = "/readyz"
        interval = "5s"
        timeout  = "3s"
      }
    }

    service {
      name     = "${var.job}-metrics"
      provider = "nomad"
      port     = "metrics"
    }

    task "autoscaler" {
      driver = "docker"
      user   = "10001:10001"

      # Longer than AUTOSCALER_GRACE_MS.
      kill_signal  = "SIGTERM"
      kill_timeout = "20s"

      config {
        image           = var.image
        command         = "node"
        args            = ["autoscaler/main.ts"]
        ports           = ["http", "metrics"]
        init            = true
        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]
        pids_limit      = 256

        mount {
          type   = "tmpfs"
          target = "/tmp"

          tmpfs_options {
            size = 67108864
          }
        }
      }

      env = merge({
        FLEET                   = "nomad"
        NOMAD_ADDR              = var.nomad_addr
        NOMAD_NAMESPACE         = var.namespace
        NOMAD_JOBS              = join(" ", [for name, pool in var.pools : "${name}=${var.workers_job}/${name}"])
        POOLS                   = join(" ", [for name, pool in var.pools : "${name}=${pool.tasks}"])
        AUTOSCALER_POOLS        = join(" ", [for name, pool in var.pools : "${name}=${pool.min}..${pool.max}"])
        AUTOSCALER_CAPACITY     = join(" ", [for name, pool in var.pools : "${name}=${pool.capacity}"])
        AUTOSCALER_MODE         = var.mode
        AUTOSCALER_HOST         = "0.0.0.0"
        AUTOSCALER_PORT         = "8081"
        AUTOSCALER_METRICS_HOST = "0.0.0.0"
        AUTOSCALER_METRICS_PORT = "9465"
        AUTOSCALER_GRACE_MS     = "15000"
      }, { for name in var.secrets : "${upper(name)}_FILE" => "${NOMAD_SECRETS_DIR}/${name}" })

      # Files, because a variable can be read under /proc. Processes look at them once a second: nothing is restarted.
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
