# Of whoever releases: jobs and what comes of them, but no secret and no shell inside an allocation. Whoever may submit
# raw_exec jobs is root on the nodes.
namespace "default" {
  capabilities = ["list-jobs", "parse-job", "read-job", "submit-job", "alloc-lifecycle", "read-logs"]
}

# The broker's disks.
host_volume "muster-rabbitmq" {
  capabilities = ["mount-readwrite"]
}

# Which nodes there are, and in what zone.
node {
  policy = "read"
}
