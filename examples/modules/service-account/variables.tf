variable "username" {
  description = "Name of the account: 3 to 255 characters, first a letter, then letters, digits and underscores."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^\\pL[\\pL\\pN_]{2,254}$", var.username))
    error_message = "A username has 3 to 255 characters: first a letter, then letters, digits and underscores."
  }
}

variable "deletion_protection" {
  description = "Whether a plan that would delete the account, with all data it owns, is refused. To remove an account, set it to false and apply that first."
  type        = bool
  default     = true
  nullable    = false
}

variable "ducklings" {
  description = "Compute of the account. Null manages none of it, and a block that is not set is not changed. The default is the smallest size, without read scaling Ducklings."
  type = object({
    read_write = optional(object({
      instance_size    = string
      cooldown_seconds = optional(number)
    }))
    read_scaling = optional(object({
      instance_size    = string
      flock_size       = number
      cooldown_seconds = optional(number)
    }))
  })
  default = {
    read_write   = { instance_size = "pulse" }
    read_scaling = { instance_size = "pulse", flock_size = 0 }
  }

  validation {
    condition     = var.ducklings == null || try(var.ducklings.read_write, null) != null || try(var.ducklings.read_scaling, null) != null
    error_message = "Set read_write or read_scaling of ducklings, or set ducklings = null to manage none."
  }

  validation {
    condition = alltrue([
      for block in [try(var.ducklings.read_write, null), try(var.ducklings.read_scaling, null)] :
      block == null || try(block.instance_size != "pulse" || block.cooldown_seconds == null, false)
    ])
    error_message = "The cooldown of pulse is fixed: leave cooldown_seconds out, or choose another size."
  }

  validation {
    condition     = try(var.ducklings.read_scaling.flock_size, 0) >= 0 && try(var.ducklings.read_scaling.flock_size, 0) <= 64
    error_message = "A flock has 0 to 64 Ducklings."
  }
}

variable "restore_ducklings_on_destroy" {
  description = "Whether a destroy restores the earlier sizes, for an account that is not deleted together with this module."
  type        = bool
  default     = true
  nullable    = false
}

variable "tokens" {
  description = <<-EOT
    Tokens by name. Each is named after its key and the time of its creation, and expires after `days` days. In the last
    `overlap_days` before that, an apply creates a new token, and both are valid until the old one expires. To replace a token
    now, change a value of `keepers`. With `revoke_on_destroy` a token is revoked as soon as it is replaced or removed.
  EOT
  type = map(object({
    token_type        = optional(string, "read_write")
    description       = optional(string)
    days              = optional(number, 90)
    overlap_days      = optional(number, 14)
    revoke_on_destroy = optional(bool, false)
    keepers           = optional(map(string))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for token in values(var.tokens) : contains(["read_write", "read_scaling"], token.token_type)])
    error_message = "The token_type is read_write or read_scaling."
  }

  validation {
    condition     = alltrue([for token in values(var.tokens) : token.days >= 1 && token.days <= 365])
    error_message = "A token expires after 1 to 365 days."
  }

  validation {
    condition     = alltrue([for token in values(var.tokens) : token.overlap_days > 0 && token.overlap_days < token.days])
    error_message = "The overlap_days are more than 0 and fewer than the days after which the token expires."
  }

  validation {
    condition     = alltrue([for name in keys(var.tokens) : length(name) <= 235 && trimspace(name) == name && name != ""])
    error_message = "A token's name has 1 to 235 characters and no blank at either end."
  }
}
