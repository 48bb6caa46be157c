# Of the autoscaler's token: see counts and change them, within the bounds that the jobs name. It cannot submit a job, and
# who can could run what he likes as whom he likes.
namespace "default" {
  capabilities = ["read-job", "scale-job"]
}
