# The api: any number of replicas, spread over the zones. Nobody scales it but you.

variable "job" {
  type    = string
  default = "muster-api"
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

variable "api_count" {
  type    = number
  default = 3
}

variable "pools" {
  type = map(object({ tasks = string }))
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

variable "public_url" {
  type        = string
  description = "the address callers reach the api under"
}

variable "trusted_proxies" {
  type        = string
  description = "the load balancer: without it every caller has its address"
}

variable "secrets" {
  type        = list(string)
  default     = ["database_url", "rabbitmq_url", "redis_url", "encryption_keys", "upload_secret", "webhook_secret_key", "storage_access_key", "storage_secret_key"]
  description = "items of the Nomad variable nomad/jobs/<job>; all of them must be there"
}

job "muster-api" {
  id          = var.job
  name        = var.job
  namespace   = var.namespace
  type        = "service"
  datacenters = var.zones
  priority    = 70

  spread {
    attribute = "${node.datacenter}"
    weight    = 100
  }

  # One replica after the other; a release that does not become ready goes back by itself.
  update {
    max_parallel      = 1
    health_check      = "checks"
    min_healthy_time  = "10s"
    healthy_deadline  = "3m"
    progress_deadline = "10m"
    auto_revert       = true
  }

  migrate {
    max_parallel     = 1
    health_check     = "checks"
    min_healthy_time = "10s"
    healthy_deadline = "3m"
  }

  group "api" {
    count = var.api_count

    # Two replicas on a node would go with it.
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
        to = 8080
      }

      port "metrics" {
        to = 9464
      }
    }

    # Balancers that read Nomad's services have this long to notice before the api is told to stop. Those that ask for
    # /readyz have API_SHUTDOWN_DELAY_MS after it.
    shutdown_delay = "5s"

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

    task "api" {
      driver = "docker"
      user   = "10001:10001"

      # API_SHUTDOWN_DELAY_MS < API_GRACE_MS < kill_timeout, and no longer than a client's max_kill_timeout.
      kill_signal  = "SIGTERM"
      kill_timeout = "30s"

      config {
        image           = var.image
        command         = "node"
        args            = ["api/main.ts"]
        ports           = ["http", "metrics"]
        init            = true
        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]
        pids_limit      = 512

        mount {
          type   = "tmpfs"
          target = "/tmp"

          tmpfs_options {
            size = 268435456
          }
        }
      }

      env = merge({
        POOLS                 = join(" ", [for name, pool in var.pools : "${name}=${pool.tasks}"])
        STORAGE_URL           = var.storage_url
        API_HOST              = "0.0.0.0"
        API_PORT              = "8080"
        API_METRICS_HOST      = "0.0.0.0"
        API_METRICS_PORT      = "9464"
        API_PUBLIC_URL        = var.public_url
        API_TRUSTED_PROXIES   = var.trusted_proxies
        API_SHUTDOWN_DELAY_MS = "10000"
        API_GRACE_MS          = "25000"
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
          uid                  = 10001
          gid                  = 10001
          change_mode          = "noop"
          error_on_missing_key = true
        }
      }

      # An eighth of the memory may be bodies of requests.
      resources {
        cpu    = 2000
        memory = 1536
      }
    }
  }
}
