# RabbitMQ for those who have none: three nodes, one a zone. Muster's queues are quorum queues, so two of the three keep all
# that was accepted. Each node keeps its disk: the host volume `muster-rabbitmq` says which machines these are.

variable "job" {
  type    = string
  default = "muster-rabbitmq"
}

variable "namespace" {
  type    = string
  default = "default"
}

variable "zones" {
  type = list(string)
}

variable "rabbitmq_image" {
  type    = string
  default = "rabbitmq:4.1.4"
}

variable "rabbitmq_addresses" {
  type        = list(string)
  description = "addresses of the three machines; a node is named after its own"
}

job "muster-rabbitmq" {
  id          = var.job
  name        = var.job
  namespace   = var.namespace
  type        = "service"
  datacenters = var.zones
  priority    = 90

  # One node after the other, and the next one only when the last has been there for a while: two of three at once stop
  # every queue. A failed release is not taken back by itself: brokers are not downgraded.
  update {
    max_parallel      = 1
    health_check      = "checks"
    min_healthy_time  = "60s"
    healthy_deadline  = "10m"
    progress_deadline = "20m"
    auto_revert       = false
  }

  migrate {
    max_parallel     = 1
    health_check     = "checks"
    min_healthy_time = "60s"
    healthy_deadline = "10m"
  }

  group "rabbitmq" {
    count = 3

    constraint {
      operator  = "distinct_property"
      attribute = "${node.datacenter}"
      value     = "1"
    }

    # Its disk is on its machine: another machine cannot stand in for it.
    reschedule {
      attempts  = 0
      unlimited = false
    }

    restart {
      attempts = 10
      interval = "10m"
      delay    = "15s"
      mode     = "delay"
    }

    # Cut off from Nomad, a broker goes on; what it may do, its own majority decides.
    disconnect {
      lost_after = "24h"
      replace    = false
      reconcile  = "keep_original"
    }

    volume "data" {
      type   = "host"
      source = "muster-rabbitmq"
    }

    # Names of the nodes are addresses and the ports are the usual ones, or nodes do not find each other again.
    network {
      mode = "host"

      port "amqp" {
        static = 5672
      }

      port "management" {
        static = 15672
      }

      port "epmd" {
        static = 4369
      }

      port "cluster" {
        static = 25672
      }
    }

    service {
      name     = var.job
      provider = "nomad"
      port     = "amqp"

      check {
        type     = "tcp"
        interval = "10s"
        timeout  = "5s"
      }
    }

    task "rabbitmq" {
      driver       = "docker"
      user         = "rabbitmq"
      kill_signal  = "SIGTERM"
      kill_timeout = "30s"

      config {
        image        = var.rabbitmq_image
        network_mode = "host"
        cap_drop     = ["all"]
        security_opt = ["no-new-privileges"]

        # The cookie is a file of the node's own user, where Erlang looks for it.
        volumes = ["secrets/erlang_cookie:/var/lib/rabbitmq/.erlang.cookie:ro"]
      }

      volume_mount {
        volume      = "data"
        destination = "/var/lib/rabbitmq/mnesia"
      }

      env {
        RABBITMQ_NODENAME     = "rabbit@${attr.unique.network.ip-address}"
        RABBITMQ_USE_LONGNAME = "true"
        RABBITMQ_CONFIG_FILES = "${NOMAD_SECRETS_DIR}/rabbitmq.d"
      }

      template {
        destination          = "secrets/erlang_cookie"
        data                 = "{{ with nomadVar \"nomad/jobs/${var.job}\" }}{{ .erlang_cookie }}{{ end }}"
        perms                = "0400"
        uid                  = 999
        gid                  = 999
        change_mode          = "noop"
        error_on_missing_key = true
      }

      # The side of a cut that has no majority stops rather than forgets. Half of the task's
      # memory is for messages; a broker that knows no limit of its own would take the machine's. The user is made at the first start of an empty disk only.
      template {
        destination          = "secrets/rabbitmq.d/10-muster.conf"
        perms                = "0400"
        uid                  = 999
        gid                  = 999
        change_mode          = "noop"
        error_on_missing_key = true

        data = <<EOF
cluster_formation.peer_discovery_backend = classic_config
cluster_formation.classic_config.nodes.1 = rabbit@${var.rabbitmq_addresses[0]}
cluster_formation.classic_config.nodes.2 = rabbit@${var.rabbitmq_addresses[1]}
cluster_formation.classic_config.nodes.3 = rabbit@${var.rabbitmq_addresses[2]}
cluster_partition_handling = pause_minority
queue_leader_locator = balanced
vm_memory_high_watermark.absolute = 2GiB
disk_free_limit.absolute = 4GiB
loopback_users = none
log.console = true
log.console.level = warning
default_user = muster
{{ with nomadVar "nomad/jobs/${var.job}" }}default_pass = {{ .password }}{{ end }}
EOF
      }

      resources {
        cpu    = 2000
        memory = 4096
      }
    }
  }
}
