variable "team" {
  description = "The team of the pipeline: the first part of the account's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*$", var.team))
    error_message = "A team is a lower-case letter, then lower-case letters and digits."
  }
}

variable "size" {
  description = "The instance size of the read/write Duckling."
  type        = string
  default     = "pulse"
}

variable "readers" {
  description = "The number of read scaling Ducklings."
  type        = number
  default     = 0
}

variable "token_days" {
  description = "The lifetime of a token in days. In the last two weeks before it expires, a plan replaces it."
  type        = number
  default     = 90

  validation {
    condition     = var.token_days > 14 && var.token_days <= 365
    error_message = "The lifetime of a token is more than 14 and at most 365 days."
  }
}

variable "deletion_protection" {
  description = "Whether a plan that would delete the account, with all data it owns, is refused."
  type        = bool
  default     = true
}
