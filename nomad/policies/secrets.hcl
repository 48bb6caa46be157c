# Of whoever keeps the secrets: the variables of Muster's jobs and nothing else. A job reads its own without any policy.
namespace "default" {
  variables {
    path "nomad/jobs/muster-*" {
      capabilities = ["list", "read", "write", "destroy"]
    }
  }
}
