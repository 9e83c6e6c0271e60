variable "prefix" {
  description = "The beginning of the name of every tenant's account."
  type        = string
  default     = "tenant_"
  nullable    = false

  validation {
    condition     = can(regex("^\\pL[\\pL\\pN_]*$", var.prefix))
    error_message = "A prefix starts with a letter, followed by letters, digits and underscores."
  }
}

variable "tenants" {
  description = <<-EOT
    Tenants by key. The account is named after the prefix and the key, unless `username` names it. `size` and
    `cooldown_seconds` are those of the read/write Duckling, and `readers` is the flock of read scaling Ducklings. To remove a
    tenant, set its `deletion_protection` to false and apply that first. Without `tokens` a tenant has one, `app`, with the
    defaults of the module service-account.
  EOT
  type = map(object({
    username            = optional(string)
    deletion_protection = optional(bool, true)
    size                = optional(string, "pulse")
    cooldown_seconds    = optional(number)
    readers = optional(object({
      size             = optional(string, "pulse")
      count            = optional(number, 0)
      cooldown_seconds = optional(number)
    }), {})
    tokens = optional(map(object({
      token_type        = optional(string, "read_write")
      description       = optional(string)
      days              = optional(number, 90)
      overlap_days      = optional(number, 14)
      revoke_on_destroy = optional(bool, false)
      keepers           = optional(map(string))
    })), { app = {} })
  }))
  nullable = false

  validation {
    condition     = alltrue([for key in keys(var.tenants) : can(regex("^[\\pL\\pN_]+$", key))])
    error_message = "A tenant's key contains only letters, digits and underscores."
  }

  validation {
    # Usernames are unique without regard to letter case.
    condition = length(distinct([
      for key, tenant in var.tenants : lower(tenant.username == null ? key : tenant.username)
    ])) == length(var.tenants)
    error_message = "Two tenants would have the same account: keys and usernames differ in more than letter case."
  }
}
