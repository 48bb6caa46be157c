# What differs from site to site, for every job file here. Copy it, and give it to each: -var-file=<copy> -hcl2-strict=false
# (not every job asks for everything, and Nomad would refuse the rest). No secret belongs in it.

namespace = "default"

# Nomad's datacenters. Of three, two have GPUs here.
zones     = ["zone-a", "zone-b", "zone-c"]
gpu_zones = ["zone-a", "zone-b"]

# Pin both by digest with the registry you trust.
image     = "muster:0.2.0"
gpu_image = "muster:0.2.0-gpu"

# One pool is one group of the job of the workers in each of gpu_zones, and one allocation of it has one node. `min` and `max`
# are of the pool, over all its zones: the autoscaler's bounds are made of the same lines, so they cannot differ. `workers` and
# `capacity` (checks a second of a node) come from `./muster capacity`; `memory` (MB) must hold all workers of a node.
pools = {
  face-match = { tasks = "face-match", min = 2, max = 40, workers = 4, capacity = 10, node_class = "gpu", devices = { "nvidia/gpu" = 1 }, cpu = 4000, memory = 4096 }
  liveness   = { tasks = "liveness", min = 1, max = 20, workers = 4, capacity = 10, node_class = "gpu", devices = { "nvidia/gpu" = 1 }, cpu = 4000, memory = 4096 }
  ocr        = { tasks = "ocr", min = 1, max = 20, workers = 4, capacity = 4, node_class = "gpu-large", devices = { "nvidia/gpu" = 1 }, cpu = 4000, memory = 5120 }
}

storage_url = "s3://muster-pictures?region=eu-central-1"
public_url  = "https://checks.example.com"

# The load balancer in front of the api, as addresses or networks.
trusted_proxies = "10.0.0.0/24"

# Nomad as the autoscaler reaches it.
nomad_addr = "https://nomad.example.com:4646"

# The nodes of the broker: one a zone, each with the host volume `muster-rabbitmq`.
rabbitmq_addresses = ["10.0.1.5", "10.0.2.5", "10.0.3.5"]
