# One service account for each tenant, so that no tenant shares data, compute or tokens with another.

module "account" {
  source   = "../service-account"
  for_each = var.tenants

  username            = each.value.username == null ? "${var.prefix}${each.key}" : each.value.username
  deletion_protection = each.value.deletion_protection
  tokens              = each.value.tokens

  ducklings = {
    read_write = {
      instance_size    = each.value.size
      cooldown_seconds = each.value.cooldown_seconds
    }
    read_scaling = {
      instance_size    = each.value.readers.size
      flock_size       = each.value.readers.count
      cooldown_seconds = each.value.readers.cooldown_seconds
    }
  }
}
