# The reaper's own: nomad acl policy apply -namespace default -job muster-reaper muster-reaper nomad/policies/reaper.hcl
namespace "default" {
  capabilities = ["read-job"]
}
