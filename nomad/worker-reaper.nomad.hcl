# Ends containers of workers whose allocation is gone, on every node, every five minutes: for worker-compose.nomad.hcl, where
# Nomad's client or the machine was killed before the containers could be ended.

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
  description = "the folder Muster lies in on every node"
}

variable "user" {
  type        = string
  default     = "root"
  description = "somebody who may use Docker"
}

variable "node_nomad_addr" {
  type        = string
  default     = "http://127.0.0.1:4646"
  description = "where Nomad's client of the node answers"
}

job "muster-reaper" {
  namespace   = var.namespace
  type        = "sysbatch"
  datacenters = var.gpu_zones

  periodic {
    crons            = ["*/5 * * * *"]
    prohibit_overlap = true
  }

  group "reaper" {
    task "reap" {
      driver = "raw_exec"
      user   = var.user

      config {
        command = "/bin/bash"
        args    = ["${var.root}/nomad/raw-exec-compose/reap.sh"]
      }

      # NOMAD_TOKEN: what policies/reaper.hcl allows.
      identity {
        env = true
      }

      env = {
        NOMAD_ADDR      = var.node_nomad_addr
        WORKERS_STOP_MS = "20000"
      }

      resources {
        cpu    = 100
        memory = 64
      }
    }
  }
}
